from contextlib import suppress

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ... import register
from ..common import DENIALS, CrisisCommon

QUIET = (*DENIALS, "odoo.http", "odoo.sql_db", "odoo.addons.base.models.ir_actions")


class LeftBehindCase(CrisisCommon, HttpCase):
    """Real requests, and code of an administrator that leaves something for later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1)
        cls.session_ = cls._hold_session(cls.case, notes="SECRET").sudo()
        cls._end_transaction()

    def _action(self, code):
        """Return a server action of an administrator."""
        return self.env["ir.actions.server"].create(
            {
                "name": "x",
                "state": "code",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "code": code,
            }
        )

    def _run_as(self, user, code):
        """Run ``code`` in a request of ``user``, who is let in where it is refused."""
        action = self._action(code)
        self.env.flush_all()
        self.authenticate(user.login, user.login)
        with suppress(JsonRpcException), mute_logger(*QUIET):
            self.make_jsonrpc_request("/web/action/run", {"action_id": action.id, "context": {}})
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()

    def _press(self, record, method, path="call_button"):
        """Let the user who is logged in press a button of ``record``."""
        self.env.flush_all()
        result = self.make_jsonrpc_request(
            f"/web/dataset/{path}/{record._name}/{method}",
            {"model": record._name, "method": method, "args": [record.ids], "kwargs": {}},
        )
        self.env.invalidate_all()
        return result

    def _after(self, record, method, code):
        """Let an automation run ``code`` when ``method`` of ``record`` is called, before it."""
        original, action = getattr(type(record), method), self._action(code)

        def called(records, *args):
            records.env["ir.actions.server"].sudo().browse(action.id).run()
            return original(records, *args)

        self.patch(type(record), method, called)


@tagged("post_install", "-at_install")
class TestReadLater(LeftBehindCase):
    """What code of a server action leaves in the request of a person reads nothing there."""

    def _reading(self, cursor):
        """Return code that lets the text be read later, and the text be written down."""
        return f"""
