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

    def _open(self, user=None, **vals):
        """Open the dialog as ``user``: what it shows is as of now."""
        dialogs = self.env["crisis.class.promote"].with_user(user or self.moral)
        return dialogs.with_company(self.school).create(vals)

    def _promote(self, user=None):
        wizard = self._open(user)
        return wizard, wizard.action_promote()

    def _move(self):
        return self.env["crisis.class.move"].search([("company_id", "=", self.school.id)], limit=1)

    def _state(self):
        """Return all that the database holds of classes, students and their history."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT 'class', id, grade, name, school_year, active, NULL FROM crisis_class
            UNION ALL
            SELECT 'student', id, class_id, NULL, leave_date::text, active, NULL
              FROM crisis_student
            UNION ALL
            SELECT 'history', id, class_id, label, school_year, NULL, date_to::text
              FROM crisis_class_membership
            ORDER BY 1, 2
            """
        )
        return self.env.cr.fetchall()

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
        wizard = self._open()
        self.assertEqual(wizard.open_case_ids, case)
        self.assertEqual(wizard.leaver_count, 1)
        self.assertEqual(wizard.leaving_class_ids, self.final)

    @freeze_time("2026-08-20")
    def test_once_for_each_year(self):
        """Pressed again, by a colleague, or with a dialog that is still open: refused, not moved."""
        first, second = self._open(), self._open(self.principal)
        first.action_promote()
        after = self._state()
        for again in (first, second, self._open(), self._open(self.psychology)):
            with self.assertRaisesRegex(UserError, "t_moral has moved|in 2026-2027 already"):
                again.action_promote()
        self.assertEqual(self._state(), after)
        self.class_1.school_year = "2025-2026"  # one that was forgotten, or corrected
        with self.assertRaisesRegex(UserError, "has moved the classes into 2026-2027 already"):
            self._promote()

    def test_only_in_the_season(self):
        before = self._state()
        for day in ("2026-06-30", "2026-10-01", "2026-11-28", "2027-01-01", "2027-06-30"):
            with self.subTest(day=day), freeze_time(day):
                self.assertIn("from July to September", self._open().problems)
                with self.assertRaisesRegex(UserError, "from July to September"):
                    self._promote()
        self.assertEqual(self._state(), before)
        for day in ("2026-07-01", "2026-09-30"):
            with self.subTest(day=day), freeze_time(day):
                self.assertFalse(self._open().problems)

    @freeze_time("2026-08-20")
    def test_a_school_that_is_behind_moves_year_by_year(self):
        (self.class_1 | self.class_2 | self.final).school_year = "2024-2025"
        for year in ("2025-2026", "2026-2027"):
            self._promote()
            self.assertEqual(self.class_1.school_year, year)
        with self.assertRaises(UserError):
            self._promote()

    @freeze_time("2026-08-20")
    def test_what_was_shown_is_what_is_done(self):
        changes = {
            "student": lambda: self._make_student("转入", "N9", self.class_1),
            "class": lambda: self._make_class("9班", 2).write({"school_year": "2025-2026"}),
            "left": lambda: self.student_1.write({"active": False}),
            "elsewhere": lambda: self.student_2.write({"class_id": self.class_1.id}),
            "last grade": lambda: self.school.write({"crisis_final_grade": 9}),
        }
        for what, change in changes.items():
            wizard = self._open()
            change()
            before = self._state()
            with self.subTest(change=what):
                with self.assertRaisesRegex(UserError, "have changed since you opened this"):
                    wizard.action_promote()
                self.assertEqual(self._state(), before)
        with self.assertRaisesRegex(UserError, "have changed since"):
            self._open(seen="x").action_promote()
        with self.assertRaisesRegex(UserError, "have changed since"):
            self._open(seen=False).action_promote()

    @freeze_time("2026-08-20")
    def test_preview_names_what_will_happen(self):
        wizard = self._open()
        self.assertEqual(wizard.class_ids, self.class_1 | self.class_2)
        self.assertEqual(wizard.class_ids.mapped("next_name"), ["Grade 4 1班", "Grade 4 2班"])
        self.assertFalse(self.final.next_name)
        self.assertEqual((wizard.student_count, wizard.leaver_count), (2, 1))
        self.assertEqual((wizard.from_year, wizard.to_year), ("2025-2026", "2026-2027"))
        taken = self._make_class("1班", 4)
        taken.school_year = "2026-2027"
        wizard = self._open()
        self.assertIn("Grade 4 1班", wizard.problems)
        before = self._state()
        with self.assertRaisesRegex(UserError, "Grade 4 1班"):
            wizard.action_promote()
        self.assertEqual(self._state(), before)
        taken.active = False
        self._promote()
        self.assertEqual(self.class_1.grade, 4)

    @freeze_time("2026-08-20")
    def test_written_down_and_taken_back(self):
        gone = self._make_student("早退", "L002", self.final)
        gone.write({"active": False, "leave_date": "2026-03-01"})
        before = self._state()
        self._promote()
        move = self._move()
        self.assertEqual((move.user_id, move.from_year, move.to_year, move.leaver_count),
                         (self.moral, "2025-2026", "2026-2027", 1))  # fmt: skip
        self.assertEqual(
            [(line.label, line.next_label, line.leaves, line.student_count)
             for line in move.line_ids],
            [("Grade 3 1班", "Grade 4 1班", False, 1), ("Grade 3 2班", "Grade 4 2班", False, 1),
             ("Grade 6 1班", False, True, 1)],
        )  # fmt: skip
        theirs = move.with_user(self.principal)
        self.assertTrue(theirs.may_take_back)
        with self.assertRaises(AccessError):
            move.with_user(self.head_teacher).action_take_back()
        theirs.action_take_back()
        self.assertEqual(self._state(), before)
        self.assertEqual((move.state, move.back_user_id), ("taken_back", self.principal))
        with self.assertRaisesRegex(UserError, "taken back already"):
            theirs.action_take_back()
        self.assertEqual(self._state(), before)
        self._promote()
        self.assertEqual(self.class_1.grade, 4, "moved again, rightly")

    @freeze_time("2026-08-20")
    def test_not_taken_back_once_something_was_built_on_it(self):
        self._promote()
        theirs = self._move().with_user(self.principal)
        for change in (
            lambda: self._make_class("1班", 1),
            lambda: self._make_student("新生", "N1", self.class_1),
            lambda: self.student_2.write({"class_id": self.class_1.id}),
        ):
            change()
            after = self._state()
            theirs.invalidate_recordset()
            self.assertFalse(theirs.may_take_back)
            with self.assertRaisesRegex(UserError, "were changed after this move"):
                theirs.action_take_back()
            self.assertEqual(self._state(), after)
            self.assertEqual(theirs.state, "done")

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
            self.env["crisis.class.move"].search([]).state = "taken_back"
            with self._counting(counts):
                self._promote()
        self.assertLessEqual(counts[1], counts[0] + 3, str(counts))
