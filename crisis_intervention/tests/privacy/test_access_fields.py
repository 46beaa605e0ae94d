from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...sealed_reading import opening
from .. import access_matrix
from ..common import MODULE
from .matrix import AccessMatrixCase


@tagged("post_install", "-at_install")
class TestFieldAudience(AccessMatrixCase):
    """Fields with an audience smaller than their model's: closed on every way to everybody else."""

    def _audiences(self):
        """Yield (field, readers, writers) of ``FIELDS``."""
        for model, lines in access_matrix.FIELDS.items():
            for names, readers, writers in lines:
                for name in names.split():
                    yield self.env[model]._fields[name], readers, writers

    def test_table_is_complete(self):
        own = {
            (model, name)
            for model in self.table
            for name, field in self.env[model]._fields.items()
            if field.groups and MODULE in field._modules
        }
        listed = {(field.model_name, field.name) for field, _readers, _writers in self._audiences()}
        self.assertEqual(own, listed, "fields missing in the table, or without groups")

    def _record_for(self, role, model, letter="R"):
        """Return a record of ``model`` that ``role`` may read (or write), or None."""
        for relation, row in self.table[model].items():
            if letter in row[role] and "R" in row[role]:
                return self.records[model, relation]
        return None

    def test_readers(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for field, readers, _writers in self._audiences():
                record = self._record_for(role, field.model_name)
                if not record:
                    continue
                with self.subTest(role=role, model=field.model_name, field=field.name):
                    refusal = self._refusal(lambda r=record, f=field: self._mine(r).read([f.name]))
                    if role in readers:
                        self.assertIsNone(refusal)
                    else:
                        self.assertIsInstance(refusal, AccessError)
                        self._check_closed(record, field)

    def _check_closed(self, record, field):
        """Check that a field is out of reach: read, search, order, groups, export, write."""
        name = field.name
        probe = self._probe(field, name)
        mine = self._mine(record)
        model = mine.browse()
        doors = {
            "attribute": lambda: mine[name],
            "mapped": lambda: mine.mapped(name),
            "web_read": lambda: mine.web_read({name: {}}),
            "web_search_read": lambda: model.web_search_read([("id", "=", mine.id)], {name: {}}),
            "search_read": lambda: model.search_read([("id", "=", mine.id)], [name]),
            "export_data": lambda: mine.export_data([name]),
            "write": lambda: mine.write({name: False}),
            "create": lambda: model.create({**self._new_values(field.model_name), name: False}),
        }
        searchable = {
            "search": lambda: model.search([probe]),
            "search_count": lambda: model.search_count([probe]),
            "filtered_domain": lambda: mine.filtered_domain([probe]),
            "order": lambda: model.search([], order=name),
            "_read_group": lambda: model._read_group([], [self._grouping(field)], ["__count"]),
            "web_read_group": lambda: model.web_read_group(
                [], [self._grouping(field)], ["__count"]
            ),
            "formatted_read_group": lambda: model.formatted_read_group(
                [], [self._grouping(field)], ["__count"]
            ),
            "aggregate": lambda: model._read_group([], [], [f"{name}:count"]),
        }
        for door, action in doors.items():
            with self.subTest(door=door, field=name):
                self.env.invalidate_all()
                # what was submitted is closed to all, before rights are asked
                submitted = door == "write" and field.model_name == "crisis.concern"
                self.assertIsInstance(
                    self._refusal(action), UserError if submitted else AccessError
                )
        for door, action in searchable.items():
            with self.subTest(door=door, field=name):
                self.env.invalidate_all()
                try:
                    self.assertIsInstance(self._refusal(action), AccessError)
                except ValueError:
                    # what is not in the database cannot be searched or grouped by anybody
                    self.assertFalse(field.column_type and field.store)

    def _new_values(self, model):
        """Return values that create a record of ``model``, for those who may; none if nobody may."""
        return next((values for (name, _), values in self.values.items() if name == model), {})

    def _probe(self, field, path):
        """Return a condition on ``path`` that cannot be decided without the values of ``field``."""
        if field.type == "selection":
            return (path, "=", field.get_values(self.env)[0])
        if field.type == "many2one":
            return (path, "=", 1)  # Odoo knows without looking that a required one is not empty
        return (path, "!=", False)

    def _grouping(self, field):
        """Return the group-by specification of ``field``."""
        return f"{field.name}:month" if field.type in ("date", "datetime") else field.name

    def test_closed_from_other_models(self):
        """A dotted path is no way round the audience of the field at its end."""
        for role in access_matrix.ROLES:
            self._take(role)
            for field, readers, _writers in self._audiences():
                if role in readers or not field.store:
                    continue
                for model in self.table:
                    if not self._record_for(role, model):
                        continue
                    for link in self.env[model]._fields.values():
                        if link.comodel_name != field.model_name or not link.store:
                            continue
                        path = f"{link.name}.{field.name}"
                        with self.subTest(role=role, model=model, path=path):
                            mine = self._mine(self.env[model])
                            self.assertIsInstance(
                                self._refusal(
                                    lambda m=mine, p=path, f=field: m.search([self._probe(f, p)])
                                ),
                                AccessError,
                            )

    def test_writers(self):
        lines = {
            "membership_ids": [Command.create({"label": "x"})],
            "deadline_ids": [
                Command.create({"kind": "plan_approval", "date_due": fields.Datetime.now()})
            ],
            "change_ids": [Command.create({"reason": "x"})],
            "concern_ids": [Command.clear()],
            "hold_ids": [Command.create({"reason": "x"})],
        }
        for role in access_matrix.ROLES:
            self._take(role)
            for field, readers, writers in self._audiences():
                record = self._record_for(role, field.model_name, "W")
                if not record or not (field.store or field.name == "change_reason"):
                    continue
                value = lines.get(field.name)
                if value is None:
                    known = record.sudo()
                    with opening("signing"):
                        value = field.convert_to_write(known[field.name], known)
                with self.subTest(role=role, model=field.model_name, field=field.name):
                    refusal = self._refusal(
                        lambda r=record, f=field, v=value: self._having_read(self._mine(r)).write(
                            {f.name: v}
                        )
                    )
                    if role in writers:
                        self.assertIn(role, readers)
                        self.assertIsNone(refusal)
                    elif role in readers:
                        self.assertIsInstance(refusal, UserError)
                    else:
                        self.assertIsInstance(refusal, AccessError)
