import json
from collections import defaultdict

from odoo import Command, api, models
from odoo.tools import SQL

from ...lib.instrument_definition import INFORMANTS
from ...lib.instrument_exchange import BASE, SHIPPED, load
from .crisis_instrument_tree import LIMITS, TEXTS


class CrisisInstrumentBuild(models.AbstractModel):
    """An instrument from a plain tree: from a file, from another version, from the addon."""

    _name = "crisis.instrument.build"
    _description = "Instrument from a Tree"

    @api.model
    def _install_shipped(self):
        """Bring the instruments of the addon, each version once, and publish them.

        :raises ValueError: a file has faults
        """
        known = self.with_context(active_test=False).search([("company_id", "=", False)])
        known = set(known.mapped(lambda instrument: (instrument.code, instrument.version)))
        for path in sorted(SHIPPED.glob("*.xml")):
            tree, faults = load(path.read_bytes())
            if faults:
                raise ValueError(path.name, faults)
            if (tree["code"], tree["version"]) not in known:
                self._create_from_tree(tree, self.env["res.company"]).action_publish()

    @api.model
    def _create_from_tree(self, tree, company):
        """Create a draft from a tree with texts.

        :param dict tree: a tree without faults
        :param company: ``res.company`` of the instrument; empty for all schools
        :return: ``crisis.instrument`` record
        """
        words = []
        base = self.with_context(lang=BASE)
        instrument = base._create_worded(self._name, [_instrument_vals(tree, company)], words)
        item_ids = instrument._build_items(tree, words)
        instrument._build_scales(tree, item_ids, words)
        self._store_texts(words)
        return instrument.with_env(self.env)

    def _build_items(self, tree, words):
        """Create answers and items of this draft.

        :param list words: see ``_create_worded``
        :return: dict of item code to record id
        """
        own = {"instrument_id": self.id}
        options = [
            {**own, **_option_vals(entry, number)}
            for number, entry in enumerate(tree.get("options", ()))
        ]
        self._create_worded("crisis.instrument.option", options, words)
        entries = tree.get("items", ())
        vals_list = [{**own, **_item_vals(entry, number)} for number, entry in enumerate(entries)]
        items = self._create_worded("crisis.instrument.item", vals_list, words)
        item_ids = {item.code: item.id for item in items}
        own_options = []
        for item, entry in zip(items, entries, strict=True):
            own_options += [
                {**own, **_option_vals(option, number), "item_id": item.id}
                for number, option in enumerate(entry.get("options", ()))
            ]
            condition = entry.get("condition")
            if condition:
                asked = [item_ids[code] for code in condition["items"]]
                item.write(
                    {
                        "condition_item_ids": [Command.set(asked)],
                        "condition_answers": " ".join(condition["answers"]),
                    }
                )
        self._create_worded("crisis.instrument.option", own_options, words)
        return item_ids

    def _build_scales(self, tree, item_ids, words):
        """Create scales and bands of this draft.

        :param item_ids: dict of item code to record id
        :param list words: see ``_create_worded``
        """
        own = {"instrument_id": self.id}
        vals_list = [
            {**own, **_scale_vals(entry, number, item_ids)}
            for number, entry in enumerate(tree.get("scales", ()))
        ]
        scales = self._create_worded("crisis.instrument.scale", vals_list, words)
        scale_ids = {scale.code: scale.id for scale in scales}
        vals_list = [
            {**own, **_band_vals(entry, number, scale_ids)}
            for number, entry in enumerate(tree.get("bands", ()))
        ]
        self._create_worded("crisis.instrument.band", vals_list, words)

    @api.model
    def _create_worded(self, model, vals_list, words):
        """Create records whose texts are dicts of language to text.

        :param list words: gets (record, field, dict of language to text) of each of them
        """
        names = TEXTS[model]
        records = self.env[model].create(
            [
                {name: _base(value) if name in names else value for name, value in vals.items()}
                for vals in vals_list
            ]
        )
        for record, vals in zip(records, vals_list, strict=True):
            words.extend((record, name, vals[name]) for name in names if name in vals)
        return records

    @api.model
    def _store_texts(self, words):
        """Store texts in further languages, also in those that are not switched on yet.

        :param words: list of (record, field, dict of language to text)
        """
        self.env.flush_all()
        rows = defaultdict(list)
        for record, field, text in words:
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


def _instrument_vals(tree, company):
    """Return values of an instrument without its parts."""
    kept = ("code", "version", "kind", "needs_wording", "source", *LIMITS)
    return {
        **{key: tree[key] for key in (*kept, *TEXTS["crisis.instrument"]) if key in tree},
        **{f"for_{code}": code in tree["informants"] for code, _label in INFORMANTS},
        "company_id": company.id,
        # what can be asked on screen comes first
        "sequence": 20 if tree.get("needs_wording") else 10,
    }


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
    """Return values of an item without its owner and what points to other items."""
    skipped = ("condition", "options")
    return {
        "sequence": number,
        **{key: value for key, value in entry.items() if key not in skipped},
    }


def _scale_vals(entry, number, item_ids):
    """Return values of a scale without its owner.

    :param item_ids: dict of item code to record id
    """
    rows = [f"{low:g}-{high:g} = {standard:g}" for low, high, standard in entry.get("table", ())]
    vals = {key: value for key, value in entry.items() if key not in ("table", "items", "total")}
    return {
        "sequence": number,
        "is_total": entry.get("total", False),
        "standard_table": "\n".join(rows) or False,
        "item_ids": [Command.set([item_ids[code] for code in entry["items"]])],
        "name": {"": entry["code"]},
        **vals,
    }


def _band_vals(entry, number, scale_ids):
    """Return values of a band without its owner.

    :param scale_ids: dict of scale code to record id
    """
    vals = {key: value for key, value in entry.items() if key != "scale"}
    return {"sequence": number, "name": {"": "?"}, **vals, "scale_id": scale_ids[entry["scale"]]}
