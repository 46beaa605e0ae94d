from odoo import api, fields, models

from ...lib.instrument_definition import YES_NO
from ...lib.risk import RISK_LEVELS
from .crisis_instrument_tree import given


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

    def _tree(self, words):
        """Return this item as dict; see ``crisis.instrument.tree``.

        :param words: dict of record to its texts
        """
        tree = {
            **given(self, "code", "reverse", "flag_from", "flag_level", "flag_blank"),
            "kind": self.kind,
            **words.get(self, {}),
        }
        if self.weight != 1:
            tree["weight"] = self.weight
        if self.kind == "number" and (self.low or self.high):
            tree.update(low=self.low, high=self.high)
        if self.condition_item_ids:
            tree["condition"] = {
                "items": self.condition_item_ids.sorted("sequence").mapped("code"),
                "answers": (self.condition_answers or "").split(),
            }
        if self.option_ids:
            tree["options"] = [option._tree(words) for option in self.option_ids]
        return tree

    def _answers(self):
        """Return the answers to choose from as list of (code, label or None for Yes / No)."""
        self.ensure_one()
        if self.kind == "yes_no":
            return [(code, None) for code, _score in YES_NO]
        if self.kind != "choice":
            return []
        options = self.option_ids or self.instrument_id.option_ids.filtered(
            lambda option: not option.item_id
        )
        return [(option.code, option.label) for option in options]
