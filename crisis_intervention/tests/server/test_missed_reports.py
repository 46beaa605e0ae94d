from datetime import date

from freezegun import freeze_time
from odoo import fields
from odoo.tests import BaseCase, tagged

from ...lib.school_year import MISSED, missed_periods
from ..common import CrisisCommon

MONDAY = date(2026, 10, 12)


@tagged("post_install", "-at_install")
class TestMissedPeriods(BaseCase):
    """Which weeks and months nobody was asked about."""

    def test_weeks(self):
        last_monday = [(date(2026, 10, 5), date(2026, 10, 11))]
        for since, missed in (
            (None, []),
            (date(2026, 10, 12), []),
            (date(2026, 10, 11), []),
            (date(2026, 10, 4), last_monday),
            (date(2026, 9, 28), last_monday),
            (date(2026, 9, 27), [(date(2026, 9, 28), date(2026, 10, 4)), *last_monday]),
        ):
            with self.subTest(since=since):
                self.assertEqual(missed_periods("week", MONDAY, since), missed)

    def test_bounded(self):
        for period in ("week", "month"):
            found = missed_periods(period, MONDAY, date(2025, 1, 1))
            self.assertEqual(len(found), MISSED[period])
            self.assertEqual(found, sorted(found))


@tagged("post_install", "-at_install")
class TestMissedReports(CrisisCommon):
    """The server stood still: reports of the weeks between open late, not never, and once."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()
        self.school.crisis_week_report = True
        self.env.cr.execute("UPDATE crisis_class SET create_date = '2026-09-01'")
        self.env.invalidate_all()

    def _weeks(self):
        reports = self.env["crisis.class.report"].search(
            [("class_id", "=", self.class_1.id), ("period", "=", "week")], order="date_start"
        )
        return [fields.Date.to_string(report.date_start) for report in reports], reports

    def _run(self, moment):
        with freeze_time(moment):
            self.env["crisis.class.report"]._cron_remind()

    def test_weeks_of_a_standstill_open_late(self):
        self._run("2026-09-21 04:00:00")
        self.assertEqual(self._weeks()[0], ["2026-09-21"])
        self._run("2026-10-14 04:00:00")
        starts, reports = self._weeks()
        self.assertEqual(starts, ["2026-09-21", "2026-09-28", "2026-10-05", "2026-10-12"])
        late = reports.filtered(lambda report: str(report.date_start) == "2026-09-28")
        self.assertEqual(late.date_due.date(), date(2026, 10, 14), "due when it can be known")
        self.assertTrue(late.activity_ids)
        self._run("2026-10-14 05:00:00")
        self.assertEqual(self._weeks()[0], starts)

    def test_a_class_answers_for_no_time_before_it_was_there(self):
        self._run("2026-09-21 04:00:00")
        self.env.cr.execute("UPDATE crisis_class SET create_date = '2026-10-06'")
        self.env.invalidate_all()
        self._run("2026-10-14 04:00:00")
        self.assertEqual(self._weeks()[0], ["2026-09-21", "2026-10-05", "2026-10-12"])
