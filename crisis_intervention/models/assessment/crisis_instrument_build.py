import json
from collections import defaultdict

from odoo import Command, api, models
from odoo.tools import SQL

from .crisis_instrument_tree import BASE, INFORMANT_FIELDS, LIMITS, TEXTS


class CrisisInstrument(models.Model):
    """An instrument from a plain tree."""

    _inherit = "crisis.instrument"

    @api.model
    def _create_from_tree(self, tree, company):
        """Create a draft from a tree with texts.

        :param dict tree: a tree without faults
        :param company: ``res.company`` of the instrument; empty for all schools
        :return: ``crisis.instrument`` record
        """
        texts = []  # (record, field, dict of language to text)
        env = self.with_context(lang=BASE).env

        def make(model, entries, **extra):
            names = TEXTS[model]
            records = env[model].create(
                [
                    {
                        **{key: value for key, value in vals.items() if key not in names},
                        **{name: _base(vals[name]) for name in names if name in vals},
                        **extra,
                    }
                    for vals in entries
                ]
            )
            for record, vals in zip(records, entries, strict=True):
                texts.extend((record, name, vals[name]) for name in names if name in vals)
            return records

        kept = ("code", "version", "kind", "needs_wording", "source", *LIMITS)
        instrument = make(
            "crisis.instrument",
            [
                {
                    **{key: tree[key] for key in (*kept, *TEXTS[self._name]) if key in tree},
                    **{
                        field: code in tree["informants"]
                        for code, field in INFORMANT_FIELDS.items()
                    },
                    "company_id": company.id,
                    # what can be asked on screen comes first
                    "sequence": 20 if tree.get("needs_wording") else 10,
                }
            ],
        )
        make(
            "crisis.instrument.option",
            [_option_vals(entry, number) for number, entry in enumerate(tree.get("options", ()))],
            instrument_id=instrument.id,
        )
        entries = tree.get("items", ())
        items = make(
            "crisis.instrument.item",
            [_item_vals(entry, number) for number, entry in enumerate(entries)],
            instrument_id=instrument.id,
        )
        by_code = {item.code: item for item in items}
        own_options = []
        for item, entry in zip(items, entries, strict=True):
            own_options += [
                {**_option_vals(option, number), "item_id": item.id}
                for number, option in enumerate(entry.get("options", ()))
            ]
            condition = entry.get("condition")
            if condition:
                item.write(
                    {
                        "condition_item_ids": [
                            Command.set([by_code[code].id for code in condition["items"]])
                        ],
                        "condition_answers": " ".join(condition["answers"]),
                    }
                )
        make("crisis.instrument.option", own_options, instrument_id=instrument.id)
        scales = make(
            "crisis.instrument.scale",
            [
                _scale_vals(entry, number, by_code)
                for number, entry in enumerate(tree.get("scales", ()))
            ],
            instrument_id=instrument.id,
        )
        scale_ids = {scale.code: scale.id for scale in scales}
        make(
            "crisis.instrument.band",
            [
                _band_vals(entry, number, scale_ids)
                for number, entry in enumerate(tree.get("bands", ()))
            ],
            instrument_id=instrument.id,
        )
        self._store_texts(texts)
        return instrument.with_env(self.env)

    @api.model
    def _store_texts(self, texts):
        """Store texts in further languages, also in those that are not switched on yet.

        :param texts: list of (record, field, dict of language to text)
        """
        self.env.flush_all()
        rows = defaultdict(list)
        for record, field, text in texts:
            if "" not in text:
                rows[record._name, field].append((record.id, json.dumps(text)))
        for (model, field), values in rows.items():
            column = SQL.identifier(field)
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s t SET %(column)s = v.text::jsonb FROM (VALUES %(values)s) "
                    "AS v(id, text) WHERE t.id = v.id",
                    table=SQL.identifier(self.env[model]._table),
                    column=column,
                    values=SQL(", ").join(SQL("%s", row) for row in values),
                )
            )
        self.env.invalidate_all()


def _base(text):
    """Return the text to create a record with."""
    return text.get("") or text[BASE]


def _option_vals(entry, number):
    """Return values of an option without its owner."""
    return {
        "sequence": number,
        "code": entry["code"],
        "label": entry.get("label", {"": entry["code"]}),
        "scored": entry.get("score") is not None,
        "score": entry.get("score") or 0,
    }


def _item_vals(entry, number):
    """Return values of an item without what points to other records."""
    skipped = ("condition", "options")
    return {
        "sequence": number,
        **{key: value for key, value in entry.items() if key not in skipped},
    }


def _scale_vals(entry, number, by_code):
    """Return values of a scale.

    :param by_code: dict of item code to item record
    """
    rows = [f"{low:g}-{high:g} = {standard:g}" for low, high, standard in entry.get("table", ())]
    vals = {key: value for key, value in entry.items() if key not in ("table", "items", "total")}
    return {
        "sequence": number,
        "is_total": entry.get("total", False),
        "standard_table": "\n".join(rows) or False,
        "item_ids": [Command.set([by_code[code].id for code in entry["items"]])],
        "name": {"": entry["code"]},
        **vals,
    }


def _band_vals(entry, number, scale_ids):
    """Return values of a band.

    :param scale_ids: dict of scale code to record id
    """
    vals = {key: value for key, value in entry.items() if key != "scale"}
    return {"sequence": number, "name": {"": "?"}, **vals, "scale_id": scale_ids[entry["scale"]]}
