import re
from unittest import TestCase
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .. import access_matrix
from .attack_case import NOWHERE, AttackCase

# times of day, and the marks of records that are not saved
_MOMENT = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?|datetime\.datetime\([^)]*\)|NewId_0x[0-9a-f]+")


@tagged("post_install", "-at_install")
class TestAttackIds(AttackCase):
    """A client sends the id of any record: it learns no more than of one that is not there."""

    at_least = {"test_onchange": 1000, "test_linked": 600, "test_default_get": 1000}

    def _targets(self, role):
        """Return dict of model to records that ``role`` may not read, one of each relation."""
        targets = {}
        for _relation, record in self._hidden(role):
            if not record._transient:
                targets.setdefault(record._name, []).append(record)
        return targets

    def _cases(self):
        """Yield (role, model, field, record): a field of a form that can name a hidden record."""
        for role in access_matrix.ROLES:
            self._take(role)
            targets = self._targets(role)
            for model in self._models():
                mine = self._mine(self.env[model])
                if not mine.has_access("create"):
                    continue
                for field in mine._fields.values():
                    if field.comodel_name in targets and mine._has_field_access(field, "read"):
                        for record in targets[field.comodel_name]:
                            yield role, model, field, record

    def _value(self, field, id_):
        """Return what a client sends to name ``id_``."""
        return id_ if field.type == "many2one" else [Command.link(id_)]

    def _shown(self, model):
        """Return a form that shows everything the user may see."""
        names = [n for n, f in model._fields.items() if model._has_field_access(f, "read")]
        links = {"fields": {"display_name": {}}}
        return {name: links if model._fields[name].relational else {} for name in names}

    def test_onchange(self):
        for role, model, field, record in self._cases():
            answers = []
            for id_ in (record.id, NOWHERE):
                form = self._mine(self.env[model])
                spec = self._shown(form)
                value = {field.name: self._value(field, id_)}
                answer = self._answer(
                    lambda f=form, s=spec, v=value: f.onchange(dict(v), list(v), s)
                )
                answers.append(_without(answer, id_))
            if answers[0] != answers[1]:
                self.holes.append((role, model, field.name, record._name, "onchange"))
        self._verdict()

    def test_default_get(self):
        for role, model, field, record in self._cases():
            answers = []
            for id_ in (record.id, NOWHERE):
                preset = id_ if field.type == "many2one" else [id_]
                form = self._mine(self.env[model]).with_context(**{f"default_{field.name}": preset})
                spec = self._shown(form)
                answer = self._answer(lambda f=form, s=spec: f.onchange({}, [], s))
                answers.append(_without(answer, id_))
            if answers[0] != answers[1]:
                self.holes.append((role, model, field.name, record._name, "default"))
        self._verdict()

    def test_linked(self):
        """Nobody makes or changes a record that leads to one the user may not read."""
        for role, model, field, record in self._cases():
            if not field.store or field.readonly and field.name not in self.env[model]._open_fields:
                continue
            values = next(
                (v for (name, relation), v in self.values.items()
                 if name == model and "C" in self.table[model][relation][role]),
                None,
            )  # fmt: skip
            if values is not None:

                def create(model=model, values=values, field=field, record=record):
                    vals = {**values, field.name: self._value(field, record.id)}
                    return record in self._mine(self.env[model]).create(vals).sudo()[field.name]

                self._attack(create, role, model, field.name, record._name, "create")
            for relation, row in self.table[model].items():
                if "W" not in row[role] or "R" not in row[role]:
                    continue
                own = self.records[model, relation]
                if record in own.sudo()[field.name]:
                    continue

                def write(own=own, field=field, record=record):
                    self._mine(own).write({field.name: self._value(field, record.id)})
                    return record in own.sudo()[field.name]

                self._attack(write, role, model, field.name, record._name, "write")
                break
        self._verdict()

    def test_lines_in_lines(self):
        """An id deep in the lines of a form is checked as well."""
        self._take("psychology_teacher")
        hidden = self.records["crisis.plan", "other_school"]
        plan = self._mine(self.env["crisis.plan"])
        line = {"title": "x", "plan_id": hidden.id}
        for lines in ([Command.create(line)], [[0, "virtual_1", line]]):
            with self.assertRaises(AccessError):
                plan.onchange({"measure_ids": lines}, ["measure_ids"], self._shown(plan))

    def test_a_dict_for_an_id(self):
        """A form may send the values of what it links to instead of an id: they are checked as well."""
        hidden = self.records["crisis.case", "other_school"].sudo()
        self._take("psychology_teacher")
        for model, link, values in (
            ("crisis.session", "case_id", {"id": False, "student_id": hidden.student_id.id}),
            ("crisis.plan", "case_id", {"student_id": str(hidden.student_id.id)}),
            ("crisis.assessment.decide", "assessment_id", {"id": False, "case_id": hidden.id}),
            ("crisis.plan", "measure_ids", [{"case_id": hidden.id}]),
            ("crisis.concern", "student_ids", [[0, 0, {"class_id": {"id": hidden.class_id.id}}]]),
        ):
            form = self._mine(self.env[model])
            with self.subTest(model=model, link=link), self._refused():
                form.onchange({link: values}, [link], self._shown(form))

    def _refused(self):
        """Expect a refusal: of access, or of what is no command at all."""
        return TestCase.assertRaises(self, (AccessError, ValidationError))

    def test_names_by_way_of_other_apps(self):
        """Activities and messages name what they are about, whoever asks: nothing of ours."""
        self._take("nobody")
        model_id = self.env["ir.model"]._get_id
        for (model, _relation), record in self.records.items():
            if record._transient:
                continue
            for other, context, values, name in (
                (
                    "mail.activity",
                    {},
                    {"res_model_id": model_id(model), "res_id": record.id},
                    "res_name",
                ),
                (
                    "mail.activity",
                    {"default_res_id": record.id},
                    {"res_model_id": model_id(model)},
                    "res_name",
                ),
                ("mail.message", {"default_model": model}, {"res_id": record.id}, "record_name"),
                ("mail.message", {}, {"model": model, "res_id": record.id}, "record_name"),
            ):
                form = self._mine(self.env[other]).with_context(**context)
                with self.subTest(model=model, by=other, context=context):
                    with self.assertRaises(AccessError) as refused:
                        form.onchange(dict(values), [], {name: {}})
                    nowhere = {**values, "res_id": NOWHERE} if "res_id" in values else None
                    if nowhere:
                        with self.assertRaises(AccessError) as missing:
                            form.onchange(nowhere, [], {name: {}})
                        self.assertEqual(str(refused.exception), str(missing.exception))

    def test_who_was_told_by_way_of_the_composer(self):
        concern = self.records["crisis.concern", "others_report"].sudo()
        message = concern.message_ids[:1]
        self.assertTrue(message)
        self._take("nobody")
        form = self._mine(self.env["mail.compose.message"])
        with self.assertRaises(AccessError):
            form.onchange(
                {"parent_id": message.id, "composition_mode": "comment"},
                ["parent_id"],
                {"model": {}, "res_ids": {}, "partner_ids": {}},
            )

    def test_an_id_written_as_text(self):
        """The database takes a text for a number: it is refused, whatever stands behind it."""
        self._take("staff")
        hidden = self.records["crisis.student", "other_school"]
        reports = self._mine(self.env["crisis.concern"])
        for id_ in (str(hidden.id), float(hidden.id), [hidden.id, "x"]):
            for command in ([4, id_], [6, 0, [id_]]):
                with self.subTest(command=command), self._refused():
                    reports.onchange(
                        {"student_ids": [command]}, ["student_ids"], {"student_ids": {}}
                    )

    def test_custom_fields_of_other_apps(self):
        """A link that another app adds to any model of Odoo is as closed as ours."""
        # in Settings nobody may add such fields: here an addon does
        loading = patch.object(self.registry, "ready", False)
        with loading:
            self._add_link()
        case = self.records["crisis.case", "own_class"]
        self._take("nobody")
        self.me.group_ids += self.env.ref("base.group_partner_manager")
        partner = self.me.partner_id.with_user(self.me)
        form = {"x_case_id": {}, "x_child": {}}
        with self.assertRaises(AccessError):
            partner.onchange({"x_case_id": case.id}, ["x_case_id"], form)
        with self.assertRaises(AccessError):
            partner.write({"x_case_id": case.id})
        self._take("psychology_teacher")
        self.me.group_ids += self.env.ref("base.group_partner_manager")
        self.env.invalidate_all()
        found = partner.onchange({"x_case_id": case.id}, ["x_case_id"], form)["value"]
        self.assertEqual(found["x_child"], case.student_id.name)

    def _add_link(self):
        """Give contacts a link to a case, and a field that follows it."""
        model = self.env["ir.model"]._get("res.partner")
        self.env["ir.model.fields"].create(
            [
                {
                    "model_id": model.id,
                    "name": "x_case_id",
                    "ttype": "many2one",
                    "relation": "crisis.case",
                    "on_delete": "set null",
                },
                {
                    "model_id": model.id,
                    "name": "x_child",
                    "ttype": "char",
                    "related": "x_case_id.student_id.name",
                    "store": False,
                    "readonly": True,
                },
            ]
        )


def _without(answer, id_):
    """Return an answer as text: a refusal without the id that was asked for, nothing of the moment."""
    text = _MOMENT.sub("NOW", str(answer))
    refused = isinstance(answer, tuple) and len(answer) == 2
    return re.sub(rf"\b{id_}\b", "ID", text) if refused else text
