from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.risk import RISK_LEVELS, may_change, severity
from ...roles import MORAL_EDUCATION, PRINCIPAL, TRIAGE

LAPSE = "crisis_intervention.mail_activity_lapse"

# Marks the one write with which a review lowers a level; clients can send the key, but never this
# object.
REVIEWED = object()


class CrisisCaseLevel(models.AbstractModel):
    """The risk level of a case: up at once, down one step at a time and by a review only."""

    _name = "crisis.case.level"
    _description = "Level of a Case"

    risk_level = fields.Selection(
        RISK_LEVELS,
        index=True,
        tracking=True,
        help="Blue, yellow, orange, red, as the school's response standard defines them. Anybody "
        "who decides on reports may raise it at once; it goes down one step at a time.",
    )
    severity = fields.Integer(
        compute="_compute_severity", store=True, precompute=True, aggregator=None
    )
    change_reason = fields.Text(
        store=False, copy=False, groups=TRIAGE, help="Why level or stage change; kept for good."
    )

    @api.depends("risk_level")
    def _compute_severity(self):
        """Rank levels for sorting: 1 blue to 4 red, 0 not set."""
        for case in self:
            case.severity = severity(case.risk_level)

    def _check_level(self, level, reason):
        """Check a change of level.

        :raises UserError: no reason for a change, or down by more than one step
        """
        if self.filtered(lambda case: case.date_closed and case.risk_level != level):
            raise UserError(
                self.env._("This case is closed. Reopen it first, and say why it is reopened.")
            )
        for old in {case.risk_level for case in self} - {level}:
            if not may_change(old, level):
                raise UserError(
                    self.env._("A risk level goes down one step at a time and is never taken away.")
                )
            if severity(level) < severity(old) and (
                self.env.context.get("crisis_reviewed") is not REVIEWED
            ):
                raise UserError(
                    self.env._(
                        "A risk level goes down by a review only: use the button Review, and say "
                        "what changed."
                    )
                )
            if old and not reason:
                raise UserError(
                    self.env._(
                        "Say why the risk level changes: use the button Change Level on the case."
                    )
                )

    def action_change_level(self):
        """Open the dialog that changes the level and asks why."""
        return self._action_wizard("crisis_case_change_view_form_level")

    def _review_level(self, level, reason):
        """Set the level that a signed review decided on."""
        self.with_context(crisis_reviewed=REVIEWED).write(
            {"risk_level": level, "change_reason": reason}
        )

    def _lapse_level(self, since):
        """Step a level down that nobody reviewed in time, unless something speaks for it.

        Yellow becomes blue by a review of the system; a blue case is to be closed, which a person
        does: the step "closing" waits for its owner, and escalates.

        :param since: last moment at which the level was right
        """
        self.ensure_one()
        if self._has_cause_since(since):
            return
        if self.risk_level == "blue":
            self._open_closing()
            return
        reason = self.env._("Not reviewed in time, and nothing new spoke for the level.")
        review = self.env["crisis.review"]._make([{"case_id": self.id}])
        review._set(
            {
                "decision": "step_down",
                "changes": reason,
                "reason": reason,
                "new_level": "blue",
                "old_level": self.risk_level,
                "is_lapse": True,
                "state": "signed",
                "date_signed": fields.Datetime.now(),
            }
        )
        self._review_level("blue", reason)
        self._close_steps(["review"])
        policy = self._policy()
        self._open_step(
            "review",
            fields.Datetime.now() + relativedelta(days=policy.review_interval_days or 30),
        )

    def _warn_of_lapse(self):
        """Tell the owner, or who decides where there is none, that the level is about to go down."""
        owner = self.user_id.filtered("active")
        self._plan_activity(
            LAPSE, owner or self.company_id._crisis_holders(MORAL_EDUCATION, PRINCIPAL)
        )

    def _has_cause_since(self, since):
        """Tell whether a report, a session or a raised form came after ``since``."""
        return bool(
            self.concern_ids.filtered(lambda c: c.create_date > since)
            or self.session_ids.filtered(
                lambda s: s.state == "signed" and s.date_start > since and s.risk_change == "higher"
            )
            or self.assessment_ids.filtered(
                lambda a: (
                    a.state == "done"
                    and a.date_done > since
                    and a.risk_level in ("yellow", "orange", "red")
                )
            )
        )

    def _tell_level(self):
        """Tell whom the response standard names for the level of each case."""
        policies = self.env["crisis.response.policy"]._for_companies(self.company_id)
        for case in self:
            policy = policies.get((case.company_id.id, case.risk_level))
            users = policy.notify_group_ids.all_user_ids if policy else self.env["res.users"]
            users = users.filtered(
                lambda u, case=case: u.active and case.company_id.id in u._get_company_ids()
            )
            if users:
                case._tell_people(
                    partner_ids=users.partner_id.ids,
                    subject=self.env._("Risk level"),
                    body=self.env._("The risk level of this case asks for your attention."),
                )
