from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ... import clock
from ...lib.clock import jumped
from ..common import DENIALS
from .test_jobs import JobCase

NOON = datetime(2026, 11, 4, 4)
QUIET = "odoo.addons.crisis_intervention.models.server.crisis_clock"
# What these jobs do cannot be taken back and hangs on the date.
IRREVERSIBLE = {
    "crisis.destruction._cron_destroy",
    "crisis.destruction._cron_propose",
    "crisis.escalation._cron_lapse",
    "crisis.register.archive._cron_archive",
}


@tagged("post_install", "-at_install")
class TestJumps(BaseCase):
    """When a clock is believed: arithmetic."""

    def test_jumped(self):
        last = NOON
        for now, database, told in (
            (timedelta(minutes=5), timedelta(0), ""),
            (timedelta(hours=11), timedelta(0), ""),
            (timedelta(hours=13), timedelta(0), "gap"),
            (timedelta(days=31), timedelta(0), "gap"),
            (timedelta(minutes=-5), timedelta(0), ""),
            (timedelta(hours=-1), timedelta(0), "back"),
            (timedelta(minutes=5), timedelta(minutes=11), "database"),
            (timedelta(minutes=5), timedelta(minutes=-11), "database"),
        ):
            with self.subTest(now=now, database=database):
                self.assertEqual(jumped(last, last + now, last + now + database), told)
        self.assertEqual(jumped(None, last, last), "")


class ClockCase(JobCase):
    """A clock that is set, with a database that follows it."""

    @classmethod
    def _believe_the_clock(cls):
        """Believe nothing here."""

    def setUp(self):
        super().setUp()
        self.clock = self.enterContext(freeze_time(NOON))
        self.patch(clock, "database_now", lambda env: fields.Datetime.now())
        self.env["crisis.clock"].search([]).unlink()

    def _run_on(self, **span):
        """Let the server run for some time, looking at its clock."""
        left = timedelta(**span)
        while left > timedelta(0):
            step = min(left, timedelta(hours=6))
            self.clock.tick(step)
            left -= step
            self._beat()

    def _beat(self):
        with mute_logger(QUIET):
            self.env["crisis.clock"]._cron_beat()

    def _jump(self, **span):
        """Set the clock."""
        self.clock.tick(timedelta(**span))


