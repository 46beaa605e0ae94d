from odoo import fields, models


class CrisisCase(models.Model):
    """The counter of the new kind on the form of a case."""

    _inherit = "crisis.case"

    home_visit_count = fields.Integer(string="Home Visits", compute="_compute_counts")
