from odoo import fields, models

from .ir_attachment import FILE_SIZE, FILE_SIZE_DEFAULT
from .res_users import STAFF_BY_DEFAULT


class ResConfigSettings(models.TransientModel):
    """Settings of the crisis system, per school where they differ between schools."""

    _inherit = "res.config.settings"

    crisis_final_grade = fields.Integer(related="company_id.crisis_final_grade", readonly=False)
    crisis_triage_hours = fields.Integer(related="company_id.crisis_triage_hours", readonly=False)
    crisis_district_id = fields.Many2one(related="company_id.crisis_district_id", readonly=False)
    crisis_report_principal_user_id = fields.Many2one(
        related="company_id.crisis_report_principal_user_id", readonly=False
    )
    crisis_quiet_from = fields.Float(related="company_id.crisis_quiet_from", readonly=False)
    crisis_quiet_to = fields.Float(related="company_id.crisis_quiet_to", readonly=False)
    crisis_retention_years = fields.Integer(
        related="company_id.crisis_retention_years", readonly=False
    )
    crisis_week_report = fields.Boolean(related="company_id.crisis_week_report", readonly=False)
    crisis_month_report = fields.Boolean(related="company_id.crisis_month_report", readonly=False)
    crisis_file_max_mb = fields.Integer(
        string="Largest File (MB)",
        config_parameter=FILE_SIZE,
        default=FILE_SIZE_DEFAULT,
        help="Files attached to cases, reports and their records.",
    )
    crisis_ack_minutes = fields.Integer(related="company_id.crisis_ack_minutes", readonly=False)
    crisis_places = fields.Text(related="company_id.crisis_places", readonly=False)
    crisis_report_phone_hours = fields.Integer(
        related="company_id.crisis_report_phone_hours", readonly=False
    )
    crisis_report_written_hours = fields.Integer(
        related="company_id.crisis_report_written_hours", readonly=False
    )
    crisis_staff_by_default = fields.Boolean(
        string="Every Employee Reports",
        config_parameter=STAFF_BY_DEFAULT,
        help="New internal users may report concerns. Reporting is every employee's duty; turn "
        "this off only where other people than staff have accounts.",
    )
    crisis_grant_hours = fields.Integer(related="company_id.crisis_grant_hours", readonly=False)
    crisis_emergency_hours = fields.Integer(
        related="company_id.crisis_emergency_hours", readonly=False
    )
    crisis_identity_minutes = fields.Integer(
        related="company_id.crisis_identity_minutes", readonly=False
    )
    crisis_two_factor = fields.Boolean(related="company_id.crisis_two_factor", readonly=False)
    crisis_request_days = fields.Integer(related="company_id.crisis_request_days", readonly=False)
