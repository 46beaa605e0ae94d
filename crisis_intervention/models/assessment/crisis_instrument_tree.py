import base64
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ...lib.instrument_exchange import BASE, dump

TEXTS = {
    "crisis.instrument": ("name", "description"),
    "crisis.instrument.item": ("section", "topic", "text"),
    "crisis.instrument.option": ("label",),
    "crisis.instrument.scale": ("name",),
    "crisis.instrument.band": ("name", "recommendation"),
}
LIMITS = ("age_min", "age_max", "grade_min", "grade_max")


class CrisisInstrumentTree(models.AbstractModel):
    """An instrument as one plain tree, for scoring and for its exchange file."""

    _name = "crisis.instrument.tree"
    _description = "Instrument as a Tree"

    exchange_file = fields.Binary(compute="_compute_exchange_file")

    def _compute_exchange_file(self):
        """Write the instrument as an exchange file."""
        for instrument in self:
            instrument.exchange_file = base64.b64encode(dump(instrument._tree(texts=True)))

    def action_export(self):
        """Return the download of this instrument's file."""
        self.ensure_one()
        name = f"{self.code}-{self.version}.xml"
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/exchange_file/{name}?download=true",
            "target": "download",
        }

    def _tree(self, texts=False):
        """Return the instrument as dict, as ``instrument_definition.definition`` reads it.

        :param bool texts: with everything people read, in all languages, and what else the
            exchange file holds; each text is a dict of language to text, ``""`` for all languages
        """
        self.ensure_one()
        parts = (self, self.option_ids, self.item_ids, self.scale_ids, self.band_ids)
        words = self._stored_texts(*parts) if texts else {}
        tree = {
            **given(self, "code", "version", "kind", *LIMITS),
            "informants": self._informants(),
            "options": [option._tree(words) for option in self.option_ids if not option.item_id],
            "items": [item._tree(words) for item in self.item_ids],
            "scales": [scale._tree(words) for scale in self.scale_ids],
            "bands": [band._tree(words) for band in self.band_ids],
            **words.get(self, {}),
            **given(self, "needs_wording", "source"),
        }
        return {key: value for key, value in tree.items() if value or key == "informants"}

    @api.model
    def _stored_texts(self, *parts):
        """Return dict of record to dict of field to text by language, with one query per model."""
        result = defaultdict(dict)
        self.env.flush_all()
        for records in parts:
            if not records:
                continue
            names = TEXTS[records._name]
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id IN %s",
                    SQL(", ").join(SQL.identifier(name) for name in names),
                    SQL.identifier(records._table),
                    tuple(records.ids),
                )
            )
            for record_id, *values in rows:
                record = records.browse(record_id)
                for name, value in zip(names, values, strict=True):
                    if value and any(value.values()):
                        result[record][name] = _by_language(value)
        return result


def given(record, *names):
    """Return dict of those fields of ``record`` that are filled in."""
    return {name: record[name] for name in names if record[name]}


def _by_language(value):
    """Return a stored translation as the tree holds it: one text where all languages agree."""
    texts = {lang: text for lang, text in value.items() if text}
    base = texts.get(BASE) or next(iter(texts.values()))
    if all(text == base for text in texts.values()):
        return {"": base}
    others = sorted(texts.keys() - {BASE})
    return {BASE: base, **{lang: texts[lang] for lang in others}}
