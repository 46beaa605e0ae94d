from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list

from ... import clock
from .crisis_case_level import LAPSE

# After the warning, so much time of the steady clock passes until a level goes down.
LAPSE_HOURS = 7 * 24


class CrisisDeadline(models.Model):
    """A step of a case that somebody has to do by a certain moment.

    Demanded by the response standard, or opened by a record of the case: the approval of a plan,
    a measure, the reply to a referral.
    """

    _name = "crisis.deadline"
    _description = "Case Deadline"
    _inherit = ["crisis.record"]
    _order = "date_done desc, date_due, id"
    _rec_name = "kind"

    case_id = fields.Many2one("crisis.case", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        selection=lambda self: self._selection_of("_case_steps"),
        string="Step",
        required=True,
        readonly=True,
    )
    by_hand = fields.Boolean(
        compute="_compute_by_hand", help="Done by word of mouth: no record shows it."
    )
    date_due = fields.Datetime(string="Due", required=True, readonly=True)
    date_done = fields.Datetime(string="Done", readonly=True)
    done_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    user_id = fields.Many2one(
        "res.users",
        string="Waits For",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Who does it; empty: the owner of the case, or a role.",
    )
    role = fields.Selection(
        [
            ("moral_education", "Moral Education Director"),
            ("principal", "Principal"),
            ("psychology_teacher", "Psychology Teacher"),
        ],
        readonly=True,
        help="The role whose decision it is.",
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(string="About", model_field="res_model", readonly=True)
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    escalation_count = fields.Integer(string="Escalated", readonly=True)
    next_escalation = fields.Datetime(readonly=True)
    date_lapse_warned = fields.Datetime(
        string="Warned of a Lower Level",
        readonly=True,
        help="The owner was told that the level goes down when nobody reviews the case.",
    )
    lapse_hours = fields.Float(
        readonly=True, aggregator=None, help="What the steady clock of the server said then."
    )

    _open_kind_uniq = models.UniqueIndex(
        "(case_id, kind, COALESCE(res_id, 0)) WHERE date_done IS NULL",
        "This step is waiting in the case already.",
    )
    _escalation_idx = models.Index("(next_escalation, id) WHERE date_done IS NULL")
    _record_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")

    @api.depends("date_due", "date_done")
    def _compute_is_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for deadline in self:
            deadline.is_overdue = not deadline.date_done and deadline.date_due < now

    @api.depends("kind")
    def _compute_by_hand(self):
        """Find the steps that are of the case itself, and not of a kind of record below it."""
        declared = self._by_code("_case_steps")
        for deadline in self:
            model, _step = declared.get(deadline.kind, (None, None))
            deadline.by_hand = model == "crisis.case"

    @api.model
    def _access_kinds(self):
        """Return the codes of steps about access: closing neither waits for them nor ends them."""
        declared = self._by_code("_case_steps").items()
        return tuple(code for code, (_model, step) in declared if step.about_access)

    @api.model_create_multi
    def create(self, vals_list):
        """Open steps; the first one told when it is missed is told at that moment."""
        return super().create(
            [{**vals, "next_escalation": vals.get("date_due")} for vals in vals_list]
        )

    def write(self, vals):
        """Move or finish steps; a step that is due at another time escalates from then on."""
        warned = self.filtered("date_lapse_warned")
        if warned and not {"date_due", "date_done"}.isdisjoint(vals):
            warned.case_id._end_activities(LAPSE)
        if "date_due" not in vals:
            return super().write(vals)
        due = fields.Datetime.to_datetime(vals["date_due"])
        moved = self.filtered(lambda step: step.date_due != due)
        super(CrisisDeadline, self - moved).write(vals)
        anew = {"next_escalation": due, "escalation_count": 0, "date_lapse_warned": False}
        return super(CrisisDeadline, moved).write({**vals, **anew})

    def _escalate_anew(self):
        """Let the next run look at these steps again: their rhythm has changed with the level."""
        for due, steps in self.grouped("date_due").items():
            steps.write({"next_escalation": due})

    def _lapse(self):
        """Let the level of a case go down whose review (this step) is late by two intervals.

        Its owner is warned first, and has a week of the steady clock: no jump of the clock makes
        that shorter.
        """
        self.ensure_one()
        case = self.case_id
        interval = timedelta(days=case._policy().review_interval_days)
        right = self.date_due - interval  # last moment at which the level was
        if fields.Datetime.now() - self.date_due <= 2 * interval or case._has_cause_since(right):
            return
        hours = clock.steady_hours(self.env)
        if case.risk_level != "blue" and not self.date_lapse_warned:
            self.write({"date_lapse_warned": fields.Datetime.now(), "lapse_hours": hours})
            case._warn_of_lapse()
        elif case.risk_level == "blue" or hours - self.lapse_hours >= LAPSE_HOURS:
            case._lapse_level(right)

    def action_done(self):
        """Do the step: with its record, or at once where it is done by word of mouth.

        :return: window action of the record it is done with, or None
        :raises UserError: it is done already
        """
        self.case_id.check_access("write")
        if self.filtered("date_done"):
            raise UserError(self.env._("This step is done already."))
        by_hand = self.filtered("by_hand")
        by_hand.case_id._finish_steps(by_hand)
        others = self - by_hand
        return others[0]._action_do() if others else None

    def _action_do(self):
        """Return the window action with which this step is done."""
        self.ensure_one()
        record = self.res_model and self.env[self.res_model].browse(self.res_id)
        return self.case_id._action_step(self.kind, record)

    def action_undo(self):
        """Take back a step marked done by mistake (by somebody who may write the case).

        :raises UserError: a record shows that the step was done
        """
        self.case_id.check_access("write")
        if not all(step.by_hand for step in self):
            raise UserError(
                self.env._("A signed record shows that this was done: it cannot be taken back.")
            )
        self.case_id._reopen_steps(self)

    @api.model
    def _cases_kept_open(self, cases):
        """Keep cases open until what their records wait for is done."""
        domain = [
            ("case_id", "in", cases.ids),
            ("date_done", "=", False),
            ("res_model", "!=", False),
            ("kind", "not in", self._access_kinds()),
        ]
        labels = dict(self._selection_of("_case_steps"))
        return super()._cases_kept_open(cases) | {
            case: self.env._(
                "%(case)s cannot be closed yet. Still open: %(duties)s.",
                case=case.name,
                duties=format_list(self.env, sorted(labels.get(kind, kind) for kind in kinds)),
            )
            for case, kinds in self._read_group(domain, ["case_id"], ["kind:array_agg_distinct"])
        }
