from odoo import api, fields, models


class CrisisInstrumentOption(models.Model):
    """One answer to choose: of an item, or of all items of the instrument that have none."""

    _name = "crisis.instrument.option"
    _description = "Answer of an Instrument"
    _inherit = ["crisis.instrument.part"]
    _order = "sequence, id"
    _rec_name = "label"

    instrument_id = fields.Many2one(
        "crisis.instrument",
        compute="_compute_instrument_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="cascade",
        index=True,
    )
    item_id = fields.Many2one("crisis.instrument.item", ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True, help="What stands for it on paper: a digit or a letter.")
    label = fields.Char(required=True, translate=True)
    scored = fields.Boolean(default=True)
    score = fields.Float()

    @api.depends("item_id")
    def _compute_instrument_id(self):
        """Take the instrument of the item."""
        for option in self:
            option.instrument_id = option.item_id.instrument_id or option.instrument_id

    def _tree(self, words):
        """Return this answer as dict; see ``crisis.instrument.tree``.

        :param words: dict of record to its texts
        """
        score = {"score": self.score} if self.scored else {}
        return {"code": self.code, **score, **words.get(self, {})}
