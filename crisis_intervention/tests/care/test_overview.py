from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .loop_case import LoopCase


@tagged("post_install", "-at_install")
class TestOverview(LoopCase):
    """Chronology and duties: each reader sees what he or she may read, or has to do."""

    def test_chronology_by_reader(self):
        self._make_contact(self.case)
        session = self._hold_session(self.case)
        self._put_in_force(self.case)
        self._sign_review(self.case)
        rows = self.env["crisis.chronology"]
        kinds = {
            user: set(rows.with_user(user).search([("case_id", "=", self.case.id)]).mapped("kind"))
            for user in (self.psychology, self.principal, self.head_teacher)
        }
        self.assertLessEqual(
            {"opened", "contact", "session", "plan", "approval", "review"}, kinds[self.psychology]
        )
        self.assertEqual(kinds[self.psychology], kinds[self.principal])
        self.assertEqual(kinds[self.head_teacher], {"opened", "contact", "plan"})
        self.assertFalse(rows.with_user(self.head_teacher_2).search([]))
        self.assertFalse(rows.with_user(self.other_psychology).search([]))
        with self.assertRaises(AccessError):
            rows.with_user(self.staff).search([])
        row = rows.with_user(self.psychology).search([("kind", "=", "session")])
        self.assertEqual(row.line, f"Session {session.name}")
        self.assertEqual(row.action_open()["res_id"], session.id)
        self.case.with_user(self.psychology).write({"risk_level": "red", "change_reason": "加重"})
        row = rows.with_user(self.psychology).search([("kind", "=", "change")])
        self.assertIn("High risk → Very high risk", row.line)
        # by id as well, not only by search
        for stranger in (self.head_teacher, self.head_teacher_2, self.other_psychology):
            self.env.invalidate_all()
            theirs = row.with_user(stranger)
            for attempt in (
                lambda lines: lines.read(["line", "kind", "date", "user_id", "res_id"]),
                lambda lines: lines.kind,
                lambda lines: lines.web_read({"line": {}}),
                lambda lines: lines.action_open(),
            ):
                with self.assertRaises(AccessError):
                    attempt(theirs)

    def test_duties_are_the_users_own(self):
        self._make_plan(self.case).action_submit()
        duties = self.env["crisis.duty"]
        mine = duties.with_user(self.psychology).search([])
        self.assertLessEqual({"guardian", "assessment", "review"}, set(mine.mapped("kind")))
        self.assertNotIn("plan_approval", mine.mapped("kind"))
        theirs = duties.with_user(self.principal).search([])
        self.assertEqual(theirs.mapped("kind"), ["plan_approval"])
        self.assertTrue(theirs.to_approve)
        self.assertEqual(theirs.action_do()["res_model"], "crisis.plan")
        self.assertEqual(theirs.about, self.case.plan_ids.name)
        measure = self.env["crisis.measure"].create(
            {
                "case_id": self.case.id,
                "title": "课间同行",
                "user_id": self.security.id,
                "date_due": fields.Date.today(),
            }
        )
        watch = duties.with_user(self.security).search([])
        self.assertEqual((watch.about, watch.student_id.name), (measure.title, "林小禾"))
        self.assertFalse(duties.with_user(self.staff).search([]))
        with self.assertRaises(AccessError):
            duties.with_user(self.nobody).search([])

    def test_class_reports(self):
        reports = self.env["crisis.class.report"]
        reports._cron_remind()
        reports._cron_remind()
        mine = reports.search([("class_id", "=", self.class_1.id)])
        self.assertEqual((len(mine), mine.period), (1, "week"))
        self.assertEqual(mine.activity_ids.user_id, self.head_teacher)
        self.assertIn(
            "class_report",
            self.env["crisis.duty"].with_user(self.head_teacher).search([]).mapped("kind"),
        )
        with self.assertRaises(AccessError):
            mine.with_user(self.head_teacher_2).action_nothing()
        with self.assertRaises(AccessError):
            mine.with_user(self.principal).action_nothing()
        with self.assertRaises(UserError):
            mine.with_user(self.head_teacher).action_reported()
        duty = (
            self.env["crisis.duty"]
            .with_user(self.head_teacher)
            .search([("kind", "=", "class_report")])
        )
        self.assertEqual(duty.about, mine.display_name)
        duty.action_nothing()
        self.assertEqual((mine.state, mine.done_by_id), ("nothing", self.head_teacher))
        self.assertFalse(mine.activity_ids)
        with self.assertRaises(UserError):
            mine.with_user(self.head_teacher).action_nothing()
