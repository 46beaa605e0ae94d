from datetime import timedelta

from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .loop_case import LoopCase


@tagged("post_install", "-at_install")
class TestReview(LoopCase):
    """Levels go down by review, with a reason, a fresh assessment and the next date."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()

    def _assess(self):
        form = self._make_assessment(
            self.student_1, {"1": "0", "2": "3", "3": "0"}, self._make_instrument()
        )
        form.action_complete()

    def test_step_down(self):
        with self.assertRaises(UserError) as caught:
            self._sign_review(self.case, "step_down")
        self.assertIn("assess", str(caught.exception))
        self._assess()
        review = self._sign_review(self.case, "step_down")
        self.assertEqual(self.case.risk_level, "yellow")
        self.assertEqual((review.old_level, review.new_level), ("orange", "yellow"))
        self.assertEqual(self.case.change_ids[0].reason, review.reason)
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "review" and not d.date_done)
        self.assertEqual(len(step), 1)
        self.assertEqual(step.date_due.date(), review.date_next)

    def test_decision_and_level_fit(self):
        self._assess()
        for decision, level in (
            ("continue", "yellow"),
            ("step_down", "blue"),
            ("step_down", "red"),
            ("step_up", "orange"),
            ("close", "yellow"),
        ):
            with self.subTest(decision=decision, level=level), self.assertRaises(UserError):
                self._sign_review(self.case, decision, new_level=level)
        self._sign_review(self.case, "step_up", new_level="red")
        self.assertEqual(self.case.risk_level, "red")

    def test_the_next_review_is_within_the_interval(self):
        late = fields.Date.context_today(self.case) + timedelta(days=30)
        with self.assertRaises(UserError):
            self._sign_review(self.case, date_next=late)
        with self.assertRaises(UserError):
            self._sign_review(self.case, date_next=False)

    def test_words_are_demanded(self):
        for lack in ("changes", "reason"):
            with self.subTest(lack=lack), self.assertRaises(UserError):
                self._sign_review(self.case, **{lack: " "})

    def test_reopening(self):
        self._without_record_gates()
        with self.assertRaises(UserError):
            self._sign_review(self.case, "reopen")
        self.case.write({"outcome": "recovered", "closing_summary": "x"})
        self.case.action_verify()
        closed = self.env.ref("crisis_intervention.crisis_stage_closed")
        self._demand(self.env.ref("crisis_intervention.crisis_stage_intervention"), "session")
        self._hold_session(self.case)
        self.case.stage_id = closed
        reference = self.case.name
        self._sign_review(self.case, "reopen")
        self.assertFalse(self.case.date_closed)
        self.assertEqual(self.case.name, reference)
        self.assertTrue(self.case.next_deadline)

    def test_levels_do_not_live_on_in_silence(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        step = case.deadline_ids.filtered(lambda d: d.kind == "review")
        step.date_due = fields.Datetime.now() - timedelta(days=27)
        self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow", "not before two further intervals")
        step.date_due = fields.Datetime.now() - timedelta(days=29)
        self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow", "its owner is warned first")
        self.assertEqual(self._warned(case), case.user_id)
        with freeze_time(fields.Datetime.now() + timedelta(days=7, minutes=-1)):
            self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow", "and has a week")
        with freeze_time(fields.Datetime.now() + timedelta(days=7, minutes=1)):
            self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "blue")
        self.assertFalse(self._warned(case))
        review = case.review_ids
        self.assertTrue(review.is_lapse)
        self.assertEqual(review.state, "signed")
        self.assertTrue(step.date_done)
        step = case.deadline_ids.filtered(lambda d: d.kind == "review" and not d.date_done)
        step.date_due = fields.Datetime.now() - timedelta(days=61)
        self.env["crisis.escalation"]._cron_lapse()
        self.env["crisis.escalation"]._cron_lapse()
        self.assertFalse(case.date_closed, "a person closes it")
        closing = case.deadline_ids.filtered(lambda d: d.kind == "closing")
        self.assertEqual(len(closing), 1)

    def _warned(self, case):
        """Return who is warned that the level goes down."""
        kind = self.env.ref("crisis_intervention.mail_activity_lapse")
        return case.activity_ids.filtered(lambda a: a.activity_type_id == kind).user_id

    def test_a_cause_keeps_the_level(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        step = case.deadline_ids.filtered(lambda d: d.kind == "review")
        step.date_due = fields.Datetime.now() - timedelta(days=29)
        self._hold_session(case, risk_change="higher")
        self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow")
        self.assertFalse(self._warned(case))

    def test_a_review_in_the_week_keeps_the_level(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        step = case.deadline_ids.filtered(lambda d: d.kind == "review")
        step.date_due = fields.Datetime.now() - timedelta(days=29)
        self.env["crisis.escalation"]._cron_lapse()
        self.assertTrue(self._warned(case))
        self._sign_review(case)
        self.assertFalse(self._warned(case))
        with freeze_time(fields.Datetime.now() + timedelta(days=8)):
            self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow")


@tagged("post_install", "-at_install")
class TestMandatoryReport(LoopCase):
    """A clock that only the report ends, or another person's reasoned decision."""

    def setUp(self):
        super().setUp()
        situation = self.env["crisis.mandatory.situation"].search([], limit=1)
        self.report = (
            self.env["crisis.mandatory.report"]
            .with_user(self.psychology)
            .create({"case_id": self.case.id, "situation_ids": [Command.set(situation.ids)]})
        )

    def test_the_clock(self):
        self.assertEqual(self.report.date_due, self.report.noticed_at + timedelta(hours=1))
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "mandatory_report")
        self.assertEqual((step.date_due, step.role), (self.report.date_due, "principal"))
        self.assertIn(self.principal, self.report.activity_ids.user_id)
        for values in ({"noticed_at": "2030-01-01 00:00:00"}, {"state": "reported"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.report.write(values)
        action = step.with_user(self.psychology).action_done()
        self.assertEqual(action["res_id"], self.report.id)
        self.assertFalse(step.date_done)

    def test_reported(self):
        with self.assertRaises(UserError):
            self.report.action_report()
        self.report.write(
            {
                "authority": "police",
                "receiver": "派出所",
                "reported_at": fields.Datetime.now(),
                "receipt": "JJ-1",
            }
        )
        self.report.action_report()
        self.assertNotIn("mandatory_report", self._open_kinds())
        with self.assertRaises(UserError):
            self.report.receipt = "x"

    def test_not_to_be_reported(self):
        for user in (self.psychology, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.report.with_user(user)._waive("不属于")
        with self.assertRaises(UserError):
            self.report.with_user(self.principal)._waive(" ")
        self.report.with_user(self.principal)._waive("经派出所确认不属于九种情形。")
        self.assertEqual(self.report.decided_by_id, self.principal)
        self.assertNotIn("mandatory_report", self._open_kinds())

    def test_the_case_cannot_close_without_it(self):
        self._without_record_gates()
        self.case.write({"outcome": "recovered", "closing_summary": "x"})
        self.case.action_verify()
        closed = self.env.ref("crisis_intervention.crisis_stage_closed")
        with self.assertRaises(UserError):
            self.case.with_user(self.principal).stage_id = closed
        self.report.with_user(self.principal)._waive("不属于")
        self.case.with_user(self.principal).stage_id = closed
        self.assertTrue(self.case.date_retention)

    def test_triage_starts_the_clock(self):
        concern = self._make_concern(self.staff, self.student_2)
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.moral)
            .create(
                {
                    "concern_id": concern.id,
                    "situation_ids": [Command.set(self.report.situation_ids.ids)],
                }
            )
        )
        wizard.line_ids.risk_level = "orange"
        wizard.action_confirm()
        report = self.env["crisis.mandatory.report"].search(
            [("case_id", "in", concern.sudo().case_ids.ids)]
        )
        self.assertEqual((report.state, report.user_id), ("open", self.moral))


@tagged("post_install", "-at_install")
class TestReferral(LoopCase):
    """Referrals: ground, approval, letter, reply; the district reads what is referred to it."""

    def setUp(self):
        super().setUp()
        self.hospital = self.env["res.partner"].create(
            {"name": "市儿童医院", "crisis_resource_kind": "hospital"}
        )
        self.district_centre.partner_id.crisis_resource_kind = "district"

    def _refer(self, partner, **vals):
        return (
            self.env["crisis.referral"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "resource_id": partner.id,
                    "reason": "请评估自伤风险",
                    "basis": "danger",
                    "basis_reason": "近日多次自伤",
                    **vals,
                }
            )
        )

    def _send(self, referral):
        referral.action_submit()
        referral.with_user(self.principal).action_approve()
        referral.action_send()

    def test_ground(self):
        for values in (
            {"basis": False},
            {"basis": "danger", "basis_reason": " "},
            {"basis": "consent"},
            {"reason": False},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._refer(self.hospital, **values).action_submit()
        contact = self._make_contact(self.case, purpose="consent", consent="given")
        self._refer(self.hospital, basis="consent", contact_id=contact.id).action_submit()

    def test_approval_letter_and_reply(self):
        referral = self._refer(self.hospital)
        with self.assertRaises(UserError):
            referral.action_send()
        self._send(referral)
        self.assertEqual(referral.date_reply_due, referral.date_sent + timedelta(days=7))
        self.assertIn("referral_reply", self._open_kinds())
        with self.assertRaises(UserError):
            referral.reason = "x"
        with self.assertRaises(UserError):
            referral.action_reply()
        referral.write({"reply_accepted": "yes", "reply_opinion": "建议门诊随访"})
        referral.action_reply()
        self.assertEqual(referral.state, "replied")
        self.assertNotIn("referral_reply", self._open_kinds())
        with self.assertRaises(UserError):
            referral.reply_opinion = "x"
        referral.action_end()

    def test_ending_without_reply_says_why(self):
        referral = self._refer(self.hospital)
        self._send(referral)
        with self.assertRaises(UserError):
            referral.action_end()
        referral.note_end = "家长另行就医"
        referral.action_end()

    def test_the_district_reads_the_shared_part_while_it_runs(self):
        self.case.write({"shared_advice": "多陪伴", "background": "保密"})
        mine = self.case.with_user(self.district)
        with self.assertRaises(AccessError):
            mine.read(["name"])
        referral = self._refer(self.district_centre.partner_id)
        self.assertEqual(referral.district_company_id, self.district_centre)
        with self.assertRaises(AccessError):
            referral.with_user(self.district).read(["reason"])
        self._send(referral)
        theirs = referral.with_user(self.district)
        self.assertEqual(theirs.reason, "请评估自伤风险")
        self.assertEqual(mine.read(["shared_advice"])[0]["shared_advice"], "多陪伴")
        for name in ("background", "category_ids", "closing_summary", "concern_ids"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                mine.read([name])
        for model in ("crisis.student", "crisis.session", "crisis.plan", "crisis.review"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.district).search([])
        with self.assertRaises(AccessError):
            mine.write({"shared_advice": "x"})
        with self.assertRaises(AccessError):
            theirs.write({"note_end": "x"})
        theirs.write({"reply_accepted": "yes", "reply_opinion": "已接诊"})
        theirs.action_reply()
        self.assertEqual(referral.state, "replied")
        with self.assertRaises(AccessError):
            theirs.action_end()
        referral.action_end()
        self.env.invalidate_all()
        for record in (mine, theirs):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.read(["name"])
