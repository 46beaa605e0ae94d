from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestConcernTriage(CrisisCommon):
    """Deciding on reports: case, attach, dismiss, together or alone."""

    def setUp(self):
        super().setUp()
        self.concern = self._make_concern(self.staff, self.student_1)

    def _triage(self, concern, user=None, level="yellow", **vals):
        """Open the dialog with its proposals, give every line ``level``."""
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(user or self.psychology)
            .create({"concern_id": concern.id, **vals})
        )
        wizard.line_ids.risk_level = level
        return wizard

    def test_verify_opens_a_case(self):
        category = self.env.ref("crisis_intervention.crisis_category_bullying")
        concern = self._make_concern(
            self.staff, self.student_2, category_ids=[Command.set(category.ids)]
        )
        action = self._triage(concern).action_confirm()
        case = self.env["crisis.case"].browse(action["res_id"])
        self.assertEqual(case.student_id, self.student_2)
        self.assertEqual(case.risk_level, "yellow")
        self.assertEqual(case.category_ids, category)
        self.assertEqual(case.concern_ids, concern)
        decided = concern.sudo()
        self.assertEqual(
            (decided.state, decided.outcome, decided.handled_by_id, decided.case_ids),
            ("handled", "case_opened", self.psychology, case),
        )
        self.assertTrue(decided.handled_at)
        self.assertFalse(decided.activity_ids)

    def test_each_deciding_role_may(self):
        for user, student in ((self.moral, self.student_1), (self.principal, self.student_2)):
            with self.subTest(user=user.login):
                concern = self._make_concern(self.staff, student)
                self._triage(concern, user).action_confirm()
                self.assertEqual(concern.state, "handled")

    def test_others_may_not(self):
        with self.assertRaises(AccessError):
            self._triage(self.concern, self.staff)
        with self.assertRaises(AccessError):
            self._triage(self.concern, self.other_psychology).action_confirm()
        self.assertEqual(self.concern.state, "received")

    def test_further_report_is_attached_to_the_open_case(self):
        case = self._make_case(self.student_1, risk_level="orange")
        wizard = self._triage(self.concern, level=False)
        self.assertEqual(wizard.line_ids.open_case_id, case)
        wizard.action_confirm()
        self.assertEqual(self.concern.sudo().outcome, "attached")
        self.assertEqual(self.concern.sudo().case_ids, case)
        self.assertEqual(case.risk_level, "orange")

    def test_danger_raises_the_open_case(self):
        case = self._make_case(self.student_1, risk_level="blue")
        danger = self._make_concern(self.staff, self.student_1, immediate_danger="yes")
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.psychology)
            .create({"concern_id": danger.id})
        )
        self.assertEqual(wizard.line_ids.risk_level, "red")
        wizard.action_confirm()
        self.assertEqual(case.risk_level, "red")

    def test_dismissal_needs_a_reason(self):
        with self.assertRaises(UserError):
            self._triage(self.concern, decision="none", dismiss_reason="  ").action_confirm()
        self._triage(self.concern, decision="none", dismiss_reason="误会").action_confirm()
        decided = self.concern.sudo()
        self.assertEqual((decided.outcome, decided.dismiss_reason), ("dismissed", "误会"))
        self.assertFalse(decided.case_ids)
        self.assertTrue(decided.active if "active" in decided._fields else True)

    def test_level_is_demanded_for_new_cases(self):
        with self.assertRaises(UserError):
            self._triage(self.concern, level=False).action_confirm()

    def test_several_students_several_decisions(self):
        concern = self._make_concern(self.staff, self.student_1 | self.student_2)
        wizard = self._triage(concern)
        self.assertEqual(wizard.line_ids.student_id, self.student_1 | self.student_2)
        wizard.line_ids.filtered(lambda li: li.student_id == self.student_2).involved = False
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.dismiss_reason = "只是旁观"
        wizard.action_confirm()
        self.assertEqual(concern.sudo().case_ids.student_id, self.student_1)

    def test_wrong_child_is_corrected_in_the_dialog(self):
        wizard = self._triage(self.concern)
        wizard.line_ids.student_id = self.student_2
        wizard.action_confirm()
        self.assertEqual(self.concern.sudo().case_ids.student_id, self.student_2)
        self.assertEqual(self.concern.student_ids, self.student_1, "the report stays as it is")

    def test_one_student_in_two_lines_is_refused(self):
        concern = self._make_concern(self.staff, self.student_1 | self.student_2)
        wizard = self._triage(concern)
        wizard.line_ids.student_id = self.student_1
        with self.assertRaises(UserError):
            wizard.action_confirm()

    def test_duplicates_are_offered_and_joined(self):
        second = self._make_concern(self.head_teacher, self.student_1)
        about_more = self._make_concern(self.doctor, self.student_1 | self.student_2)
        other = self._make_concern(self.doctor, self.student_2)
        wizard = self._triage(self.concern)
        self.assertEqual(wizard.candidate_ids, second | about_more)
        self.assertEqual(wizard.join_ids, second, "whole reports about these students only")
        wizard.action_confirm()
        self.assertEqual(second.sudo().state, "handled")
        self.assertEqual(second.sudo().case_ids, self.concern.sudo().case_ids)
        self.assertFalse(second.sudo().activity_ids)
        self.assertEqual((about_more | other).sudo().mapped("state"), ["received"] * 2)

    def test_joining_a_report_about_more_students_needs_their_lines(self):
        about_more = self._make_concern(self.doctor, self.student_1 | self.student_2)
        wizard = self._triage(self.concern)
        wizard.join_ids |= about_more
        with self.assertRaises(UserError) as caught:
            wizard.action_confirm()
        self.assertIn(about_more.name, str(caught.exception))
        wizard.line_ids = [Command.create({"student_id": self.student_2.id, "risk_level": "blue"})]
        wizard.action_confirm()
        cases = about_more.sudo().case_ids
        self.assertEqual(cases.student_id, self.student_1 | self.student_2)

    def test_foreign_reports_cannot_be_joined(self):
        hidden = self._make_concern(self.staff, self.student_1, restricted=True)
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.psychology)
            .create({"concern_id": self.concern.id})
        )
        self.assertNotIn(hidden, wizard.sudo().join_ids)
        self.assertNotIn(hidden, wizard.candidate_ids)
        wizard.line_ids.risk_level = "yellow"
        with self.assertRaises(AccessError):
            wizard.join_ids = [Command.link(hidden.id)]
            wizard.action_confirm()
        self.assertEqual(hidden.state, "received")

    def test_second_decision_gets_a_clear_message(self):
        first = self._triage(self.concern)
        second = self._triage(self.concern, self.moral)
        first.action_confirm()
        with self.assertRaises(UserError) as caught:
            second.action_confirm()
        self.assertIn("meanwhile", str(caught.exception))
        self.assertEqual(len(self.concern.sudo().case_ids), 1)

    def test_reporter_is_told_that_and_nothing_more(self):
        self._triage(self.concern).action_confirm()
        self.env.flush_all()
        self.cr.flush()
        message = self.env["mail.message"].search(
            [
                ("model", "=", "crisis.concern"),
                ("res_id", "=", self.concern.id),
                ("partner_ids", "in", self.staff.partner_id.ids),
            ]
        )
        self.assertEqual(len(message), 1)
        self.assertIn(self.concern.name, message.body)
        self.assertNotIn(self.student_1.name, message.body)
        self.assertNotIn("CI/", message.body)
        for shown in self.concern.message_ids.with_user(self.staff).filtered(
            lambda m: m.date >= self.concern.handled_at - timedelta(seconds=1)
        ):
            self.assertNotEqual(shown.author_id, self.psychology.partner_id)

    def test_dialog_in_the_form_as_each_role(self):
        for user in (self.psychology, self.moral, self.principal):
            with self.subTest(user=user.login):
                concern = self._make_concern(self.staff, self.student_2)
                context = concern.with_user(user).action_triage()["context"]
                form = Form(
                    self.env["crisis.concern.triage"].with_user(user).with_context(**context)
                )
                self.assertEqual(len(form.line_ids), 1)
                form.decision = "none"
                form.dismiss_reason = "误会"
                form.save().action_confirm()
                self.assertEqual(concern.sudo().outcome, "dismissed")

    def test_buttons_preset_the_decision(self):
        action = self.concern.with_context(triage_decision="none").action_triage()
        self.assertEqual(action["context"]["default_decision"], "none")

    def test_deciding_takes_a_constant_number_of_queries(self):
        self._triage(self.concern).action_confirm()
        students = self._make_students(42, self.class_2)
        counts = []
        for group in (students[:4], students[4:]):
            concern = self._make_concern(self.staff, group)
            wizard = self._triage(concern)
            with self._counting(counts):
                wizard.action_confirm()
            self.assertEqual(len(concern.sudo().case_ids), len(group))
        self.assertLessEqual(counts[1] - counts[0], 12, f"queries for 4 and 38: {counts}")

    def test_queue_takes_a_constant_number_of_queries(self):
        students = self._make_students(60, self.class_2)
        specification = {
            "name": {},
            "student_ids": {"fields": {"display_name": {}}, "context": {"show_class": True}},
            "category_ids": {"fields": {"display_name": {}}},
            "reporter_id": {"fields": {"display_name": {}}},
            "risk_level": {},
            "triage_deadline": {},
            "is_overdue": {},
            "state": {},
        }
        counts = []
        queue = self.env["crisis.concern"].with_user(self.psychology)
        for group in (students[:5], students[5:]):
            for student in group:
                self._make_concern(self.staff, student)
            for _warm in range(2):
                with self._counting(counts):
                    queue.web_search_read(
                        [("state", "=", "received")],
                        specification,
                        order="immediate_danger desc, triage_deadline, id",
                        limit=80,
                    )
        self.assertEqual(counts[1], counts[3])
