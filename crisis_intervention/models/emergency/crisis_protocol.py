from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ...jobs import Job
from ...lib.school_year import school_year_of
from ...roles import MORAL_EDUCATION, PRINCIPAL, TRIAGE
from .crisis_protocol_review import REVIEW_ACTIVITY

KINDS = [
    ("suicide", "Suicide attempt or threat"),
    ("self_harm", "Self-harm"),
    ("violence", "Violence"),
    ("bullying", "Bullying incident"),
    ("death", "Sudden death or serious accident"),
    ("missing", "Missing child"),
    ("weapon", "Aggression with a weapon"),
    ("disaster", "After a disaster"),
]
STATES = [("draft", "Being written"), ("active", "In force"), ("replaced", "Replaced")]
# Kept by the system.
_KEPT = frozenset(("state", "version", "date_active", "review_ids"))


class CrisisProtocol(models.Model):
    """An emergency plan as a checklist: one version of it, locked when it is in force."""

    _name = "crisis.protocol"
    _description = "Emergency Protocol"
    _inherit = ["crisis.quiet.thread"]
    _order = "kind, company_id, version desc, id desc"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(KINDS, string="Type", required=True)
    company_id = fields.Many2one(
        "res.company", string="School", index=True, help="Empty: holds for all schools."
    )
    version = fields.Integer(default=1, readonly=True, required=True, copy=False)
    state = fields.Selection(STATES, default="draft", required=True, readonly=True, copy=False)
    principle = fields.Text(
        string="First of All",
        translate=True,
        help="One or two sentences everybody reads first.",
    )
    avoid = fields.Text(string="What Not to Do", translate=True)
    step_ids = fields.One2many("crisis.protocol.step", "protocol_id", string="Steps", copy=True)
    date_active = fields.Date(string="In Force Since", readonly=True, copy=False)
    review_ids = fields.One2many(
        "crisis.protocol.review", "protocol_id", readonly=True, groups=TRIAGE
    )
    needs_review = fields.Boolean(
        compute="_compute_needs_review",
        help="The school has not looked at this plan in this school year yet.",
    )
    drill_count = fields.Integer(string="Drills", compute="_compute_drills")
    date_last_drill = fields.Date(string="Last Drill", compute="_compute_drills")
    active = fields.Boolean(default=True)

    _active_uniq = models.UniqueIndex(
        "(kind, COALESCE(company_id, 0)) WHERE state = 'active'",
        "Another version of this protocol is in force already.",
    )

    @api.depends("state")
    @api.depends_context("company")
    def _compute_needs_review(self):
        """Look for this school year's review by the user's school."""
        year = school_year_of(fields.Date.context_today(self))
        # sudo: crisis.protocol.review - whether there is one; readers of the plan may know that
        done = self.env["crisis.protocol.review"].sudo()._reviewed(self, self.env.company, year)
        for protocol in self:
            protocol.needs_review = protocol.state == "active" and protocol not in done

    @api.depends_context("uid", "company")
    def _compute_drills(self):
        """Count the drills of this plan that the user may see."""
        rows = []
        if self.env["crisis.emergency"].has_access("read"):  # configurators may not
            rows = self.env["crisis.emergency"]._read_group(
                [("is_drill", "=", True), ("protocol_id", "in", self.ids)],
                ["protocol_id"],
                ["__count", "date_start:max"],
            )
        found = {protocol: (count, last) for protocol, count, last in rows}
        for protocol in self:
            count, last = found.get(protocol._origin, (0, False))
            protocol.drill_count = count
            protocol.date_last_drill = (
                fields.Datetime.context_timestamp(protocol, last).date() if last else False
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Begin protocols as drafts.

        :raises AccessError: a client sends what only the system keeps
        """
        self.browse().check_access("create")
        self._check_draft(set().union(*vals_list) & _KEPT)
        return super().create(vals_list)

    def write(self, vals):
        """Change drafts; what is in force is replaced by a new version.

        :raises UserError: a version in force would change
        """
        self.check_access("write")
        own = {name for name in vals if name in self._fields} - set(
            self.env["crisis.quiet.thread"]._fields
        )
        self._check_draft(own - {"active"})
        return super().write(vals)

    def _check_draft(self, names):
        """Refuse changes of versions that are or were in force.

        :raises AccessError: a client sets what only the system keeps
        :raises UserError: one of them is no draft
        """
        if self.env.su:
            return
        if names & _KEPT:
            raise AccessError(
                self.env._("State, result and dates of this record are kept by the system.")
            )
        if names and any(protocol.state != "draft" for protocol in self):
            raise UserError(
                self.env._(
                    "A protocol in force is never changed, as emergencies and drills refer to it. "
                    "Use Revise: it makes a new version to work on."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        """Keep what was in force."""
        if any(protocol.state != "draft" for protocol in self):
            raise UserError(self.env._("Only drafts are deleted. Archive the protocol instead."))

    def action_revise(self):
        """Open the next version to work on, made unless there is one; of a general one, the own school's.

        :return: window action that opens it
        """
        self.ensure_one()
        self.check_access("read")
        self.browse().check_access("create")
        company = self.company_id
        if not company and not self.env.user.has_group("crisis_intervention.group_configurator"):
            company = self.env.company
        begun = self.search(
            [
                ("kind", "=", self.kind),
                ("company_id", "=", company.id),
                ("state", "=", "draft"),
            ],
            limit=1,
        )
        if begun:
            return begun._action_form()
        newest = self._newest(company)
        draft = self.copy({"company_id": company.id})
        # sudo: crisis.protocol - the number of the version; the user has just made the copy
        draft.sudo().version = newest + 1
        return draft._action_form()

    def _newest(self, company):
        """Return the highest version of this type for ``company``, 0 if there is none."""
        # sudo: crisis.protocol - a number
        rows = (
            self.sudo()
            .with_context(active_test=False)
            ._read_group(
                [("kind", "=", self.kind), ("company_id", "=", company.id)],
                [],
                ["version:max"],
            )
        )
        return rows[0][0] or 0

    def action_publish(self):
        """Put this version in force, in place of the one before.

        :raises UserError: it has no steps, or is no draft
        """
        self.check_access("write")
        for protocol in self:
            if protocol.state != "draft":
                raise UserError(self.env._("This version is or was in force already."))
            if not protocol.step_ids:
                raise UserError(self.env._("A protocol needs steps: add what has to be done."))
            # sudo: crisis.protocol - right to write checked above; the state is the system's
            own = protocol.sudo()
            own.search(
                [
                    ("kind", "=", own.kind),
                    ("company_id", "=", own.company_id.id),
                    ("state", "=", "active"),
                ]
            ).write({"state": "replaced"})
            self.env.flush_all()
            own.write({"state": "active", "date_active": fields.Date.context_today(own)})
            if own.company_id:
                self.env["crisis.protocol.review"]._note(own, own.company_id)

    def action_review(self):
        """Note that the school has looked at this plan in this school year and keeps it.

        :raises AccessError: the user does not answer for the school
        :raises UserError: it is not in force
        """
        self.check_access("read")
        if any(protocol.state != "active" for protocol in self):
            raise UserError(self.env._("Only protocols in force are reviewed."))
        user = self.env.user
        if not (user.has_group(MORAL_EDUCATION) or user.has_group(PRINCIPAL)):
            raise AccessError(self.env._("Principal and moral education review the protocols."))
        self.env["crisis.protocol.review"]._note(self, self.env.company)

    def action_view_drills(self):
        """Show the drills of this protocol."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_emergency_drill_action"
            ),
            "domain": [("is_drill", "=", True), ("protocol_id", "=", self.id)],
        }

    @api.model
    def _for_kind(self, kind, company):
        """Return the protocol in force for ``kind``: the school's own, else the general one."""
        # sudo: crisis.protocol - plans of the school, which every member of staff may read
        found = self.sudo().search(
            [
                ("kind", "=", kind),
                ("state", "=", "active"),
                ("company_id", "in", [company.id, False]),
            ]
        )
        return (found.filtered("company_id") or found)[:1]

    @api.model
    def _cron_review(self):
        """Remind each school once per school year of the plans it has not looked at yet."""
        with Job(self, "_cron_review", irreversible=False) as job:
            job.work(self._schools_with_classes, self._remind_school)

    @api.model
    def _schools_with_classes(self):
        """Return the schools that have classes."""
        groups = self.env["crisis.class"]._read_group([], ["company_id"])
        return self.env["res.company"].union(*(row[0] for row in groups))

    @api.model
    def _remind_school(self, company):
        """Remind a school of the plans it has not looked at in this school year."""
        year = school_year_of(fields.Date.context_today(self))
        plans = self.browse()
        for kind, _label in KINDS:
            plans |= self._for_kind(kind, company)
        waiting = plans - self.env["crisis.protocol.review"]._reviewed(plans, company, year)
        users = company._crisis_holders(MORAL_EDUCATION) or company._crisis_holders(PRINCIPAL)
        waiting._remind(users)

    def _remind(self, users):
        """Give ``users`` one activity per protocol, unless they have it already."""
        activity_type = self.env.ref(REVIEW_ACTIVITY)
        known = {
            (activity.res_id, activity.user_id.id)
            for activity in self.env["mail.activity"].search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("activity_type_id", "=", activity_type.id),
                ]
            )
        }
        self._plan_activities(
            REVIEW_ACTIVITY,
            [
                (protocol, user)
                for protocol in self
                for user in users
                if (protocol.id, user.id) not in known
            ],
        )

    def copy_data(self, default=None):
        """Copy a version with its steps, as a draft."""
        default = {**(default or {}), "active": True}
        return super().copy_data(default)

    def _step_values(self, start):
        """Return the create commands of the steps of a run that began at ``start`` (UTC)."""
        return [Command.create(step._run_values(start)) for step in self.step_ids]