other = {cursor}
mine = env(cr=other)["crisis.session"].browse({self.session_.id})
mine = mine.with_user({self.psychology.id}).sudo(False)
params = mine.env["ir.config_parameter"].sudo()
done = map(len, map(str, map(params.set_param, ["x"], map(str, map(mine.read, [["notes"]])))))
partner = env["res.partner"].sudo().search([], limit=1)
partner.invalidate_recordset()
later = partner.with_prefetch(done).read
"""

    def test_in_the_request_of_a_person(self):
        for what, code in (
            ("its cursor", self._reading("env.cr") + "env.cr.precommit.add(later)"),
            (
                "another cursor",
                self._reading("env.registry.cursor()")
                + "env.cr.precommit.add(later)\n"
                + "env.cr.precommit.add(other.commit)\nenv.cr.precommit.add(other.close)\n"
                + "env.cr.prerollback.add(other.close)",
            ),
            (
                "after a commit",
                self._reading("env.cr")
                + "env.cr.precommit.add(env.cr.commit)\n"
                + "env.cr.prerollback.add(later)\nenv.cr.prerollback.add(env.cr.commit)",
            ),
        ):
            with self.subTest(what):
                self._run_as(self.psychology, code)
                self.assertFalse(self.env["ir.config_parameter"].sudo().get_param("x"))
        # the same person reads it in another request
        answer = self.make_jsonrpc_request(
            "/web/dataset/call_kw/crisis.session/web_read",
            {
                "model": "crisis.session",
                "method": "web_read",
                "args": [self.session_.ids],
                "kwargs": {"specification": {"notes": {}}},
            },
        )
        self.assertEqual(answer[0]["notes"], "SECRET")

    def test_after_the_commit(self):
        """Without a request, all that runs in the thread counts."""
        self._action(self._reading("env.cr") + "env.cr.postcommit.add(later)").run()
        with self.assertRaisesRegex(AccessError, "sealed"):
            self.env.cr.postcommit.run()
        self.env.cr.postcommit.clear()


@tagged("post_install", "-at_install")
class TestSignedLater(LeftBehindCase):
    """What code leaves behind signs and decides in nobody's name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls._make_case(cls.student_2, risk_level="orange")
        cls.plan = cls._make_plan(case, user=cls.psychology)
        cls.plan.action_submit()
        cls.contact = cls._make_contact(cls.case, sign=False).sudo()
        cls._end_transaction()

    def _signed(self, record):
        """Tell whether a record is signed."""
        self.env.cr.execute(
            "SELECT FROM crisis_signature WHERE res_model = %s AND res_id = %s AND columns != ''",
            [record._name, record.id],
        )
        return bool(self.env.cr.rowcount)

    def _later(self, record, user, method):
        """Yield (what, code) that lets ``method`` of ``record`` be called later, as ``user``."""
        mine = (
            f"mine = env['{record._name}'].with_user({user.id}).sudo(False).browse({record.id})\n"
        )
        lazy = (
            f"{mine}partner = env['res.partner'].sudo().search([], limit=1)\n"
            "partner.invalidate_recordset()\n"
            f"done = map(len, map(str, map(type_of.{method}, [mine])))\n"
        )
        lazy = lazy.replace("type_of", f"env.registry['{record._name}']")
        yield "hook", f"{mine}env.cr.precommit.add(mine.{method})"
        yield "lazy", f"{lazy}env.cr.precommit.add(partner.with_prefetch(done).read)"

    def test_in_the_request_of_another(self):
        for user, record, method in (
            (self.principal, self.plan, "action_approve"),
            (self.psychology, self.contact, "action_sign"),
        ):
            for what, code in self._later(record, user, method):
                with self.subTest(what, model=record._name):
                    state = record.sudo().state
                    self._run_as(self.env.ref("base.user_admin"), code)
                    self.assertEqual(record.sudo().state, state)

    def test_in_the_request_of_the_person(self):
        """By an action that this person has started, unwittingly."""
        for what, code in self._later(self.contact, self.psychology, "action_sign"):
            with self.subTest(what):
                self._run_as(self.psychology, code)
                self.assertFalse(self._signed(self.contact))

    def test_without_a_request(self):
        for what, code in self._later(self.contact, self.psychology, "action_sign"):
            with (
                self.subTest(what),
                self._reading_as(self.env["res.users"]),
                self.env.cr.savepoint() as savepoint,
            ):
                self._action(code).run()
                with suppress(AccessError, TypeError):
                    self.env.cr.precommit.run()
                self.env.cr.precommit.clear()
                self.assertFalse(self._signed(self.contact))
                savepoint.rollback()

    def test_a_job_is_one_only_if_it_is_all_that_runs(self):
        """What stands before it, or around it, could have left something that the job sets off."""
        committed = "env.cr.precommit.add(mine.action_sign)"
        mine = (
            f"mine = env['crisis.guardian.contact'].with_user({self.psychology.id})"
            f".browse({self.contact.id})\n"
        )

        def _cron_lapse(model):
            model.env.cr.flush()

        self.patch(self.registry["crisis.escalation"], "_cron_lapse", _cron_lapse)
        action = self._action(f"{mine}{committed}\nmodel._cron_lapse()")
        action.model_id = self.env["ir.model"]._get_id("crisis.escalation")
        with self.assertRaises(AccessError):
            action.run()
        self.assertFalse(self._signed(self.contact))

    def test_people_sign_after_code_has_run(self):
        """A school may have automation rules on our records."""
        for path in ("call_button", "call_kw"):
            contact = self._make_contact(self.case, sign=False).sudo()
            with self.subTest(path):
                self._after(contact, "action_sign", "env['res.partner'].search([], limit=1)")
                self.authenticate(self.psychology.login, self.psychology.login)
                self._press(contact, "action_sign", path)
                self.assertTrue(self._signed(contact))

    def test_of_their_call_nothing_else_is_signed(self):
        other = self._make_contact(self.case, sign=False).sudo()
        for _what, code in self._later(other, self.psychology, "action_sign"):
            self._after(self.contact, "action_sign", code)
            self.authenticate(self.psychology.login, self.psychology.login)
            with suppress(JsonRpcException), mute_logger(*QUIET):
                self._press(self.contact, "action_sign")
            self.env.invalidate_all()
            self.assertFalse(self._signed(other))


