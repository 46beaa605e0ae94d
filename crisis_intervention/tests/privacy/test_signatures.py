import base64
import builtins
from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree
from odoo import fields
from odoo.addons.base.models.ir_model import IrModelData
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, convert, mute_logger
from odoo.tools.convert import ParseError
from odoo.tools.safe_eval import safe_eval

from ... import register, signatures, walls
from ...lib.sealed import new_key
from ...seal_keys import VARIABLE, keyring
from ...sealed_fields import Sealed
from ...sealing import files_before, renew_files
from ..common import CrisisCommon
from ..migrations import migrate
from .leak_case import LeakCase

PICTURE = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


class SignatureCase(CrisisCommon):
    """Keeps what the register would know of signatures."""

    def setUp(self):
        super().setUp()
        self.known, self.alarms = {}, []
        self.patch(register, "note_signatures", self._note)
        self.patch(
            register,
            "known_signatures",
            lambda _env, model, ids=None: {
                id_: nonce
                for id_, nonce in self.known.get(model, {}).items()
                if ids is None or id_ in ids
            },
        )
        self.patch(
            register,
            "raise_alarm",
            lambda _env, problem, model="", res_id=0, field="": self.alarms.append(
                (problem, model, res_id)
            ),
        )

    def _note(self, _env, entries):
        for model, id_, nonce in entries:
            self.known.setdefault(model, {})[id_] = nonce

    def _know_all(self):
        """Let the register know all signatures that there are."""
        self.known.clear()
        rows = "SELECT res_model, res_id, nonce FROM crisis_signature"
        self._note(self.env, self.env.execute_query(SQL(rows)))

    def _found(self, files=False):
        """Return what the check finds, as (problem, model, id)."""
        self.env.flush_all()
        found = signatures.check_all(self.env, files)
        return [(each.problem, each.model, each.res_id) for each in found]

    def _one(self, problem, record):
        return [(problem, record._name, record.id)]

    def _row(self, record):
        """Return nonce, columns and MAC of the signature of ``record``, or None."""
        rows = self.env.execute_query(
            SQL(
                "SELECT nonce, columns, mac FROM crisis_signature"
                " WHERE res_model = %s AND res_id = %s",
                record._name,
                record.id,
            )
        )
        return rows[0] if rows else None

    def _sql(self, query, *args):
        """Run SQL as somebody with rights on the database does."""
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *args))
        self.env.invalidate_all()

    def _delete_row(self, record):
        """Take the signature of ``record`` away by SQL."""
        self._sql(
            "DELETE FROM crisis_signature WHERE res_model = %s AND res_id = %s",
            record._name,
            record.id,
        )

    def _put(self, record, name, value):
        """Write one column by SQL."""
        self._sql(
            "UPDATE %s SET %s = %s WHERE id = %s",
            SQL.identifier(record._table),
            SQL.identifier(name),
            value,
            record.id,
        )

    @contextmanager
    def _undone(self):
        """Take back what is done inside."""
        known = {model: dict(ids) for model, ids in self.known.items()}
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.known.clear()
            self.known.update(known)
            self.alarms.clear()

    def _by_code(self, record, code):
        """Run ``code`` as a server action of an administrator, as superuser."""
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "state": "code",
                "model_id": self.env["ir.model"]._get(record._name).id,
                "code": code,
            }
        )
        action.with_context(active_model=record._name, active_id=record.id).run()


