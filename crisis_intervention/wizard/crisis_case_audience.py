from odoo import fields, models

from ..models.case.crisis_case_privacy import RELATIONS


class CrisisCaseAudience(models.TransientModel):
    """One line of "Who sees this case, and why", as it was when somebody asked."""

    _name = "crisis.case.audience"
    _description = "Who Sees a Case"
    _inherit = ["crisis.record"]
    _order = "user_id, relation, id"
    _rec_name = "relation"

    case_id = fields.Many2one("crisis.case", required=True, readonly=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", string="Who", required=True, readonly=True, ondelete="cascade"
    )
    relation = fields.Selection(RELATIONS, string="Why", required=True, readonly=True)
    roles = fields.Char(string="Role or Permission", readonly=True)
    parts = fields.Char(string="What", readonly=True)
    date_until = fields.Datetime(string="Until", readonly=True)
