from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...roles import TRIAGE
from ..mixins.crisis_approval_mixin import APPROVER_GROUPS

_lt = LazyTranslate(__name__)

# What waits for somebody besides the steps of cases.
OTHERS = {
    "triage": _lt("Report to decide on"),
    "proposal": _lt("Proposed level to decide on"),
    "class_report": _lt("Class report"),
}


class CrisisDuty(models.Model):
    """What waits for the user: due, overdue, to be approved. Nobody sees those of others."""

    _name = "crisis.duty"
    _description = "My Duty"
    _inherit = ["crisis.record"]
    _auto = False
    _order = "date_due, id"
    _rec_name = "kind"
    # what Odoo writes to the database before it runs the query
    _depends = {
        "crisis.deadline": [
            *("case_id", "kind", "date_due", "date_done", "user_id", "role", "res_model", "res_id"),
        ],
        "crisis.case": ["date_closed", "user_id"],
        "crisis.class.report": ["class_id", "state", "date_due"],
        "crisis.class": ["head_teacher_ids"],
        "crisis.concern": ["state", "triage_deadline"],
        "crisis.assessment": ["proposal", "case_id", "user_id", "date_done"],
    }

    kind = fields.Selection(selection="_kinds_of_duty", string="What", readonly=True)
    date_due = fields.Datetime(string="Due", readonly=True)
    case_id = fields.Many2one("crisis.case", readonly=True)
    student_id = fields.Many2one("crisis.student", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    about = fields.Char(
        string="Concerning",
        compute="_compute_about",
        help="The measure, the class, or the reference of the record.",
    )
    to_approve = fields.Boolean(string="Waits for My Approval", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    is_overdue = fields.Boolean(compute="_compute_is_overdue")

    @api.model
    def _kinds_of_duty(self):
        """Return (code, label) pairs: steps of cases, and what else waits."""
        others = ((code, self.env._(label)) for code, label in OTHERS.items())
        return [*self._selection_of("_case_steps"), *others]

    @property
    def _table_query(self):
        """Build the list of the user: own steps, decisions of own roles, reports of own classes."""
        user = self.env.user
        roles = [role for role, group in APPROVER_GROUPS.items() if user.has_group(group)]
        parts = [
            SQL(
                """
                SELECT d.id::bigint * 4 AS id, d.kind, d.date_due, d.case_id, c.student_id,
                       d.company_id, d.role IS NOT NULL AS to_approve,
                       COALESCE(d.res_model, 'crisis.case') AS res_model,
                       COALESCE(d.res_id, d.case_id) AS res_id
                  FROM crisis_deadline d JOIN crisis_case c ON c.id = d.case_id
                 WHERE d.date_done IS NULL
                   AND (c.date_closed IS NULL OR d.kind IN %(access)s)
                   AND (d.user_id = %(uid)s
                        OR (d.user_id IS NULL AND d.role IS NULL AND c.user_id = %(uid)s)
                        OR (d.role IN %(roles)s))
                """,
                uid=user.id,
                roles=tuple(roles) or ("",),
                access=self.env["crisis.deadline"]._access_kinds(),
            ),
            SQL(
                """
                SELECT r.id::bigint * 4 + 1, 'class_report', r.date_due, NULL::int, NULL::int,
                       r.company_id, FALSE, 'crisis.class.report', r.id
                  FROM crisis_class_report r
                  JOIN crisis_class_head_teacher_rel h ON h.class_id = r.class_id
                 WHERE r.state = 'open' AND h.user_id = %s
                """,
                user.id,
            ),
        ]
        if user.has_groups(TRIAGE):
            readable = self.env["crisis.concern"].sudo(False)._search([("state", "=", "received")])
            parts.append(
                SQL(
                    """
                    SELECT t.id::bigint * 4 + 2, 'triage', t.triage_deadline, NULL::int, NULL::int,
                           t.company_id, FALSE, 'crisis.concern', t.id
                      FROM crisis_concern t WHERE t.id IN %s
                    """,
                    readable.subselect(),
                )
            )
            parts.append(
                SQL(
                    """
                    SELECT a.id::bigint * 4 + 3, 'proposal', a.date_done, a.case_id, a.student_id,
                           a.company_id, FALSE, 'crisis.assessment', a.id
                      FROM crisis_assessment a LEFT JOIN crisis_case c ON c.id = a.case_id
                     WHERE a.proposal = 'pending' AND COALESCE(c.user_id, a.user_id) = %s
                    """,
                    user.id,
                )
            )
        return SQL(" UNION ALL ").join(parts)

    @api.depends("date_due")
    def _compute_is_overdue(self):
        """Compare with the clock."""
        now = fields.Datetime.now()
        for duty in self:
            duty.is_overdue = bool(duty.date_due) and duty.date_due < now

    @api.depends("res_model", "res_id")
    def _compute_about(self):
        """Name what the duty is about, as far as the user may read it."""
        for model, duties in self.grouped("res_model").items():
            records = self.env[model].browse(duties.mapped("res_id"))
            field = "title" if model == "crisis.measure" else "display_name"
            names = {record.id: record[field] for record in records._filtered_access("read")}
            for duty in duties:
                duty.about = names.get(duty.res_id) if model != "crisis.case" else False

    def action_nothing(self):
        """Answer the class reports among these duties: nothing to report."""
        reports = self.filtered(lambda duty: duty.res_model == "crisis.class.report")
        self.env["crisis.class.report"].browse(reports.mapped("res_id")).action_nothing()

    def action_do(self):
        """Open what the duty is done with."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id)
        if self.res_model == "crisis.case":
            return record._action_step(self.kind)
        return record._action_form()
