from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...roles import EMERGENCY, TRIAGE
from .crisis_emergency_district import REPORT_ACTIVITY

DEBRIEF_ACTIVITY = "crisis_intervention.mail_activity_emergency_debrief"
# The summary is due a week after an emergency: practice of school plans, a default of this system.
DEBRIEF_DAYS = 7


class CrisisEmergencyAfter(models.AbstractModel):
    """Afterwards: what was learned, support for those who saw it, closing."""

    _name = "crisis.emergency.after"
    _description = "After an Emergency"

    what_happened = fields.Text(copy=False, groups=EMERGENCY, help="In order, facts only.")
    causes = fields.Text(copy=False, groups=EMERGENCY)
    what_worked = fields.Text(copy=False, groups=EMERGENCY)
    what_to_improve = fields.Text(copy=False, groups=EMERGENCY)

    def _plan_debrief(self):
        """Ask whoever stood it down for the summary."""
        due = fields.Datetime.now() + timedelta(days=DEBRIEF_DAYS)
        self._try(
            lambda: self._plan_activity(DEBRIEF_ACTIVITY, self.env.user, due, quiet=True),
            "debrief activity",
        )

    def action_witnesses(self):
        """Open the dialog that gives witnesses and colleagues support."""
        self.ensure_one()
        self._refuse_drill()
        return self.env["crisis.emergency.witness"]._action_form(
            name=self.env._("Support for Witnesses and Staff"),
            target="new",
            context={"default_emergency_id": self.id},
        )

    def action_close(self):
        """Close it for good.

        :raises AccessError: the user does not answer for the school
        :raises UserError: says what is missing
        """
        self.check_access("write")
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(
                self.env._("Principal, moral education or psychology teacher close an emergency.")
            )
        for emergency in self:
            missing = emergency._missing_to_close()
            if missing:
                raise UserError(
                    self.env._("Before closing: %(missing)s", missing="; ".join(missing))
                )
            emergency._set({"state": "closed"})
            emergency._log("close")
            emergency._end_activities(DEBRIEF_ACTIVITY)
            emergency._end_activities(REPORT_ACTIVITY)

    def _missing_to_close(self):
        """Return what still has to be done, in words."""
        self.ensure_one()
        missing = []
        if self.state == "running":
            missing.append(self.env._("stand it down"))
        if self.state == "closed":
            missing.append(self.env._("nothing, it is closed already"))
        texts = ["what_worked", "what_to_improve"]
        if not self.is_drill:
            texts = ["what_happened", "causes", "what_worked"]
            if self.report_state not in ("sent", "waived"):
                missing.append(self.env._("report it to the district, or decide that it is not"))
        empty = [name for name in texts if not (self[name] or "").strip()]
        return missing + [self._fields[name]._description_string(self.env) for name in empty]

    def _check_not_closed(self):
        """Refuse additions to closed emergencies.

        :raises UserError: one of these is closed
        """
        if not self.env.su and any(emergency.state == "closed" for emergency in self):
            raise UserError(self._lock_message())
