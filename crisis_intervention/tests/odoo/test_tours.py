from unittest.mock import patch

from odoo import api
from odoo.tests import HttpCase, tagged

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestTours(CrisisCommon, HttpCase):
    """What people click, in a real browser; each tour's result is checked in the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = cls.head_teacher | cls.psychology | cls.principal | cls.doctor
        users.write({"notification_type": "inbox", "lang": "zh_CN"})
        for user in users:
            user.password = f"{user.login}-password"

    def test_teacher_reports_and_psychology_teacher_works_the_case(self):
        # the records that meet these gates have a tour of their own
        self._without_record_gates()
        unverified = self._make_case(self.student_2, risk_level="blue")
        self.start_tour("/odoo/crisis-report", "crisis_report", login="t_head_teacher")
        concern = self.env["crisis.concern"].search([("reporter_id", "=", self.head_teacher.id)])
        self.assertEqual(concern.student_ids, self.student_1)
        self.assertEqual((concern.state, concern.risk_level), ("received", "red"))
        self.start_tour("/odoo/crisis-my-reports", "crisis_my_reports", login="t_head_teacher")

        self.start_tour("/odoo/crisis-concerns", "crisis_triage_to_closed", login="t_psychology")
        self.assertEqual(concern.state, "handled")
        case = concern.case_ids
        self.assertEqual(case.student_id, self.student_1)
        self.assertTrue(case.stage_id.closed)
        self.assertTrue(case.date_closed)
        self.assertEqual(case.closing_summary, "已恢复，下学期回访。")
        first = self.env.ref("crisis_intervention.crisis_stage_discovered")
        self.assertEqual(unverified.stage_id, first, "still in its first stage")

    def test_whole_loop_with_all_gates(self):
        """Four people take a case from the report to its end; every gate is refused once."""
        unverified = self._make_case(self.student_2)
        board = "/odoo/crisis-cases"
        self.start_tour("/odoo/crisis-report", "crisis_report", login="t_head_teacher")
        self.start_tour("/odoo/crisis-concerns", "crisis_loop_verify", login="t_psychology")
        concern = self.env["crisis.concern"].search([("reporter_id", "=", self.head_teacher.id)])
        case = concern.case_ids
        self.assertTrue(case.medical_involved)
        self.assertEqual(unverified.risk_level, "yellow")
        first = self.env.ref("crisis_intervention.crisis_stage_discovered")
        self.assertNotEqual(unverified.stage_id, first, "it has left the first stage")

        self.start_tour(board, "crisis_loop_assess", login="t_psychology")
        self.start_tour(board, "crisis_loop_plan", login="t_psychology")
        self.start_tour(board, "crisis_loop_unapproved", login="t_psychology")
        plan = case.plan_ids
        self.assertEqual((plan.state, plan.approver), ("waiting", "principal"))
        self.start_tour("/odoo/crisis-plans", "crisis_loop_approve", login="t_principal")
        self.assertEqual(plan.state, "active")
        self.assertEqual(plan.approval_ids.sorted("id")[-1].user_id, self.principal)
        self.assertEqual(plan.approval_ids.sorted("id")[-1].text, "同意，每日汇报。")

        self.start_tour(board, "crisis_loop_session", login="t_psychology")
        self.start_tour("/odoo/crisis-medical-records/new", "crisis_loop_medical", login="t_doctor")
        record = self.env["crisis.medical.record"].search([("case_id", "=", case.id)])
        self.assertEqual((record.state, record.user_id), ("signed", self.doctor))
        self.start_tour(board, "crisis_loop_review", login="t_psychology")
        self.start_tour(board, "crisis_loop_summary", login="t_psychology")
        self.assertFalse(case.date_closed, "measures are open")
        for measure in case.measure_ids.filtered(lambda m: m.state == "todo"):
            mine = measure.with_user(measure.user_id)
            mine.result = "已完成"
            mine.action_done()
        self.start_tour(f"{board}/{case.id}", "crisis_loop_closed", login="t_psychology")
        self.assertTrue(case.date_closed)
        self.assertEqual(case.closed_by_id, self.psychology)
        self.assertFalse(case.deadline_ids.filtered(lambda d: d.res_id and not d.date_done))

    def test_two_people_write_the_background(self):
        """The second one sees both texts, and brings them together by hand."""
        colleague = self._make_user("t_psychology_2", "psychology_teacher")
        case = self._make_case(self.student_1, background="父母分居。")

        @api.model
        def save_as_colleague(records, *args, **kwargs):
            mine = records.env["crisis.case"].with_user(colleague.id).browse(case.id)
            self._having_read(mine).write({"background": "父母分居，祖母照顾。"})
            return []

        with patch.object(self.registry["crisis.case"], "name_search", save_as_colleague):
            self.start_tour(
                f"/odoo/crisis-cases/{case.id}", "crisis_stale_background", login="t_psychology"
            )
        self.assertEqual(
            case.with_user(self.psychology).background,
            "父母分居，祖母照顾。父亲外出务工，每月回家一次。",
        )

    def test_principal_reads_but_does_not_write_the_background(self):
        case = self._make_case(
            self.student_1, background="父母分居，与祖母同住。", risk_formulation="支持少。"
        )
        self.start_tour(
            f"/odoo/crisis-cases/{case.id}", "crisis_principal_reads", login="t_principal"
        )

    def test_head_teacher_and_doctor_see_their_part(self):
        self._make_case(self.student_1, shared_advice="多陪伴，少追问。", background="保密")
        self._make_case(self.student_2, medical_involved=True)
        self.start_tour(
            "/odoo/crisis-cases", "crisis_head_teacher_sees_shared_part", login="t_head_teacher"
        )
        self.start_tour("/odoo/crisis-cases", "crisis_doctor_sees_medical_cases", login="t_doctor")

    def test_rating_form_raises_the_case(self):
        case = self._make_case(self.student_1, risk_level="yellow")
        case.with_user(self.psychology).action_verify()
        case.stage_id = self.env.ref("crisis_intervention.crisis_stage_verified")
        due = {step.kind: step.date_due for step in case.deadline_ids}
        path = f"/odoo/crisis-cases/{case.id}"
        self.start_tour(path, "crisis_assess", login="t_psychology")
        form = self.env["crisis.assessment"].search([("case_id", "=", case.id)])
        self.assertEqual((form.state, form.proposal), ("done", "accepted"))
        self.assertEqual(form.with_user(self.psychology).answers["2"], "2")
        self.assertEqual(case.risk_level, "red")
        self.assertEqual(case.change_ids[0].reason, "学生说出了具体计划。")
        guardian = case.deadline_ids.filtered(lambda step: step.kind == "guardian")
        self.assertLess(guardian.date_due, due["guardian"], "deadlines follow the level")
        self.start_tour(path, "crisis_head_teacher_sees_level", login="t_head_teacher")
        self.start_tour(path, "crisis_principal_sees_result", login="t_principal")
