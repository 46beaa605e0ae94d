from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import APPROVAL_HOURS
from ...lib.declarations import Chapter, Counter, Excerpt, Step

_lt = LazyTranslate(__name__)


class CrisisGuardianWaiver(models.Model):
    """The decision not to tell the guardians, because the danger may come from home.

    It holds from the moment it is asked for, so that nobody warns the wrong person meanwhile.
    """

    _name = "crisis.guardian.waiver"
    _description = "Decision Not to Tell the Guardians"
    _number_prefix = "GW"
    _inherit = ["crisis.case.record", "crisis.approval.mixin"]
    _order = "id desc"
    _locked_states = frozenset(("waiting", "active", "ended"))
    _later_fields = frozenset(("end_reason",))
    _finished_states = ("active", "ended")

    state = fields.Selection(
        [
            ("draft", "Being written"),
            ("waiting", "Waits for approval"),
            ("active", "In force"),
            ("ended", "Ended"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    reason = fields.Text(help="What makes home the suspected source.")
    protection = fields.Text(help="Who protects the child meanwhile, and whom the school told.")
    end_reason = fields.Text(string="Why It Ends")

    def action_submit(self):
        """Ask the principal; notices and consent forms stop at once."""
        self.ensure_one()
        self.check_access("write")
        self._check_writer()
        self._lock_in("draft")
        self._check_case_runs()
        if not (self.reason or "").strip() or not (self.protection or "").strip():
            raise UserError(self.env._("Write the reason, and who protects the child meanwhile."))
        due = fields.Datetime.now() + timedelta(hours=APPROVAL_HOURS["red"])
        self._ask("principal", "waiver", due)
        self._sync_case()

    def _after_approval(self):
        """Take the step to tell the guardians off."""
        for waiver in self:
            # sudo: crisis.guardian.waiver - the approver has no right to write; checked before
            approved = waiver.sudo()
            approved.case_id._close_steps(["waiver"], approved)
            approved._set({"state": "active"})
            approved.case_id._close_steps(["guardian", "consent"])
            approved._sync_case()

    def _after_refusal(self):
        """Give it back; the guardians are told as usual."""
        for waiver in self:
            # sudo: crisis.guardian.waiver - the approver has no right to write; checked before
            refused = waiver.sudo()
            refused.case_id._close_steps(["waiver"], refused)
            refused._set({"state": "draft"})
            refused._sync_case()

    def action_end(self):
        """End it: the guardians are told from now on, and the step to do so is back."""
        self.ensure_one()
        self.check_access("write")
        self._lock_in("active")
        if not (self.end_reason or "").strip():
            raise UserError(self.env._("Write why it ends."))
        self._set({"state": "ended"})
        self._sync_case()
        # sudo: crisis.case - which steps wait; nothing leaves the method
        case = self.case_id.sudo()
        if case.guardians_not_told:
            return  # another decision still holds
        policy = case._policy()
        waiting = case.deadline_ids.filtered(lambda step: not step.date_done).mapped("kind")
        steps = {"guardian": policy.hours_guardian or 24}
        if case.consent_missing:
            steps["consent"] = policy.hours_consent
        for kind, hours in steps.items():
            if kind not in waiting:
                case._open_step(kind, fields.Datetime.now() + timedelta(hours=hours))

    def _sync_case(self):
        """Mark the cases whose guardians are not told."""
        for case in self.case_id:
            # sudo: crisis.guardian.waiver - whether one runs, nothing else
            running = self.sudo().search_count(
                [("case_id", "=", case.id), ("state", "in", ["waiting", "active"])], limit=1
            )
            # sudo: crisis.case - the mark follows the decision, nobody sets it directly
            case.sudo().guardians_not_told = bool(running)

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state"), sequence=80)

    @api.model
    def _case_steps(self):
        """Declare that the decision is another person's."""
        return (
            *super()._case_steps(),
            Step(
                "waiver",
                _lt("Decision whether guardians are told"),
                "crisis_intervention.mail_activity_waiver",
                140,
                discreet=True,
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("guardian_waiver_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                90,
                "crisis_intervention.crisis_guardian_waiver_action_report_record",
                (("state", "in", ("active", "ended")),),
            ),
        )
