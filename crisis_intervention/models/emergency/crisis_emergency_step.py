from odoo import api, fields, models


class CrisisEmergencyStep(models.Model):
    """One step of the protocol in one emergency: who has it, when it was done. First tick counts."""

    _name = "crisis.emergency.step"
    _description = "Step of an Emergency"
    _inherit = ["crisis.record"]
    _order = "sequence, id"
    _rec_name = "protocol_step_id"

    emergency_id = fields.Many2one(
        "crisis.emergency", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="emergency_id.company_id", store=True, index=True, precompute=True
    )
    protocol_step_id = fields.Many2one(
        "crisis.protocol.step", string="Step", required=True, ondelete="restrict"
    )
    sequence = fields.Integer()
    duty = fields.Selection(related="protocol_step_id.duty")
    date_due = fields.Datetime(string="Due")
    user_id = fields.Many2one("res.users", string="Who Does It", ondelete="restrict")
    date_taken = fields.Datetime(string="Taken")
    state = fields.Selection(
        [("todo", "To do"), ("done", "Done"), ("skipped", "Not needed")],
        default="todo",
        required=True,
    )
    date_done = fields.Datetime(string="Done At")
    done_by_id = fields.Many2one("res.users", ondelete="restrict")
    is_late = fields.Boolean(string="Late", compute="_compute_is_late")

    @api.depends("date_due", "date_done", "state", "emergency_id.date_end")
    def _compute_is_late(self):
        """Compare with the moment it was done, or with the clock; never stored."""
        now = fields.Datetime.now()
        for step in self:
            until = step.date_done or step.emergency_id.date_end or now
            step.is_late = step.state != "skipped" and bool(step.date_due) and until > step.date_due