@tagged("post_install", "-at_install")
class TestForgery(SignatureCase, LeakCase):
    """A whole school of records; each column of each signed kind is forged by SQL, and found."""

    def setUp(self):
        super().setUp()
        # the fixture is signed before the register is listened to
        self._know_all()

    def test_every_column(self):
        concern, case = self._work_a_case()
        destruction = self.env["crisis.destruction"].search([], limit=1)
        destruction._set({"state": "cancelled"})
        case.sudo().write({"background": "EARLIER"})
        case.sudo().write({"background": "LATER"})
        case.sudo().write({"date_closed": fields.Datetime.now()})
        self.env["crisis.emergency"].search([], limit=1)._set({"state": "closed"})
        self.env.flush_all()
        self._know_all()
        self.assertEqual(self.alarms, [])
        self.assertEqual(self._found(files=True), [])
        tried = {}
        for model in signatures._kinds(self.env):
            record = next(iter(next(signatures._batches(self.env, model), [])), None)
            if record is None:
                continue
            for name in record._signed_columns():
                tried[model] = tried.get(model, 0) + self._forge(record, name)
            self._forge_signature(record)
        self.assertEqual(set(signatures._kinds(self.env)), tried.keys(), "every kind")
        self.assertGreater(sum(tried.values()), 300)

    def _forge(self, record, name, owner=None):
        """Forge one column of ``record`` in several ways; return how many were tried.

        :param owner: the record that it is a line of
        """
        owner = owner or record
        field = record._fields[name]
        if field.type == "many2many":
            return self._forge_links(record, field)
        if field.type == "one2many":
            lines = record[name][:1]
            columns = record._signed_lines[name] if lines else ()
            return sum(self._forge(lines, each, record) for each in columns if each != "id")
        [[value]] = self.env.execute_query(
            SQL(
                "SELECT %s FROM %s WHERE id = %s",
                SQL.identifier(name),
                SQL.identifier(record._table),
                record.id,
            )
        )
        forged = list(self._forged(field, value))
        tried = 0
        if value is not None and not field.required:
            forged.append(None)
        for text in forged:
            with self.subTest(model=record._name, field=name, value=text), self._undone():
                self._put(record, name, text)
                found = [
                    (each.model, each.res_id)
                    for batch in signatures.check(self.env, owner._name)
                    for each in batch
                ]
                self.assertEqual(found, [(owner._name, owner.id)])
                tried += 1
        return tried

    def _forge_links(self, record, field):
        """Take all links away."""
        table, column = SQL.identifier(field.relation), SQL.identifier(field.column1)
        if not record[field.name]:
            return 0
        with self.subTest(model=record._name, field=field.name), self._undone():
            self._sql("DELETE FROM %s WHERE %s = %s", table, column, record.id)
            self.assertEqual(self._found(), self._one("changed", record))
        return 1

    def _forged(self, field, value):
        """Return other values for a column."""
        if isinstance(field, Sealed):
            # sealed by the key of the server, but of another place
            return [keyring(self.env).seal("伪", "elsewhere"), "伪"]
        if field.type == "many2one":
            other = self.env[field.comodel_name].with_context(active_test=False)
            return other.search([("id", "!=", value or 0)], limit=1).ids
        if field.type == "selection":
            keys = [key for key, _label in field._description_selection(self.env)]
            return [key for key in keys if key != value][:1]
        if field.type == "boolean":
            return [not value]
        if field.type in ("integer", "float", "many2one_reference"):
            return [(value or 0) + 1]
        if field.type in ("char", "text"):
            # a name of a model has to be one
            return ["crisis.review" if field.name == "res_model" else f"{value or ''}伪"]
        return {
            "datetime": [fields.Datetime.to_datetime("2020-01-01")],
            "date": [fields.Date.to_date("2020-01-01")],
            "json": ['{"伪": 1}'],
        }[field.type]

    def _forge_signature(self, record):
        """Forge, delete and empty the signature of ``record``."""
        where = (record._name, record.id)
        with self.subTest(model=record._name, what="deleted"), self._undone():
            self._sql("DELETE FROM crisis_signature WHERE res_model = %s AND res_id = %s", *where)
            self.assertEqual(self._found(), self._one("unlocked", record))
            self.known.clear()
            self.assertEqual(self._found(), self._one("unsigned", record))
        for column, value in (
            ("mac", "x:00"),
            ("columns", None),
            ("columns", "id"),
            ("nonce", "f" * 32),
        ):
            with self.subTest(model=record._name, what=column, value=value), self._undone():
                self._sql(
                    "UPDATE crisis_signature SET %s = %s WHERE res_model = %s AND res_id = %s",
                    SQL.identifier(column),
                    value,
                    *where,
                )
                problem = "unsigned" if value is None else "changed"
                self.assertEqual(self._found(), self._one(problem, record))


