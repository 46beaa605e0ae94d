from contextlib import suppress

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ... import role_confirmations
from ..common import DENIALS, MODULE, CrisisCommon
from ..migrations import migrate
from .test_person_request import just_confirmed

GUARDED = (
    "psychology_teacher",
    "moral_education",
    "principal",
    "school_doctor",
    "security_officer",
    "district",
    "export",
)


class RoleCase(CrisisCommon):
    """An administrator, and a friend who is staff only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._make_user("t_administrator")
        cls.administrator.group_ids |= cls.env.ref("base.group_system")
        cls.friend = cls._make_user("t_friend", "staff")

    def _group(self, name):
        """Return one of our groups."""
        return self.env.ref(f"{MODULE}.group_{name}")

    def _as_administrator(self, record):
        """Return ``record`` as the administrator has it."""
        return record.with_user(self.administrator).sudo(False)

    def _rows(self, user, *states):
        """Return the rows of ``user`` in these states."""
        domain = [("user_id", "=", user.id)]
        return self.env["crisis.role.confirmation"].search(
            domain + ([("state", "in", states)] if states else [])
        )

    def _assert_nothing(self, user, name="psychology_teacher"):
        """Assert that the role of ``user`` counts nowhere."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        for group in (self._group(name), self._group("case_worker")):
            self.assertNotIn(group, user.all_group_ids)
            self.assertNotIn(group.id, user._get_group_ids())
            self.assertNotIn(user, group.all_user_ids)
            self.assertNotIn(
                user, self.env["res.users"].search([("all_group_ids", "in", group.ids)])
            )
            self.assertNotIn(
                group, self.env["res.groups"].search([("all_user_ids", "in", user.ids)])
            )
        self.assertFalse(user.has_group(f"{MODULE}.group_{name}"))
        self.assertFalse(self.env["crisis.case"].with_user(user).has_access("read"))