@tagged("post_install", "-at_install")
class TestRegisteredAnyway(LeftBehindCase):
    """Code neither takes a reading back, nor enters anything in the name of another."""

    def _rows(self, kind="reading"):
        """Return (user id, model, id, names of fields) of rows of the register."""
        self.env.invalidate_all()
        rows = self.env["crisis.disclosure"].search([("kind", "=", kind)], order="number")
        return [(row.user_id.id, row.res_model, row.res_id, row.field_names) for row in rows]

    def _custom_field(self, code):
        """Add a field of Settings to users, which runs ``code`` when it is computed."""
        self.env["ir.model.fields"].create(
            {
                "name": "x_code",
                "model_id": self.env["ir.model"]._get_id("res.users"),
                "ttype": "char",
                "store": False,
                "depends": "name",
                "compute": f"for user in self:\n    user['x_code'] = 'x'\n{code}",
            }
        )

    def test_whatever_is_done_to_the_queues(self):
        """By a field of Settings that the answer holds beside the notes."""
        self._custom_field(
            "for queue in (self.env.cr.precommit, self.env.cr.postcommit,"
            " self.env.cr.prerollback, self.env.cr.postrollback):\n"
            "    queue._funcs.clear()\n"
            "    queue.clear()"
        )
        self._end_transaction()
        self.authenticate(self.psychology.login, self.psychology.login)
        known = self._rows()
        answer = self.make_jsonrpc_request(
            "/web/dataset/call_kw/crisis.session/web_read",
            {
                "model": "crisis.session",
                "method": "web_read",
                "args": [self.session_.ids],
                "kwargs": {"specification": {"notes": {}, "user_id": {"fields": {"x_code": {}}}}},
            },
        )
        self.assertEqual((answer[0]["notes"], answer[0]["user_id"]["x_code"]), ("SECRET", "x"))
        self.assertEqual(
            self._rows()[len(known) :],
            [(self.psychology.id, "crisis.session", self.session_.id, "notes")],
        )

    def test_what_waits_is_out_of_reach(self):
        self.session_.with_user(self.psychology).read(["notes"])
        cr = self.env.cr
        for queue in (cr.precommit, cr.postcommit, cr.prerollback):
            self.assertNotIn("crisis.register", queue.data)
            for hook in queue._funcs:
                held = (*getattr(hook, "args", ()), getattr(hook, "__self__", None))
                self.assertFalse([one for one in held if hasattr(one, "readings")])

    def test_of_a_savepoint_that_is_rolled_back(self):
        known = self._rows()
        with suppress(ZeroDivisionError), self.env.cr.savepoint():
            self.session_.with_user(self.psychology).read(["notes"])
            _ = 1 / 0
        self._end_transaction()
        self.assertEqual(len(self._rows()), len(known) + 1)

    def test_in_nobody_else_s_name(self):
        """Without a request it is Odoo that reads."""
        mine = f"env['crisis.case'].browse({self.case.id}).with_user({self.principal.id}).sudo()"
        file = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": "crisis.case", "res_id": self.case.id}
        )
        files = f"env['ir.attachment'].browse({file.id}).with_user({self.principal.id}).sudo()"
        self._end_transaction()
        for code in (f"{mine}.export_data(['name'])", f"{files}._register_reading()"):
            with self.subTest(code), self._reading_as(self.env["res.users"]):
                known = self._rows()
                self._action(code).run()
                self._end_transaction()
                users = [user for user, *_about in self._rows()[len(known) :]]
                self.assertEqual(users, [SUPERUSER_ID])

    def test_alarms_are_seen_and_checks_made_by_people(self):
        register.raise_alarm(self.env, "changed", "crisis.case", self.case.id)
        self._end_transaction()
        rows = self.env["crisis.disclosure"]
        alarm = rows.search([("is_open", "=", True)])
        checks = self.env["crisis.register.check"].search_count([])
        name = f".with_user({self.principal.id}).sudo(False)"
        see = f"mine = env['crisis.disclosure'].browse({alarm.ids}){name}"
        check = f"mine = env['crisis.register.check']{name}"
        for user in (self.env.ref("base.user_admin"), self.principal):
            for code in (
                f"{see}\nmine.action_see()",
                f"{check}\nmine.action_check_now()",
                f"{see}\nenv.cr.precommit.add(mine.action_see)",
                f"{check}\nenv.cr.precommit.add(mine.action_check_now)",
            ):
                with self.subTest(code, user=user.login):
                    self._run_as(user, code)
                    self.assertEqual(rows.search([("is_open", "=", True)]), alarm)
                    self.assertEqual(self.env["crisis.register.check"].search_count([]), checks)
        self.authenticate(self.principal.login, self.principal.login)
        self._press(alarm, "action_see")
        self.assertFalse(rows.search([("is_open", "=", True)]))
