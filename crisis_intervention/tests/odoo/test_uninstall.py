from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common import CrisisCommon

CORE = "crisis_intervention"


@tagged("post_install", "-at_install")
class TestUninstall(CrisisCommon):
    """Files that have to be kept are not removed with the addon by accident, nor unseen.

    That nothing else stays is checked on a demo school by ``./dev test``.
    """

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1)
        self.module = self.env["ir.module.module"].search([("name", "=", CORE)])
        self.school = self.env.company.name

    def _removed(self, module=None, typed=None):
        """Remove the addon, without Odoo's reload; return whether it was marked for removal."""
        module = module or self.module
        module.with_context(crisis_uninstall=typed).button_uninstall()
        return module.state == "to remove"

    def test_refused_without_the_name_of_the_school(self):
        for typed in (None, "", self.school[:-1], self.school + "x", True):
            with self.subTest(typed=typed), self.assertRaises(UserError) as refused:
                self._removed(typed=typed)
            self.assertIn(self.school, str(refused.exception))
        self.assertEqual(self.module.state, "installed")

    def test_what_ours_needs_is_refused_as_well(self):
        with self.assertRaises(UserError):
            self._removed(self.env.ref("base.module_calendar"))

    def test_each_kind_of_file_keeps_it(self):
        stage = self.env["crisis.stage"].search([("closed", "=", True)], limit=1)
        self.env.cr.execute("UPDATE crisis_case SET active = FALSE")
        self.env.invalidate_all()
        self.assertTrue(self.module._crisis_kept(), "archived cases are cases")
        self.env.cr.execute(
            "UPDATE crisis_case SET date_closed = now(), stage_id = %s, date_destroyed = now()",
            [stage.id],
        )
        self.env.cr.execute("UPDATE crisis_concern SET state = 'handled'")
        self.env.invalidate_all()
        self.assertFalse(self.module._crisis_kept())
        self.assertTrue(self._removed(), "nothing is lost that has to be kept")

    def test_with_the_name_principals_are_told(self):
        self.assertTrue(self._removed(typed=self.school))
        mails = self.env["mail.mail"].search([], order="id desc", limit=20)
        told = mails.filtered(lambda mail: mail.email_to == self.principal.email_formatted)
        self.assertEqual(len(told), 1)
        self.assertIn(self.env.user.name, told.body_html)
        self.assertNotIn(self.case.name, told.body_html)

    def test_the_dialog_asks_and_hands_on(self):
        admin = self.env.ref("base.user_admin")
        wizard = self.env["base.module.uninstall"].with_user(admin)
        with Form(wizard.with_context(default_module_ids=self.module.ids)) as form:
            self.assertIn("1", form.crisis_kept)
            self.assertEqual(form.crisis_school, self.school)
            form.crisis_confirmation = f" {self.school} "
        typed = []

        def button_immediate_uninstall(module):
            typed.append(module.env.context.get("crisis_uninstall"))

        self.patch(
            type(self.env["ir.module.module"]),
            "button_immediate_uninstall",
            button_immediate_uninstall,
        )
        form.record.action_uninstall()
        self.assertEqual(typed, [self.school])

    def test_other_addons_ask_for_nothing(self):
        other = self.env.ref("base.module_base_import")
        self.assertTrue(self.module._crisis_kept())
        self.assertTrue(other._crisis_kept(), "ours depends on it")
        self.assertFalse(self.env.ref("base.module_sale")._crisis_kept())
