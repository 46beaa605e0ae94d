from odoo import api, fields, models


class ResCompany(models.Model):
    """A school (or the district centre): settings of the crisis system."""

    _inherit = "res.company"

    crisis_final_grade = fields.Integer(
        string="Final Grade",
        default=6,
        help="Students of this grade leave the school at the end of the school year: "
        "6 for most primary schools, 5 where primary school takes five years.",
    )
    crisis_triage_hours = fields.Integer(
        string="Hours to Triage",
        default=24,
        help="A concern report without danger to life is decided within this many hours. "
        "With danger to life the response standard of the red level holds.",
    )

    _crisis_final_grade_range = models.Constraint(
        "CHECK(crisis_final_grade BETWEEN 1 AND 12)",
        "The final grade is a number from 1 to 12.",
    )
    _crisis_triage_hours_range = models.Constraint(
        "CHECK(crisis_triage_hours BETWEEN 1 AND 240)",
        "The time to triage is 1 to 240 hours.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create companies, each with its own reference numbers."""
        companies = super().create(vals_list)
        self.env["crisis.numbering"]._ensure(companies)
        return companies

    def _crisis_holders(self, *groups):
        """Return the active users of this school who hold one of ``groups`` (XML ids)."""
        # sudo: res.groups - who must be told; nothing else leaves the method
        users = self.env["res.users"].sudo()
        for group in groups:
            users |= self.env.ref(group).sudo().all_user_ids
        return users.filtered(lambda user: user.active and self in user.company_ids)
