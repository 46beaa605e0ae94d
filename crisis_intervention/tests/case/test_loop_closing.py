from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import CrisisCommon
from ..migrations import migrate


@tagged("post_install", "-at_install")
class TestLoopClosing(CrisisCommon):
    """What ends with a case, what holds its end up, and what comes back when it is reopened."""

    def setUp(self):
        super().setUp()
        self._without_record_gates()
        self.closed = self.env.ref("crisis_intervention.crisis_stage_closed")
        self.case = self._make_case(self.student_1, risk_level="yellow")
        self.case.action_verify()
        self.case.write({"outcome": "recovered", "closing_summary": "情绪稳定。"})

    def _close(self, user=None):
        """Close the case as ``user`` (the principal)."""
        self.case.with_user(user or self.principal).stage_id = self.closed

    def _new(self, model, user=None, **values):
        """Create a record of the case as ``user`` (its owner)."""
        user = user or self.psychology
        return self.env[model].with_user(user).create({"case_id": self.case.id, **values})

    def test_nothing_begins_in_a_closed_case(self):
        self._close()
        for model, user in (
            ("crisis.plan", self.psychology),
            ("crisis.session", self.psychology),
            ("crisis.review", self.psychology),
            ("crisis.guardian.contact", self.head_teacher),
            ("crisis.guardian.waiver", self.moral),
        ):
            with self.subTest(model=model), self.assertRaises(UserError):
                self._new(model, user)

    def test_the_closing_report_stays_as_it_is(self):
        self._close()
        for name, value in (("outcome", "other"), ("closing_summary", ""), ("closing_causes", "x")):
            with self.subTest(field=name), self.assertRaises(UserError):
                self.case.with_user(self.psychology).write({name: value})
        self.case.with_user(self.psychology).closing_told = "监护人"
        self._sign_review(self.case, "reopen")
        self.case.with_user(self.psychology).closing_summary = "再次观察。"

    def test_the_update_gives_files_of_before_an_end(self):
        open_case = self._make_case(self.student_2)
        self._close()
        ends = self.case.date_retention
        self.env.cr.execute(
            "UPDATE crisis_case SET date_retention = NULL WHERE id = %s", [self.case.id]
        )
        self.env.invalidate_all()
        migrate(self.env, "19.0.5.0.0", "post-10-retention")
        self.assertTrue(ends)
        self.assertEqual(self.case.date_retention, ends)
        self.assertFalse(open_case.date_retention)

    def test_drafts_do_not_go_on_in_a_closed_case(self):
        plan = self._make_plan(self.case)
        contact = self._make_contact(self.case, sign=False)
        review = self._new("crisis.review", changes="x", reason="x")
        waiver = self._new("crisis.guardian.waiver", reason="x", protection="x")
        self._close()
        for record in (contact, review):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.action_sign()
        for record in (plan, waiver):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.action_submit()
        with self.assertRaises(UserError):
            self.case.write({"risk_level": "red", "change_reason": "x"})
        self._sign_review(self.case, "reopen")
        contact.action_sign()

    def test_an_archived_case_comes_back_into_sight(self):
        self._close()
        self.case.action_archive()
        self.case.write({"stage_id": self.env["crisis.stage"]._in_order()[0].id,
                         "change_reason": "情况反复"})  # fmt: skip
        self.assertTrue(self.case.active)
        self.assertTrue(self.case.next_deadline)

    def test_a_proposed_level_is_decided_on_first(self):
        form = self._make_assessment(
            self.student_1, {"1": "3", "2": "0", "3": "0"}, self._make_instrument()
        )
        form.action_complete()
        self.assertEqual(form.proposal, "pending")
        with self.assertRaises(UserError):
            self._close()
        form._decide(False, "会商决定")
        self._close()

    def test_the_district_reads_no_closed_case(self):
        self.district_centre.partner_id.crisis_resource_kind = "district"
        referral = self._new(
            "crisis.referral",
            resource_id=self.district_centre.partner_id.id,
            reason="请评估",
            basis="danger",
            basis_reason="自伤",
        )
        referral.action_submit()
        referral.action_send()
        theirs = referral.with_user(self.district)
        theirs.write({"reply_accepted": "yes", "reply_opinion": "已接诊"})
        theirs.action_reply()
        referral.note_end = "后来补写"
        rows = self.env["crisis.chronology"].search([("case_id", "=", self.case.id)])
        self.assertEqual(rows.filtered(lambda r: r.kind == "reply").user_id, self.district)
        self._close()
        self.assertEqual(referral.state, "ended")
        self.assertFalse(self.case.district_company_id)

    def test_every_closing_stays_in_the_chronology(self):
        self._close()
        self.case.with_user(self.moral).closing_told = "班主任"
        self._sign_review(self.case, "reopen")
        self._close(self.psychology)
        rows = self.env["crisis.chronology"].with_user(self.principal)
        rows = rows.search([("case_id", "=", self.case.id), ("kind", "like", "closed")])
        self.assertEqual(
            {row.kind: row.user_id for row in rows},
            {"closed_before": self.principal, "closed": self.psychology},
        )

    def test_a_report_about_two_is_told_in_both_cases(self):
        other = self._make_case(self.student_2)
        concern = self._make_concern(self.staff, self.student_1 | self.student_2)
        for case in self.case | other:
            case.sudo().concern_ids = [Command.link(concern.id)]
        rows = self.env["crisis.chronology"].with_user(self.psychology)
        rows = rows.search([("kind", "=", "concern")])
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows.case_id, self.case | other)

    def test_the_new_owner_ends_the_appointments_of_the_old_one(self):
        start = fields.Datetime.now()
        session = self._new("crisis.session", date_start=start)
        successor = self._make_user("t_successor", "psychology_teacher")
        with self.assertRaises(UserError):
            session.with_user(successor).action_cancel()
        self.case.user_id = successor
        session.with_user(successor).action_cancel()
        self.assertEqual(session.state, "cancelled")
        self._close()

    def test_what_comes_back_when_guardians_may_be_told(self):
        waivers = [
            self._new("crisis.guardian.waiver", reason="x", protection="x", end_reason="x")
            for _number in range(2)
        ]

        def waiting():
            return set(self.case.deadline_ids.filtered(lambda d: not d.date_done).mapped("kind"))

        for waiver in waivers:
            waiver.action_submit()
            waiver.with_user(self.principal).action_approve()
        self.assertFalse({"guardian", "consent"} & waiting())
        self.case.write({"risk_level": "red", "change_reason": "x"})
        self.assertFalse({"guardian", "consent"} & waiting(), "nobody may tell them")
        waivers[0].action_end()
        self.assertFalse({"guardian", "consent"} & waiting(), "the other one still holds")
        waivers[1].action_end()
        self.assertLessEqual({"guardian", "consent"}, waiting())
