import threading
import time
from contextlib import contextmanager
from datetime import date
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import RedirectWarning, UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...lib import class_move
from ..committed import CommittedCase

PEOPLE = 19


@tagged("post_install", "-at_install")
class TestConcurrency(CommittedCase):
    """Real transactions at the same moment: one wins, the other is told, nothing is doubled."""

    _models = (
        "crisis.number.gap",
        "crisis.concern.triage",
        "crisis.deadline",
        "crisis.case.change",
        "crisis.case",
        "crisis.concern",
        "crisis.class.membership",
        "crisis.student",
        "crisis.class.move.line",
        "crisis.class.move",
        "crisis.class",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._committing() as env:
            cls.school = env["res.company"].create({"name": "Concurrent School"})
            cls.psychology = cls._make_user("c_psychology", "psychology_teacher")
            cls.colleague = cls._make_user("c_psychology_2", "psychology_teacher")
            cls.moral = cls._make_user("c_moral", "moral_education")
            cls.staff = cls._make_user("c_staff", "staff")
            cls.people = [cls._make_user(f"c_{number:02}", "staff") for number in range(PEOPLE)]
            cls.class_1 = cls._make_class("1班", 1)
        cls.addClassCleanup(cls._take_away)

    @classmethod
    def _of_school(cls, model):
        if model == "crisis.concern.triage":
            concerns = "concern_id IN (SELECT id FROM crisis_concern WHERE company_id = %s)"
            return SQL(concerns, cls.school.id)
        company = cls.env[model]._fields.get("company_id")
        if company and company.store:
            return super()._of_school(model)
        return SQL("case_id IN (SELECT id FROM crisis_case WHERE company_id = %s)", cls.school.id)

    def _new_student(self, number):
        with self._committing() as env:
            return self._make_student(f"学生{number}", number, self.class_1.with_env(env))

    def _new_concern(self, student):
        with self._committing() as env:
            return self._make_concern(self.staff.with_env(env), student.with_env(env))

    def _at_once(self, *jobs):
        """Run jobs in threads, each in its own transaction with Odoo's own repetition.

        :param jobs: functions that take an environment
        :return: list of what each returned or the exception it raised, in the order of ``jobs``
        """

        def in_transaction(job):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                try:
                    return retrying(lambda: job(env), env)
                except Exception:
                    cr.rollback()
                    raise

        with mute_logger("odoo.sql_db"):
            return self._together(*(partial(in_transaction, job) for job in jobs))

    @contextmanager
    def _meeting(self, model, method):
        """Let two transactions come as far as ``method`` before either of them goes on."""
        together = threading.Barrier(2)
        arrived = set()
        original = getattr(self.registry[model], method)

        def wrapped(records, *args, **kwargs):
            # only at the first try: a repeated transaction comes alone
            if threading.get_ident() not in arrived:
                arrived.add(threading.get_ident())
                together.wait(timeout=30)
            return original(records, *args, **kwargs)

        with patch.object(self.registry[model], method, wrapped):
            yield

    @staticmethod
    def _decide(concern, user, decision="case"):
        """Return the job of deciding on a report as ``user``."""

        def job(env):
            wizard = (
                env["crisis.concern.triage"]
                .with_user(user.id)
                .create({"concern_id": concern.id, "decision": decision, "join_ids": [(5,)]})
            )
            wizard.dismiss_reason = "Seen in person, no danger."
            wizard.line_ids.risk_level = "yellow"
            action = wizard.action_confirm()
            return action.get("res_id")

        return job

    def test_one_report_sent_twice_at_once(self):
        """A double tap, on two connections: one report, and the same answer to both."""
        student = self._new_student("C000")
        values = {
            "student_ids": [[4, student.id]],
            "description": "x",
            "location": "x",
            "immediate_danger": "yes",
            "told_in_person": "yes",
        }

        def send(env):
            env.cr.execute("SELECT 1")  # what the database shows is as of now
            concerns = env["crisis.concern"].with_user(self.staff.id).with_company(self.school.id)
            return concerns.with_context(crisis_once="t").web_save(values, {"name": {}})

        with self._meeting("crisis.concern", "web_save"):
            first, second = self._at_once(send, send)
        self.assertEqual(first, second)
        with self._committing() as env:
            self.assertEqual(
                env["crisis.concern"].search_count([("student_ids", "in", student.ids)]), 1
            )

    def test_two_colleagues_move_the_classes_up_at_once(self):
        year = date.today().year
        with self._committing() as env:
            self.class_1.with_env(env).write({"school_year": f"{year - 1}-{year}", "grade": 1})
        self.startPatcher(patch.object(class_move, "SEASON", range(1, 13)))
        shown = []
        for user in (self.psychology, self.moral):
            with self._committing() as env:
                dialogs = env["crisis.class.promote"].with_user(user.id)
                shown.append(dialogs.with_company(self.school.id).create({}).id)

        def press(user, dialog):
            def job(env):
                env.cr.execute("SELECT 1")  # what the database shows is as of now
                dialogs = env["crisis.class.promote"].with_user(user.id)
                return dialogs.browse(dialog).action_promote()["tag"]

            return job

        with self._meeting("crisis.class.promote", "action_promote"):
            results = self._at_once(press(self.psychology, shown[0]), press(self.moral, shown[1]))
        errors = [result for result in results if isinstance(result, Exception)]
        self.assertEqual([type(error) for error in errors], [UserError], results)
        with self._committing() as env:
            class_ = self.class_1.with_env(env)
            self.assertEqual((class_.grade, class_.school_year), (2, f"{year}-{year + 1}"))
            self.assertEqual(
                env["crisis.class.move"].search_count([("company_id", "=", self.school.id)]), 1
            )

    def test_one_report_is_decided_once(self):
        student = self._new_student("C001")
        for decision in ("case", "none"):
            concern = self._new_concern(student)
            with self._meeting("crisis.concern.triage", "_lock"):
                results = self._at_once(
                    self._decide(concern, self.psychology),
                    self._decide(concern, self.moral, decision),
                )
            errors = [result for result in results if isinstance(result, Exception)]
            self.assertEqual([type(error) for error in errors], [UserError], results)
            self.assertRegex(str(errors[0]), "Somebody else (is deciding|has decided)")
        with self._committing() as env:
            cases = env["crisis.case"].search([("student_id", "=", student.id)])
            self.assertEqual(len(cases), 1)

    def test_two_reports_of_a_child_reach_one_case(self):
        student = self._new_student("C002")
        concerns = [self._new_concern(student) for _number in range(2)]
        with self._meeting("crisis.concern.triage", "_lock"):
            results = self._at_once(
                self._decide(concerns[0], self.psychology), self._decide(concerns[1], self.moral)
            )
        self.assertEqual(results[0], results[1], results)
        with self._committing() as env:
            case = env["crisis.case"].search([("student_id", "=", student.id)])
            self.assertEqual(case.ids, [results[0]])
            self.assertEqual(sorted(case.concern_ids.ids), sorted(c.id for c in concerns))

    def test_second_case_of_a_child_leads_to_the_first(self):
        student = self._new_student("C003")

        def job(user):
            return lambda env: (
                env["crisis.case"].with_user(user.id).create({"student_id": student.id}).id
            )

        with self._meeting("crisis.case", "_refuse_second_case"):
            results = self._at_once(job(self.psychology), job(self.colleague))
        errors = [result for result in results if isinstance(result, Exception)]
        self.assertEqual([type(error) for error in errors], [RedirectWarning], results)
        (opened,) = (result for result in results if isinstance(result, int))
        self.assertEqual(errors[0].args[1]["res_id"], opened)

    def _drawing(self, company, model="crisis.case"):
        """Return the job of drawing one number."""
        return lambda env: env["crisis.numbering"]._draw(model, company.with_env(env))[0]

    def test_nineteen_people_report_at_once(self):
        """Nobody waits for somebody else's number, and nobody has to begin again."""
        students = [self._new_student(f"C1{number:02}") for number in range(PEOPLE)]
        waits, tries = [], []
        drawn = self.registry["crisis.numbering"]._draw

        def timed(records, *args, **kwargs):
            began = time.monotonic()
            result = drawn(records, *args, **kwargs)
            waits.append(time.monotonic() - began)
            return result

        def job(user, student):
            def report(env):
                tries.append(user)
                concerns = env["crisis.concern"].with_user(user.id).with_company(self.school.id)
                values = {
                    "student_ids": [Command.link(student.id)],
                    "description": "整节课趴在桌上，不说话。",
                    "location": "教室",
                    "immediate_danger": "no",
                    "told_in_person": "yes",
                }
                return concerns.create(values).id

            return report

        jobs = [job(user, student) for user, student in zip(self.people, students, strict=True)]
        with patch.object(self.registry["crisis.numbering"], "_draw", timed):
            results = self._at_once(*jobs)
        self.assertFalse([result for result in results if isinstance(result, Exception)])
        self.assertEqual(len(tries), PEOPLE, "no report had to be sent again")
        self.assertLess(max(waits), 2)
        with self._committing() as env:
            concerns = env["crisis.concern"].browse(results)
            self.assertEqual(concerns.exists(), concerns)
            self.assertEqual(len(set(concerns.mapped("name"))), PEOPLE)
            self.assertEqual(concerns.mapped("reporter_id.id"), [user.id for user in self.people])

    def test_nobody_waits_for_a_transaction_that_has_drawn(self):
        with self.registry.cursor() as cr:
            first = self._drawing(self.school)(api.Environment(cr, SUPERUSER_ID, {}))
            (second,) = self._at_once(self._drawing(self.school))
            self.assertNotEqual(first, second)

    def test_first_numbers_of_a_new_year(self):
        new_year = date(fields.Date.today().year + 5, 1, 1)
        with patch.object(fields.Date, "context_today", lambda *args, **kwargs: new_year):
            results = self._at_once(*[self._drawing(self.school)] * PEOPLE)
        wanted = [f"CI/{new_year.year}/{number:04}" for number in range(1, PEOPLE + 1)]
        self.assertEqual(sorted(map(str, results)), wanted)
        with self._committing() as env:
            years = env["ir.sequence.date_range"].search(
                [("sequence_id.company_id", "=", self.school.id), ("date_from", "=", new_year)]
            )
            kinds = years.sequence_id.mapped("code")
            self.assertEqual(sorted(kinds), sorted(env["crisis.numbering"]._prefixes()))
            self.assertEqual(len(years), len(kinds), "nobody has begun the year twice")

    def test_first_numbers_of_a_school_that_nobody_prepared(self):
        with self._committing() as env:
            env["ir.sequence"].search([("company_id", "=", self.school.id)]).unlink()
        results = self._at_once(*[self._drawing(self.school, "crisis.plan")] * PEOPLE)
        year = fields.Date.today().year
        wanted = [f"CP/{year}/{number:04}" for number in range(1, PEOPLE + 1)]
        self.assertEqual(sorted(map(str, results)), wanted)

    def test_a_transaction_that_began_before_the_school_was_prepared(self):
        """It does not see the sequences, and draws from them nevertheless."""
        with self._committing() as env:
            env["ir.sequence"].search([("company_id", "=", self.school.id)]).unlink()
        with self.registry.cursor() as cr:
            cr.execute("SELECT count(*) FROM ir_sequence")
            with self._committing() as env:
                first = self._drawing(self.school)(env)
            env = api.Environment(cr, SUPERUSER_ID, {})
            second, third = env["crisis.numbering"]._draw(
                "crisis.case", self.school.with_env(env), 2
            )
        self.assertLess(first, second)
        self.assertLess(second, third)

    def test_a_failed_transaction_leaves_a_gap_that_is_listed(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            lost = env["crisis.case"].create({"student_id": self._new_student("C300").id}).name
            cr.rollback()
        student = self._new_student("C301")
        with self._committing() as env:
            kept = env["crisis.case"].create({"student_id": student.id}).name
            self.assertGreater(kept, lost)
            gaps = env["crisis.number.gap"]
            gaps._cron_notice()
            of_school = gaps.search([("company_id", "=", self.school.id)])
            self.assertIn(lost, of_school.mapped("name"))
            self.assertNotIn(kept, of_school.mapped("name"))

    def test_the_cron_prepares_the_next_year(self):
        with self._committing() as env:
            env["crisis.numbering"]._cron_prepare()
        next_year = date(fields.Date.today().year + 1, 1, 1)
        with self._committing() as env:
            kinds = env["crisis.numbering"]._prefixes()
            years = env["ir.sequence.date_range"].search(
                [("sequence_id.code", "in", list(kinds)), ("date_from", "=", next_year)]
            )
            self.assertEqual(len(years), len(kinds) * env["res.company"].search_count([]))
