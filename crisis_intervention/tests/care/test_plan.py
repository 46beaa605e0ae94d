from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..common import CrisisCommon
from .loop_case import LoopCase


@tagged("post_install", "-at_install")
class TestPlan(LoopCase):
    """Plans: complete before approval, approved by another person, kept in all versions."""

    def setUp(self):
        super().setUp()
        self.plan = self._make_plan(self.case)

    def test_incomplete_plans_are_not_submitted(self):
        for lack, values in (
            ("goals", {"goals": False}),
            ("safety plan", {"helpers": False}),
            (
                "owner",
                {"measure_ids": [Command.update(self.plan.measure_ids.id, {"user_id": False})]},
            ),
            ("measure", {"measure_ids": [Command.clear()]}),
        ):
            with self.subTest(lack=lack):
                plan = self.plan
                with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                    if lack == "measure":
                        plan = self._make_plan(self.case, measure_ids=[])
                    else:
                        self._having_read(plan).write(values)
                    plan.action_submit()
                self.assertIn(lack, str(caught.exception))
                self.assertEqual(self.plan.state, "draft")

    def test_low_levels_need_no_safety_plan(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        plan = self._make_plan(case, warning_signs=False, helpers=False)
        plan.action_submit()
        self.assertEqual(plan.state, "active", "yellow asks nobody for approval")

    def test_approval(self):
        self.plan.action_submit()
        self.assertEqual((self.plan.state, self.plan.approver), ("waiting", "principal"))
        self.assertNotIn("plan", self._open_kinds())
        self.assertIn("plan_approval", self._open_kinds())
        self.assertEqual(self.plan.activity_ids.user_id, self.principal)
        for user in (self.psychology, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.plan.with_user(user).action_approve("同意")
        mine = self.plan.with_user(self.principal)
        self.assertTrue(mine.may_approve)
        with self.assertRaises(UserError):
            mine.action_refuse()
        mine.action_approve("同意，每周汇报。")
        self.assertEqual(self.plan.state, "active")
        self.assertNotIn("plan_approval", self._open_kinds())
        self.assertFalse(self.plan.activity_ids)
        self.assertEqual(
            [(a.decision, a.user_id, a.text) for a in self.plan.approval_ids.sorted("id")],
            [
                ("asked", self.psychology, False),
                ("approved", self.principal, "同意，每周汇报。"),
            ],
        )
        with self.assertRaises(UserError):
            mine.action_approve()

    def test_nobody_approves_the_own_plan(self):
        both = self._make_user("t_both", "psychology_teacher", "principal")
        plan = self._make_plan(self._make_case(self.student_2, risk_level="red"), user=both)
        plan.with_user(self.psychology).action_submit()
        for user in (both, self.psychology):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                plan.with_user(user).action_approve()
        plan.with_user(self.principal).action_approve()
        self.assertEqual(plan.state, "active")

    def test_without_another_approver_it_says_so(self):
        self.principal.group_ids -= self.env.ref("crisis_intervention.group_principal")
        with self.assertRaises(UserError):
            self.plan.action_submit()
        self.assertEqual(self.plan.state, "draft")

    def test_refused_plans_go_back_to_their_author(self):
        self.plan.action_submit()
        self.plan.with_user(self.principal).action_refuse("请补充家庭部分。")
        self.assertEqual(self.plan.state, "draft")
        self.assertIn("plan", self._open_kinds())
        self.plan.write({"guardian_part": "每晚陪伴。"})
        self.plan.action_submit()
        self.assertEqual(self.plan.state, "waiting")

    def test_a_plan_in_force_is_locked_and_revised(self):
        self.plan.action_submit()
        self.plan.with_user(self.principal).action_approve()
        for values in ({"goals": "x"}, {"state": "draft"}, {"version": 7}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.plan.write(values)
        with self.assertRaises(UserError):
            self.case.with_user(self.psychology).write(
                {"plan_ids": [Command.update(self.plan.id, {"goals": "x"})]}
            )
        with self.assertRaises(UserError):
            self.plan.sudo().unlink()
        old_measure = self.plan.measure_ids
        action = self.plan.action_revise()
        second = self.plan.browse(action["res_id"])
        self.assertEqual((second.version, second.previous_id), (2, self.plan))
        self.assertEqual(second.measure_ids.title, old_measure.title)
        self.assertEqual(self.plan.state, "active", "until the next one is approved")
        second.action_submit()
        second.with_user(self.principal).action_approve()
        self.assertEqual((self.plan.state, second.state), ("replaced", "active"))
        self.assertEqual((old_measure.state, second.measure_ids.state), ("cancelled", "todo"))
        self.assertEqual(self._open_kinds().count("measure"), 1)

    def test_template_fills_in_the_form(self):
        template = self.env.ref("crisis_intervention.crisis_plan_template_bereavement")
        plans = self.env["crisis.plan"].with_user(self.psychology)
        with Form(plans.with_context(default_case_id=self.case.id)) as form:
            form.template_id = template
        plan = form.save()
        self.assertEqual(plan.goals, template.goals)
        self.assertCountEqual(plan.measure_ids.mapped("title"), template.line_ids.mapped("title"))
        owner = plan.measure_ids.filtered(lambda m: m.kind == "class").user_id
        self.assertEqual(owner, self.head_teacher)


@tagged("post_install", "-at_install")
class TestMeasure(CrisisCommon):
    """Measures: owned, due, done with a word about it."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1, risk_level="yellow")
        self.day = fields.Date.context_today(self.case) + timedelta(days=3)

    def _measure(self, user, **vals):
        """Plan a measure of ``user`` outside of a plan: it begins at once."""
        return (
            self.env["crisis.measure"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "kind": "environment",
                    "title": "检查天台门锁",
                    "user_id": user.id,
                    "date_due": self.day,
                    **vals,
                }
            )
        )

    def test_owner_of_any_role_tells_of_progress(self):
        measure = self._measure(self.security)
        self.assertEqual(measure.state, "todo")
        self.assertEqual(measure.activity_ids.user_id, self.security)
        duty = self.case.deadline_ids.filtered(lambda d: d.kind == "measure")
        self.assertEqual((duty.user_id, duty.res_id), (self.security, measure.id))
        mine = measure.with_user(self.security)
        mine.action_start()
        with self.assertRaises(UserError):
            mine.action_done()
        mine.result = "已加锁，钥匙交保卫处。"
        with self.assertRaises(AccessError):
            mine.title = "别的事"
        with self.assertRaises(AccessError):
            mine.date_due = self.day + timedelta(days=9)
        with self.assertRaises(AccessError):
            mine.action_cancel()
        mine.action_done()
        self.assertEqual(measure.state, "done")
        self.assertTrue(duty.date_done)
        self.assertFalse(measure.activity_ids)
        with self.assertRaises(UserError):
            measure.with_user(self.psychology).write({"result": "x"})

    def test_owner_sees_this_measure_and_no_case(self):
        measure = self._measure(self.security).with_user(self.security)
        self.assertEqual(measure.student_id, self.student_1)
        self.assertFalse(self.env["crisis.case"].with_user(self.security).has_access("read"))
        other = self._measure(self.doctor)
        with self.assertRaises(AccessError):
            other.with_user(self.security).read(["title"])

    def test_strangers_own_nothing(self):
        for user in (self.nobody, self.other_psychology, self.configurator):
            with self.subTest(user=user.login), self.assertRaises(ValidationError):
                self._measure(user)

    def test_new_owner_and_new_day(self):
        measure = self._measure(self.security)
        measure.write({"user_id": self.doctor.id, "date_due": self.day + timedelta(days=1)})
        duty = self.case.deadline_ids.filtered(lambda d: d.kind == "measure")
        self.assertEqual(duty.user_id, self.doctor)
        self.assertEqual(measure.activity_ids.user_id, self.doctor)
        self.assertEqual(measure.activity_ids.date_deadline, measure.date_due)

    def test_nobody_leaves_with_open_measures(self):
        self._measure(self.security)
        with self.assertRaises(UserError):
            self.security.active = False
        wizard = (
            self.env["crisis.handover"]
            .with_user(self.moral)
            .create({"from_user_id": self.security.id, "measure_user_id": self.staff.id})
        )
        self.assertTrue(wizard.measure_ids)
        wizard.action_hand_over()
        self.security.active = False

    def test_bullying_carries_duties(self):
        category = self.env.ref("crisis_intervention.crisis_category_bullying")
        self.case.with_user(self.psychology).category_ids = category
        duties = self.case.measure_ids.filtered(lambda m: m.kind == "duty")
        self.assertEqual(len(duties), 4)
        self.assertIn(self.principal, duties.user_id)
        inquiry = duties.sorted("date_due")[-1]
        today = fields.Date.context_today(self.case)
        self.assertEqual(inquiry.date_due, today + timedelta(days=10))
        self.case.category_ids |= self.env.ref("crisis_intervention.crisis_category_violence")
        self.assertEqual(len(self.case.measure_ids.filtered(lambda m: m.kind == "duty")), 4)
        second = self._make_case(self.student_2, category_ids=[Command.set(category.ids)])
        self.assertEqual(len(second.measure_ids.filtered(lambda m: m.kind == "duty")), 4)
