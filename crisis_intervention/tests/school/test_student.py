from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestStudent(CrisisCommon):
    def _find(self, text):
        return self.env["crisis.student"].search([("display_name", "ilike", text)])

    def test_found_by_name_sound_initials_and_number(self):
        student = self._make_student("单晓明", "X9001", self.class_1)
        for text in ("晓明", "shanxiaoming", "sxm", "X9001"):
            with self.subTest(text=text):
                self.assertIn(student, self._find(text))

    def test_reading_follows_the_name(self):
        self.student_1.name = "曾乐"
        self.assertEqual((self.student_1.pinyin, self.student_1.pinyin_initials), ("zengle", "zl"))

    def test_display_name_with_class_only_where_asked_for(self):
        self.assertEqual(self.student_1.display_name, "林小禾")
        label = self.student_1.with_context(show_class=True).display_name
        self.assertIn(self.class_1.display_name, label)
        self.assertIn("S001", label)

    def test_number_is_unique_in_the_school_only(self):
        self.assertEqual(self.other_student.student_number, self.student_1.student_number)
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception) as caught:
            self._make_student("重名", "S001", self.class_1)
            self.env.flush_all()
        self.assertIn("crisis_student_number_uniq", str(caught.exception))

    def test_national_number_is_checked(self):
        for wrong in ("110101201501011234", "G11010120150101123X", "X110101201501011237"):
            with self.subTest(number=wrong), self.assertRaises(ValidationError) as caught:
                self.student_1.national_number = wrong
            self.assertNotIn(wrong, str(caught.exception), "errors quote no data")
        self.student_1.national_number = "G11010519491231002X"
        self.student_2.national_number = "L123456789012345678"

    def test_name_follows_the_contact(self):
        partner = self.env["res.partner"].create({"name": "赵一一"})
        student = self._make_student("x", "X9002", self.class_1)
        student.partner_id = partner
        self.assertEqual(student.name, "赵一一")
        partner.name = "赵依依"
        self.assertEqual((student.name, student.pinyin_initials), ("赵依依", "zyy"))
        with self.assertRaises(ValidationError):
            student.name = "别名"

    def test_class_history(self):
        self.student_1.class_id = self.class_2
        history = self.student_1.membership_ids.sorted("id")
        self.assertEqual(history.class_id, self.class_1 | self.class_2)
        self.assertTrue(history[0].date_to)
        self.assertFalse(history[1].date_to)

    def test_class_of_another_school_is_refused(self):
        with self.assertRaises(UserError):
            self.student_1.class_id = self.other_class

    def test_nobody_is_deleted(self):
        for record in (self.student_1, self.class_1):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.unlink()

    def test_head_teacher_writes_own_class_only(self):
        self.student_1.with_user(self.head_teacher).student_number = "S101"
        with self.assertRaises(AccessError):
            self.student_2.with_user(self.head_teacher).student_number = "S102"
        with self.assertRaises(AccessError):
            self.student_1.with_user(self.head_teacher).read(["birth_date"])

    def test_class_is_found_by_what_people_write(self):
        classes = self.env["crisis.class"].with_company(self.school)
        for text in ("三年级2班", "3年级2班", "三(2)班", "三（2）班", "3.2", "Grade 3 Class 2"):
            with self.subTest(text=text):
                found = classes.search(
                    [("display_name", "=", text), ("company_id", "=", self.school.id)]
                )
                self.assertEqual(found, self.class_2)

    def test_register_from_contacts(self):
        partners = self.env["res.partner"].create([{"name": "孙一"}, {"name": "孙二"}])
        register = self.env["crisis.student.register"].with_user(self.psychology)
        wizard = register.create({"partner_ids": partners.ids, "class_id": self.class_1.id})
        wizard.action_register()
        students = self.env["crisis.student"].search([("partner_id", "in", partners.ids)])
        self.assertEqual(students.mapped("name"), ["孙一", "孙二"])
        self.assertEqual(students.class_id, self.class_1)
        again = register.create({"partner_ids": partners.ids, "class_id": self.class_2.id})
        message = again.action_register()["params"]["message"]
        self.assertIn("孙一", message)
        self.assertEqual(students.class_id, self.class_1, "left as they are")
        with self.assertRaises(AccessError):
            register.with_user(self.head_teacher).create({"class_id": self.class_1.id})


@tagged("post_install", "-at_install")
class TestGuardian(CrisisCommon):
    def _make(self, **vals):
        return self.env["crisis.guardian"].create(
            {"student_id": self.student_1.id, "name": "林先生", "phone": "139 0000 0000", **vals}
        )

    def test_a_new_first_one_takes_the_place_of_the_old(self):
        old = self._make(is_primary=True)
        new = self._make(is_primary=True)
        self.assertFalse(old.is_primary)
        old.is_primary = True
        self.assertFalse(new.is_primary)

    def test_phone_and_consent_date_are_checked(self):
        with self.assertRaises(ValidationError):
            self._make(phone="1234")
        guardian = self._make()
        with self.assertRaises(ValidationError):
            guardian.consent_state = "given"
        guardian.write({"consent_state": "given", "consent_date": "2026-09-01"})

    def test_security_sees_phones_but_no_consent(self):
        guardian = self._make().with_user(self.security)
        self.assertEqual(guardian.phone, "139 0000 0000")
        with self.assertRaises(AccessError):
            guardian.read(["consent_state"])

    def test_head_teacher_sees_the_own_class(self):
        guardian = self._make()
        self.assertTrue(guardian.with_user(self.head_teacher).has_access("write"))
        self.assertFalse(guardian.with_user(self.head_teacher_2).has_access("read"))
        self.assertFalse(guardian.with_user(self.staff).has_access("read"))
