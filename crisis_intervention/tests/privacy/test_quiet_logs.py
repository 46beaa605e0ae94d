import json
import logging
from contextlib import contextmanager, suppress
from unittest.mock import patch

import psycopg2
from odoo.exceptions import UserError
from odoo.tests import BaseCase, HttpCase, tagged

from ... import quiet_logs
from ..canaries import CANARIES, CHILD
from ..common import CrisisCommon

WORDS = {text for texts in CANARIES.values() for text in texts.values()} | {CHILD}
# What an attempt may end with.
ENDS = (UserError, ValueError, TypeError, KeyError, psycopg2.Error)


class Lines(logging.Handler):
    """Keeps lines as a file of the log would have them, tracebacks included."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record):
        self.lines.append(self.format(record))


@contextmanager
def everything_logged():
    """Log all that there is to log, at DEBUG, nowhere but into the lines that are given."""
    root, handler = logging.getLogger(), Lines()
    loggers = [root, *map(logging.getLogger, sorted(logging.root.manager.loggerDict))]
    before = [(each, each.level, each.handlers, each.propagate, each.disabled) for each in loggers]
    try:
        for each in loggers:
            each.setLevel(logging.DEBUG if each is root else logging.NOTSET)
            each.handlers = [handler] if each is root else []
            each.propagate, each.disabled = True, False
        yield handler.lines
    finally:
        for each, level, handlers, propagate, disabled in before:
            each.setLevel(level)
            each.handlers, each.propagate, each.disabled = handlers, propagate, disabled


class QuietCase(CrisisCommon):
    """Provokes what is logged."""

    def _check(self, lines, *expected):
        """Check that no line holds a canary, and that something was logged."""
        for word in WORDS:
            for line in lines:
                self.assertNotIn(word, line)
        for text in expected:
            self.assertTrue(any(text in line for line in lines), (text, lines[-5:]))

    @contextmanager
    def _logged(self, *expected):
        """Check what is logged inside."""
        with everything_logged() as lines:
            yield lines
        self._check(lines, *expected)

    def _try(self, action):
        """Do something that may fail, and undo it."""
        with suppress(*ENDS), self.env.cr.savepoint(flush=False):
            action()
            self.env.flush_all()
        self.env.transaction.clear()


@tagged("post_install", "-at_install")
class TestQuietLines(BaseCase):
    """Single lines, without a database."""

    def _line(self, name, msg, *args, exc_info=None):
        record = logging.getLogRecordFactory()(
            name, logging.ERROR, __file__, 1, msg, args, exc_info
        )
        return logging.Formatter("%(message)s").format(record)

    def test_lines_of_other_modules_stay(self):
        for name, msg, args in (
            ("odoo.sql_db", "bad query: %s\nERROR: %s", ("SELECT 'x' FROM res_partner", "e")),
            ("werkzeug", '"%s" %s %s', ("GET /shop?search=x HTTP/1.1", 200, 5)),
            ("odoo.http", "%s", (ValueError("of somebody else"),)),
            ("odoo.service.model", "call %s.%s(%s)", ("res.partner(5,)", "write", "x")),
            ("anything", "%(a)s is", ({"a": 5},)),
        ):
            # this file, which calls, is one of ours
            foreign = patch.object(quiet_logs, "_is_our_stack", return_value=False)
            with self.subTest(name=name), foreign:
                self.assertEqual(self._line(name, msg, *args), msg % (args[0] if "%(" in msg else args))  # fmt: skip

    def test_queries_of_ours_about_people(self):
        """Odoo's tables are asked for what our records say."""
        line = self._line("odoo.sql_db", "query: %s", "SELECT 1 FROM res_users WHERE phone = '1'")
        self.assertEqual(line, "query about records of the crisis system")

    def test_an_error_of_others_keeps_its_words(self):
        try:
            raise ValueError("WORDS")
        except ValueError as error:
            own = (type(error), error, error.__traceback__)
        # this file is one of ours
        self.assertNotIn("WORDS", self._line("odoo.http", "x", exc_info=own))
        foreign = ValueError("WORDS")
        self.assertIn("WORDS", self._line("odoo.http", "x", exc_info=(ValueError, foreign, None)))

    def test_addresses(self):
        for address, told in (
            ("/web/content/5/孩子.txt?download=1", "/web/content/5/…?…"),
            ("/web/image/crisis.case/5/x?unique=1", "/web/image/crisis.case/…?…"),
            ("/odoo/crisis.case/5?q=孩子", "/odoo/crisis.case/5?…"),
            ("/my?token=abc&crisis=1", "/my?…"),
        ):
            line = self._line("werkzeug", '"%s" %s %s', f"GET {address} HTTP/1.1", 200, 5)
            self.assertEqual(line, f'"GET {told} HTTP/1.1" 200 5')

    def test_a_table_is_named_only_where_there_is_one(self):
        line = self._line("odoo.sql_db", "bad query: %s\nERROR: %s",
                          "SELECT 1 FROM crisis_student WHERE x = 'crisis_孩子的话'", "e")  # fmt: skip
        self.assertEqual(line, "bad query: about crisis_student")

    def test_installed_once(self):
        factory = logging.getLogRecordFactory()
        quiet_logs.install()
        self.assertIs(logging.getLogRecordFactory(), factory)

    def test_what_cannot_be_judged_is_left_out(self):
        class Broken:
            def __str__(self):
                raise RuntimeError("WORDS")

        line = self._line("odoo.sql_db", "%s crisis_case", Broken())
        self.assertNotIn("WORDS", line)


