from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestProtocol(CrisisCommon):
    """Emergency plans are versions: locked in force, revised, reviewed each school year."""

    def test_there_is_one_plan_for_every_type(self):
        model = self.env["crisis.protocol"]
        for kind, _label in model._fields["kind"].selection:
            with self.subTest(kind=kind):
                plan = model._for_kind(kind, self.school)
                self.assertTrue(plan.principle and plan.avoid)
                self.assertGreaterEqual(len(plan.step_ids), 8)
                self.assertTrue(plan.step_ids.filtered("parallel"))
                self.assertTrue(all(step.minutes for step in plan.step_ids))
        numbers = set(model.search([]).step_ids.mapped("phone"))
        self.assertLessEqual({"110", "119", "120", "12356"}, numbers)
        hotline = model.search([]).step_ids.filtered(lambda s: "12355" in (s.how or ""))
        self.assertTrue(hotline)

    def test_a_version_in_force_is_replaced_not_changed(self):
        general = self.env["crisis.protocol"]._for_kind("missing", self.school)
        mine = general.with_user(self.moral).with_company(self.school).sudo(False)
        for change in (
            lambda: mine.write({"name": "x"}),
            lambda: mine.step_ids[0].write({"minutes": 1}),
        ):
            with self.assertRaises(AccessError):
                change()
        with self.assertRaises(UserError):
            general.with_user(self.configurator).step_ids[0].sudo(False).write({"minutes": 1})
        draft = self.env["crisis.protocol"].browse(mine.action_revise()["res_id"])
        draft = draft.with_user(self.moral).with_company(self.school)
        self.assertEqual((draft.company_id, draft.version), (self.school, 1))
        self.assertEqual(len(draft.step_ids), len(general.step_ids))
        draft.step_ids[0].minutes = 2
        self.assertEqual(self.env["crisis.protocol"]._for_kind("missing", self.school), general)
        with self.assertRaises(UserError):
            draft.write({"state": "active"})
        draft.action_publish()
        self.assertEqual(self.env["crisis.protocol"]._for_kind("missing", self.school), draft)
        self.assertEqual(
            self.env["crisis.protocol"]._for_kind("missing", self.other_school), general
        )
        for change in (
            lambda: draft.write({"name": "x"}),
            lambda: draft.step_ids[0].write({"minutes": 1}),
            lambda: draft.step_ids[0].unlink(),
            lambda: draft.step_ids.create({"protocol_id": draft.id, "name": "x"}),
            lambda: draft.action_publish(),
        ):
            with self.assertRaises(UserError):
                change()
        second = self.env["crisis.protocol"].browse(draft.action_revise()["res_id"])
        second.with_user(self.moral).action_publish()
        self.assertEqual((second.version, draft.state), (2, "replaced"))

    def test_a_running_emergency_keeps_its_version(self):
        emergency = self._start_emergency(self.staff, "missing", "校门")
        before = emergency.sudo().step_ids.protocol_step_id
        plan = emergency.protocol_id.with_user(self.moral).with_company(self.school).sudo(False)
        draft = self.env["crisis.protocol"].browse(plan.action_revise()["res_id"])
        draft.with_user(self.moral).action_publish()
        self.assertEqual(emergency.sudo().step_ids.protocol_step_id, before)
        with self.assertRaises(UserError):
            draft.with_user(self.moral).unlink()

    def test_plan_without_steps_is_not_put_in_force(self):
        draft = (
            self.env["crisis.protocol"]
            .with_user(self.principal)
            .create({"name": "x", "kind": "missing", "company_id": self.school.id})
        )
        with self.assertRaises(UserError):
            draft.action_publish()

    def test_each_school_is_reminded_once_a_year(self):
        model = self.env["crisis.protocol"]

        def reminders(user):
            return self.env["mail.activity"].search(
                [("res_model", "=", "crisis.protocol"), ("user_id", "=", user.id)]
            )

        for _day in range(2):
            model._cron_review()
        self.assertEqual(len(reminders(self.moral)), 8)
        plan = model._for_kind("missing", self.school).with_user(self.moral)
        plan = plan.with_company(self.school).sudo(False)
        self.assertTrue(plan.needs_review)
        with self.assertRaises(AccessError):
            plan.with_user(self.psychology).action_review()
        plan.action_review()
        plan.invalidate_recordset()
        self.assertFalse(plan.needs_review)
        self.assertEqual(len(reminders(self.moral)), 7)
        model._cron_review()
        self.assertEqual(len(reminders(self.moral)), 7)
        plan.action_review()
        self.assertEqual(len(plan.sudo().review_ids), 1)
        # last year's review does not count
        self.env.cr.execute(
            "UPDATE crisis_protocol_review SET school_year = '2001-2002' WHERE protocol_id = %s",
            [plan.id],
        )
        self.env.invalidate_all()
        self.assertTrue(plan.needs_review)
        with self.assertRaises(UserError):
            plan.sudo().review_ids.write({"school_year": "2026-2027"})
