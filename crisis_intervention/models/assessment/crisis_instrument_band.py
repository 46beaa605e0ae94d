from odoo import fields, models

from ...lib.instrument_definition import INFORMANTS
from ...lib.risk import RISK_LEVELS
from .crisis_instrument_tree import LIMITS, given


class CrisisInstrumentBand(models.Model):
    """What a range of scores means, for everybody or for some."""

    _name = "crisis.instrument.band"
    _description = "Band of an Instrument"
    _inherit = ["crisis.instrument.part"]
    _order = "instrument_id, sequence, id"

    instrument_id = fields.Many2one(
        "crisis.instrument", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    scale_id = fields.Many2one(
        "crisis.instrument.scale",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('instrument_id', '=', instrument_id)]",
    )
    name = fields.Char(required=True, translate=True)
    low = fields.Float(string="From")
    high = fields.Float(string="To", help="Included.")
    gender = fields.Selection([("male", "Male"), ("female", "Female")])
    age_min = fields.Integer(string="Age from", help="0 is no limit.")
    age_max = fields.Integer(string="Age to")
    grade_min = fields.Integer(string="Grade from", help="0 is no limit.")
    grade_max = fields.Integer(string="Grade to")
    informant = fields.Selection(INFORMANTS, help="Empty: whoever gave the answers.")
    risk_level = fields.Selection(RISK_LEVELS, string="Proposed Level")
    invalid = fields.Boolean(
        string="Not Valid", help="The answers cannot be relied on: test again."
    )
    recommendation = fields.Text(translate=True)

    def _tree(self, words):
        """Return this band as dict; see ``crisis.instrument.tree``.

        :param words: dict of record to its texts
        """
        return {
            "scale": self.scale_id.code,
            "low": self.low,
            "high": self.high,
            **given(self, "gender", "informant", "risk_level", "invalid", *LIMITS),
            **words.get(self, {}),
        }