@tagged("post_install", "-at_install")
class TestQuietLogs(QuietCase):
    """Errors of every kind, with the log at DEBUG: no word of a child in it."""

    def test_it_finds_what_it_looks_for(self):
        """Without the filter the same attempt is full of canaries."""
        real = logging.getLogRecordFactory()
        from odoo.netsvc import LogRecord  # as Odoo begins

        logging.setLogRecordFactory(LogRecord)
        try:
            with everything_logged() as lines:
                self._try(lambda: self.env["crisis.student"].create(CANARIES["crisis.student"]))
        finally:
            logging.setLogRecordFactory(real)
        self.assertTrue(any(CHILD in line for line in lines))

    def test_every_model(self):
        """Creating fails for what is missing: the database says all of the row that it refuses."""
        for model, texts in CANARIES.items():
            kind = self.env[model]
            with self.subTest(model=model), self._logged("query about "):
                self._try(lambda k=kind, t=texts: k.create(dict(t)))
                self._try(lambda k=kind, t=texts: k.create({**t, "company_id": self.school.id}))
                for name, text in texts.items():
                    self._try(lambda k=kind, n=name, t=text: k.search([(n, "=", t)]))
                    self._try(lambda k=kind, n=name, t=text: k.search([(n, "ilike", t)]))
                    self._try(lambda k=kind, t=text: k.name_search(t))
                    self._try(
                        lambda k=kind, n=name, t=text: (
                            k.search([], limit=1)._as_system().write({n: t})
                        )
                    )

    def test_bad_queries(self):
        for query in (
            "SELECT nothing FROM crisis_student WHERE name = %s",
            "INSERT INTO crisis_case (background) VALUES (%s)",
            "UPDATE ir_attachment SET nothing = %s",
            "SELECT crisis_student.id FROM crisis_student WHERE birth_date = %s",
        ):
            with self.subTest(query=query), self._logged("bad query: about "):
                self._try(lambda q=query: self.env.cr.execute(q, [CHILD]))

    def test_a_number_twice(self):
        number = CANARIES["crisis.student"]["student_number"]
        self._make_student("x", number, self.class_1)
        with self._logged("UniqueViolation (crisis_student"):
            self._try(lambda: self._make_student("x", number, self.class_1))

    def test_scheduled_actions(self):
        job = self.env.ref("crisis_intervention.crisis_cron_escalate")

        def fail(_self):
            raise ValueError(CHILD)

        target = type(self.env["crisis.escalation"])
        with patch.object(target, "_cron_escalate", fail), self._logged("ValueError"):
            self._try(lambda: job.method_direct_trigger())
            self._try(
                lambda: self.env["ir.cron"]._callback(job.cron_name, job.ir_actions_server_id.id)
            )

    def test_imports(self):
        student = self.env["crisis.student"]
        rows = [[CHILD, "x", "20000-01-01"], [CHILD, CHILD, CHILD]]
        with self._logged():
            self._try(lambda: student.load(["name", "class_id", "birth_date"], rows))
            self._try(lambda: student.load(["name", "gender"], [[CHILD, CHILD]]))
            file = self.env["base_import.import"].create(
                {
                    "res_model": "crisis.student",
                    "file": f"name,birth_date\n{CHILD},{CHILD}\n".encode(),
                    "file_type": "text/csv",
                    "file_name": f"{CHILD}.csv",
                }
            )
            options = {"quoting": '"', "separator": ",", "has_headers": True}
            self._try(lambda: file.parse_preview(dict(options)))
            self._try(
                lambda: file.execute_import(
                    ["name", "birth_date"], ["name", "birth_date"], dict(options), dryrun=True
                )
            )

    def test_mails_that_fail(self):
        servers = type(self.env["ir.mail_server"])
        for name in ("connect", "_connect__", "send_email"):
            if hasattr(servers, name):
                self.patch(
                    servers, name, lambda *args, **kwargs: (_ for _ in ()).throw(OSError("x"))
                )
        with self._logged():
            words = {n: t for n, t in CANARIES["crisis.concern"].items() if n != "dismiss_reason"}
            self._make_concern(self.staff, self.student_1, **words)
            self.env.flush_all()
            self._try(lambda: self.env["mail.mail"].search([])._send(raise_exception=False))