@tagged("post_install", "-at_install")
class TestSignatures(SignatureCase):
    """What people do is signed; what is done past the system is found; nothing else is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1)
        cls.guardian = cls.env["crisis.guardian"].create(
            {"student_id": cls.student_1.id, "name": "林母", "phone": "13800000001"}
        )

    def setUp(self):
        super().setUp()
        self._know_all()

    def _contact(self, told="说了情况", **vals):
        """Write and sign a contact with a guardian."""
        contact = (
            self.env["crisis.guardian.contact"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "guardian_ids": [fields.Command.set(self.guardian.ids)],
                    "told": told,
                    **vals,
                }
            )
        )
        contact.action_sign()
        return self.env[contact._name].browse(contact.id)

    def _plan(self):
        """Write a plan and ask for its approval."""
        if self.case.risk_level != "orange":
            self.case.sudo()._review_level("orange", "x")
        plan = (
            self.env["crisis.plan"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    **dict.fromkeys(("summary", "goals", "warning_signs", "helpers"), "x"),
                    "professionals": "12356",
                    "measure_ids": [
                        fields.Command.create(
                            {
                                "title": "x",
                                "user_id": self.head_teacher.id,
                                "date_due": fields.Date.today(),
                            }
                        )
                    ],
                }
            )
        )
        plan.action_submit()
        self.assertEqual(plan.state, "waiting")
        return plan

    def test_drafts_are_not_signed(self):
        contact = self.env["crisis.guardian.contact"].create({"case_id": self.case.id})
        self.assertFalse(self._row(contact))
        contact.told = "x"
        self.assertFalse(self._row(contact))
        self.assertEqual(self._found(), [])

    def test_each_signing_has_its_own_nonce_and_later_ones_are_larger(self):
        contact = self._contact()
        first = self._row(contact)
        self.assertEqual(self.known[contact._name][contact.id], first[0])
        contact._set({"agreed": "x"})
        second = self._row(contact)
        self.assertGreater(second[0], first[0])
        self.assertEqual(self.known[contact._name][contact.id], second[0])
        # the same again is no change
        contact._set({"agreed": "x"})
        self.assertEqual(self._row(contact), second)
        self.assertEqual((self._found(), self.alarms), ([], []))

    def test_an_older_text_with_its_older_signature(self):
        contact = self._contact()
        old = self._row(contact)
        contact._set({"agreed": "x"})
        self._put(contact, "agreed", None)
        self._sql(
            "UPDATE crisis_signature SET nonce = %s, columns = %s, mac = %s"
            " WHERE res_model = %s AND res_id = %s",
            *old,
            contact._name,
            contact.id,
        )
        self.assertEqual(self._found(), self._one("replaced", contact))
        contact._set({"agreed": "y"})
        self.assertEqual(self.alarms, self._one("replaced", contact))
        self.assertEqual(self._found(), self._one("changed", contact), "not signed by going on")

    def test_two_records_exchanged(self):
        one, two = self._contact("甲"), self._contact("乙")
        self._put(one, "told", "乙")
        self._put(two, "told", "甲")
        self.assertEqual(self._found(), [*self._one("changed", one), *self._one("changed", two)])
        # their signatures with them
        self._sql(
            "UPDATE crisis_signature SET res_id = -res_id WHERE res_model = %s AND res_id IN %s",
            one._name,
            (one.id, two.id),
        )
        self._sql(
            "UPDATE crisis_signature SET res_id = CASE WHEN res_id = %s THEN %s ELSE %s END"
            " WHERE res_model = %s AND res_id < 0",
            -one.id,
            two.id,
            one.id,
            one._name,
        )
        self.assertEqual(self._found(), [*self._one("changed", one), *self._one("changed", two)])

    def test_unlocked_and_deleted(self):
        contact = self._contact()
        with self._undone():
            self._put(contact, "state", "draft")
            self.assertEqual(self._found(), self._one("unlocked", contact))
        with self._undone():
            # no trace but in the register
            self._put(contact, "state", "draft")
            self._delete_row(contact)
            self.assertEqual(self._found(), self._one("unlocked", contact))
        self._sql("DELETE FROM crisis_guardian_contact WHERE id = %s", contact.id)
        self.assertEqual(self._found(), self._one("gone", contact))

    def test_unlocked_without_a_trace_then_signed_again(self):
        contact = self._contact()
        self._put(contact, "state", "draft")
        self._delete_row(contact)
        self._having_read(contact.with_user(self.psychology)).write({"told": "伪"})
        contact.with_user(self.psychology).action_sign()
        self.assertEqual(self.alarms, self._one("unlocked", contact))

    def test_unlocked_then_signed_again(self):
        contact = self._contact()
        self._put(contact, "state", "draft")
        self._having_read(contact.with_user(self.psychology)).write({"told": "伪"})
        contact.with_user(self.psychology).action_sign()
        self.assertEqual(self.alarms, self._one("unlocked", contact))
        self.assertEqual(self._found(), self._one("changed", contact))

    def test_unlocked_by_emptying_the_row_then_signed_again(self):
        contact = self._contact()
        self._put(contact, "state", "draft")
        self._sql("UPDATE crisis_signature SET columns = NULL WHERE res_model = %s", contact._name)
        contact.with_user(self.psychology).action_sign()
        self.assertEqual(self.alarms, self._one("unlocked", contact))
        self.assertEqual(self._found(), [], "signed all the same")

    def test_unlocked_by_an_older_row_then_signed_again(self):
        plan = self._plan()
        plan.with_user(self.principal).action_refuse("更具体一些")
        given = self._row(plan)
        plan.action_submit()
        self.assertEqual(self.alarms, [])
        self._put(plan, "state", "draft")
        self._sql(
            "UPDATE crisis_signature SET nonce = %s, columns = %s, mac = %s"
            " WHERE res_model = %s AND res_id = %s", *given, plan._name, plan.id,
        )  # fmt: skip
        known = self.known[plan._name][plan.id]
        self._sql("DELETE FROM crisis_deadline WHERE case_id = %s", self.case.id)
        plan.action_submit()
        self.assertEqual(self.alarms, self._one("unlocked", plan))
        self.assertGreater(self._row(plan)[0], known)

    def test_planted_rows_keep_nobody_from_reporting(self):
        concern = self._make_concern(self.staff, self.student_1)
        for nonce, columns in (("zz", None), ("zz", "name"), ("f" * 32, None)):
            with self.subTest(nonce=nonce, columns=columns):
                self.alarms.clear()
                concern = concern.browse(concern.id + 1)
                self._sql(
                    "INSERT INTO crisis_signature (res_model, res_id, nonce, columns, mac)"
                    " VALUES ('crisis.concern', %s, %s, %s, 'x')", concern.id, nonce, columns,
                )  # fmt: skip
                self.assertEqual(self._make_concern(self.staff, self.student_1).id, concern.id)
                self.assertEqual(self.alarms, self._one("unlocked", concern))
                self.assertLess(self._row(concern)[0], "f")
                self.assertEqual(self._found(), [])

    def test_a_record_made_anew_in_the_place_of_a_deleted_one(self):
        concern = self._make_concern(self.staff, self.student_1)
        self.known[concern._name][concern.id + 1] = self._row(concern)[0]
        new = self._make_concern(self.staff, self.student_1)
        self.assertEqual(self.alarms, self._one("unlocked", new))
        self.assertGreater(self._row(new)[0], self._row(concern)[0])

    def test_what_nobody_can_read_hides_nothing_else(self):
        contacts = [self._contact() for _number in range(5)]
        for value in ("20000-01-01", "0044-03-15 BC"):
            with self.subTest(value=value), self._undone():
                self._put(contacts[1], "date_signed", value)
                self._put(contacts[3], "told", "伪")
                found = [*self._one("unreadable", contacts[1]), *self._one("changed", contacts[3])]
                with mute_logger("odoo.addons.crisis_intervention.signatures"):
                    self.assertCountEqual(self._found(files=True), found)
                    self.known.clear()
                    signatures.enter_late(self.env)
                late = [contacts[number].id for number in (0, 2, 4)]
                self.assertEqual(sorted(self.known[contacts[0]._name]), late)

    def test_signatures_that_are_no_ascii(self):
        contact = self._contact()
        self._sql("UPDATE crisis_signature SET mac = %s", f"{keyring(self.env).newest}:é")
        self.assertIn(*self._one("changed", contact), self._found())
        contact._set({"agreed": "x"})
        self.assertEqual(self.alarms, self._one("changed", contact))

    def test_a_forged_record_is_not_signed_by_going_on(self):
        contact = self._contact()
        before = self._row(contact)
        self._put(contact, "told", "伪")
        contact._set({"agreed": "x"})
        self.assertEqual(contact.agreed, "x", "nobody is stopped")
        self.assertEqual(self.alarms, self._one("changed", contact))
        self.assertEqual(self._row(contact), before)
        self.assertEqual(self._found(), self._one("changed", contact))

    def test_a_record_that_is_locked_by_sql_is_not_signed_by_going_on(self):
        contact = self.env["crisis.guardian.contact"].create({"case_id": self.case.id})
        self._put(contact, "state", "signed")
        contact._set({"agreed": "x"})
        self.assertEqual(self.alarms, self._one("unsigned", contact))
        self.assertEqual(self._found(), self._one("unsigned", contact))

    def test_a_plan_given_back(self):
        plan = self._plan()
        signed = self._row(plan)
        self.assertTrue(signed[1])
        plan.with_user(self.principal).action_refuse("更具体一些")
        self.assertEqual(plan.state, "draft")
        given = self._row(plan)
        self.assertFalse(given[1])
        self.assertGreater(given[0], signed[0])
        self._having_read(plan).goals = "y"
        self.assertEqual((self._found(), self.alarms), ([], []))
        with self._undone():
            # the plan as it was before it was given back
            self._put(plan, "state", "waiting")
            self.assertEqual(self._found(), self._one("unsigned", plan))
            self._put(plan, "goals", "x")
            self._sql(
                "UPDATE crisis_signature SET nonce = %s, columns = %s, mac = %s"
                " WHERE res_model = %s AND res_id = %s", *signed, plan._name, plan.id,
            )  # fmt: skip
            self.assertEqual(self._found(), self._one("replaced", plan))
        plan.action_submit()
        self.assertGreater(self._row(plan)[0], given[0])
        with self._undone():
            # not waiting any more, by a row that once said so
            self._put(plan, "state", "draft")
            self._sql(
                "UPDATE crisis_signature SET nonce = %s, columns = %s, mac = %s"
                " WHERE res_model = %s AND res_id = %s", *given, plan._name, plan.id,
            )  # fmt: skip
            self.assertEqual(self._found(), self._one("replaced", plan))
        self.assertEqual((self._found(), self.alarms), ([], []))

    def test_another_school_and_class(self):
        contact = self._contact()
        concern = self._make_concern(self.staff, self.student_1)
        self.student_1.class_id = self.class_2
        self.env.flush_all()
        self.assertEqual((self._found(), self.alarms), ([], []))
        self._put(contact, "company_id", self.other_school.id)
        self._put(concern, "company_id", self.other_school.id)
        self.assertEqual(self._found(), [])

    def test_contacts_that_are_merged(self):
        hospitals = self.env["res.partner"].create(
            [{"name": name, "crisis_resource_kind": "hospital"} for name in ("甲", "乙")]
        )
        record = self.env["crisis.medical.record"].create(
            {
                "case_id": self.case.id,
                "finding": "x",
                "disposition": "hospital",
                "hospital_id": hospitals[0].id,
            }
        )
        record._set({"state": "signed"})
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            hospitals.ids, hospitals[1]
        )
        self.assertEqual(record.hospital_id, hospitals[1])
        self.assertEqual((self._found(), self.alarms), ([], []))

    def test_reports_and_their_marks(self):
        marks = [fields.Command.create({"x": 1.5, "y": 2, "note": "x"})]
        concern = self._make_concern(self.staff, self.student_1, body_mark_ids=marks)
        self.assertEqual(self._found(), [])
        mark = concern.sudo().body_mark_ids
        with self._undone():
            self._put(mark, "note", "伪")
            self.assertEqual(self._found(), self._one("changed", concern))
        with self._undone():
            self._sql("DELETE FROM crisis_body_mark WHERE id = %s", mark.id)
            self.assertEqual(self._found(), self._one("changed", concern))
        with self._undone():
            self._put(concern, "reporter_id", self.moral.id)
            self.assertEqual(self._found(), self._one("changed", concern))
        # what is decided later is part of it
        concern.with_user(self.principal)._restrict(self.moral)
        self.assertEqual((self._found(), self.alarms), ([], []))

    def test_closed_and_opened_again(self):
        self.case.sudo().write({"date_closed": fields.Datetime.now()})
        self.assertTrue(self._row(self.case)[1])
        with self._undone():
            self._put(self.case, "closing_summary", "伪")
            self.assertEqual(self._found(), self._one("changed", self.case))
        self.case.sudo().write({"date_closed": False})
        self.assertFalse(self._row(self.case)[1])
        self.assertEqual((self._found(), self.alarms), ([], []))

    def test_a_new_key(self):
        contact, plan = self._contact(), self._plan()
        plan.with_user(self.principal).action_refuse("x")
        forged = self._contact()
        self._put(forged, "told", "伪")
        before = {record: self._row(record) for record in (contact, plan, forged)}
        old = dict(keyring(self.env).keys)
        ring = ",".join(
            [f"t2:{new_key()}", *(f"{k}:{base64.b64encode(v).decode()}" for k, v in old.items())]
        )
        with patch.dict("os.environ", {VARIABLE: ring}):
            left = {
                (model, id_)
                for model in signatures._kinds(self.env)
                if (ids := signatures.signed_before(self.env, model))
                for id_ in signatures.sign_anew(self.env, model, ids)
            }
            self.assertEqual(left, {(forged._name, forged.id)})
            for record in (contact, plan):
                self.assertEqual(self._row(record)[:2], before[record][:2], "the nonce stays")
                self.assertTrue(self._row(record)[2].startswith("t2:"))
            self.assertEqual(self._row(forged), before[forged])
            self.assertEqual(self._found(), self._one("changed", forged))

    def test_without_a_key_nobody_is_stopped(self):
        with patch.dict("os.environ", {VARIABLE: ""}):
            with self.assertRaises(UserError):
                keyring(self.env)
            concern = self._make_concern(self.staff, self.student_1)
            concern.sudo().write({"state": "handled"})
            self.env.flush_all()
        self.assertEqual(self._found(), self._one("unsigned", concern))

    def test_the_table_is_nobodys(self):
        row = self.env["crisis.signature"].search([], limit=1) or self._signed_row()
        for attempt in (
            lambda: row.create({"res_model": "x", "res_id": 1, "nonce": "x", "mac": "x"}),
            lambda: row.write({"nonce": "x"}),
            row.unlink,
        ):
            with self.assertRaises(AccessError):
                attempt()
        for user in (self.principal, self.psychology, self.env.ref("base.user_admin")):
            self.assertFalse(row.with_user(user).has_access("read"))

    def _signed_row(self):
        self._contact()
        return self.env["crisis.signature"].search([], limit=1)

    def test_update_signs_what_is_there(self):
        contact, plan = self._contact(), self._plan()
        draft = self.env["crisis.guardian.contact"].create({"case_id": self.case.id})
        self._sql("DELETE FROM crisis_signature")
        self.known.clear()
        self._empty_register()
        migrate(self.env, "19.0.4.0.0", "end-10-register")
        for record in (contact, plan):
            self.assertEqual(self.known[record._name][record.id], self._row(record)[0])
        self.assertFalse(self._row(draft))
        self.assertEqual(self._found(), [])
        rows = self.env.execute_query(SQL("SELECT * FROM crisis_signature ORDER BY id"))
        migrate(self.env, "19.0.4.0.0", "end-10-register")
        again = self.env.execute_query(SQL("SELECT * FROM crisis_signature ORDER BY id"))
        self.assertEqual(again, rows, "may be repeated")
        told = register._pending(self.env).take()
        self.assertIn(("updated", len(rows)), [(row["kind"], row.get("pages")) for row in told])

    def test_an_update_signs_nothing_that_was_signed_before(self):
        contact, never = self._contact(), self._contact()
        for record in (contact, never):
            self._put(record, "told", "伪")
            self._delete_row(record)
        del self.known[never._name][never.id]
        signatures.sign_existing(self.env)
        self.assertEqual(self.alarms, self._one("unlocked", contact))
        self.assertFalse(self._row(contact))
        self.assertTrue(self._row(never), "of what nobody knows anything else is known")

    def test_an_update_that_is_over_is_not_run_again(self):
        contact = self._contact()
        self._put(contact, "told", "伪")
        self._delete_row(contact)
        self.known.clear()
        for version, name in (
            ("19.0.3.0.0", "post-05-roles"),
            ("19.0.3.0.0", "post-10-grants"),
            ("19.0.3.0.0", "post-30-seals"),
            ("19.0.4.0.0", "post-40-approved"),
            ("19.0.4.0.0", "end-10-register"),
        ):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                rows = self.env.execute_query(SQL("SELECT count(*) FROM crisis_signature"))
                self.alarms.clear()
                migrate(self.env, version, name)
                self.assertEqual(self.alarms, [(f"update:{version}", "", 0)])
                again = self.env.execute_query(SQL("SELECT count(*) FROM crisis_signature"))
                self.assertEqual(again, rows)
                savepoint.rollback()
        self.assertFalse(self._row(contact))

    def test_fields_of_an_addon_that_is_removed(self):
        contact, forged = self._contact(), self._contact()
        plan, before = self._plan(), self._row(contact)
        self._put(forged, "told", "伪")
        for name in ("agreed", "attitude"):
            self.patch(contact._fields[name], "_modules", ("crisis_x",))
        # nothing is deleted in earnest
        self.patch(IrModelData, "_module_data_uninstall", lambda _data, _names: None)
        addon = self.env["ir.module.module"].create({"name": "crisis_x"})
        rows = self._row(plan)
        with self.assertRaises(AccessError):
            addon.module_uninstall()
        self.patch(self.env.registry, "ready", False)
        addon.module_uninstall()
        self.assertEqual(self._row(plan), rows)
        after = self._row(contact)
        self.assertGreater(after[0], before[0])
        self.assertEqual(set(before[1].split(",")) - set(after[1].split(",")),
                         {"agreed", "attitude"})  # fmt: skip
        self._put(contact, "agreed", "伪")
        self.assertEqual(self._found(), self._one("changed", forged))

    def test_authors_are_not_deleted(self):
        author = self._make_user("t_author", "head_teacher")
        concern = self._make_concern(author, self.student_1)
        self.assertEqual(concern.create_uid, author)
        with self.assertRaises(UserError):
            author._unlink_except_authors()
        author_of_nothing = self._make_user("t_nothing", "head_teacher")
        author_of_nothing._unlink_except_authors()

    # ------------------------------------------------------------------ queries

    def _queries(self, action):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow(self):
        contacts = self.env["crisis.guardian.contact"].create(
            [{"case_id": self.case.id, "told": "x"} for _number in range(201)]
        )
        one, many = contacts[:1], contacts[1:]
        contacts.mapped("state")

        def signed(records):
            return self._queries(lambda: signatures_only(records, {"state": "signed"}))

        def signatures_only(records, values):
            with signatures.changing(records, values):
                self.env.cr.execute(
                    "UPDATE crisis_guardian_contact SET state = 'signed' WHERE id = ANY(%s)",
                    [records.ids],
                )
                records.invalidate_recordset(["state"])

        self.assertEqual(signed(one), signed(many))
        self.assertEqual(len(self.known["crisis.guardian.contact"]), 201)

    def test_drafts_cost_nothing(self):
        contact = self.env["crisis.guardian.contact"].create({"case_id": self.case.id})
        contact.write({"told": "w"})
        with_it = self._queries(lambda: contact.write({"told": "x"}))
        with patch.object(signatures, "changing", lambda records, names=None: nothing()):
            without = self._queries(lambda: contact.write({"told": "y"}))
        self.assertEqual(with_it, without)

    def test_check_reads_in_batches(self):
        self._contact()
        contacts = "crisis.guardian.contact"
        one = self._queries(lambda: list(signatures.check(self.env, contacts)))
        for _number in range(3):
            self._contact()
        self.assertEqual(self._queries(lambda: list(signatures.check(self.env, contacts))), one)


@contextmanager
def nothing():
    """Do nothing around what is inside."""
    yield


@tagged("post_install", "-at_install")
class TestCode(SignatureCase):
    """Code that an administrator enters neither signs nor changes what is signed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1)
        guardian = cls.env["crisis.guardian"].create(
            {"student_id": cls.student_1.id, "name": "林母", "phone": "13800000001"}
        )
        values = {
            "case_id": cls.case.id,
            "guardian_ids": [fields.Command.set(guardian.ids)],
            "told": "x",
        }
        contacts = cls.env["crisis.guardian.contact"].with_user(cls.psychology)
        cls.draft, cls.signed = contacts.create([values] * 2)
        cls.signed._set({"state": "signed", "date_signed": fields.Datetime.now()})
        cls.draft, cls.signed = cls.draft.sudo(), cls.signed.sudo()
        cls.session = cls.env["crisis.session"].create({"case_id": cls.case.id})
        cls.env.flush_all()

    def _unchanged(self, record):
        return self.env.execute_query(
            SQL(
                "SELECT to_jsonb(t) FROM %s t WHERE id = %s",
                SQL.identifier(record._table),
                record.id,
            )
        )

    def test_code_signs_nothing(self):
        for what, record, code in (
            ("sign by _set", self.draft, "record._set({'state': 'signed'})"),
            ("sign by sudo", self.draft, "record.sudo().write({'state': 'signed'})"),
            ("sign as system", self.draft, "record._as_system().write({'state': 'signed'})"),
            (
                "sign as the author",
                self.draft,
                f"record.with_user({self.psychology.id}).action_sign()",
            ),
            ("change", self.signed, "record._set({'told': '伪'})"),
            ("author", self.signed, "record._set({'user_id': 1})"),
            ("unlock", self.signed, "record._set({'state': 'draft'})"),
            ("by a function", self.signed, "record.filtered(lambda r: r._set({'told': '伪'}))"),
            (
                "addition",
                self.session,
                "env['crisis.session.addendum'].sudo().create("
                "{'session_id': record.id, 'text': '伪'})",
            ),
            (
                "approval",
                self.session,
                "env['crisis.approval'].sudo().create({'case_id': record.case_id.id, 'decision': "
                "'approved', 'res_model': 'crisis.session', 'res_id': record.id})",
            ),
            (
                "created signed",
                self.session,
                "env['crisis.guardian.contact'].sudo().create("
                "{'case_id': record.case_id.id, 'told': '伪', 'state': 'signed'})",
            ),
        ):
            with self.subTest(what), self._undone():
                before = self._unchanged(record)
                with self.assertRaises(AccessError):
                    self._by_code(record, code)
                # refused and caught, it leaves nothing behind either
                lines = f"try:\n    {code}\nexcept Exception as error:\n    action = None"
                self._by_code(record, lines)
                self.env.flush_all()
                self.assertEqual(self._unchanged(record), before)
                self.assertEqual(self._found(), [])

    def test_code_signs_nothing_while_modules_load(self):
        """Such as that of computed fields that an administrator has made in another model."""
        user = self._make_user("t_friend")
        user.group_ids |= self.env.ref("crisis_intervention.group_principal")
        self.patch(self.env.registry, "ready", False)
        self.assertTrue(walls.is_loading(self.env))
        for code in (
            "record._set({'state': 'signed'})",
            "record.sudo().write({'state': 'signed'})",
            f"record.env['crisis.role.confirmation']._take_over([{user.id}])",
            "record.env.ref('crisis_intervention.group_principal').rule_groups.write("
            "{'active': False})",
            "record.env['ir.model.access'].create({'name': 'x', 'model_id': "
            "record.env['ir.model']._get_id('crisis.case')})",
        ):
            with self.subTest(code), self._undone(), self.assertRaises(AccessError):
                safe_eval(code, {"record": self.draft}, mode="exec")
        names = {name for name in dir(type(self.env["crisis.signature"])) if "renew" in name}
        self.assertFalse(names, "nothing that signs hangs on a model")

    def test_demo_data_confirms_roles_and_data_of_others_does_not(self):
        user = self._make_user("t_friend")
        user.group_ids |= self.env.ref("crisis_intervention.group_principal")
        function = f"""<odoo><function model="crisis.role.confirmation" name="_take_over"
            eval="[[{user.id}]]"/></odoo>"""

        def load(module):
            importer = convert.xml_import(self.env, module, {}, "init")
            importer.parse(etree.fromstring(function))

        with self.assertRaises(ParseError), mute_logger("odoo.tools.convert"):
            load("crisis_intervention")
        self.patch(self.env.registry, "ready", False)
        with self.assertRaises(ParseError):
            load("base")
        self.assertFalse(user.has_group("crisis_intervention.group_principal"))
        load("crisis_intervention")
        self.assertTrue(user.has_group("crisis_intervention.group_principal"))

    def test_what_an_installation_signs_anew(self):
        self.draft._set({"state": "signed", "date_signed": fields.Datetime.now()})
        self._put(self.draft, "told", "伪")
        self._put(self.signed, "told", "伪")
        self._note(self.env, [(self.signed._name, self.signed.id, self._row(self.signed)[0])])
        del self.known[self.draft._name][self.draft.id]
        self.assertRaises(AccessError, signatures.renew_loaded, self.env)
        self.patch(self.env.registry, "ready", False)
        signatures.renew_loaded(self.env)
        self.assertEqual(self._found(), self._one("changed", self.signed))

    def test_an_action_without_code(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "state": "object_write",
                "model_id": self.env["ir.model"]._get("crisis.guardian.contact").id,
                "update_path": "state",
                "selection_value": self.env["ir.model.fields.selection"]
                .search(
                    [
                        ("field_id.model", "=", "crisis.guardian.contact"),
                        ("field_id.name", "=", "state"),
                        ("value", "=", "signed"),
                    ]
                )
                .id,
            }
        )
        with self.assertRaises(AccessError):
            action.with_context(
                active_model="crisis.guardian.contact", active_id=self.draft.id
            ).run()

    def test_drafts_may_be_changed(self):
        self._by_code(self.draft, "record._set({'told': 'y'})")
        self.assertEqual(self.draft.told, "y")
        self.assertFalse(self._row(self.draft))

    def test_people_sign_after_code_has_run(self):
        self._by_code(self.draft, "record._set({'told': 'y'})")
        self.draft.with_user(self.psychology).action_sign()
        self.assertTrue(self._row(self.draft)[1])
        self.assertEqual((self._found(), self.alarms), ([], []))

    def test_our_own_jobs_do(self):
        jobs = self.env["ir.cron"].search([("code", "=like", "model._cron_%")])
        ours = jobs.filtered(lambda job: job.model_id.model.startswith("crisis."))
        self.assertGreater(len(ours), 8)
        self.assertEqual(ours.filtered(lambda job: not job.code.strip().endswith("()")).ids, [])
        # one of them, as Odoo runs it
        action = self.env.ref("crisis_intervention.crisis_cron_lapse").ir_actions_server_id
        space = {"__name__": "odoo.addons.crisis_intervention.models.x", "signed": self.signed}
        exec(  # pylint: disable=exec-used
            compile("def _cron_lapse(self):\n    signed._set({'agreed': 'z'})", "x", "exec"),
            space | {"__builtins__": builtins.__dict__},
            found := {},
        )
        self.patch(self.registry["crisis.escalation"], "_cron_lapse", found["_cron_lapse"])
        action.run()
        self.assertEqual(self.signed.agreed, "z")
        self.assertEqual((self._found(), self.alarms), ([], []))
        # what calls it otherwise is no job
        with self.assertRaises(AccessError):
            self._by_code(self.signed, "record._set({'agreed': 'y'})\nmodel._cron_lapse()")

    def test_the_register_of_roles_tells_of_code(self):
        user = self.psychology
        events = self.env["crisis.role.event"]
        before = events.search_count([("person_id", "=", user.id), ("kind", "=", "password")])
        self._by_code(user, "record.write({'password': 'long enough 1'})")
        after = events.search_count([("person_id", "=", user.id), ("kind", "=", "password")])
        self.assertGreater(after, before)
        self.assertEqual(self._found(), [])