@tagged("post_install", "-at_install")
class TestRoleConfirmation(RoleCase):
    """Whatever way a role comes to somebody, it opens nothing before a principal has confirmed it."""

    def test_given_in_the_form(self):
        for name in GUARDED:
            with self.subTest(role=name):
                group = self._group(name)
                self._as_administrator(self.friend).write({"group_ids": [Command.link(group.id)]})
                self._assert_nothing(self.friend, name)
                self.assertEqual(self._rows(self.friend, "waiting").group_id, group)
                self._as_administrator(self.friend).write({"group_ids": [Command.unlink(group.id)]})
                self.assertFalse(self._rows(self.friend, "waiting"))

    def test_given_by_the_group_a_new_user_or_a_copy(self):
        group = self._group("psychology_teacher")
        self._as_administrator(group).write({"user_ids": [Command.link(self.friend.id)]})
        self._assert_nothing(self.friend)
        users = self._as_administrator(self.env["res.users"])
        new = users.create({"name": "x", "login": "x", "group_ids": [Command.set(group.ids)]})
        self._assert_nothing(new.sudo())
        copy = self._as_administrator(self.psychology).copy({"login": "copy"})
        self._assert_nothing(copy.sudo())

    def test_implied_by_another_group(self):
        for name in ("psychology_teacher", "case_worker"):
            with self.subTest(group=name):
                before = self.env.ref("base.group_user").implied_ids
                self._as_administrator(self.env.ref("base.group_user")).write(
                    {"implied_ids": [Command.link(self._group(name).id)]}
                )
                self._assert_nothing(self.friend)
                self.env.ref("base.group_user").implied_ids = before
        own = self._as_administrator(self.env["res.groups"]).create(
            {
                "name": "x",
                "implied_ids": [Command.link(self._group("psychology_teacher").id)],
                "user_ids": [Command.link(self.friend.id)],
            }
        )
        self._assert_nothing(self.friend)
        self.assertIn(own.sudo(), self.friend.all_group_ids)

    def test_technical_group_alone(self):
        self.friend.group_ids |= self._group("case_worker")
        self._assert_nothing(self.friend)
        # a confirmed role that does not bring it along changes nothing about it
        self.doctor.group_ids |= self._group("case_worker")
        self.assertNotIn(self._group("case_worker"), self.doctor.all_group_ids)
        self.assertIn(self._group("case_worker"), self.moral.all_group_ids)

    def test_written_into_the_database(self):
        group = self._group("psychology_teacher")
        self.env.cr.execute(
            SQL(
                "INSERT INTO res_groups_users_rel (uid, gid) VALUES (%s, %s)",
                self.friend.id,
                group.id,
            )  # fmt: skip
        )
        self._assert_nothing(self.friend)
        rows = self.env["crisis.role.confirmation"]
        rows._cron_follow_roles()
        [row] = self._rows(self.friend, "waiting")
        genuine = self._rows(self.psychology)
        for state in ("confirmed", "taken_over"):
            self.env.cr.execute(
                SQL(
                    "UPDATE crisis_role_confirmation SET state = %s, way = 'person',"
                    " decided_by_id = %s, date_decided = %s, signature = %s WHERE id = %s",
                    state,
                    self.principal.id,
                    genuine.date_decided,
                    genuine.signature,
                    row.id,
                )  # fmt: skip
            )
            self._assert_nothing(self.friend)
        self.env.invalidate_all()
        self.assertFalse(row.is_genuine)
        # a row that was genuine, turned to somebody else
        self.env.cr.execute(
            SQL("UPDATE crisis_role_confirmation SET state = 'ended' WHERE id = %s", row.id)
        )
        self.env.cr.execute(
            SQL(
                "UPDATE crisis_role_confirmation SET user_id = %s WHERE id = %s",
                self.friend.id,
                genuine.id,
            )  # fmt: skip
        )
        self._assert_nothing(self.friend)

    def test_confirmed_counts_until_it_is_taken_off(self):
        self.friend.group_ids |= self._group("psychology_teacher")
        role_confirmations.take_over(self.env, self.friend)
        self.assertTrue(self.friend.has_group(f"{MODULE}.group_case_worker"))
        self.assertIn(self.friend, self._group("psychology_teacher").all_user_ids)
        self.friend.group_ids -= self._group("psychology_teacher")
        self.friend.group_ids |= self._group("psychology_teacher")
        self._assert_nothing(self.friend)

    def test_another_school_has_to_agree_itself(self):
        self.psychology.company_ids |= self.other_school
        self.assertEqual(self._rows(self.psychology, "waiting").company_id, self.other_school)
        self.assertEqual(self.psychology._get_company_ids(), tuple(self.school.ids))
        self.assertNotIn(
            self.psychology, self.other_school._crisis_holders(f"{MODULE}.group_psychology_teacher")
        )
        case = self._make_case(self.other_student)
        found = self.env["crisis.case"].with_user(self.psychology).search([("id", "=", case.id)])
        self.assertFalse(found)
        # nor does anything there come to wait for somebody who could not open it
        self.other_class.psychology_teacher_id = self.psychology
        cases = self.env["crisis.case"].with_user(self.psychology).sudo()
        self.assertEqual(cases._default_owner(self.other_student), self.other_psychology)
        with self.assertRaises(ValidationError):
            case.user_id = self.psychology
        role_confirmations.take_over(self.env, self.psychology)
        self.assertEqual(cases._default_owner(self.other_student), self.psychology)
        case.user_id = self.psychology
        self.assertEqual(set(self.psychology._get_company_ids()),
                         set((self.school | self.other_school).ids))  # fmt: skip

    def test_moved_to_another_school_is_confirmed_for_none(self):
        self.doctor.write(
            {
                "company_id": self.other_school.id,
                "company_ids": [Command.set(self.other_school.ids)],
            }
        )
        self._assert_nothing(self.doctor, "school_doctor")

    def test_a_lost_key_locks_nobody_out(self):
        def missing(env):
            raise UserError("no key")

        self.patch(role_confirmations, "keyring", missing)
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        self.assertTrue(self.psychology.has_group(f"{MODULE}.group_psychology_teacher"))

    def test_with_another_key_nothing_counts(self):
        stranger = type(role_confirmations.keyring(self.env))({"x": b"0" * 32})
        self.patch(role_confirmations, "keyring", lambda env: stranger)
        self._assert_nothing(self.psychology)
        # whoever runs the server, and has lost the old one
        role_confirmations.take_over(self.env, self.psychology)
        self.assertTrue(self.psychology.has_group(f"{MODULE}.group_psychology_teacher"))

    def test_nobody_writes_the_list(self):
        rows = self._rows(self.psychology)
        for user in (self.administrator, self.principal, self.psychology):
            with self.subTest(user=user.login), mute_logger(*DENIALS):
                mine = rows.with_user(user).sudo(False)
                for attempt in (
                    lambda mine=mine: mine.write({"state": "confirmed"}),
                    lambda mine=mine: mine.unlink(),
                    lambda mine=mine: mine.create(
                        {
                            "user_id": self.friend.id,
                            "group_id": self._group("principal").id,
                            "company_id": self.school.id,
                        }
                    ),
                ):
                    self.assertRaises(AccessError, attempt)
        # code of an administrator runs with all rights
        self.assertRaises(AccessError, rows.write, {"state": "confirmed"})
        self.assertRaises(AccessError, rows.unlink)
        self.assertRaises(AccessError, rows._take_over, self.friend.ids)

    def test_hint_for_the_administrator(self):
        self.friend.group_ids |= self._group("principal")
        self.assertIn("Test School", self._as_administrator(self.friend).crisis_role_hint)
        self.assertFalse(self.psychology.crisis_role_hint)

    def test_principals_are_asked_and_told(self):
        before = self.env["crisis.role.event"].search_count([])
        self._as_administrator(self.friend).write(
            {"group_ids": [Command.link(self._group("principal").id)]}
        )
        row = self._rows(self.friend)
        self.assertEqual(row.activity_ids.user_id, self.principal)
        [event] = self.env["crisis.role.event"].search([], limit=1)
        self.assertEqual(
            (event.kind, event.person_id, event.user_id, event.company_id),
            ("asked", self.friend, self.administrator, self.school),
        )
        self.assertEqual(self.env["crisis.role.event"].search_count([]), before + 1)
        messages = self.env["mail.message"].search(
            [("model", "=", row._name), ("res_id", "=", row.id)]
        )
        self.assertEqual(messages.partner_ids, self.principal.partner_id)
        self.assertNotIn(self.friend.name, str(messages.mapped("body")))

    def test_signed_anew_with_a_new_key(self):
        old = role_confirmations.keyring(self.env)
        ring = type(old)({"t_new": b"1" * 32, **old.keys})
        self.patch(role_confirmations, "keyring", lambda env: ring)
        ids = role_confirmations.signed_before(self.env)
        self.assertGreater(len(ids), 5)
        self.assertEqual(role_confirmations.sign_anew(self.env, ids), [])
        ring = type(old)({"t_new": b"1" * 32})
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        self.assertTrue(self.psychology.has_group(f"{MODULE}.group_psychology_teacher"))

    def test_queries(self):
        self.psychology._get_group_ids()
        with self.assertQueryCount(0):
            self.psychology._get_group_ids()
        counts = []
        for users in (self.psychology, self.env["res.users"].search([])):
            with self._counting(counts):
                users.mapped("all_group_ids")
        self.assertEqual(*counts)

    def test_update_keeps_the_roles_and_lists_them_once(self):
        users = self.psychology | self.moral | self.principal | self.doctor | self.district
        before = {user: user._get_group_ids() for user in users}
        self.env["mail.activity"].search([("res_model", "=", "crisis.role.confirmation")]).unlink()
        self.env.cr.execute("DELETE FROM crisis_role_confirmation")
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        self.assertFalse(self.principal.has_group(f"{MODULE}.group_principal"))
        self._empty_register()
        migrate(self.env, "19.0.3.0.0", "post-05-roles")
        self.assertEqual({user: user._get_group_ids() for user in users}, before)
        rows = self.env["crisis.role.confirmation"].search([("company_id", "=", self.school.id)])
        self.assertEqual(set(rows.mapped("state")), {"taken_over"})
        others = rows.filtered(lambda row: row.user_id != self.principal)
        self.assertEqual(others.activity_ids.user_id, self.principal)
        self.assertTrue(all(row.activity_ids for row in rows))
        waiting = rows.with_user(self.principal).search([("may_decide", "=", True)])
        self.assertEqual(waiting & rows, others)
        # an update that is repeated changes nothing
        self._empty_register()
        migrate(self.env, "19.0.3.0.0", "post-05-roles")
        self.assertEqual({user: user._get_group_ids() for user in users}, before)

    def test_update_without_a_key_ends_before_it_locks_anybody_out(self):
        self.env.cr.execute("DELETE FROM crisis_role_confirmation")

        def missing(env):
            raise UserError("no key")

        self.patch(role_confirmations, "keyring", missing)
        with self.assertRaises(UserError):
            self._empty_register()
            migrate(self.env, "19.0.3.0.0", "post-05-roles")

    def test_second_factor(self):
        self.assertIsNone(self.psychology._mfa_type(), "nobody is locked out without mail")
        self.env["ir.mail_server"].create({"name": "x", "smtp_host": "mail.example.com"})
        for user, asked in (
            (self.psychology, "totp_mail"),
            (self.principal, "totp_mail"),
            (self.staff, None),
            (self.head_teacher, None),
            (self.administrator, None),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(user._mfa_type(), asked)
        begin = self.env["crisis.role.event"].search_count([("kind", "=", "setting")])
        self.school.with_user(self.administrator).sudo().crisis_two_factor = False
        self.assertIsNone(self.psychology._mfa_type())
        events = self.env["crisis.role.event"].search([("kind", "=", "setting")])
        self.assertEqual(len(events), begin + 1)
        self.assertEqual((events[0].person_id, events[0].company_id),
                         (self.administrator, self.school))  # fmt: skip

    def _told(self):
        """Return the kinds of the events about the psychology teacher, the latest last."""
        events = self.env["crisis.role.event"].search(
            [("person_id", "=", self.psychology.id)], order="id"
        )
        return [event.kind for event in events]

    def test_accounts_with_a_role(self):
        mine = self._as_administrator(self.psychology)
        begin = len(self._told())
        mine.write({"new_password": "x-long-password"})
        mine.write({"login": "t_other_login"})
        mine.write({"email": "x@example.com"})
        mine.partner_id.write({"email": "y@example.com"})
        self.psychology.write({"totp_secret": "x"})
        mine.sudo().write({"totp_secret": False})
        self.env["res.users.apikeys"].with_user(self.psychology).sudo()._generate(None, "x", None)
        told = self._told()[begin:]
        self.assertEqual(
            [kind for kind, before in zip(told, [None, *told], strict=False) if kind != before],
            ["password", "login", "two_factor", "key"],
        )
        self.assertFalse(self.env["crisis.role.event"].search([("person_id", "=", self.staff.id)]))
        self._as_administrator(self.staff).write({"login": "t_staff_login"})
        self.assertFalse(self.env["crisis.role.event"].search([("person_id", "=", self.staff.id)]))


@tagged("post_install", "-at_install")
class TestSetUp(CrisisCommon):
    """The first principal of an empty database needs nobody; there is no second first one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()
        # a database before its set-up: nothing of a child, no principal
        cls.principals = cls.env.ref(f"{MODULE}.group_principal")
        cls.first, cls.second = (
            new_test_user(cls.env, login=login, groups="base.group_user")
            for login in ("t_first", "t_second")
        )

    def test_over_as_soon_as_there_is_a_file(self):
        self.env.cr.execute("DELETE FROM crisis_role_confirmation")
        self.first.group_ids |= self.principals
        self.assertFalse(self.first.has_group(f"{MODULE}.group_principal"))

    def test_first_principal(self):
        self.env.cr.execute("DELETE FROM crisis_role_confirmation")
        self.patch(role_confirmations, "_FILES", ("crisis_destruction",))
        self.first.group_ids |= self.principals
        self.second.group_ids |= self.principals
        self.assertTrue(self.first.has_group(f"{MODULE}.group_principal"))
        self.assertFalse(self.second.has_group(f"{MODULE}.group_principal"))
        [row] = self.env["crisis.role.confirmation"].search([("way", "=", "set_up")])
        self.assertEqual((row.user_id, row.is_genuine), (self.first, True))
        # taking all principals away does not begin it anew
        self.first.group_ids -= self.principals
        self.second.group_ids -= self.principals
        self.second.group_ids |= self.principals
        self.assertFalse(self.second.has_group(f"{MODULE}.group_principal"))


@tagged("post_install", "-at_install")
class TestDeciding(RoleCase, HttpCase):
    """Roles are confirmed by a person at the screen, who is somebody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friend.group_ids |= cls.env.ref(f"{MODULE}.group_psychology_teacher")
        [cls.row] = cls.env["crisis.role.confirmation"].search([("user_id", "=", cls.friend.id)])

    def _press(self, user, method="action_confirm", row=None, minutes=1):
        """Press a button as ``user``, who confirmed the identity ``minutes`` ago."""
        row = row or self.row
        self.authenticate(user.login, user.login, session_extra=just_confirmed(minutes))
        try:
            return self.make_jsonrpc_request(
                f"/web/dataset/call_button/{row._name}/{method}",
                {"model": row._name, "method": method, "args": [row.ids], "kwargs": {}},
            )
        finally:
            self.env.invalidate_all()

    def test_principal_confirms(self):
        asked = self._press(self.principal, minutes=60)
        self.assertEqual(asked["res_model"], "res.users.identitycheck")
        self._assert_nothing(self.friend)
        self._press(self.principal)
        self.assertEqual((self.row.state, self.row.decided_by_id), ("confirmed", self.principal))
        self.assertTrue(self.row.is_genuine)
        self.assertTrue(self.friend.has_group(f"{MODULE}.group_psychology_teacher"))
        self.assertFalse(self.row.activity_ids)

    def test_principal_refuses(self):
        self._press(self.principal, "action_refuse")
        self.assertEqual(self.row.state, "refused")
        self._assert_nothing(self.friend)

    @mute_logger("odoo.http", *DENIALS)
    def test_others_do_not(self):
        other = self._make_user("t_other_principal", "principal", company=self.other_school)
        for user in (self.friend, self.administrator, self.psychology, self.moral, other):
            with self.subTest(user=user.login), self.assertRaises(JsonRpcException):
                self._press(user)
        self._assert_nothing(self.friend)

    @mute_logger("odoo.http", *DENIALS)
    def test_without_a_principal_two_others(self):
        self.principal.group_ids -= self._group("principal")
        with self.assertRaises(JsonRpcException):
            self._press(self.friend)
        self._press(self.psychology)
        self._assert_nothing(self.friend)
        with self.assertRaises(JsonRpcException):
            self._press(self.psychology)
        self._assert_nothing(self.friend)
        self._press(self.moral)
        self.assertEqual(self.row.first_by_id, self.psychology)
        self.assertTrue(self.friend.has_group(f"{MODULE}.group_psychology_teacher"))

    def test_administrator_becomes_the_system(self):
        self.authenticate(self.administrator.login, self.administrator.login)
        self.url_open("/web/become")
        self.env.invalidate_all()
        event = self.env["crisis.role.event"].search(
            [("kind", "=", "become"), ("company_id", "=", self.school.id)]
        )
        self.assertEqual((event.user_id, event.person_id), (self.administrator,) * 2)
        self.assertTrue(event.ip)

    def test_own_password_is_nobody_elses_matter(self):
        begin = self.env["crisis.role.event"].search_count([])
        self.authenticate(self.psychology.login, self.psychology.login)
        self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": "res.users",
                "method": "change_password",
                "args": [self.psychology.login, "another-long-password"],
                "kwargs": {},
            },
        )
        self.assertEqual(self.env["crisis.role.event"].search_count([]), begin)

    def _action(self, code):
        """Return a server action with this code of an administrator."""
        return self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": f"""
