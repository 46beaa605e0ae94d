from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import CrisisCommon

STAGE = "crisis_intervention.crisis_stage_"


@tagged("post_install", "-at_install")
class TestCaseMoves(CrisisCommon):
    """Stages with their gates, levels with their reasons; whatever way the write comes."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1).with_user(self.psychology)
        self.discovered = self.env.ref(STAGE + "discovered")
        self.verified = self.env.ref(STAGE + "verified")
        self.planned = self.env.ref(STAGE + "planned")
        self.recovered = self.env.ref(STAGE + "recovered")
        self.closed = self.env.ref(STAGE + "closed")
        # these gates have their tests with the records that meet them
        self._without_record_gates()
        self._flush_tracking()

    def _flush_tracking(self):
        """Let Odoo write the tracked values of this transaction."""
        self.env.flush_all()
        self.cr.flush()
        self.env.invalidate_all()

    def _codes(self, met):
        return [gate["code"] for gate in self.case.gate_checklist if gate["met"] == met]

    def test_gate_refuses_and_says_what_is_missing(self):
        with self.assertRaises(UserError) as caught:
            self.case.stage_id = self.verified
        self.assertIn("Crisis verified", str(caught.exception))
        self.assertIn("Risk level set", str(caught.exception))
        self.assertIn(self.case.name, str(caught.exception))
        self.assertEqual(self._codes(False), ["verified", "level"])

    def test_gates_met_let_it_pass(self):
        self.case.action_gate("verified")
        self.case.risk_level = "yellow"
        self.assertTrue(self.case.gates_met)
        self.assertEqual(self.case.next_stage_id, self.verified)
        self.case.action_next_stage()
        self.assertEqual(self.case.stage_id, self.verified)

    def test_values_of_the_same_write_count(self):
        self.case.action_verify()
        self.case.write({"risk_level": "blue", "stage_id": self.verified.id})
        self.assertEqual(self.case.stage_id, self.verified)

    def test_gates_of_jumped_stages_hold_as_well(self):
        self.case.action_verify()
        self.case.risk_level = "yellow"
        self._demand(self.planned, "plan")
        with self.assertRaises(UserError) as caught:
            self.case.stage_id = self.recovered
        self.assertIn(self.planned.name, str(caught.exception))
        self._make_plan(self.case).action_submit()
        self.case.stage_id = self.recovered

    def test_gate_holds_on_create_and_for_superuser(self):
        with self.assertRaises(UserError):
            self._make_case(self.student_2, stage_id=self.planned.id)
        with self.assertRaises(UserError):
            self.case.sudo().write({"stage_id": self.planned.id})

    def test_import_cannot_pass_a_gate(self):
        self.env.flush_all()
        result = self.case.sudo().load(
            ["id", "stage_id"],
            [[self.case.sudo().export_data(["id"])["datas"][0][0], self.planned.name]],
        )
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    def test_every_gate_leads_to_its_record(self):
        for code, model in (
            ("assessment", "crisis.assessment"),
            ("plan", "crisis.plan"),
            ("session", "crisis.session"),
            ("review", "crisis.review"),
        ):
            with self.subTest(gate=code):
                action = self.case.action_gate(code)
                self.assertEqual(action["res_model"], model)
                self.assertEqual(action["context"]["default_case_id"], self.case.id)
        with self.assertRaises(UserError):
            self.case.action_gate("unlink")

    def test_records_meet_their_gates(self):
        self.case.risk_level = "orange"
        gates = ("plan", "plan_approval", "session", "review")
        self._demand(self.discovered, *gates)
        met = []
        plan = self._make_plan(self.case)
        for gate, step in zip(
            gates,
            (
                plan.action_submit,
                lambda: plan.with_user(self.principal).action_approve(),
                lambda: self._hold_session(self.case),
                lambda: self._sign_review(self.case),
            ),
            strict=True,
        ):
            self.case.invalidate_recordset()
            self.assertEqual([g for g in gates if g in self._codes(True)], met)
            step()
            met.append(gate)
        self.case.invalidate_recordset()
        self.assertEqual([g for g in gates if g in self._codes(True)], list(gates))

    def test_a_level_without_plan_needs_none(self):
        self.case.risk_level = "blue"
        self._demand(self.discovered, "plan", "plan_approval")
        self.case.invalidate_recordset()
        self.assertIn("plan", self._codes(True))
        self.assertIn("plan_approval", self._codes(True))

    def test_gate_is_not_for_readers(self):
        with self.assertRaises(AccessError):
            self.case.with_user(self.head_teacher).action_gate("verified")

    def test_moving_back_needs_a_reason_and_keeps_it(self):
        self.case.action_verify()
        self.case.risk_level = "yellow"
        self.case.stage_id = self.planned
        with self.assertRaises(UserError):
            self.case.stage_id = self.verified
        self.case.write({"stage_id": self.verified.id, "change_reason": "核实有遗漏"})
        change = self.case.change_ids
        self.assertEqual(
            (change.old_stage_id, change.new_stage_id, change.reason, change.user_id),
            (self.planned, self.verified, "核实有遗漏", self.psychology),
        )

    def test_closing_and_reopening(self):
        self.case.action_verify()
        self.case.risk_level = "yellow"
        with self.assertRaises(UserError):
            self.case.stage_id = self.closed
        self.case.write({"outcome": "recovered", "closing_summary": "已恢复。"})
        self.case.stage_id = self.closed
        self.assertTrue(self.case.date_closed)
        self.assertFalse(self.case.next_deadline)
        self.assertFalse(self.case.activity_ids)
        reference = self.case.name
        self.case.write({"stage_id": self.discovered.id, "change_reason": "再次出现"})
        self.assertFalse(self.case.date_closed)
        self.assertEqual(self.case.name, reference)
        self.assertFalse(self.case.is_overdue, "the clock starts again")
        self.assertEqual(len(self.case.activity_ids), 1)

    def test_first_level_needs_no_reason_but_a_change_does(self):
        self.case.risk_level = "yellow"
        with self.assertRaises(UserError):
            self.case.risk_level = "red"
        with self.assertRaises(UserError):
            self.case.write({"risk_level": "red", "change_reason": "   "})
        self.case.write({"risk_level": "red", "change_reason": "发现遗书"})
        change = self.case.change_ids
        self.assertEqual((change.old_level, change.new_level), ("yellow", "red"))

    def test_level_goes_down_by_review_and_one_step_only(self):
        self.case.risk_level = "red"
        with self.assertRaises(UserError):
            self.case.write({"risk_level": "yellow", "change_reason": "好转"})
        with self.assertRaises(UserError):
            self.case.write({"risk_level": False, "change_reason": "好转"})
        with self.assertRaises(UserError):
            self.case.write({"risk_level": "orange", "change_reason": "好转"})
        with self.assertRaises(UserError):
            self.case.with_context(crisis_reviewed=True).write(
                {"risk_level": "orange", "change_reason": "好转"}
            )
        self.case._review_level("orange", "复评好转")
        self.assertEqual(self.case.risk_level, "orange")

    def test_raised_level_pulls_deadlines_forward(self):
        self.case.risk_level = "blue"
        before = {d.kind: d.date_due for d in self.case.deadline_ids}
        self.case.write({"risk_level": "red", "change_reason": "有计划和工具"})
        after = {d.kind: d.date_due for d in self.case.deadline_ids}
        for kind, due in before.items():
            self.assertLessEqual(after[kind], due)
        self.assertIn("plan", after, "red asks for a plan, blue does not")
        self.assertEqual(self.case.next_deadline, min(after.values()))

    def test_lowered_level_only_gives_the_review_more_time(self):
        self.case.write({"risk_level": "red"})
        before = {d.kind: d.date_due for d in self.case.deadline_ids}
        self.case._review_level("orange", "复评好转")
        after = {d.kind: d.date_due for d in self.case.deadline_ids}
        self.assertEqual(after["plan"], before["plan"])
        self.assertGreater(after["review"], before["review"] + timedelta(days=5))

    def test_change_log_is_append_only(self):
        self.case.risk_level = "yellow"
        self.case.write({"risk_level": "orange", "change_reason": "升级"})
        change = self.case.change_ids
        for user in (self.psychology, self.moral, self.principal):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(change.with_user(user).has_access(operation))

    def test_status_changes_are_in_the_chatter_and_harmless(self):
        self.case.action_verify()
        self.case.risk_level = "yellow"
        self.case.stage_id = self.verified
        self._flush_tracking()
        tracked = self.case.message_ids.sudo().tracking_value_ids.field_id.mapped("name")
        self.assertIn("stage_id", tracked)
        self.assertIn("risk_level", tracked)
        text = " ".join(self.case.message_ids.mapped("body"))
        self.assertNotIn(self.student_1.name, text)

    def test_time_in_stage_and_rotting(self):
        self.case.action_verify()
        self.case.risk_level = "yellow"
        self.case.stage_id = self.verified
        self._flush_tracking()
        self.assertIn(self.verified.id, map(int, self.case.duration_tracking))
        self.verified.rotting_threshold_days = 3
        self.case.sudo().date_last_stage_update -= timedelta(days=4)
        self.case.invalidate_recordset()
        self.assertTrue(self.case.is_rotting)

    def test_red_tells_whom_the_standard_names(self):
        self.case.risk_level = "red"
        message = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", "crisis.case"),
                    ("res_id", "=", self.case.id),
                    ("message_type", "=", "user_notification"),
                ]
            )
        )
        partners = message.notified_partner_ids | message.partner_ids
        self.assertIn(self.principal.partner_id, partners)
        self.assertIn(self.moral.partner_id, partners)
        self.assertNotIn(self.head_teacher.partner_id, partners)