@tagged("post_install", "-at_install")
class TestLockedFiles(SignatureCase):
    """Files of a locked record, those of its fields too, are part of it: none comes, goes, changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1)
        guardian = cls.env["crisis.guardian"].create(
            {"student_id": cls.student_1.id, "name": "林母", "phone": "13800000001"}
        )
        values = {
            "case_id": cls.case.id,
            "guardian_ids": [fields.Command.set(guardian.ids)],
            "told": "x",
        }
        contacts = cls.env["crisis.guardian.contact"].with_user(cls.psychology)
        cls.contact = contacts.create({**values, "scan": base64.b64encode(PICTURE)})
        cls.files = cls.env["ir.attachment"]
        cls.photo = cls.files.create(
            {
                "name": "x",
                "raw": PICTURE,
                "res_model": cls.contact._name,
                "res_id": cls.contact.id,
            }
        )
        cls.contact.action_sign()
        cls.contact = cls.contact.sudo()
        cls.scan = cls.files.search(
            [("res_model", "=", cls.contact._name), ("res_field", "=", "scan")]
        )
        cls.env.flush_all()

    def test_files_of_locked_records_stay(self):
        here = {"res_model": self.contact._name, "res_id": self.contact.id}
        loose = self.files.create({"name": "x", "raw": PICTURE})
        other = self.files.create(
            {"name": "x", "raw": PICTURE, "res_model": "crisis.case", "res_id": self.case.id}
        )
        forged = base64.b64encode(PICTURE + b"!")
        for what, attempt in (
            ("datas", lambda: self.scan.write({"datas": forged})),
            ("raw", lambda: self.scan.write({"raw": PICTURE + b"!"})),
            ("db_datas", lambda: self.scan.write({"db_datas": PICTURE})),
            ("unlink", self.scan.unlink),
            ("photo", lambda: self.photo.write({"raw": PICTURE + b"!"})),
            ("photo unlink", self.photo.unlink),
            ("field", lambda: self.scan.write({"res_field": False})),
            ("away", lambda: self.scan.write({"res_id": 0})),
            ("new", lambda: self.files.create({"name": "x", "raw": PICTURE, **here})),
            (
                "new of a field",
                lambda: self.files.create(
                    {"name": "x", "raw": PICTURE, **here, "res_field": "scan"}
                ),
            ),
            ("moved", lambda: loose.write(here)),
            ("moved from a case", lambda: other.write(here)),
            (
                "by the context",
                lambda: self.files.with_context(
                    default_res_model=here["res_model"], default_res_id=here["res_id"]
                ).create({"name": "x", "raw": PICTURE}),
            ),
            (
                "by code, the field",
                lambda: self._by_code(
                    self.contact, "record._set({'scan': b64encode(b'GIF89a').decode()})"
                ),
            ),
            (
                "by code, past the record",
                lambda: self._by_code(
                    self.contact,
                    "record._fields['scan'].write(record, b64encode(b'GIF89a').decode())",
                ),
            ),
            (
                "by code, past write",
                lambda: self._by_code(
                    self.scan, "record._set_attachment_data(lambda file: b'GIF89a')"
                ),
            ),
        ):
            with self.subTest(what), self._undone():
                with self.assertRaises(AccessError):
                    attempt()
                    self.env.flush_all()
                self.assertEqual(self._found(files=True), [])

    def test_our_own_code_fills_a_field_later(self):
        self.contact._set({"scan": base64.b64encode(PICTURE + b"2")})
        self.assertEqual((self._found(files=True), self.alarms), ([], []))

    def test_exchanged_past_the_system(self):
        contact = self.contact
        with self._undone():
            self._put(self.scan, "crisis_seal_id", "t:" + "0" * 32)
            self.assertEqual(set(self._found(files=True)), set(self._one("changed", contact)))
        with self._undone():
            self._sql("DELETE FROM ir_attachment WHERE id = %s", self.photo.id)
            self.assertEqual(self._found(), self._one("changed", contact))
        with self._undone():
            self._put(self.photo, "res_field", "scan")
            self.assertEqual(self._found(), self._one("changed", contact))
        with self._undone():
            self._sql(
                "INSERT INTO ir_attachment (name, type, res_model, res_id)"
                " VALUES ('x', 'binary', %s, %s)", contact._name, contact.id,
            )  # fmt: skip
            self.assertEqual(self._found(), self._one("changed", contact))

    def test_missing_in_the_store_or_written_over(self):
        for content in (b"", b"GIF89a", b"crisis-sealed:1:t:xxxxxxxxxxxxxxxxxxxxxxxxxxx"):
            with self.subTest(content), self._undone():
                self._sql(
                    "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
                    content,
                    self.scan.id,
                )
                [found] = signatures.check_all(self.env, files=True)
                self.assertEqual(
                    (found.problem, found.model, found.res_id, found.field),
                    ("changed", self.contact._name, self.contact.id, "scan"),
                )
                self.assertEqual(self._found(), [], "without opening them")

    def test_a_new_key_leaves_them_signed(self):
        old = keyring(self.env).keys
        ring = ",".join(
            [f"t2:{new_key()}", *(f"{k}:{base64.b64encode(v).decode()}" for k, v in old.items())]
        )
        before = self.scan.sudo().crisis_seal_id
        with patch.dict("os.environ", {VARIABLE: ring}):
            renew_files(self.env, files_before(self.env))
            self.assertTrue(self.scan.crisis_seal_id.startswith("t2:"))
            self.assertEqual(
                self.scan.crisis_seal_id.split(":")[1], before.split(":")[1], "what is random stays"
            )
            self.assertEqual(self._found(files=True), [])

    def test_uploads_of_a_report(self):
        upload = self.files.with_user(self.staff).create(
            {"name": "x", "raw": PICTURE, "res_model": "crisis.concern", "res_id": 0}
        )
        concern = self._make_concern(
            self.staff, self.student_1, attachment_ids=[fields.Command.set(upload.ids)]
        )
        self.assertEqual((upload.res_model, upload.res_id), (concern._name, concern.id))
        self.assertEqual((self._found(files=True), self.alarms), ([], []))
        with self.assertRaises(AccessError):
            self.files.with_user(self.staff).create(
                {"name": "x", "raw": PICTURE, "res_model": concern._name, "res_id": concern.id}
            )
        self._put(upload, "res_id", 0)
        self.assertEqual(self._found(), self._one("changed", concern))
