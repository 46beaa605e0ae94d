from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ...lib.instrument_definition import YES_NO

TEXTS = {
    "crisis.instrument": ("name", "description"),
    "crisis.instrument.item": ("section", "topic", "text"),
    "crisis.instrument.option": ("label",),
    "crisis.instrument.scale": ("name",),
    "crisis.instrument.band": ("name", "recommendation"),
}
INFORMANT_FIELDS = {
    "student": "for_student",
    "parent": "for_parent",
    "teacher": "for_teacher",
    "psychologist": "for_psychologist",
}
LIMITS = ("age_min", "age_max", "grade_min", "grade_max")
BASE = "en_US"


class CrisisInstrument(models.Model):
    """An instrument as one plain tree, for scoring and for its exchange file."""

    _inherit = "crisis.instrument"

    def _tree(self, texts=False):
        """Return the instrument as dict, as ``instrument_definition.definition`` reads it.

        :param bool texts: with everything people read, in all languages, and what else the
            exchange file holds; each text is a dict of language to text, ``""`` for all languages
        """
        self.ensure_one()
        parts = (self, self.option_ids, self.item_ids, self.scale_ids, self.band_ids)
        words = self._stored_texts(*parts) if texts else {}
        tree = {
            **_given(self, ("code", "version", "kind", *LIMITS)),
            "informants": [code for code, field in INFORMANT_FIELDS.items() if self[field]],
            "options": [option._tree(words) for option in self.option_ids if not option.item_id],
            "items": [item._tree(words) for item in self.item_ids],
            "scales": [scale._tree(words) for scale in self.scale_ids],
            "bands": [band._tree(words) for band in self.band_ids],
            **words.get(self, {}),
        }
        if self.needs_wording:
            tree["needs_wording"] = True
        if self.source:
            tree["source"] = self.source
        return {key: value for key, value in tree.items() if value or key == "informants"}

    @api.model
    def _stored_texts(self, *parts):
        """Return dict of record to dict of field to text by language, with one query per model."""
        result = defaultdict(dict)
        self.env.flush_all()
        for records in parts:
            fields = TEXTS[records._name]
            if not records:
                continue
            columns = SQL(", ").join(SQL.identifier(field) for field in fields)
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id IN %s",
                    columns,
                    SQL.identifier(records._table),
                    tuple(records.ids),
                )
            )
            for record_id, *values in rows:
                record = records.browse(record_id)
                for field, value in zip(fields, values, strict=True):
                    if value and any(value.values()):
                        result[record][field] = _by_language(value)
        return result


class CrisisInstrumentItem(models.Model):
    """Items in the tree."""

    _inherit = "crisis.instrument.item"

    def _tree(self, words):
        """Return this item as dict, with ``words`` (record to texts)."""
        tree = {
            **_given(self, ("code", "reverse", "flag_from", "flag_level", "flag_blank")),
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


class CrisisInstrumentOption(models.Model):
    """Answers in the tree."""

    _inherit = "crisis.instrument.option"

    def _tree(self, words):
        """Return this answer as dict."""
        score = {"score": self.score} if self.scored else {}
        return {"code": self.code, **score, **words.get(self, {})}


class CrisisInstrumentScale(models.Model):
    """Scales in the tree."""

    _inherit = "crisis.instrument.scale"

    def _tree(self, words):
        """Return this scale as dict."""
        tree = {
            **_given(self, ("code", "threshold", "missing_allowed", "decimals")),
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


class CrisisInstrumentBand(models.Model):
    """Bands in the tree."""

    _inherit = "crisis.instrument.band"

    def _tree(self, words):
        """Return this band as dict."""
        return {
            "scale": self.scale_id.code,
            "low": self.low,
            "high": self.high,
            **_given(self, ("gender", "informant", "risk_level", "invalid", *LIMITS)),
            **words.get(self, {}),
        }


def _given(record, names):
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
