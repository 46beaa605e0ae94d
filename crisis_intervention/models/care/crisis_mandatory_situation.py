from odoo import fields, models


class CrisisMandatorySituation(models.Model):
    """A situation in which the law makes schools report at once."""

    _name = "crisis.mandatory.situation"
    _description = "Situation to Report by Law"
    _inherit = ["crisis.record"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    source = fields.Text(translate=True)
    active = fields.Boolean(default=True)
