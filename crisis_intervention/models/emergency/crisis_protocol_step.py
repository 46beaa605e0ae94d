from datetime import timedelta

from odoo import api, fields, models

from ..school.crisis_team_member import DUTIES


class CrisisProtocolStep(models.Model):
    """One thing to do in an emergency: by whose duty, within how many minutes."""

    _name = "crisis.protocol.step"
    _description = "Step of an Emergency Protocol"
    _inherit = ["crisis.record"]
    _order = "sequence, id"

    protocol_id = fields.Many2one("crisis.protocol", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="protocol_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Step", required=True, translate=True)
    duty = fields.Selection(DUTIES, required=True, default="command")
    minutes = fields.Integer(
        string="Within (min)", default=10, help="Counted from the start of the emergency."
    )
    parallel = fields.Boolean(
        string="At the Same Time", help="Begins together with the step before, not after it."
    )
    how = fields.Text(translate=True)
    phone = fields.Char(help="Number to call in this step.")
    avoid = fields.Text(string="What Not to Do", translate=True)

    _minutes_range = models.Constraint(
        "CHECK(minutes BETWEEN 0 AND 10080)", "A step takes 0 minutes to 7 days."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Add steps to drafts only."""
        steps = super().create(vals_list)
        steps.protocol_id._check_draft({"step_ids"})
        return steps

    def write(self, vals):
        """Change steps of drafts only."""
        self.check_access("write")
        self.protocol_id._check_draft({"step_ids"})
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        """Take steps out of drafts only."""
        self.protocol_id._check_draft({"step_ids"})

    def _run_values(self, start):
        """Return the values of this step in an emergency that began at ``start`` (UTC)."""
        return {
            "protocol_step_id": self.id,
            "sequence": self.sequence,
            "date_due": start + timedelta(minutes=self.minutes) if self.minutes else False,
        }
