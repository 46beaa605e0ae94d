from odoo.exceptions import UserError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ... import identity
from .test_access_grant import TEXTS, GrantCase
from .test_person_request import just_confirmed

REQUIRE_DECIDED = identity.require_decided


@tagged("post_install", "-at_install")
class TestIdentity(GrantCase, HttpCase):
    """Sensitive pages ask who is there: by RPC as well as in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.school.crisis_identity_minutes = 5
        cls.principal.lang = "zh_CN"
        cls.principal.password = "t_principal-password"

    def _call(self, model, method, record):
        """Call a public method as the web client does."""
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {"model": model, "method": method, "args": [record.ids], "kwargs": {}},
        )

    def _login(self, minutes=None):
        """Log the principal in, the identity confirmed ``minutes`` ago or never."""
        extra = just_confirmed(minutes) if minutes is not None else None
        self.authenticate("t_principal", "t_principal", session_extra=extra)

    @mute_logger("odoo.http")
    def test_reading_needs_a_fresh_confirmation(self):
        grant = self._give(self.principal, "notes")
        for minutes, fresh in ((None, False), (6, False), (4, True)):
            with self.subTest(minutes=minutes):
                self._login(minutes)
                action = self._call(grant._name, "action_read", grant)
                if fresh:
                    self.assertEqual(action["tag"], "crisis_reading_room")
                    reading = self._call(grant._name, "reading", grant)
                    self.assertIn(TEXTS["notes"], str(reading))
                else:
                    self.assertEqual(action["res_model"], "res.users.identitycheck")
                    with self.assertRaises(JsonRpcException):
                        self._call(grant._name, "reading", grant)

    def test_copy_and_destruction_ask_as_well(self):
        request = self.env["crisis.person.request"].create(
            {
                "student_id": self.student_1.id,
                "asked_by": "x",
                "identity_check": "known",
                "decision_reason": "x",
            }
        )
        request.action_grant()
        record = self.env["crisis.destruction"].create(
            {
                "company_id": self.school.id,
                "witness_1_id": self.psychology.id,
                "witness_2_id": self.moral.id,
            }
        )
        for each, method in ((request, "action_export"), (record, "action_approve")):
            with self.subTest(method=method):
                self._login(6)
                asked = self._call(each._name, method, each)
                self.assertEqual(asked["res_model"], "res.users.identitycheck")
                self.env.invalidate_all()
                self.assertNotEqual(record.state, "approved")
        self._login(1)
        action = self._call(request._name, "action_export", request)
        self.assertEqual(action["url"], f"/crisis/person-export/{request.id}")
        self._call(record._name, "action_approve", record)
        self.env.invalidate_all()
        self.assertEqual(record.state, "approved")

    def test_emergency_by_button(self):
        grant = (
            self.env["crisis.access.grant"]
            .with_user(self.principal)
            .create({"student_id": self.student_1.id, "purpose": "x"})
        )
        self._login()
        action = self._call(grant._name, "action_break_glass", grant)
        self.assertEqual(action["res_model"], "res.users.identitycheck")
        self.env.invalidate_all()
        self.assertTrue(grant.is_emergency)
        none = (
            self.env["crisis.access.grant"]
            .with_user(self.principal)
            .create({"student_id": self.student_2.id, "purpose": "x"})
        )
        action = self._call(none._name, "action_break_glass", none)
        self.assertEqual(action["res_model"], "res.users.identitycheck")

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_actions")
    def test_decided_at_the_screen(self):
        """In the dialog, by whom it is for; a program of the administrator decides nothing."""
        self.patch(identity, "require_decided", REQUIRE_DECIDED)
        first, second, third = (self._ask(self.security, "notes") for _n in range(3))
        with self.assertRaises(UserError):
            first.with_user(self.principal).action_approve()
        code = f"env['crisis.access.grant'].browse({third.id}).with_user({self.principal.id})"
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": f"{code}.action_approve()",
            }
        )
        self._login(1)
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request("/web/action/run", {"action_id": action.id, "context": {}})
        wizard = (
            self.env["crisis.approval.decide"]
            .with_user(self.principal)
            .create({"res_model": first._name, "res_id": first.id})
        )
        self._call(wizard._name, "action_confirm", wizard)
        self._call(second._name, "action_approve", second)
        self.env.invalidate_all()
        self.assertEqual([g.state for g in (first, second, third)], ["active", "active", "waiting"])
        for grant in (first, second):
            self.assertIn(TEXTS["notes"], str(grant._reading()))

    @mute_logger("odoo.http")
    def test_second_person_at_the_own_screen(self):
        grant = (
            self.env["crisis.access.grant"]
            .with_user(self.security)
            .create({"student_id": self.student_1.id, "purpose": "x", "scope": "notes"})
        )
        grant._break_glass()
        grant.action_ask_release()
        self._login(6)
        action = self._call(grant._name, "action_release", grant)
        self.assertEqual(action["res_model"], "res.users.identitycheck")
        self.env.invalidate_all()
        self.assertFalse(grant.released_by_id)
        self._login(1)
        self._call(grant._name, "action_release", grant)
        self.env.invalidate_all()
        self.assertEqual(grant.released_by_id, self.principal)
        self.assertIn(TEXTS["notes"], str(grant._reading()))
        self.assertNotIn(TEXTS["notes"], str(grant._reading()))

    def test_reading_room_in_the_browser(self):
        grant = self._give(self.principal, "all")
        self.start_tour(
            f"/odoo/crisis-my-permissions/{grant.id}", "crisis_reading_room", login="t_principal"
        )
        self.env.invalidate_all()
        self.assertGreater(grant.read_count, 0)
