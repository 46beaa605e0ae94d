from itertools import combinations

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import access_matrix
from ..common import DENIALS, MODULE
from .matrix import AccessMatrixCase
from .matrix.doors import LETTERS, READS, SEARCHES, WRITES


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixCase):
    """The whole matrix: every role, model, operation and relation."""

    def test_table_is_complete(self):
        models = {
            name
            for name, model in self.registry.items()
            if self.env["crisis.record"]._is_ours(name)
            and not model._abstract
            and model._original_module == MODULE
            # views of the database: what they show follows from the models behind them
            and model._auto
        }
        self.assertGreater(len(models), 20)
        self.assertEqual(models, set(self.table), "models missing in the table, or in the addon")
        rows = {(model, relation) for model, lines in self.table.items() for relation in lines}
        self.assertEqual(rows, set(self.records), "lines without a record, or the reverse")
        self.assertEqual(models, set(WRITES))
        for model, relation in rows - set(self.values):
            self.assertFalse(
                [cell for cell in self.table[model][relation].values() if "C" in cell],
                f"{model} {relation} promises what is not tried",
            )

    def test_administrator_is_configurator_and_nothing_else(self):
        ours = self.env["res.groups"].search(
            [
                (
                    "privilege_id.category_id",
                    "=",
                    self.env.ref(f"{MODULE}.group_staff").privilege_id.category_id.id,
                )
            ]
        )
        self.assertEqual(len(ours), 10)
        self.assertEqual(
            self.env.ref("base.user_admin").all_group_ids & ours,
            self.env.ref(f"{MODULE}.group_configurator"),
        )

    @mute_logger(*DENIALS)
    def test_by_id(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, cell in self._rows(role):
                for operation, letter in LETTERS.items():
                    with self.subTest(
                        role=role, model=record._name, relation=relation, operation=operation
                    ):
                        self._check_operation(record, relation, operation, letter in cell)

    def _check_operation(self, record, relation, operation, allowed):
        """Check one operation on one record, asked for and really done."""
        if operation == "create":
            values = self.values.get((record._name, relation))
            if not values:
                return
            refusal = self._refusal(lambda: self._mine(record.browse()).create(dict(values)))
        else:
            self.assertEqual(self._mine(record).has_access(operation), allowed)
            actions = {
                "read": lambda: self._mine(record).read(),
                "write": lambda: self._having_read(self._mine(record)).write(WRITES[record._name]),
                "unlink": lambda: self._mine(record).unlink(),
            }
            refusal = self._refusal(actions[operation])
        if allowed:
            self.assertIsNone(refusal)
        elif operation == "write" and record._name in (
            "crisis.approval",
            "crisis.role.event",
            "crisis.assessment.addendum",
            "crisis.concern.addendum",
            "crisis.session.addendum",
            "crisis.text.version",
            "crisis.body.mark",
            "crisis.emergency.event",
            "crisis.protocol.review",
        ):
            self.assertIsInstance(refusal, UserError)  # refused to all, before rights are asked
        else:
            self.assertIsInstance(refusal, AccessError)

    def test_marks_come_with_their_report_only(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, _cell in self._rows(role):
                if record._name == "crisis.body.mark":
                    values = {"concern_id": record.sudo().concern_id.id, "x": 1, "y": 1}
                    with self.subTest(role=role, relation=relation):
                        refusal = self._refusal(
                            lambda v=values: self._mine(self.env["crisis.body.mark"]).create(v)
                        )
                        self.assertIsInstance(refusal, UserError)

    @mute_logger(*DENIALS)
    def test_searches(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for model, lines in self.table.items():
                visible, hidden = self.env[model], self.env[model]
                for relation, row in lines.items():
                    if "R" in row[role]:
                        visible |= self.records[model, relation]
                    else:
                        hidden |= self.records[model, relation]
                closed = "-" in {row[role] for row in lines.values()}
                for name, search in SEARCHES.items():
                    search = self._with_archived(search)
                    with self.subTest(role=role, model=model, door=name):
                        if hidden:
                            self._check_hidden(self._found(search, hidden), closed)
                        if visible:
                            self.assertTrue(self._found(search, visible))
                            self.assertNotIsInstance(self._found(search, visible), AccessError)

    def _with_archived(self, search):
        """Let ``search`` find archived records too."""
        return lambda model, domain: search(model.with_context(active_test=False), domain)

    def _check_hidden(self, found, closed):
        """Check that a search found nothing, or was refused where the model is closed."""
        if closed:
            self.assertIsInstance(found, AccessError)
        else:
            self.assertNotIsInstance(found, AccessError)
            self.assertFalse(found)

    @mute_logger(*DENIALS)
    def test_reads_by_id(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, cell in self._rows(role):
                for name, read in READS.items():
                    if name == "copy" and "R" in cell:
                        continue
                    with self.subTest(role=role, model=record._name, relation=relation, door=name):
                        refusal = self._refusal(lambda r=record, f=read: f(self._mine(r)))
                        if "R" in cell:
                            self.assertIsNone(refusal)
                        else:
                            self.assertIsInstance(refusal, AccessError)

    @mute_logger(*DENIALS)
    def test_names_of_hidden_records(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, cell in self._rows(role):
                if "R" in cell or cell == "-" or record._transient:
                    continue
                name = record.sudo().display_name
                with self.subTest(role=role, model=record._name, relation=relation):
                    model = self._mine(record.browse()).with_context(active_test=False)
                    self.assertNotIn(record.id, [id_ for id_, _ in model.name_search(name)])
                    by_name = model.web_search_read([("display_name", "=", name)], {})["records"]
                    self.assertNotIn(record.id, [values["id"] for values in by_name])

    @mute_logger(*DENIALS)
    def test_through_relations(self):
        for role in access_matrix.ROLES:
            self._take(role)
            denied = {
                record: cell for _relation, record, cell in self._rows(role) if "R" not in cell
            }
            for relation, record, cell in self._rows(role):
                if "R" not in cell:
                    continue
                for field in record._fields.values():
                    target = self.env.get(field.comodel_name) if field.relational else None
                    if target is None or field.comodel_name not in self.table:
                        continue
                    behind = record.sudo()[field.name].filtered(lambda r, d=denied: r in d)
                    with self.subTest(
                        role=role, model=record._name, relation=relation, field=field.name
                    ):
                        if behind:
                            self._check_behind(record, field, behind.sudo(False))

    def _check_behind(self, record, field, behind):
        """Check that what is ``behind`` a field of a readable record stays hidden."""
        name = field.name
        spec = {name: {"fields": {"id": {}, "create_date": {}}}}
        refusal = self._refusal(lambda: self._mine(record)[name].mapped("create_date"))
        shown = self._mine(record).env[behind._name]
        if refusal is None:
            shown = self._mine(record)[name]
            self.assertFalse(shown & behind)
            values = self._mine(record).web_read(spec)[0][name]
            if isinstance(values, list):
                self.assertFalse({line["id"] for line in values} & set(behind.ids))
        else:
            self.assertIsInstance(refusal, AccessError)
            web_refusal = self._refusal(lambda: self._mine(record).web_read(spec))
            if web_refusal is None:
                values = self._mine(record).web_read(spec)[0][name]
                values = values if isinstance(values, list) else [values]
                self.assertFalse([v for v in values if v and v.get("create_date")])
        if field._description_searchable:
            domain = [
                ("id", "=", record.id),
                (name, "any", [("id", "in", behind.ids), ("create_date", "!=", False)]),
            ]
            try:
                found = self._mine(record.browse()).search(domain)
            except AccessError:
                return
            self.assertFalse(found)

    @mute_logger(*DENIALS)
    def test_roles_add_up(self):
        roles = [role for role in access_matrix.ROLES if role not in ("nobody", "administrator")]
        self.assertEqual(len(roles), 9)
        for pair in combinations(roles, 2):
            self._take(*pair)
            for (model, relation), record in self.records.items():
                row = self.table[model][relation]
                letters = access_matrix.union(row[role] for role in pair)
                mine = self._mine(record)
                with self.subTest(roles=pair, model=model, relation=relation):
                    for operation in ("read", "write", "unlink"):
                        self.assertEqual(
                            mine.has_access(operation), LETTERS[operation] in letters, operation
                        )
                    found = self._found(SEARCHES["search"], record.with_context(active_test=False))
                    if all(row[role] == "-" for role in pair):
                        self.assertIsInstance(found, AccessError)
                    elif record.sudo()._fields.get("active") is None or record.sudo().active:
                        self.assertEqual(bool(found), "R" in letters)

    def test_other_schools_cannot_be_switched_on(self):
        for role in ("psychology_teacher", "principal", "configurator", "district"):
            self._take(role)
            for (model, relation), record in self.records.items():
                if relation != "other_school" or self.table[model][relation][role] == "-":
                    continue
                mine = record.with_user(self.me).with_context(
                    allowed_company_ids=[self.school.id, self.other_school.id]
                )
                with self.subTest(role=role, model=model):
                    self.assertIsInstance(
                        self._refusal(lambda m=mine: m.read(["create_date"])), AccessError
                    )
                    self.assertIsInstance(
                        self._refusal(lambda m=mine: m.browse().search([])), AccessError
                    )
