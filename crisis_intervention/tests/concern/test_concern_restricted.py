from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestConcernRestricted(CrisisCommon):
    """A report about a member of staff: the principal alone, never the person concerned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.concern = cls._make_concern(
            cls.staff,
            cls.student_1,
            restricted=True,
            concerned_user_ids=[Command.set(cls.moral.ids)],
            body_mark_ids=[Command.create({"x": 10, "y": 10})],
        )

    def _readers(self, record):
        users = (
            self.staff, self.head_teacher, self.doctor, self.security, self.psychology,
            self.moral, self.principal, self.district, self.configurator,
        )  # fmt: skip
        model = self.env[record._name]
        return {u for u in users if model.with_user(u).browse(record.ids).has_access("read")}

    def test_principal_and_reporter_alone(self):
        addendum = self.env["crisis.concern.addendum"].create(
            {"concern_id": self.concern.id, "text": "补充"}
        )
        self.assertEqual(self._readers(self.concern), {self.staff, self.principal})
        self.assertEqual(self._readers(self.concern.body_mark_ids), {self.staff, self.principal})
        self.assertEqual(self._readers(addendum), {self.principal})
        for user in (self.psychology, self.moral):
            reports = self.env["crisis.concern"].with_user(user)
            self.assertFalse(reports.search([]))
            self.assertFalse(reports._read_group([], [], ["__count"])[0][0])
            self.assertFalse(reports.name_search(self.concern.name))

    def test_person_concerned_never_sees_it_whatever_the_roles(self):
        second = self._make_user("t_principal_b", "principal", "psychology_teacher")
        concern = self._make_concern(
            self.staff,
            self.student_1,
            restricted=True,
            concerned_user_ids=[Command.set(self.principal.ids)],
        )
        self.assertEqual(self._readers(concern), {self.staff})
        self.assertTrue(concern.with_user(second).has_access("write"))
        self.assertEqual(concern.sudo().activity_ids.user_id, second)
        for operation in ("read", "write", "unlink"):
            self.assertFalse(concern.with_user(self.principal).has_access(operation))

    def test_only_principals_are_told_even_in_danger(self):
        self.assertEqual(self.concern.sudo().activity_ids.user_id, self.principal)
        danger = self._make_concern(
            self.staff, self.student_1, restricted=True, immediate_danger="yes"
        )
        self.assertEqual(danger.sudo().activity_ids.user_id, self.principal)

    def test_a_report_that_nobody_could_read_is_refused(self):
        with self.assertRaises(ValidationError) as caught:
            self._make_concern(
                self.staff,
                self.student_1,
                restricted=True,
                concerned_user_ids=[Command.set(self.principal.ids)],
            )
        self.assertIn("12345", str(caught.exception))
        with self.assertRaises(ValidationError):
            self._make_concern(
                self.psychology,
                self.student_1,
                concerned_user_ids=[Command.set(self.moral.ids)],
            )

    def test_nobody_reports_on_oneself(self):
        with self.assertRaises(UserError):
            self._make_concern(
                self.staff,
                self.student_1,
                restricted=True,
                concerned_user_ids=[Command.set(self.staff.ids)],
            )

    def test_reporter_who_decides_on_reports_does_not_decide_on_this_one(self):
        concern = self._make_concern(self.psychology, self.student_1, restricted=True)
        self.assertTrue(concern.has_access("read"))
        self.assertFalse(concern.has_access("write"))
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.psychology)
            .create({"concern_id": concern.id, "decision": "none", "dismiss_reason": "x"})
        )
        with self.assertRaises(AccessError):
            wizard.action_confirm()

    def test_restricting_later_takes_it_off_everybody_else(self):
        concern = self._make_concern(self.staff, self.student_2, immediate_danger="yes")
        concern.sudo().message_subscribe((self.psychology | self.moral).partner_id.ids)
        self.assertEqual(len(concern.sudo().activity_ids), 3)
        wizard = (
            self.env["crisis.concern.restrict"]
            .with_user(self.psychology)
            .create(
                {
                    "concern_id": concern.id,
                    "concerned_user_ids": [Command.set(self.moral.ids)],
                }
            )
        )
        wizard.action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._readers(concern), {self.staff, self.principal})
        self.assertEqual(concern.sudo().activity_ids.user_id, self.principal)
        partners = concern.sudo().message_partner_ids
        self.assertFalse(partners & (self.psychology | self.moral).partner_id)
        with self.assertRaises(AccessError):
            concern.with_user(self.psychology).write({"restricted": False})
        concern.with_user(self.principal).write(
            {"restricted": False, "concerned_user_ids": [Command.clear()]}
        )
        self.assertTrue(concern.with_user(self.psychology).has_access("read"))

    def test_staff_cannot_restrict(self):
        concern = self._make_concern(self.staff, self.student_2)
        with self.assertRaises(AccessError):
            concern._restrict(self.moral)
        with self.assertRaises(AccessError):
            self.env["crisis.concern.restrict"].with_user(self.staff).create(
                {"concern_id": concern.id}
            )

    def test_restricted_report_behind_a_case_stays_hidden(self):
        case = self._make_case(self.student_1)
        self.concern.sudo().case_ids = case
        self.env.invalidate_all()
        self.assertFalse(case.with_user(self.psychology).concern_ids)
        self.env.invalidate_all()
        self.assertEqual(case.with_user(self.principal).concern_ids, self.concern)

    def test_dialogs_are_private(self):
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.principal)
            .create({"concern_id": self.concern.id})
        )
        self.assertTrue(wizard.line_ids)
        self.assertFalse(wizard.with_user(self.psychology).has_access("read"))
        self.assertFalse(wizard.line_ids.with_user(self.psychology).has_access("read"))