@tagged("post_install", "-at_install")
class TestClock(ClockCase):
    """A clock that jumps is noticed, told, and not believed until it ran a day or was confirmed."""

    def setUp(self):
        super().setUp()
        self._beat()

    def _told(self):
        kind = self.env.ref("crisis_intervention.mail_activity_clock")
        found = self.env["mail.activity"].search([("activity_type_id", "=", kind.id)])
        return found.user_id

    def test_nothing_is_said_in_the_language_of_nobody(self):
        """What a schedule began has no line in Odoo's English that it was created."""
        stretch = clock.newest(self.env)
        self.assertTrue(stretch)
        self.assertFalse(stretch.message_ids)
        row = self._row("crisis.clock._cron_beat")
        self.assertTrue(row)
        self.assertFalse(row.message_ids)

    def test_a_day_of_steady_running(self):
        self.assertFalse(clock.is_steady(self.env), "it was just looked at for the first time")
        self._run_on(hours=23)
        self.assertFalse(clock.is_steady(self.env))
        self._run_on(hours=1)
        self.assertTrue(clock.is_steady(self.env))
        self.assertFalse(self._told())

    def test_each_jump_is_noticed(self):
        for span in ({"days": 30}, {"days": -30}, {"hours": 13}, {"hours": -1}):
            with self.subTest(span=span):
                self._run_on(days=1)
                self.assertTrue(clock.is_steady(self.env))
                self._jump(**span)
                self.assertFalse(clock.is_steady(self.env), "before anybody has looked")
                with self.assertLogs(QUIET, "WARNING"):
                    self.env["crisis.clock"]._cron_beat()
                self.assertFalse(clock.is_steady(self.env))
                self.assertIn(self.principal, self._told())
                self._run_on(hours=24)
                self.assertTrue(clock.is_steady(self.env))

    def test_two_clocks(self):
        self._run_on(days=1)
        with patch.object(clock, "database_now", lambda env: NOON):
            self.assertFalse(clock.is_steady(self.env))
            self._run_on(days=2)
            self.assertFalse(clock.is_steady(self.env), "as long as they differ")
            self.assertEqual(clock.newest(self.env).reason, "database")
            with self.assertRaises(UserError):
                clock.newest(self.env).with_user(self.principal).action_confirm()
        self._run_on(hours=23)
        self.assertFalse(clock.is_steady(self.env))
        self._run_on(hours=6)
        self.assertTrue(clock.is_steady(self.env))

    def test_confirmed(self):
        self._run_on(days=1)
        self._jump(days=30)
        self._beat()
        now = clock.newest(self.env)
        self.assertEqual(now.state, "waits")
        for user in (self.psychology, self.moral, self.staff):
            with self.assertRaises(AccessError), mute_logger(*DENIALS):
                now.with_user(user).action_confirm()
        now.with_user(self.principal).action_confirm()
        self.assertEqual((now.confirmed_by_id, now.state), (self.principal, "steady"))
        self.assertTrue(clock.is_steady(self.env))
        self.assertFalse(self._told())
        self._jump(days=30)
        self.assertFalse(clock.is_steady(self.env), "that one only")
        with self.assertRaises(UserError):
            now.with_user(self.principal).action_confirm()

    def test_the_steady_clock_only_counts_what_it_saw(self):
        self._run_on(hours=30)
        self._jump(days=30)
        self._beat()
        self._jump(days=-60)
        self._beat()
        self.assertEqual(clock.steady_hours(self.env), 30)
        self._run_on(hours=6)
        self.assertEqual(clock.steady_hours(self.env), 36)

    def test_what_cannot_be_taken_back_waits(self):
        """Each job says whether it hangs on the clock; those that do, do nothing now."""
        self._run_on(days=1)
        held = set()
        for code, (model, method) in sorted(self._jobs().items()):
            if code in ("crisis.numbering._cron_prepare", "crisis.clock._cron_beat"):
                continue  # its own transactions; the clock itself
            self._jump(days=90)
            with self.subTest(job=code), mute_logger("odoo.addons.crisis_intervention.jobs"):
                getattr(model, method)()
                if self._row(code).is_held:
                    held.add(code)
                    self.assertFalse(self._row(code).date_ended)
                    self.assertIn("clock", self._row(code).state_text)
        self.assertEqual(held, IRREVERSIBLE)

    def test_the_wrong_month_lowers_no_level(self):
        """Six levels were lowered for good by one run in the wrong month."""
        case = self._make_case(self.student_1, risk_level="yellow")
        self._run_on(days=1)
        lapse = self.env["crisis.escalation"]._cron_lapse
        self._jump(days=90)
        for _hour in range(4):
            lapse()
            self._run_on(hours=1)
        self.assertFalse(case.deadline_ids.filtered("date_lapse_warned"), "not even a warning")
        self._run_on(hours=24)
        lapse()
        self.assertEqual(case.risk_level, "yellow", "believed after a day: a warning only")
        step = case.deadline_ids.filtered("date_lapse_warned")
        self.assertEqual(step.kind, "review")
        # it jumps once more: nobody's week is shorter
        self._jump(days=30)
        self._beat()
        clock.newest(self.env).with_user(self.principal).action_confirm()
        lapse()
        self.assertEqual(case.risk_level, "yellow")
        self._run_on(days=6, hours=23)
        lapse()
        self.assertEqual(case.risk_level, "yellow")
        self._run_on(hours=1)
        lapse()
        self.assertEqual(case.risk_level, "blue")

    def test_the_wrong_year_destroys_nothing(self):
        case = self._expired(self.student_1)
        self._run_on(days=1)
        line = self._ready(case)
        self.assertTrue(line, "listed while the clock is right")
        self._jump(days=400)
        self.env["crisis.destruction"]._cron_destroy()
        self.assertFalse(case.date_destroyed)
        self._jump(days=-400)
        self._run_on(days=1, hours=6)
        self.env["crisis.destruction"]._cron_destroy()
        self.assertTrue(case.date_destroyed)
