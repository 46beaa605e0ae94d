import inspect
import re
from urllib.parse import unquote

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .. import access_matrix
from ..common import DENIALS, MODULE, CrisisCommon
from .matrix import AccessMatrixCase
from .matrix.doors import READS, SEARCHES, WRITES

# Buttons that show what they make, whatever record they are pressed on.
ANEW = ("action_check_register",)
# An id that no record has.
NOTHING = 2_000_000_000
# What a client calls with the id of a record, besides the ways of reading of the matrix.
DOORS = {
    **READS,
    "write": lambda record: record.write(dict(WRITES[record._name])),
    "unlink": lambda record: record.unlink(),
    "web_save": lambda record: record.web_save(dict(WRITES[record._name]), {"id": {}}),
    "has_access": lambda record: [record.has_access(o) for o in ("read", "write", "unlink")],
    "check_access": lambda record: record.check_access("read"),
    "get_metadata": lambda record: record.get_metadata(),
    "web_read of two": lambda record: (record | record.browse(NOTHING + 1)).web_read(
        {"create_date": {}}
    ),
    "archive": lambda record: record.action_archive(),
}


@tagged("post_install", "-at_install")
class TestSameAnswer(AccessMatrixCase):
    """What one may not know is answered like what does not exist: same words, count, queries."""

    def _answer(self, action, id_):
        """Return what ``action`` gives: result or error, with ``id_`` blotted out; and queries."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = []
        error = self._refusal_of_any(lambda: result.append(action()))
        queries = self.env.cr.sql_log_count - before
        said = (type(error).__name__, str(error)) if error else ("", repr(result))
        return (said[0], re.sub(rf"\b{id_}\b", "#", said[1])), queries

    def _refusal_of_any(self, action):
        """Try ``action``, undo it, and return whatever error it ended with, or None."""
        try:
            return self._refusal(action)
        except Exception as error:  # any difference is one
            return error

    def _hidden(self, role):
        """Yield the stored records that ``role`` never meets; one of each model that is closed."""
        closed = set()
        for relation, record, cell in self._rows(role):
            if record._transient or cell not in ("x", "-") or record._name in closed:
                continue
            if cell == "-":
                closed.add(record._name)
            yield relation, record

    @mute_logger(*DENIALS)
    def test_by_id(self):
        tried = 0
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record in self._hidden(role):
                nothing = record.browse(NOTHING)
                for door, call in DOORS.items():
                    if door == "archive" and "active" not in record._fields:
                        continue
                    with self.subTest(role=role, model=record._name, relation=relation, door=door):
                        hidden, _n = self._answer(
                            lambda r=record, f=call: f(self._mine(r)), record.id
                        )
                        none, _n = self._answer(lambda r=nothing, f=call: f(self._mine(r)), NOTHING)
                        self.assertEqual(hidden, none)
                    tried += 1
        self.assertGreater(tried, 8_000)

    @mute_logger(*DENIALS)
    def test_searches_by_id(self):
        tried, warm = 0, set()
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record in self._hidden(role):
                if record._name == "crisis.chronology":
                    continue  # see test_as_many_queries
                for door in SEARCHES:
                    if (role, record._name, door) not in warm:  # fills what Odoo remembers
                        warm.add((role, record._name, door))
                        self._found_by_id(door, record, NOTHING)
                    with self.subTest(role=role, model=record._name, relation=relation, door=door):
                        self.assertEqual(
                            self._found_by_id(door, record, record.id),
                            self._found_by_id(door, record, NOTHING),
                        )
                    tried += 1
        self.assertGreater(tried, 6_000)

    def _found_by_id(self, door, record, id_):
        """Return what a search for one id answers, and with how many queries."""
        model = record.browse()
        return self._answer(lambda: SEARCHES[door](self._mine(model), [("id", "=", id_)]), id_)

    def _buttons(self, model):
        """Return the public methods of ours on ``model`` that a client calls with ids alone."""
        found = []
        for name, method in inspect.getmembers(self.registry[model], inspect.isfunction):
            ours = any(
                name in vars(parent) and f".{MODULE}." in f".{parent.__module__}."
                for parent in self.registry[model].__mro__
            )
            if name.startswith("_") or not ours or getattr(method, "_api_model", False):
                continue
            if getattr(method, "_api_private", False) or name in ("create", "write", "read"):
                continue
            _self, *parameters = inspect.signature(method).parameters.values()
            if all(
                p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
                for p in parameters
            ):
                found.append(name)
        return found

    @mute_logger(*DENIALS)
    def test_buttons(self):
        tried = 0
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record in self._hidden(role):
                for name in self._buttons(record._name):
                    answers = []
                    for each in (record, record.browse(NOTHING)):
                        answer, _n = self._answer(
                            lambda r=each, n=name: getattr(self._mine(r), n)(), each.id
                        )
                        answers.append(answer)
                    if name in ANEW:
                        answers = [re.sub(r"'res_id': \d+", "", str(a)) for a in answers]
                    with self.subTest(
                        role=role, model=record._name, relation=relation, method=name
                    ):
                        self.assertEqual(*answers)
                    tried += 1
        self.assertGreater(tried, 1_200)

    @mute_logger(*DENIALS)
    def test_as_many_queries(self):
        """The number of statements does not tell either, for what is read first."""
        for role in ("head_teacher", "psychology_teacher", "principal", "district"):
            self._take(role)
            for relation, record in self._hidden(role):
                # what shows of the timeline is found by looking at what is behind each line
                for door in ("read", "web_read") if record._name != "crisis.chronology" else ():
                    call = DOORS[door]
                    self._answer(lambda r=record, f=call: f(self._mine(r)), record.id)
                    _a, hidden = self._answer(lambda r=record, f=call: f(self._mine(r)), record.id)
                    nothing = record.browse(NOTHING)
                    _a, none = self._answer(lambda r=nothing, f=call: f(self._mine(r)), NOTHING)
                    with self.subTest(role=role, model=record._name, relation=relation, door=door):
                        self.assertEqual(hidden, none)


@tagged("post_install", "-at_install")
class TestSmallOracles(CrisisCommon):
    """What cases are like does not show where their readers may not know it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1, risk_level="orange", medical_involved=True)
        cls.plan = cls._put_in_force(cls.case)
        cls.readers = cls.head_teacher | cls.doctor

    def _hold(self):
        """Ask that the guardians are not told."""
        waiver = (
            self.env["crisis.guardian.waiver"]
            .with_user(self.psychology)
            .create({"case_id": self.case.id, "reason": "x", "protection": "x"})
        )
        waiver.action_submit()
        self.case.deadline_ids.filtered(lambda s: not s.date_done and s.kind != "waiver").write(
            {"date_done": fields.Datetime.now()}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.case.next_step, "waiver")
        return waiver

    def test_next_step_is_for_those_who_work_the_case(self):
        self._hold()
        self.case._sync_activities()
        for user in self.readers:
            mine = self.case.with_user(user)
            with self.subTest(user=user.login):
                for name in ("next_step", "open_step_count"):
                    self.env.invalidate_all()
                    with self.assertRaises(AccessError):
                        mine.read([name])
                    with self.assertRaises(AccessError):
                        mine.search([(name, "!=", False)])
                    for kind in ("form", "list", "kanban", "calendar", "search"):
                        arch = mine.get_views([(False, kind)])["views"][kind]["arch"]
                        self.assertNotIn(name, arch, kind)
        kinds = self.case.activity_ids.activity_type_id
        self.assertEqual(kinds, self.env.ref(f"{MODULE}.mail_activity_next_step"))
        self.assertEqual(self.case.with_user(self.psychology).next_step, "waiver")

    def test_safety_plan_does_not_go_home(self):
        self.plan._check_printable(f"{MODULE}.crisis_plan_report_safety")
        self._hold()
        for user in (self.head_teacher, self.doctor, self.psychology, self.principal):
            with self.subTest(user=user.login), self.assertRaises(UserError) as caught:
                self.plan.with_user(user)._check_printable(f"{MODULE}.crisis_plan_report_safety")
            self.assertNotIn("home is", str(caught.exception).lower())

    def test_no_table_of_odoo_counts(self):
        """To an employee without role all tables of Odoo look the same before and after a case."""

        def seen():
            self.env.flush_all()
            self.env.invalidate_all()
            counts, is_ours = {}, self.env["crisis.record"]._is_ours
            for name, kind in self.registry.items():
                if kind._abstract or kind._transient or is_ours(name):
                    continue
                mine = self.env[name].with_user(self.nobody).with_context(active_test=False)
                if kind._auto and mine.has_access("read"):
                    counts[name] = mine.search_count([])
            ranges = self.env["ir.sequence.date_range"].with_user(self.nobody).search([])
            counts["numbers"] = ranges.mapped("number_next_actual")
            return counts

        before = seen()
        self.assertGreater(len(before), 40)
        self._make_concern(self.staff, self.student_2, immediate_danger="yes")
        case = self._make_case(self.student_2, risk_level="red")
        self._put_in_force(case)
        self._hold_session(case)
        self._make_contact(case)
        self._start_emergency(self.security)
        self.assertEqual(seen(), before)

    def test_appointments_tell_nobody_how_many(self):
        sessions = (
            self.env["crisis.session"]
            .with_user(self.psychology)
            .create(
                [
                    {"case_id": self.case.id, "date_start": f"2099-01-0{day} 08:00:00"}
                    for day in (1, 2)
                ]
            )
        )
        events = sessions.sudo().event_id
        self.assertEqual(len(events), 2)
        about = [("id", "in", events.ids)]
        self.assertEqual(
            self.env["calendar.event"].with_user(self.psychology).search_count(about), 2
        )
        for user in (
            self.head_teacher,
            self.principal,
            self.nobody,
            self.env.ref("base.user_admin"),
        ):
            with self.subTest(user=user.login):
                calendar = self.env["calendar.event"].with_user(user)
                self.assertFalse(calendar.search_count(about))
                self.assertFalse(
                    self.env["calendar.attendee"]
                    .with_user(user)
                    .search_count([("event_id", "in", events.ids)])
                )
                with self.assertRaises(AccessError):
                    events[0].with_user(user).read(["start"])
        # other people's calendars are as ever
        other = self.env["calendar.event"].with_user(self.psychology).create(
            {"name": "x", "start": "2099-01-01 08:00:00", "stop": "2099-01-01 09:00:00",
             "partner_ids": [Command.set(self.psychology.partner_id.ids)]}
        )  # fmt: skip
        self.assertTrue(other.with_user(self.head_teacher).has_access("read"))


@tagged("post_install", "-at_install")
class TestSameAnswerOverHttp(CrisisCommon, HttpCase):
    """Links to what is hidden and to what does not exist lead to the same page."""

    @mute_logger(*DENIALS)
    def test_links(self):
        case = self._make_case(self.student_2)
        report = f"{MODULE}.crisis_case_report_sheet"
        paths = (
            "/mail/view?model=crisis.case&res_id={}",
            "/web/content/crisis.case/{}/background",
            "/web/image/crisis.case/{}/background",
            f"/report/pdf/{report}/{{}}",
            f"/report/html/{report}/{{}}",
            "/odoo/crisis.case/{}",
        )
        for user in (self.head_teacher, self.staff, None):
            if user:
                login = user.login
                self.authenticate(login, login + "x" * (8 - len(login)))
            else:
                self.authenticate(None, None)
            for path in paths:
                answers = []
                for id_ in (case.id, NOTHING):
                    page = self.url_open(path.format(id_), allow_redirects=False)
                    place = unquote(page.headers.get("Location", ""))
                    answers.append((page.status_code, re.sub(rf"\b{id_}\b", "#", place)))
                with self.subTest(user=user and user.login, path=path):
                    self.assertEqual(*answers)
