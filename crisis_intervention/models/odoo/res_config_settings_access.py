from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of permissions to look, per school."""

    _inherit = "res.config.settings"

    crisis_grant_hours = fields.Integer(related="company_id.crisis_grant_hours", readonly=False)
    crisis_emergency_hours = fields.Integer(
        related="company_id.crisis_emergency_hours", readonly=False
    )
    crisis_identity_minutes = fields.Integer(
        related="company_id.crisis_identity_minutes", readonly=False
    )
    crisis_request_days = fields.Integer(related="company_id.crisis_request_days", readonly=False)
