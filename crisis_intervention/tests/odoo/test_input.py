import base64
import json
from contextlib import suppress

import psycopg2
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools import mute_logger

from ...lib import limits
from ..common import DENIALS, CrisisCommon

NUL, HALF = "A\0B", "A\ud800B"
DIGITS = 10**9000
BAD_TEXTS = (NUL, HALF, "x" * 20_000_000, b"x", ["x"], {"x": 1}, DIGITS)
# Type of field to what is sent into one.
HOSTILE = {
    "char": (*BAD_TEXTS, "x" * (limits.LINE + 1)),
    "text": BAD_TEXTS,
    "html": BAD_TEXTS,
    "selection": ("HOSTILE", NUL, HALF, "x" * 1000),
    "integer": (DIGITS, -DIGITS, 2**31, "9" * 9000, "x", "1.5", float("inf"), float("nan"), ["x"]),
    "float": (DIGITS, float("inf"), float("nan"), "nan", "9" * 9000, "x", ["x"], {}),
    "monetary": (DIGITS, float("inf"), float("nan"), "x"),
    "date": ("1600-01-01", "9999-12-31", "20000-01-01", "x", NUL, HALF, "2026-02-30", 5, ["x"]),
    "datetime": ("1600-01-01 00:00:00", "9999-12-31 23:59:59", "x", NUL, "2026-01-01 25:00:00", 5),
    "json": ({"x": NUL}, {HALF: "x"}, ["x" * 1_000_000], {"x": float("nan")}, {"x": DIGITS}, object()),
    "many2one": ("x", DIGITS, 2**31, -1, 1.5, ["x"], NUL),
    "one2many": ("x", ["x"], [["x"]], [[0, 0, "x"]], [[6, 0, "x"]], [[99, 1]], [[4, DIGITS]], 5),
    "many2many": ("x", ["x"], [["x"]], [[6, 0, [DIGITS]]], [[99, 1]], [[4, DIGITS]], 5),
    "reference": ("x", "res.users,x", NUL),
    "many2one_reference": (DIGITS, "x"),
    "binary": ("x", "é", 5, ["x"]),
}  # fmt: skip
BLANK = ("", " ", "\n\t ", "\u3000", "\u200b \ufeff")
# Types in which there is nothing that could be wrong.
HARMLESS = {"boolean"}


@tagged("post_install", "-at_install")
class TestLimits(BaseCase):
    """The limits, without a database."""

    def test_what_is_well(self):
        for judge, values in (
            (limits.text_fault, ("", "x", "孩子\n说", "😀", "x" * limits.TEXT, 5)),
            (limits.whole_fault, (0, -5, limits.WHOLE, "12", 3.0, True)),
            (limits.number_fault, (0, 1.5, "1.5", -3)),
            (limits.document_fault, ({"1": "x", "2": [1, None, True]}, [], None, "x")),
            (limits.link_fault, (1, limits.WHOLE, (1, "x"))),
            (limits.lines_fault, ([], [[0, 0, {}]], [[6, 0, [1]]], [(4, 1)], [[5]], [1, 2], [[4, 1, 0]],
                                  [Command.create({}), Command.update(1, {}), Command.delete(1)])),
            (limits.file_fault, (base64.b64encode(b"x"), "eA==")),
            (limits.reference_fault, ("crisis.case,5",)),
        ):  # fmt: skip
            for value in values:
                with self.subTest(judge=judge.__name__, value=str(value)[:20]):
                    self.assertEqual(judge(value), "")

    def test_blank(self):
        for text in BLANK:
            self.assertTrue(limits.is_blank(text))
        self.assertFalse(limits.is_blank(" x "))

    def test_documents_within_documents(self):
        deep = []
        for _level in range(100_000):
            deep = [deep]
        self.assertEqual(limits.document_fault(deep), "document")


