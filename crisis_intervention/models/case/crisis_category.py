from odoo import fields, models


class CrisisCategory(models.Model):
    """Type of crisis, chosen on reports and cases."""

    _name = "crisis.category"
    _description = "Crisis Category"
    _inherit = ["crisis.record"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        translate=True, help="What belongs here, so that everybody sorts reports alike."
    )
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint(
        "UNIQUE (name)", "There is a category of this name already. Use or rename that one."
    )
