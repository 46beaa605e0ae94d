from odoo import fields, models

from ..models.privacy.crisis_disclosure import KINDS, WAYS


class CrisisCaseReader(models.TransientModel):
    """One line of "Who has seen this file" where part of it stands in archives of the register."""

    _name = "crisis.case.reader"
    _description = "Who Has Seen a Case"
    _inherit = ["crisis.record", "crisis.register.late"]
    _order = "date desc, id desc"
    _rec_name = "date"

    case_id = fields.Many2one("crisis.case", required=True, readonly=True, ondelete="cascade")
    date = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Who", readonly=True, ondelete="cascade")
    kind = fields.Selection(KINDS, string="What Happened", required=True, readonly=True)
    res_name = fields.Char(string="Record", readonly=True)
    what = fields.Char(readonly=True)
    way = fields.Selection(WAYS, string="Way of Reading", readonly=True)
    read_count = fields.Integer(string="Times", readonly=True, aggregator=None)
    ip = fields.Char(string="IP Address", readonly=True)
    is_archived = fields.Boolean(string="From an Archive", readonly=True)