rows = env["crisis.role.confirmation"].browse({self.row.id}).with_user({self.principal.id})
{code}""",
            }
        )

    @mute_logger("odoo.http", *DENIALS)
    def test_program_of_the_administrator_does_not(self):
        """A server action acts as the principal, or is set off by the principal."""
        codes = (
            "rows.action_confirm()",
            "rows.sudo()._set({'state': 'confirmed', 'way': 'person'})",
            "rows.sudo()._decide('confirmed')",
            "rows.sudo()._take_over([rows.user_id.id])",
            "rows.sudo().write({'state': 'confirmed'})",
        )
        for code in codes:
            action = self._action(code)
            for user in (self.administrator, self.principal):
                with self.subTest(user=user.login, code=code):
                    self.authenticate(user.login, user.login, session_extra=just_confirmed(1))
                    with suppress(JsonRpcException):
                        self.make_jsonrpc_request(
                            "/web/action/run", {"action_id": action.id, "context": {}}
                        )
                    self.env.invalidate_all()
                    self._assert_nothing(self.friend)
            # as a scheduled action does, with nobody there
            with suppress(Exception), self.env.cr.savepoint():
                action.run()
            self._assert_nothing(self.friend)

    @mute_logger("odoo.http", *DENIALS)
    def test_button_of_one_row_confirms_no_other(self):
        """Code that runs while the principal confirms somebody else confirms nobody with it."""
        colleague = self._make_user("t_colleague", "staff")
        colleague.group_ids |= self._group("school_doctor")
        [row] = self._rows(colleague)
        action = self._action("rows.action_confirm()")
        kind = self.registry["crisis.role.event"]
        plain = kind._enter

        def entering(events, rows, what, person=None):
            plain(events, rows, what, person)
            with suppress(UserError):
                action.sudo().run()

        self.patch(kind, "_enter", entering)
        self._press(self.principal, row=row)
        self.assertEqual(row.state, "confirmed")
        self.assertEqual(self.row.state, "waiting")
        self._assert_nothing(self.friend)

    def test_after_the_password(self):
        """The dialog that asks for the password goes on with the button that was pressed."""
        asked = self._press(self.principal, minutes=60)
        session = self.opener.cookies.get("session_id")
        self.assertTrue(session)
        self.principal.password = "t_principal"
        self.env.flush_all()
        self.authenticate("t_principal", "t_principal", session_extra=just_confirmed(60))
        self.make_jsonrpc_request(
            f"/web/dataset/call_button/{self.row._name}/action_confirm",
            {
                "model": self.row._name,
                "method": "action_confirm",
                "args": [self.row.ids],
                "kwargs": {},
            },
        )
        wizard = self.env["res.users.identitycheck"].search([], order="id desc", limit=1)
        self.assertNotEqual(wizard.id, asked["res_id"])
        self.make_jsonrpc_request(
            "/web/dataset/call_button/res.users.identitycheck/run_check",
            {
                "model": "res.users.identitycheck",
                "method": "run_check",
                "args": [wizard.ids],
                "kwargs": {"context": {"password": "t_principal"}},
            },
        )
        self.env.invalidate_all()
        self.assertEqual(self.row.state, "confirmed")
