from odoo import Command
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged

from ..common import ROLE, CrisisCommon


@tagged("post_install", "-at_install")
class TestHandover(CrisisCommon):
    """Nobody leaves a role while children depend on this person in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._make_user("t_psychology_2", "psychology_teacher")
        cls.administrator = cls._make_user("t_administrator")
        cls.administrator.group_ids |= cls.env.ref("base.group_system")
        cls.case = cls._make_case(cls.student_1)

    def _hand_over(self, leaver, user=None, **vals):
        """Hand everything of ``leaver`` over as ``user``."""
        return (
            self.env["crisis.handover"]
            .with_user(user or self.principal)
            .create({"from_user_id": leaver.id, **vals})
            .action_hand_over()
        )

    def _ways_out(self, user, role):
        """Yield name and function for each way to take ``role`` from ``user``."""
        group = self.env.ref(ROLE + role)
        yield "archived", lambda env: user.with_env(env).write({"active": False})
        yield (
            "role taken on the user",
            lambda env: user.with_env(env).write({"group_ids": [Command.unlink(group.id)]}),
        )
        yield (
            "role taken on the group",
            lambda env: group.with_env(env).write({"user_ids": [Command.unlink(user.id)]}),
        )
        yield (
            "other school",
            lambda env: user.with_env(env).write(
                {
                    "company_ids": [Command.set(self.other_school.ids)],
                    "company_id": self.other_school.id,
                }
            ),
        )

    def _assert_held(self, user, role):
        """Demand that no way out is open for ``user``."""
        env = self.env(user=self.administrator)
        for name, leave in self._ways_out(user, role):
            with self.subTest(way=name):
                with self.assertRaises(UserError) as caught:
                    leave(env)
                self.assertIn(user.name, str(caught.exception))

    def _assert_free(self, user, role):
        """Demand that every way out is open for ``user``."""
        env = self.env(user=self.administrator)
        for name, leave in self._ways_out(user, role):
            with self.subTest(way=name), self.cr.savepoint() as savepoint:
                leave(env)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_owner_of_open_cases_is_held(self):
        self.class_1.psychology_teacher_id = self.class_2.psychology_teacher_id = self.colleague
        self._assert_held(self.psychology, "psychology_teacher")

    def test_teacher_who_cares_for_classes_is_held(self):
        self.case.user_id = self.colleague
        self._assert_held(self.psychology, "psychology_teacher")

    def test_head_teacher_of_a_class_is_held(self):
        self._assert_held(self.head_teacher, "head_teacher")

    def test_who_decides_is_led_to_the_wizard(self):
        self.principal.group_ids |= self.env.ref("base.group_erp_manager")
        with self.assertRaises(RedirectWarning) as caught:
            self.head_teacher.with_user(self.principal).write({"active": False})
        self.assertEqual(caught.exception.args[1]["res_model"], "crisis.handover")

    def test_after_the_handover_the_way_is_free(self):
        self._hand_over(
            self.psychology, case_user_id=self.colleague.id, psychology_teacher_id=self.colleague.id
        )
        self.assertEqual(self.case.user_id, self.colleague)
        self.assertEqual(self.case.activity_ids.user_id, self.colleague)
        self.assertEqual((self.class_1 | self.class_2).psychology_teacher_id, self.colleague)
        self._assert_free(self.psychology, "psychology_teacher")

    def test_a_class_gets_its_new_head_teacher_at_once(self):
        reader = self.case.with_user(self.head_teacher_2)
        self.assertFalse(reader.search([("id", "=", self.case.id)]))
        self._hand_over(self.head_teacher, head_teacher_id=self.head_teacher_2.id)
        self.assertEqual(self.class_1.head_teacher_ids, self.head_teacher_2)
        self.assertTrue(reader.search([("id", "=", self.case.id)]))
        self.assertFalse(self.case.with_user(self.head_teacher).search([("id", "=", self.case.id)]))
        self._assert_free(self.head_teacher, "head_teacher")

    def test_closed_cases_do_not_hold(self):
        self.case.sudo().write({"date_closed": self.case.date_opened})
        self.class_1.psychology_teacher_id = self.class_2.psychology_teacher_id = self.colleague
        self._assert_free(self.psychology, "psychology_teacher")

    def test_everything_listed_needs_a_new_owner(self):
        for values in (
            {},
            {"case_user_id": self.colleague.id},
            {"case_user_id": self.psychology.id, "psychology_teacher_id": self.colleague.id},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._hand_over(self.psychology, **values)
        self.assertEqual(self.case.user_id, self.psychology)

    def test_in_two_rounds(self):
        self._hand_over(
            self.psychology,
            case_user_id=self.colleague.id,
            psychology_class_ids=[Command.clear()],
        )
        self.assertEqual(self.case.user_id, self.colleague)
        self.assertEqual(self.class_1.psychology_teacher_id, self.psychology)
        self._assert_held(self.psychology, "psychology_teacher")

    def test_only_who_decides_hands_over(self):
        for user in (self.staff, self.head_teacher, self.doctor, self.configurator):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._hand_over(self.psychology, user, case_user_id=self.colleague.id)
