from odoo import models


class CrisisWaivable(models.AbstractModel):
    """A record of a duty of which somebody decides, with a reason, that it does not hold here."""

    _name = "crisis.waivable"
    _description = "Duty That May Be Waived"

    def action_waive(self):
        """Open the dialog that asks why."""
        return self.env["crisis.approval.decide"]._action_about(self)

    def _waive(self, reason):
        """Record the decision, after checking who decides.

        :param str reason: may be empty or False, which is refused
        """
        raise NotImplementedError