@tagged("post_install", "-at_install")
class TestQuietRequests(QuietCase, HttpCase):
    """What the browser sends: calls, addresses, errors."""

    def setUp(self):
        super().setUp()
        self.psychology.password = "t_psychology-password"
        self.authenticate("t_psychology", "t_psychology-password")

    def _call(self, model, method, *args, **kwargs):
        """Call a method as the web client does."""
        body = {"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}}
        return self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )

    def test_calls(self):
        with self._logged("call_kw/crisis.student", "UserError", "ValidationError"):
            for method, args in (
                ("web_search_read", [[["name", "ilike", CHILD]], {"name": {}}]),
                ("web_search_read", [[["birth_date", "=", CHILD]], {"name": {}}]),
                ("search", [[["nothing", "=", CHILD]]]),
                ("name_search", [CHILD]),
                ("write", [[self.student_1.id], {"name": CHILD}]),
                ("write", [[self.student_1.id], {"birth_date": CHILD}]),
                ("web_save", [[], {"name": CHILD, "student_number": "\0"}, {}]),
                ("nothing", [CHILD]),
            ):
                self._call("crisis.student", method, *args)
            case = self._make_case(self.student_1)
            self._call("crisis.case", "web_save", [case.id], {"background": CHILD}, {})
            self._call("crisis.case", "search", [["background", "=", CHILD]])

    def test_an_error_in_our_code(self):
        def fail(_self, *args, **kwargs):
            raise ValueError(CHILD)

        case = self._make_case(self.student_1)
        self.env.flush_all()
        with (
            patch.object(type(case), "_compute_display_name", fail),
            self._logged("Traceback, without what it says", "ValueError"),
        ):
            self._call("crisis.case", "read", [case.id], ["display_name"])

    def test_addresses(self):
        case = self._make_case(self.student_1)
        file = self.env["ir.attachment"].create(
            {"name": f"{CHILD}.txt", "raw": b"x", "res_model": case._name, "res_id": case.id}
        )
        with self._logged("GET /web/content/"):
            for path in (
                f"/web/content/{file.id}/{CHILD}.txt?download=1&filename={CHILD}",
                f"/web/content?model=crisis.case&id=5&field=x&filename={CHILD}",
                f"/odoo/crisis.student?search={CHILD}",
                f"/report/pdf/crisis_intervention.nothing/5?x={CHILD}",
            ):
                self.url_open(path)
