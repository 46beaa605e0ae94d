from odoo import api, fields, models

from ...lib.risk import RISK_LEVELS


class CrisisInstrumentItem(models.Model):
    """One question of an instrument."""

    _name = "crisis.instrument.item"
    _description = "Item of an Instrument"
    _inherit = ["crisis.instrument.part"]
    _order = "instrument_id, sequence, id"

    instrument_id = fields.Many2one(
        "crisis.instrument", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True, help="Number on the paper form.")
    kind = fields.Selection(
        [
            ("choice", "Single choice"),
            ("yes_no", "Yes / No"),
            ("number", "Number"),
            ("text", "Text"),
        ],
        required=True,
        default="choice",
    )
    section = fields.Char(translate=True, help="Heading above this item, where it changes.")
    topic = fields.Char(translate=True, help="What the item is about, in a few words of our own.")
    text = fields.Text(string="Wording", translate=True)
    option_ids = fields.One2many(
        "crisis.instrument.option",
        "item_id",
        string="Own Answers",
        help="Only where they differ from the answers of the instrument.",
    )
    reverse = fields.Boolean(
        string="Reverse Scored", help="The highest answer counts as the lowest, and so on."
    )
    weight = fields.Float(default=1.0, help="Used by scales that are weighted sums.")
    low = fields.Float(string="Lowest Number")
    high = fields.Float(string="Highest Number")
    condition_item_ids = fields.Many2many(
        "crisis.instrument.item",
        "crisis_instrument_item_condition_rel",
        "item_id",
        "condition_id",
        string="Asked after Items",
        domain="[('instrument_id', '=', instrument_id)]",
        help="Asked only when any of these was answered by one of the answers named beside.",
    )
    condition_answers = fields.Char(
        string="Answered By", help="Codes of answers, separated by spaces, such as: Y R"
    )
    flag_from = fields.Char(
        string="Red Flag from", help="Code of the answer (or the number) that raises the flag."
    )
    flag_level = fields.Selection(
        RISK_LEVELS, string="Level of the Red Flag", help="Proposed when the flag is raised."
    )
    flag_blank = fields.Boolean(
        string="No Answer Is a Flag", help="Leaving it open raises the flag as well."
    )
    scale_ids = fields.Many2many(
        "crisis.instrument.scale", "crisis_instrument_scale_item_rel", "item_id", "scale_id"
    )

    @api.depends("code", "topic", "text")
    def _compute_display_name(self):
        """Show number and wording, or the topic where there is no wording."""
        for item in self:
            item.display_name = f"{item.code}. {item.text or item.topic or ''}".strip()


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
