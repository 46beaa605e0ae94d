from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import tagged

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestCase(CrisisCommon):
    def test_opening_sets_reference_class_school_and_owner(self):
        case = (
            self.env["crisis.case"]
            .with_user(self.psychology)
            .create({"student_id": self.student_1.id, "risk_level": "yellow"})
        )
        year = fields.Date.today().year
        self.assertRegex(case.name, rf"^CI/{year}/\d{{4}}$")
        self.assertEqual(case.display_name, case.name, "never a child's name")
        self.assertEqual((case.class_id, case.company_id), (self.class_1, self.school))
        self.assertEqual(case.user_id, self.psychology)
        self.assertEqual(case.stage_id, self.env.ref("crisis_intervention.crisis_stage_discovered"))
        self.assertEqual(case.severity, 2)

    def test_owner_is_the_psychology_teacher_of_the_class(self):
        other = self._make_user("t_psychology_b", "psychology_teacher")
        self.class_1.psychology_teacher_id = other
        case = (
            self.env["crisis.case"]
            .with_user(self.psychology)
            .create({"student_id": self.student_1.id})
        )
        self.assertEqual(case.user_id, other)

    def test_owner_must_hold_the_role_in_the_school(self):
        case = self._make_case(self.student_1)
        for user in (self.moral, self.other_psychology):
            with self.assertRaises(ValidationError):
                case.user_id = user

    def test_second_case_leads_to_the_open_one(self):
        case = self._make_case(self.student_1)
        with self.assertRaises(RedirectWarning) as caught:
            self.env["crisis.case"].with_user(self.psychology).create(
                {"student_id": self.student_1.id}
            )
        message, action, _button = caught.exception.args[:3]
        self.assertIn(case.name, message)
        self.assertEqual((action["res_model"], action["res_id"]), ("crisis.case", case.id))
        self.assertNotIn(self.student_1.name, message)

    def test_a_closed_case_makes_room_for_a_new_one(self):
        self._without_record_gates()
        first = self._make_case(self.student_1)
        first.write({"outcome": "unfounded", "closing_summary": "误报，已向班主任说明。"})
        first.risk_level = "blue"
        first.action_verify()
        first.stage_id = self.env.ref("crisis_intervention.crisis_stage_closed")
        self.assertTrue(first.date_closed)
        second = self._make_case(self.student_1)
        self.assertFalse(second.date_closed)
        self.assertEqual(second.other_case_count, 1)
        with self.assertRaises(RedirectWarning):
            first.write(
                {
                    "stage_id": self.env.ref("crisis_intervention.crisis_stage_discovered").id,
                    "change_reason": "又有新情况",
                }
            )

    def test_student_of_a_case_never_changes(self):
        case = self._make_case(self.student_1)
        with self.assertRaises(UserError):
            case.student_id = self.student_2

    def test_what_the_system_keeps_is_refused_from_clients(self):
        case = self._make_case(self.student_1).with_user(self.psychology)
        for vals in (
            {"name": "X"},
            {"verified_at": "2026-01-01 00:00:00"},
            {"date_closed": "2026-01-01 00:00:00"},
            {"clock_start": "2030-01-01 00:00:00"},
            {"concern_ids": [(5, 0, 0)]},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                case.write(vals)
        smuggled = self.env["crisis.case"].with_user(self.psychology)
        case = smuggled.with_context(default_verified_at="2026-01-01 00:00:00").create(
            {"student_id": self.student_2.id}
        )
        self.assertFalse(case.verified_at)
        with self.assertRaises(AccessError):
            self.env["crisis.case"].with_user(self.psychology).create(
                {"student_id": self.student_2.id, "verified_by_id": self.principal.id}
            )

    def test_open_cases_are_not_archived_and_none_is_deleted(self):
        case = self._make_case(self.student_1)
        with self.assertRaises(ValidationError):
            case.active = False
        with self.assertRaises(UserError):
            case.unlink()

    def test_deadlines_follow_the_standard_of_the_level(self):
        case = self._make_case(self.student_1, risk_level="red")
        start = case.clock_start
        due = {deadline.kind: deadline.date_due - start for deadline in case.deadline_ids}
        self.assertEqual(
            due,
            {
                "first_contact": timedelta(hours=1),
                "guardian": timedelta(hours=2),
                "consent": timedelta(hours=48),
                "assessment": timedelta(hours=2),
                "plan": timedelta(hours=24),
                "review": timedelta(days=1),
            },
        )
        self.assertEqual((case.next_step, case.open_step_count), ("first_contact", 6))
        self.assertEqual(case.next_deadline, start + timedelta(hours=1))

    def test_a_school_may_have_its_own_standard(self):
        self.env.ref("crisis_intervention.crisis_response_policy_yellow").copy(
            {"company_id": self.school.id, "hours_first_contact": 8}
        )
        case = self._make_case(self.student_1, risk_level="yellow")
        first = case.deadline_ids.filtered(lambda d: d.kind == "first_contact")
        self.assertEqual(first.date_due, case.clock_start + timedelta(hours=8))

    def test_without_a_level_the_clock_runs_all_the_same(self):
        case = self._make_case(self.student_1)
        self.assertTrue(case.next_deadline)
        self.assertEqual(case.open_step_count, 6)

    def test_done_steps_move_the_deadline_on_and_can_be_taken_back(self):
        case = self._make_case(self.student_1, risk_level="red").with_user(self.psychology)
        first = case.deadline_ids.filtered(lambda d: d.kind == "first_contact")
        first.action_done()
        self.assertEqual(first.done_by_id, self.psychology)
        self.assertNotEqual(case.next_step, "first_contact")
        with self.assertRaises(UserError):
            first.action_done()
        first.action_undo()
        self.assertEqual(case.next_step, "first_contact")

    def test_steps_with_a_record_are_done_with_it(self):
        case = self._make_case(self.student_1, risk_level="orange").with_user(self.psychology)
        for kind, model in (
            ("guardian", "crisis.guardian.contact"),
            ("consent", "crisis.guardian.contact"),
            ("assessment", "crisis.assessment"),
            ("plan", "crisis.plan"),
            ("review", "crisis.review"),
        ):
            step = case.deadline_ids.filtered(lambda d, kind=kind: d.kind == kind)
            with self.subTest(step=kind):
                self.assertEqual(step.action_done()["res_model"], model)
                self.assertFalse(step.date_done, "opening the form is not doing it")
                with self.assertRaises(UserError):
                    step.action_undo()

    def test_overdue_filter_and_flag_agree(self):
        late = self._make_case(self.student_1, risk_level="red")
        late.deadline_ids.date_due = fields.Datetime.now() - timedelta(hours=3)
        fresh = self._make_case(self.student_2, risk_level="blue")
        found = self.env["crisis.case"].search([("next_deadline", "<", "now")])
        self.assertIn(late, found)
        self.assertNotIn(fresh, found)
        self.assertTrue(late.is_overdue)
        self.assertFalse(fresh.is_overdue)

    def test_the_owner_has_exactly_one_activity_for_the_next_step(self):
        case = self._make_case(self.student_1, risk_level="red")
        self.assertEqual(len(case.activity_ids), 1)
        self.assertEqual(case.activity_ids.user_id, self.psychology)
        self.assertEqual(case.activity_ids.res_name, case.name)
        activity_type = case.activity_ids.activity_type_id
        case.deadline_ids.filtered(lambda d: d.kind == "first_contact").action_done()
        self.assertEqual(len(case.activity_ids), 1)
        self.assertNotEqual(case.activity_ids.activity_type_id, activity_type)
        colleague = self._make_user("t_psychology_c", "psychology_teacher")
        case.user_id = colleague
        self.assertEqual(case.activity_ids.user_id, colleague)

    def test_class_reassignment_takes_effect_at_once(self):
        case = self._make_case(self.student_1)
        self.assertTrue(case.with_user(self.head_teacher).has_access("read"))
        self.assertFalse(case.with_user(self.head_teacher_2).has_access("read"))
        self.class_1.head_teacher_ids = self.head_teacher_2
        self.assertFalse(case.with_user(self.head_teacher).has_access("read"))
        self.assertTrue(case.with_user(self.head_teacher_2).has_access("read"))
        self.student_1.class_id = self.class_2
        self.class_1.head_teacher_ids = self.head_teacher
        self.assertFalse(case.with_user(self.head_teacher).has_access("read"))

    def test_confidential_fields(self):
        case = self._make_case(self.student_1, background="父母分居", risk_formulation="支持少")
        self.assertEqual(case.with_user(self.principal).background, "父母分居")
        with self.assertRaises(AccessError):
            case.with_user(self.principal).background = "改"
        self._having_read(case.with_user(self.psychology)).background = "父母分居，与祖母同住"
        for user in (self.moral, self.head_teacher):
            reader = case.with_user(user)
            with self.subTest(user=user.login):
                for door in (
                    lambda reader=reader: reader.read(["background"]),
                    lambda reader=reader: reader.search([("background", "ilike", "祖母")]),
                    lambda reader=reader: reader._read_group([], ["background"], ["__count"]),
                    lambda reader=reader: reader.search([], order="risk_formulation"),
                    lambda reader=reader: reader.write({"background": "x"}),
                ):
                    with self.assertRaises(AccessError):
                        door()

    def test_new_forms_offer_students_and_cases(self):
        """What decides on the school is chosen before the school is known."""
        for model, name in (
            ("crisis.case", "student_id"),
            ("crisis.assessment", "student_id"),
            ("crisis.medical.record", "case_id"),
            ("crisis.plan", "case_id"),
        ):
            with self.subTest(model=model):
                domain = self.env[model].fields_get([name])[name]["domain"]
                self.assertNotIn("company_id", str(domain))

    def test_opening_many_takes_a_constant_number_of_queries(self):
        # up to 100 deadlines, as Odoo inserts rows by the hundred
        students = self._make_students(14, self.class_1)
        few, many = students[:2], students[2:]
        self._make_case(self.student_1)
        counts = []
        for group in (few, many):
            with self._counting(counts):
                self.env["crisis.case"].create(
                    [{"student_id": s.id, "user_id": self.psychology.id} for s in group]
                )
        self.assertEqual(counts[0], counts[1], "queries for 2 and for 12 cases")
