from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestClassPromote(CrisisCommon):
    def setUp(self):
        super().setUp()
        self.final = self._make_class("1班", 6, self.head_teacher_2)
        classes = self.class_1 | self.class_2 | self.final | self.other_class
        classes.school_year = "2025-2026"
        self.leaver = self._make_student("毕业生", "L001", self.final)

    def _promote(self, user=None):
        wizard = (
            self.env["crisis.class.promote"]
            .with_user(user or self.moral)
            .with_company(self.school)
            .create({})
        )
        return wizard, wizard.action_promote()

    @freeze_time("2026-08-20")
    def test_classes_move_up_and_leavers_are_archived(self):
        case = self._make_case(self.leaver)
        wizard, _action = self._promote()
        self.assertEqual(wizard.company_id, self.school)
        self.assertEqual((self.class_1.grade, self.class_1.school_year), (4, "2026-2027"))
        self.assertFalse(self.final.active)
        self.assertFalse(self.leaver.active)
        self.assertEqual(str(self.leaver.leave_date), "2026-08-20")
        self.assertFalse(case.date_closed, "the case stays open and in sight")
        self.assertEqual(self.other_class.grade, 3, "another school is not touched")
        history = self.student_1.membership_ids.sorted("id")
        self.assertEqual(history.mapped("grade"), [3, 4])
        self.assertEqual(history.mapped("school_year")[-1], "2026-2027")
        self.assertFalse(self.leaver.membership_ids.filtered(lambda line: not line.date_to))

    @freeze_time("2026-08-20")
    def test_open_cases_of_leavers_are_shown_before(self):
        case = self._make_case(self.leaver)
        wizard = (
            self.env["crisis.class.promote"]
            .with_user(self.moral)
            .with_company(self.school)
            .create({})
        )
        self.assertEqual(wizard.open_case_ids, case)
        self.assertEqual(wizard.leaver_count, 1)
        self.assertEqual(wizard.leaving_class_ids, self.final)

    @freeze_time("2026-08-20")
    def test_not_twice_beyond_the_coming_year(self):
        self._promote()
        self._promote()
        with self.assertRaises(UserError):
            self._promote()

    def test_only_those_who_keep_the_directory(self):
        with self.assertRaises(AccessError):
            self._promote(self.head_teacher)

    @freeze_time("2026-08-20")
    def test_queries_do_not_grow_with_the_students(self):
        counts = []
        for start, size in ((0, 5), (5, 80)):
            self.env["crisis.student"].create(
                [
                    {
                        "name": "生",
                        "student_number": f"P{start + number}",
                        "class_id": self.class_1.id,
                        "company_id": self.school.id,
                    }
                    for number in range(size)
                ]
            )
            self.class_1.write({"grade": 3, "school_year": "2025-2026"})
            self.class_2.write({"grade": 3, "school_year": "2025-2026"})
            with self._counting(counts):
                self._promote()
        self.assertLessEqual(counts[1], counts[0] + 3, str(counts))