@tagged("post_install", "-at_install")
class TestHostileInput(CrisisCommon):
    """Every field of every model of ours that people fill in, and each hostile value: one sentence."""

    def _entered(self):
        """Yield (model, field) of all that people fill in."""
        for name in sorted(self.registry):
            kind = self.env[name]
            if not self.env["crisis.record"]._is_ours(name) or kind._abstract or not kind._auto:
                continue
            for field_name in sorted(kind._client_fields() - {"id"}):
                field = kind._fields.get(field_name)
                if field and field.type != "properties":
                    yield kind, field

    def _values(self, field):
        """Return what is sent into a field."""
        self.assertIn(field.type, {*HOSTILE, *HARMLESS}, field)
        values = HOSTILE.get(field.type, ())
        if field.type == "selection" and field._selection is None:
            return ()
        if field.required and field.type in ("char", "text"):
            values += BLANK
        return values

    def _counts(self):
        self.env.cr.execute("SELECT sum(n_tup_ins) FROM pg_stat_xact_user_tables")
        return self.env.cr.fetchone()

    def _refusal(self, send, vals):
        """Return the sentence with which something is refused, "" where it is not."""
        try:
            with self.env.cr.savepoint(flush=False):
                send(vals)
        except UserError as error:
            return str(error)
        return ""

    def _closed_doors(self, kind, doors):
        """Return dict of door to the sentence with which the model refuses whatever is sent."""
        closed = {}
        for door, send in doors.items():
            with suppress(psycopg2.Error, KeyError, ValueError):
                closed[door] = self._refusal(send, {})
        self.env.transaction.clear()
        return closed

    @mute_logger("odoo.sql_db", *DENIALS)
    def test_every_field_and_every_door(self):
        tried, wrong = 0, []
        for kind, field in self._entered():
            label = field._description_string(self.env)
            doors = {
                "create": lambda vals, k=kind: k.create([vals]),
                "web_save": lambda vals, k=kind: k.web_save(vals, {}),
                "write": lambda vals, k=kind: k.write(vals),
                "onchange": lambda vals, k=kind: k.onchange(vals, list(vals), {}),
            }
            closed = self._closed_doors(kind, doors)
            before = self._counts()
            for number, value in enumerate(self._values(field)):
                is_blank = isinstance(value, str) and limits.is_blank(value)
                for door, send in doors.items():
                    if door == "onchange" and is_blank:
                        continue
                    tried += 1
                    try:
                        told = self._refusal(send, {field.name: value})
                    except Exception as error:  # pylint: disable=broad-exception-caught
                        told = repr(type(error))
                    if label not in told and (not told or told != closed.get(door)):
                        wrong.append((kind._name, field.name, field.type, door, number, told[:80]))
            self.env.transaction.clear()
            if self._counts() != before:
                wrong.append((kind._name, field.name, "something was written"))
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.assertGreater(tried, 5000)

    def test_all_at_once(self):
        with self.assertRaises(UserError) as caught:
            self.env["crisis.student"].create(
                {"name": " ", "student_number": NUL, "birth_date": "1600-01-01"}
            )
        self.assertEqual(len(str(caught.exception).split("\n")), 3)

    def test_what_is_handed_to_buttons(self):
        """Texts that no field of a form takes: notes, comments, reasons."""
        emergency = self._start_emergency(self.staff)
        run = emergency.with_user(self.principal)
        plan = self._make_plan(self._make_case(self.student_1, risk_level="red"))
        plan.action_submit()
        self.assertEqual(plan.state, "waiting")
        step = emergency.sudo().step_ids[:1]
        self.assertTrue(step)
        events = self.env["crisis.emergency.event"]
        before = events.search_count([])
        for text in (NUL, HALF, "x" * 20_000_000):
            for act in (
                lambda t=text: run.add_note(t),
                lambda t=text: run.log_call("police", t),
                lambda t=text: run.skip_step(step.id, t),
                lambda t=text: run.stand_down("resolved", t),
                lambda t=text: plan.with_user(self.principal).action_refuse(t),
                lambda t=text: plan.with_user(self.principal).action_approve(t),
            ):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    act()
                    self.env.flush_all()
                self.env.invalidate_all()
        self.assertEqual(events.search_count([]), before)

    def test_a_birth_to_come(self):
        with self.assertRaisesRegex(UserError, "still to come"):
            self.student_1.birth_date = "2199-01-01"

    def test_lines_are_trimmed_and_texts_kept_as_typed(self):
        self.student_1.name = "  林 小禾\u3000"
        self.assertEqual(self.student_1.name, "林 小禾")
        case = self._make_case(self.student_1, background="  a\n\n b ")
        self.assertEqual(case.with_user(self.psychology).background, "  a\n\n b ")

    def test_lines_within_a_form(self):
        with self.assertRaisesRegex(UserError, "characters"):
            self.env["crisis.team"].create(
                {
                    "name": "x",
                    "kind": "duty",
                    "member_ids": [
                        Command.create({"user_id": self.psychology.id, "phone": NUL}),
                    ],
                }
            )

    def test_imports(self):
        """Of every model: one sentence for a file of headings only, and for hostile cells."""
        for name in {kind._name for kind, _field in self._entered()}:
            kind = self.env[name]
            for rows in ([], [[]], [["", ""]], [[NUL, HALF]], [["x" * 20_000_000, "x"]]):
                columns = sorted(kind._client_fields() - {"id"})[:2] or ["id"]
                with self.subTest(model=name, rows=len(rows)):
                    result = kind.load(columns, [row[: len(columns)] for row in rows])
                    self.assertFalse(result["ids"])
                    self.assertTrue(result["messages"])
                    for message in result["messages"]:
                        self.assertNotIn("x" * 50, message["message"])


@tagged("post_install", "-at_install")
class TestHostileRequests(CrisisCommon, HttpCase):
    """Whatever is sent to a model of ours: one sentence for characters that cannot be kept."""

    def _call(self, model, method, *args, **kwargs):
        """Return the error that the client gets, None without one."""
        body = {"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}}
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        return answer.json().get("error")

    @mute_logger("odoo.http", *DENIALS)
    def test_every_door(self):
        self.psychology.password = "t_psychology-password"
        self.authenticate("t_psychology", "t_psychology-password")
        for text in (NUL, HALF):
            for method, args in (
                ("web_search_read", [[["name", "ilike", text]], {"name": {}}]),
                ("search_count", [[["name", "in", [text]]]]),
                ("name_search", [text]),
                ("read_group", [[], [text], []]),
                ("onchange", [[], {"name": text}, ["name"], {"name": {}}]),
                ("load", [["name"], [[text]]]),
                ("web_save", [[], {"name": text}, {}]),
            ):
                for model in ("crisis.student", "crisis.case", "crisis.emergency"):
                    with self.subTest(method=method, model=model):
                        error = self._call(model, method, *args)
                        self.assertEqual(error["data"]["name"], "odoo.exceptions.UserError")
                        self.assertNotIn("surrogate", error["data"]["message"])
                        self.assertNotIn("NUL", error["data"]["message"])
            error = self._call("crisis.case", "search", [], context={"lang": text})
            self.assertEqual(error["data"]["name"], "odoo.exceptions.UserError")
        self.assertFalse(self._call("crisis.student", "name_search", "x"))
