from odoo import fields, models


class CrisisConcernAddendum(models.Model):
    """An addition or correction to a submitted report."""

    _name = "crisis.concern.addendum"
    _description = "Addition to a Report"
    _inherit = ["crisis.append.only"]

    concern_id = fields.Many2one("crisis.concern", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="concern_id.company_id", store=True, index=True, precompute=True
    )
