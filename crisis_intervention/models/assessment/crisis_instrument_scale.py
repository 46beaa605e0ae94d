import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crisis_instrument_tree import given

_ROW = re.compile(r"\s*(-?[\d.]+)\s*(?:[-–—~至]\s*(-?[\d.]+)\s*)?[=:：＝]\s*(-?[\d.]+)\s*")


class CrisisInstrumentScale(models.Model):
    """Total or subscale: which items count, and how."""

    _name = "crisis.instrument.scale"
    _description = "Scale of an Instrument"
    _inherit = ["crisis.instrument.part"]
    _order = "instrument_id, sequence, id"

    instrument_id = fields.Many2one(
        "crisis.instrument", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    is_total = fields.Boolean(
        string="Total", help="The score shown first, in lists and in the chart over time."
    )
    rule = fields.Selection(
        [
            ("sum", "Sum; missing answers count 0"),
            ("mean", "Mean × factor"),
            ("count", "Number of items at or above a value"),
            ("weighted", "Weighted sum"),
        ],
        required=True,
        default="sum",
    )
    factor = fields.Float(default=1.0, help="With the number of items: a sum in proportion.")
    threshold = fields.Float(string="Counted from")
    missing_allowed = fields.Integer(help="With more missing answers there is no score.")
    decimals = fields.Integer()
    standard_table = fields.Text(
        string="Standard Scores",
        help="One line per range of raw scores, such as: 0-3 = 45",
    )
    item_ids = fields.Many2many(
        "crisis.instrument.item",
        "crisis_instrument_scale_item_rel",
        "scale_id",
        "item_id",
        domain="[('instrument_id', '=', instrument_id)]",
    )

    @api.constrains("standard_table")
    def _check_standard_table(self):
        """Refuse lines that cannot be read."""
        for scale in self:
            scale._standard_rows()

    def _standard_rows(self):
        """Return the table as list of (low, high, standard score).

        :raises ValidationError: names the line that cannot be read
        """
        self.ensure_one()
        rows = []
        for number, line in enumerate((self.standard_table or "").splitlines(), 1):
            if not line.strip():
                continue
            try:
                low, high, standard = _ROW.fullmatch(line).groups()
                rows.append((float(low), float(high or low), float(standard)))
            except (AttributeError, ValueError):
                raise ValidationError(
                    self.env._(
                        "Line %(number)s of the standard scores cannot be read: %(line)s. Write "
                        "it like this: 0-3 = 45",
                        number=number,
                        line=line,
                    )
                ) from None
        return rows

    def _tree(self, words):
        """Return this scale as dict; see ``crisis.instrument.tree``.

        :param words: dict of record to its texts
        """
        tree = {
            **given(self, "code", "threshold", "missing_allowed", "decimals"),
            "rule": self.rule,
            "items": self.item_ids.sorted("sequence").mapped("code"),
            **words.get(self, {}),
        }
        if self.is_total:
            tree["total"] = True
        if self.factor != 1:
            tree["factor"] = self.factor
        if self.standard_table:
            tree["table"] = self._standard_rows()
        return tree
