from odoo import fields, models

from .res_users import STAFF_BY_DEFAULT


class ResConfigSettings(models.TransientModel):
    """Settings of the crisis system, per school where they differ between schools."""

    _inherit = "res.config.settings"

    crisis_final_grade = fields.Integer(related="company_id.crisis_final_grade", readonly=False)
    crisis_triage_hours = fields.Integer(related="company_id.crisis_triage_hours", readonly=False)
    crisis_staff_by_default = fields.Boolean(
        string="Every Employee Reports",
        config_parameter=STAFF_BY_DEFAULT,
        help="New internal users may report concerns. Reporting is every employee's duty; turn "
        "this off only where other people than staff have accounts.",
    )
