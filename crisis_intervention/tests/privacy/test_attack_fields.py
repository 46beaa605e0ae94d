from datetime import date, datetime

from odoo import Command
from odoo.tests import tagged

from .. import access_matrix
from .attack_case import AttackCase

MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}


@tagged("post_install", "-at_install")
class TestAttackFields(AttackCase):
    """A client sends what only the system keeps: states, authors, dates, schools."""

    at_least = {"test_written": 1500, "test_created": 1200, "test_preset": 1400}

    def _kept(self, model, moment):
        """Return the fields with a column that a client never sets, by what they say themselves."""
        kind = self.env[model]
        fixed = {"company_id"} if moment == "write" else set()
        return [
            field
            for name, field in kind._fields.items()
            if field.store
            and name not in MAGIC
            and not field.inherited
            and (field.readonly or name in fixed)
            and name not in kind._open_fields
        ]

    def _other(self, field, current):
        """Return a value that ``field`` does not have now."""
        if field.type == "selection":
            return next((v for v in field.get_values(self.env) if v != current), None)
        if field.type in ("many2one", "one2many", "many2many"):
            return self._other_link(field, current)
        if field.type in ("integer", "many2one_reference"):
            return 7777 if current != 7777 else 7778
        values = {
            "boolean": not current,
            "float": 77.5,
            "date": date(2099, 1, 1),
            "datetime": datetime(2099, 1, 1),
            "json": {"x": 1},
            "binary": "eA==",
        }
        return values.get(field.type, "ATTACK")

    def _other_link(self, field, current):
        """Return commands, or an id, that lead elsewhere."""
        others = self.env[field.comodel_name].sudo().with_context(active_test=False)
        other = others.search([("id", "not in", current.ids)], limit=1)
        if field.type == "many2one":
            return other.id or None
        return [Command.set(other.ids)] if other or current else None

    def _shows(self, record, field, value):
        """Tell whether ``record`` holds ``value`` now."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self._same(field, record.sudo().with_context(active_test=False)[field.name], value)

    def _same(self, field, held, value):
        """Tell whether ``held`` is what a client sends as ``value``."""
        if field.type in ("one2many", "many2many"):
            return set(held.ids) == set(value[0][2])
        if field.type == "many2one":
            return held.id == value
        if field.type == "binary":
            return held in (value, value.encode())
        return held == value

    def _cases(self, letter, moment):
        """Yield (role, relation, record, field) where ``role`` has a right on the record."""
        for role in access_matrix.ROLES:
            self._take(role)
            seen = set()
            for relation, record, cell in self._rows(role):
                # one record of a kind and a role is enough, as no rule looks at fields
                if letter not in cell or record._name in seen:
                    continue
                seen.add(record._name)
                for field in self._kept(record._name, moment):
                    yield role, relation, record, field

    def test_written(self):
        for role, _relation, record, field in self._cases("W", "write"):
            current = record.sudo().with_context(active_test=False)[field.name]
            value = self._other(field, current)
            if value is None:
                continue
            doors = {
                "write": lambda r, f, v: r.write({f.name: v}),
                "web_save": lambda r, f, v: r.web_save({f.name: v}, {}),
            }
            for door, write in doors.items():

                def attempt(write=write, record=record, field=field, value=value):
                    write(self._mine(record), field, value)
                    return self._shows(record, field, value)

                self._attack(attempt, role, record._name, field.name, door)
        self._verdict()

    def test_created(self):
        for role, relation, record, field in self._cases("C", "create"):
            values = self.values[record._name, relation]
            value = self._other(field, record.sudo().browse()[field.name])
            if value is None or field.name in values:
                continue
            made = self._plain(role, record._name, values)
            if made is None or self._same(field, made[field.name], value):
                continue
            for door, create in (
                ("create", lambda m, v: m.create(v)),
                ("web_save", lambda m, v: m.browse(m.web_save(v, {})[0]["id"])),
            ):

                def attempt(create=create, record=record, field=field, value=value, values=values):
                    model = self._mine(record.browse())
                    new = create(model, {**values, field.name: value})
                    return self._shows(new, field, value)

                self._attack(attempt, role, record._name, field.name, door)
        self._verdict()

    def _plain(self, role, model, values):
        """Return what the kept fields of a record are that ``role`` makes as it should, or None."""
        known = self.__dict__.setdefault("_made", {})
        if (role, model) not in known:
            known[role, model] = None

            def create():
                new = self._mine(self.env[model]).create(dict(values)).sudo()
                self.env.flush_all()
                known[role, model] = {f.name: new[f.name] for f in self._kept(model, "create")}

            self._refusal(create)
        return known[role, model]

    def test_preset(self):
        """Neither a context nor a stored default presets what the system keeps, nor a copy."""
        cases = {}
        for role, relation, record, field in self._cases("C", "create"):
            values = self.values[record._name, relation]
            value = self._other(field, record.sudo().browse()[field.name])
            made = self._plain(role, record._name, values)
            if value is not None and made and not self._same(field, made[field.name], value):
                fields_ = cases.setdefault((role, relation, record), [])
                fields_.append((field, value))
        for (role, relation, record), fields_ in cases.items():
            self._take(role)
            values = self.values[record._name, relation]
            for door, create in (
                ("context", self._by_context),
                ("stored default", self._by_stored_default),
            ):
                self._attack_preset(role, record, fields_, door, create, values)
        self._verdict()

    def _attack_preset(self, role, record, fields_, door, create, values):
        """Preset all of ``fields_`` at once, and look at each of them afterwards."""

        def attempt():
            new = create(self._mine(record.browse()), fields_, values)
            for field, value in fields_:
                self.tried += 1
                if self._shows(new, field, value):
                    self.holes.append((role, record._name, field.name, door))

        self._attack(attempt)

    def _by_context(self, model, fields_, values):
        preset = {}
        for field, value in fields_:
            several = field.type in ("one2many", "many2many")
            preset[f"default_{field.name}"] = value[0][2] if several else value
        return model.with_context(**preset).create(dict(values))

    def _by_stored_default(self, model, fields_, values):
        for field, value in fields_:
            if field.type in ("selection", "char", "text", "boolean", "integer", "many2one"):
                model.env["ir.default"].set(model._name, field.name, value, user_id=True)
        return model.create(dict(values))

    def test_buttons_take_nothing_from_the_client(self):
        """What a button creates is not what context or stored defaults of the client say."""
        self._take("staff")
        student, victim = self.student_1, self.psychology
        emergencies = self._mine(self.env["crisis.emergency"])
        preset = {
            "default_restricted": True,
            "default_concerned_user_ids": [Command.set(victim.ids)],
            "default_description": "ATTACK",
        }
        defaults = emergencies.env["ir.default"]
        defaults.set("crisis.concern", "restricted", True, user_id=True)
        values = {"kind": "suicide", "place": "x", "student_ids": [Command.set(student.ids)]}
        started = emergencies.with_context(**preset).create(values).sudo()
        report = started.concern_ids
        self.assertEqual(len(report), 1)
        self.assertFalse(report.restricted)
        self.assertFalse(report.concerned_user_ids)
        self.assertNotIn("ATTACK", report.description)

    def test_shown_as_readonly(self):
        """The client is told beforehand."""
        for role in ("psychology_teacher", "principal"):
            self._take(role)
            for model in self.table:
                if not self._mine(self.env[model]).has_access("read"):
                    continue
                told = self._mine(self.env[model]).fields_get(attributes=["readonly"])
                for field in self._kept(model, "create"):
                    if field.name in told:
                        self.assertTrue(told[field.name]["readonly"], (model, field.name))

    def test_imported(self):
        """An import refuses such a column, row by row or as a whole, and changes nothing."""
        self._take("psychology_teacher")
        case = self.records["crisis.case", "own_class"]
        before = case.sudo().read(["severity", "next_deadline", "company_id"])
        result = self._mine(self.env["crisis.case"]).load(
            [".id", "severity", "next_deadline"], [[str(case.id), "0", "2099-01-01 00:00:00"]]
        )
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])
        self.env.invalidate_all()
        self.assertEqual(case.sudo().read(["severity", "next_deadline", "company_id"]), before)
