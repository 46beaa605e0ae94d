import importlib.util
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.modules import get_module_path
from odoo.tests import tagged

from ...models.case.crisis_chronology import CHUNK, PAGE, CrisisChronology
from ...register import note_event
from ..common import CrisisCommon
from ..simulation.timeline_oracle import difference, pages

# More hidden lines than are looked at together, between two that are shown.
MANY = CHUNK + 20


class TimelineCase(CrisisCommon):
    """A case of the first class that involves the school doctor, and its timeline."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1, risk_level="yellow", medical_involved=True)
        cls.timeline = cls.env["crisis.chronology"]

    def _lines(self, kind, case=None):
        """Return the lines of a kind in a case."""
        return self.timeline.search([("case_id", "=", (case or self.case).id), ("kind", "=", kind)])

    @contextmanager
    def _syncing(self):
        """Return a list of what is brought up to date inside."""
        calls = []
        plain = CrisisChronology._bring_up_to_date

        def noted(timeline, lines):
            calls.append(lines)
            plain(timeline, lines)

        self.env.cr.flush()
        with patch.object(CrisisChronology, "_bring_up_to_date", noted):
            yield calls
            self.env.cr.flush()


@tagged("post_install", "-at_install")
class TestTimelineWriting(TimelineCase):
    """Lines are there when something happened, and as the record says it."""

    def test_declarations(self):
        events = [
            (self.env[model], event)
            for model, declared in self.timeline._events().items()
            for event in declared
        ]
        self.assertGreater(len(events), 20)
        self.assertEqual(len({event.code for _model, event in events}), len(events))
        for model, event in events:
            with self.subTest(event=event.code):
                moment, person = model._fields[event.moment], model._fields[event.person]
                self.assertIn(moment.type, ("date", "datetime"))
                self.assertEqual(person.comodel_name, "res.users")
                self.assertTrue(moment.store and person.store and str(event.label))
                if event.states:
                    known = {
                        code
                        for code, _l in model._fields[event.state_field]._description_selection(
                            self.env
                        )
                    }
                    self.assertLessEqual(set(event.states), known)

    def test_lines_follow_their_record(self):
        long_ago = datetime(2024, 3, 1, 8, 30)
        contact = self._make_contact(self.case, sign=False, date=long_ago)
        self.assertFalse(self._lines("contact"), "a draft has not happened")
        contact.action_sign()
        line = self._lines("contact")
        self.assertEqual((line.date, line.user_id), (long_ago, self.psychology))
        self.assertEqual((line.res_model, line.res_id), (contact._name, contact.id))
        self.assertEqual(line.company_id, self.school)
        self.assertEqual(self.timeline.search([], order="date, id", limit=1), line, "backdated")
        contact._set({"date": long_ago + timedelta(days=1), "user_id": self.moral.id})
        self.assertEqual(self._lines("contact"), line, "corrected, not written again")
        self.assertEqual((line.date, line.user_id), (long_ago + timedelta(days=1), self.moral))
        contact._set({"state": "draft"})
        self.assertFalse(self._lines("contact"))
        self.assertFalse(difference(self.env))

    def test_a_moment_that_is_emptied(self):
        self._without_record_gates()
        self.case.action_verify()
        self.case.write({"outcome": "recovered", "closing_summary": "情绪稳定。"})
        self.case.with_user(self.principal).stage_id = self.env.ref(
            "crisis_intervention.crisis_stage_closed"
        )
        closed = self._lines("closed")
        self.assertEqual(closed.user_id, self.principal)
        self.case.with_user(self.moral).closing_told = "班主任"
        self._sign_review(self.case, "reopen")
        self.assertFalse(self._lines("closed"))
        self.assertEqual(self._lines("closed_before").user_id, self.principal)
        self.assertFalse(difference(self.env))

    def test_shared_records_from_both_sides(self):
        other = self._make_case(self.student_2)
        concern = self._make_concern(self.staff, self.student_1 | self.student_2).sudo()
        lines = [("kind", "=", "concern")]
        self.case.concern_ids = [Command.link(concern.id)]
        self.assertEqual(self.timeline.search(lines).case_id, self.case)
        concern.write({"case_ids": [Command.link(other.id)]})
        self.assertEqual(self.timeline.search(lines).case_id, self.case | other)
        self.case.concern_ids = [Command.clear()]
        self.assertEqual(self.timeline.search(lines).case_id, other)
        third = self._make_student("许安然", "S003", self.class_1)
        third = self._make_case(third, concern_ids=[Command.set(concern.ids)])
        self.assertEqual(self.timeline.search(lines).case_id, other | third)
        emergency = self._start_emergency(
            self.staff, "missing", "校门", student_ids=[Command.set(self.student_1.ids)]
        ).sudo()
        told = [("kind", "=", "emergency")]
        self.assertEqual(self.timeline.search(told).case_id, emergency.case_ids)
        emergency._set({"case_ids": [Command.set((self.case | other).ids)]})
        self.assertEqual(self.timeline.search(told).case_id, self.case | other)
        self.assertFalse(difference(self.env))

    def test_an_assessment_gets_its_line_with_its_case(self):
        case, student = self.case, self._make_student("许安然", "S003", self.class_1)
        form = self._make_assessment(
            student, {"1": "1", "2": "3", "3": "0"}, self._make_instrument()
        )
        form.action_complete()
        self.assertFalse(self.timeline.search([("kind", "=", "assessment")]), "no case yet")
        case = self._make_case(student)
        form._set({"case_id": case.id})
        self.assertEqual(self._lines("assessment", case).user_id, self.psychology)
        forms = (
            self.env["crisis.assessment"]
            .with_user(self.psychology)
            ._record_batch(
                form.instrument_id,
                [
                    {
                        "student_id": student.id,
                        "answers": {"1": "1", "2": "3", "3": "0"},
                        "informant": "student",
                        "date": fields.Date.today(),
                    }
                ],
            )
        )
        self.assertIn(forms.id, self._lines("assessment", case).mapped("res_id"))
        self.assertFalse(difference(self.env))

    def test_nothing_is_done_where_nothing_happened(self):
        session = self.env["crisis.session"].create({"case_id": self.case.id, "notes": "x"})
        with self._syncing() as calls:
            session._set({"notes": "y"})
            self.case.write({"shared_advice": "x"})
            self.env["crisis.class"].create({"name": "9班", "grade": 1})
        self.assertFalse(calls)
        with self._syncing() as calls:
            session._set({"state": "signed"})
            self._make_contact(self.case)
        self.assertEqual(len(calls), 1, "once for all that a transaction does")

    def test_a_rollback_takes_lines_along(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._make_contact(self.case)
            raise ZeroDivisionError
        self.assertFalse(self._lines("contact"))
        self.assertFalse(difference(self.env))

    def test_many_records_cost_one_statement(self):
        counts = []
        for size in (1, 200):
            values = {"case_id": self.case.id, "user_id": self.psychology.id, "state": "signed"}
            records = self.env["crisis.medical.record"].create([{**values, "finding": "x"}] * size)
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.timeline._catch_up()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(self._lines("medical")), size + (size > 1))
            self.assertEqual(set(records.ids) - set(self._lines("medical").mapped("res_id")), set())
        self.assertEqual(counts, [1, 1])

    def test_migration_writes_what_happened_before(self):
        self._make_contact(self.case)
        self._put_in_force(self.case)
        self._make_concern(self.staff, self.student_1)
        self.assertFalse(difference(self.env))
        before = self.timeline.search([]).mapped(lambda row: (row.kind, row.res_id, row.date))
        self.env.cr.execute("DELETE FROM crisis_chronology")
        self.assertEqual(len(difference(self.env)), len(before))
        path = f"{get_module_path('crisis_intervention')}/migrations/19.0.2.0.0/post-35-timeline.py"
        spec = importlib.util.spec_from_file_location("timeline_migration", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.3.0")
        self.assertFalse(difference(self.env))
        self.env.cr.execute("DELETE FROM crisis_chronology")
        self.timeline._write_anew(batch=1)
        self.assertFalse(difference(self.env), "whatever the size of the batches")

    def test_erasure(self):
        """What happened stays without the child; what a shared report told of it does not."""
        other = self._make_case(self.student_2)
        concern = self._make_concern(self.staff, self.student_1 | self.student_2).sudo()
        for case in self.case | other:
            case.concern_ids = [Command.link(concern.id)]
        self._make_contact(self.case)
        self.env.cr.flush()
        self.env["crisis.erasure"]._erase_cases(self.case)
        self.assertFalse(difference(self.env))
        self.assertTrue(self._lines("contact"))
        self.assertEqual(self.timeline.search([("kind", "=", "concern")]).case_id, other)

    def test_what_an_addon_has_left(self):
        """Kinds and models that are gone are not shown, are kept, and break nothing."""
        line = self._lines("opened")
        self.env.cr.execute(
            "INSERT INTO crisis_chronology (case_id, company_id, kind, date, res_model, res_id) "
            "SELECT case_id, company_id, v.* FROM crisis_chronology, (VALUES "
            "('gone', now()::timestamp, 'crisis.gone', 1), "
            "('gone_too', now()::timestamp, 'crisis.case', %s)) v WHERE id = %s RETURNING id",
            [self.case.id, line.id],
        )
        left = self.timeline.browse(id_ for [id_] in self.env.cr.fetchall())
        self.assertEqual(left.mapped("line"), ["", self.case.name])
        self.assertEqual(len(left.read(["kind", "line", "display_name"])), 2)
        self.assertEqual(self.timeline.page(self.case.id)["lines"][-1]["id"], line.id)
        theirs = self.timeline.with_user(self.psychology)
        self.assertFalse(theirs.search([]) & left)
        self.assertNotIn("gone", str(theirs.page(self.case.id)))
        self.case.date_opened -= timedelta(days=1)
        self.assertEqual(self.timeline.search([("id", "in", left.ids)]), left[::-1])


@tagged("post_install", "-at_install")
class TestTimelineReading(TimelineCase):
    """Each reader's pages are the same whether or not there is something hidden in between."""

    def _visible(self, count, model="crisis.guardian.contact"):
        """Let something happen ``count`` times, two at a moment."""
        values = {"case_id": self.case.id, "user_id": self.psychology.id, "state": "signed"}
        text = {"told": "x"} if model == "crisis.guardian.contact" else {"finding": "x"}
        start = datetime(2025, 1, 1, 8, 0)
        self.env[model].create(
            [
                {**values, **text, "date": start + timedelta(hours=number // 2)}
                for number in range(count)
            ]
        )

    def _hidden(self, hours=0):
        """Let things happen, many times, of which each role may know some at most."""
        moment = datetime(2025, 1, 1, 8, 0) + timedelta(hours=hours)
        below = {"case_id": self.case.id, "user_id": self.psychology.id, "state": "signed"}
        restricted = self._make_concern(self.staff, self.student_1, restricted=True).sudo()
        restricted.write({"case_ids": [Command.link(self.case.id)]})
        hidden = {
            "crisis.session": {**below, "date_start": moment},
            "crisis.medical.record": {**below, "finding": "x", "date": moment},
        }
        for model, values in hidden.items():
            self.env[model].create([values] * MANY)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crisis_concern SET create_date = %s", [moment])
        self.env["crisis.chronology"]._follow(restricted)
        for _number in range(MANY):
            note_event(self.env, "printed", self.case, self.principal.id, date=moment, text="x")
        self._end_transaction()

    def _answers(self, user):
        """Return all that ``user`` learns of the timeline, by whatever way."""
        self.env.invalidate_all()
        lines = self.timeline.with_user(user).with_company(self.school)
        domain = [("case_id", "=", self.case.id)]
        columns = ["date", "kind", "user_id", "res_model", "res_id", "line"]
        return {
            "pages": [(page["lines"], page["next"]) for page in pages(lines, self.case)],
            "search": [lines.search(domain, offset=n, limit=7).ids for n in range(0, 70, 7)],
            "all": lines.search([]).ids,
            "order": lines.search([], order="kind, date, id", limit=12, offset=40).ids,
            "search_read": lines.search_read([], columns, limit=50),
            "count": [lines.search_count([], limit=n) for n in (None, 5, 500)],
            "list": lines.web_search_read([], {"line": {}}, limit=20),
            "groups": lines.formatted_read_group([], ["kind"], ["__count"]),
            "group page": lines.web_read_group([], ["date:month"], ["__count"]),
            "total": lines._read_group([], [], ["__count", "date:max", "res_id:max"]),
            "names": lines.name_search("", limit=None),
        }

    def test_same_answers_with_and_without_what_is_hidden(self):
        contact, medical = "crisis.guardian.contact", "crisis.medical.record"
        for user, shown, unknown in (
            (self.head_teacher, contact, {"session", "medical", "printed", "concern"}),
            (self.doctor, medical, {"session", "printed", "concern"}),
            (self.moral, contact, {"medical", "printed", "concern"}),
            (self.psychology, contact, {"concern"}),
        ):
            with self.subTest(user=user.login):
                savepoint = self.env.cr.savepoint()
                self._visible(3 * PAGE, shown)
                before = self._answers(user)
                self.assertEqual(
                    [len(lines) for lines, _next in before["pages"]], [PAGE, PAGE, PAGE, 1]
                )
                with patch.object(CrisisChronology, "_happened", _only(unknown)):
                    self._hidden(hours=PAGE)
                    self.env.cr.flush()
                hidden = self.timeline.search(
                    [("case_id", "=", self.case.id), ("kind", "in", list(unknown))]
                )
                self.assertGreaterEqual(len(hidden), MANY if len(unknown) > 1 else 1)
                self.assertEqual(self._answers(user), before)
                for attempt in (
                    lambda lines: lines.read(["kind"]),
                    lambda lines: lines.web_read({"line": {}}),
                    lambda lines: lines.export_data(["kind"]),
                    lambda lines: lines.action_open(),
                ):
                    self.env.invalidate_all()
                    with self.assertRaises(AccessError):
                        attempt(hidden[:1].with_user(user))
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_pages_hold_each_line_once(self):
        """Also where many things happened at one moment, and with what is hidden in between."""
        self._visible(2 * PAGE)
        values = {"case_id": self.case.id, "user_id": self.psychology.id, "state": "signed"}
        moment = datetime(2025, 1, 2, 8, 0)
        self.env["crisis.medical.record"].create(
            [{**values, "finding": "x", "date": moment}] * MANY
        )
        for user in (self.head_teacher, self.doctor, self.psychology, self.principal):
            lines = self.timeline.with_user(user)
            ids = [line["id"] for page in pages(lines, self.case) for line in page["lines"]]
            with self.subTest(user=user.login):
                self.assertEqual(ids, lines.search([("case_id", "=", self.case.id)]).ids)

    def test_a_page_says_what_happened(self):
        contact = self._make_contact(self.case, date=datetime(2025, 1, 1, 8, 30))
        entry = self.env["crisis.school.return"].create(
            {"case_id": self.case.id, "date_return": "2025-01-02"}
        )
        entry._set({"state": "agreed"})
        reader = self.timeline.with_user(self.psychology)
        lines = {line["kind"]: line for line in reader.page(self.case.id)["lines"]}
        self.assertEqual(lines["contact"]["date"], "2025-01-01 08:30:00")
        self.assertEqual(lines["contact"]["detail"], contact.name)
        self.assertEqual(
            lines["contact"]["user"], {"id": self.psychology.id, "name": self.psychology.name}
        )
        self.assertEqual(lines["return"]["date"], "2025-01-02", "a day has no hour")
        self.assertTrue(lines["opened"]["about_case"])
        self.assertFalse(lines["contact"]["about_case"])

    def test_no_page_of_what_is_not_ones_own(self):
        nothing = {"lines": [], "next": False}
        for user in (self.head_teacher_2, self.other_psychology):
            lines = self.timeline.with_user(user)
            self.assertEqual(lines.page(self.case.id), nothing)
            self.assertEqual(lines.page(self.case.id + 1000), nothing, "as if it did not exist")
        for user in (self.staff, self.security, self.nobody, self.district):
            with self.assertRaises(AccessError):
                self.timeline.with_user(user).page(self.case.id)

    def test_kept_by_the_system_alone(self):
        line = self._lines("opened")
        for user in (self.psychology, self.principal, self.moral, self.env.ref("base.user_admin")):
            mine = line.with_user(user)
            for attempt in (
                lambda lines: lines.create({"case_id": self.case.id, "kind": "opened"}),
                lambda lines: lines.write({"date": "2020-01-01"}),
                lambda lines: lines.unlink(),
            ):
                with self.assertRaises(AccessError):
                    attempt(mine)


def _only(kinds):
    """Return a ``_happened`` that finds nothing new but ``kinds``."""
    plain = CrisisChronology._happened

    def happened(timeline, model, event, column, ids):
        return plain(timeline, model, event, column, ids if event.code in kinds else [])

    return happened
