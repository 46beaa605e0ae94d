from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of the crisis system, per school where they differ between schools."""

    _inherit = "res.config.settings"

    crisis_final_grade = fields.Integer(related="company_id.crisis_final_grade", readonly=False)
    crisis_triage_hours = fields.Integer(related="company_id.crisis_triage_hours", readonly=False)
    crisis_staff_by_default = fields.Boolean(
        string="Every Employee Reports",
        help="New internal users may report concerns. Reporting is every employee's duty; turn "
        "this off only where other people than staff have accounts.",
    )

    def get_values(self):
        """Read whether new users get the staff role."""
        values = super().get_values()
        default_group = self.env.ref("base.default_user_group")
        staff = self.env.ref("crisis_intervention.group_staff")
        values["crisis_staff_by_default"] = staff in default_group.implied_ids
        return values

    def set_values(self):
        """Give or take the staff role for users created from now on."""
        result = super().set_values()
        default_group = self.env.ref("base.default_user_group")
        staff = self.env.ref("crisis_intervention.group_staff")
        if self.crisis_staff_by_default:
            default_group.implied_ids |= staff
        else:
            default_group.implied_ids -= staff
        return result
