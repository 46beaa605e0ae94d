import base64
import os
from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools import mute_logger

from ... import register, role_confirmations, seal_key_state, seal_keys
from ...lib.sealed import Keyring, SealError, is_right_key, new_key
from ...register_state import check_all
from ...seal_key_use import seal_keys_in_use
from ...seal_keys import TABLE, VARIABLE, keyring
from ...sealed_fields import UNREADABLE
from ..common import DENIALS
from .test_sealed import SEALED, SealedCase
from .test_sealed_files import CONTENT, FileCase

LOG = "odoo.addons.crisis_intervention.seal_keys"


@tagged("post_install", "-at_install")
class TestJudgement(BaseCase):
    """Which key is the right one, without a database."""

    def test_what_it_opens_proves_it(self):
        for opened, failed, fits, right in (
            (1, 9, False, True),
            (0, 0, True, True),
            (0, 0, None, True),
            (0, 0, False, False),
            (0, 2, True, True),
            (0, 3, True, False),
            (0, 1, None, False),
        ):
            with self.subTest(opened=opened, failed=failed, fits=fits):
                self.assertIs(is_right_key(opened, failed, fits), right)

    def test_rings_without_wrong_keys(self):
        ring = Keyring.parse(f"new:{new_key()},old:{new_key()}")
        text = ring.seal("x", "p")
        for wrong, reason in (({"new"}, "closed"), ({"old"}, None)):
            kept = ring.without(frozenset(wrong))
            self.assertEqual(kept.closed, reason == "closed")
            if reason:
                with self.assertRaises(SealError) as caught:
                    kept.open(text, "p")
                self.assertEqual(caught.exception.reason, reason)
            else:
                self.assertEqual(kept.open(text, "p"), "x")
        with self.assertRaises(SealError) as caught:
            kept.open(text.replace("new", "old"), "p")
        self.assertEqual(caught.exception.reason, "wrong_key")

    def test_a_check_value_tells_nothing_of_the_key(self):
        ring = Keyring.parse(f"new:{new_key()}")
        self.assertNotIn(ring.check_value("new"), ring.keys["new"].hex())
        other = Keyring.parse(f"new:{new_key()}")
        self.assertNotEqual(ring.check_value("new"), other.check_value("new"))


class KeyCase(SealedCase):
    """Servers with other keys than the one that sealed what is here."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()
        self.written = os.environ[VARIABLE]
        self.name = self.written.partition(":")[0]
        self.addCleanup(seal_keys._told.clear)
        self.addCleanup(seal_keys._judged.clear)
        seal_keys._told.clear()

    @contextmanager
    def _server(self, keys):
        """Let the server have other keys inside, as after a start."""
        self.env.flush_all()
        self.env.invalidate_all()
        seal_keys._judged.clear()
        with patch.dict(os.environ, {VARIABLE: keys}):
            yield
            self.env.flush_all()
        self.env.invalidate_all()
        seal_keys._judged.clear()

    def _bad_keys(self):
        """Yield (what is wrong, keys) of servers that have no usable key."""
        yield "none", ""
        yield "keys", f"{self.name}:short"
        yield "wrong", f"{self.name}:{new_key()}"
        yield "wrong", f"{self.name}:{new_key()},other:{new_key()}"

    def _row(self, name):
        return self.env["crisis.seal.key"].search([("name", "=", name)])

    def _everything(self):
        """Return all sealed columns and the end of the register, as they are stored."""
        self.env.cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head")
        return {(m, f): self._column(m, f) for m, f in SEALED}, self.env.cr.fetchall()


@tagged("post_install", "-at_install")
class TestWithoutKey(KeyCase):
    """Without a usable key a sentence stands in the place of texts; all else works; nothing is lost."""

    def test_each_field_says_so_and_the_rest_of_the_form_is_there(self):
        before = self._everything()
        for reason, keys in self._bad_keys():
            with self._server(keys):
                for record, name in self._holders():
                    for user in (self.psychology, self.doctor, self.principal):
                        mine = record.with_user(user)
                        field = record._fields[name]
                        if not mine.has_access("read") or not mine._has_field_access(field, "read"):
                            continue
                        with self.subTest(field=f"{record._name}.{name}", reason=reason):
                            [form] = mine.web_read({name: {}, "create_uid": {}})
                            shown = form[name]
                            if isinstance(shown, dict):
                                self.assertEqual(list(shown), [UNREADABLE])
                                shown = shown[UNREADABLE]
                            self.assertIn("does not have the right key", shown)
                            self.assertTrue(form["create_uid"])
                self.assertFalse(register._pending(self.env).take(), "nothing was read")
        self.assertEqual(self._everything(), before)

    def test_lists_boards_search_timeline_and_saving_go_on(self):
        for reason, keys in self._bad_keys():
            with self.subTest(reason=reason), self._server(keys):
                self.assertTrue(self.case.has_access("read"), "roles count")
                rows = self.case.web_search_read([], {"name": {}, "background": {}})["records"]
                self.assertIn(self.case.id, [row["id"] for row in rows])
                self.assertTrue(self.case.web_read_group([], ["stage_id"])["groups"])
                self.assertTrue(self.case.search([("name", "=", self.case.name)]))
                self.assertTrue(self.env["crisis.chronology"].with_user(self.psychology).search([]))
                advice = f"advice {reason}"
                self._having_read(self.case).web_save({"shared_advice": advice}, {"background": {}})
                self.assertEqual(self.case.shared_advice, advice)
                for model in ("crisis.disclosure", "crisis.register.check"):
                    self.env[model].with_user(self.principal).search([]).read()

    def test_new_texts_are_refused_and_nothing_is_written_over(self):
        child = self._make_student("x", "X1", self.class_1)
        before = self._everything()
        for reason, keys in self._bad_keys():
            with self.subTest(reason=reason), self._server(keys):
                for values in (
                    {"background": "TYPED", "shared_advice": "TYPED"},
                    {"background": False},
                ):
                    with self.assertRaises(UserError), self.env.cr.savepoint(flush=False):
                        self.case.web_save(values, {"background": {}})
                    self.env.transaction.clear()
                with (
                    self.assertRaisesRegex(UserError, VARIABLE if reason == "none" else "key"),
                    self.env.cr.savepoint(flush=False),
                ):
                    self.case.create({"student_id": child.id, "background": "TYPED"})
                self.env.transaction.clear()
                with self.assertRaises(UserError), self.env.cr.savepoint(flush=False):
                    keyring(self.env).sign("x")
        self.assertEqual(self._everything(), before)

    def test_jobs_wait_and_begin_again(self):
        """Every scheduled action of ours: none fails, as Odoo switches off what fails often."""
        self._let_crons_go_on()
        data = self.env["ir.model.data"].search(
            [("model", "=", "ir.cron"), ("module", "=like", "crisis%")]
        )
        jobs = self.env["ir.cron"].browse(data.mapped("res_id"))
        self.assertGreater(len(jobs), 10)
        before = self._everything()
        for reason, keys in self._bad_keys():
            with self._server(keys), mute_logger(LOG):
                for job in jobs:
                    with (
                        self.subTest(reason=reason, job=job.name),
                        self.env.cr.savepoint(),
                        self.assertNoLogs(level="ERROR"),
                    ):
                        job.ir_actions_server_id.run()
        self.assertEqual(self._everything(), before)
        for job in jobs:
            with self.subTest(job=job.name), self.env.cr.savepoint():
                job.ir_actions_server_id.run()

    def test_open_alarms_and_their_activities_stay(self):
        register.raise_alarm(self.env, "head:1")
        self._end_transaction()
        disclosure = self.env["crisis.disclosure"]
        disclosure._tell_principals()
        waiting = disclosure.search([("activity_ids", "!=", False)])
        self.assertTrue(waiting)
        with self._server(""), mute_logger(LOG):
            disclosure._cron_watch()
            self.assertTrue(all(waiting.mapped("activity_ids.active")))
            register.raise_alarm(self.env, "tail:1")
            self.assertFalse(register._pending(self.env).entries)
            late = self.env["crisis.register.check"].with_user(self.principal)
            self.assertIn(VARIABLE, late.new({}).late_text or "")

    def test_the_log_says_it_once(self):
        for reason, keys in self._bad_keys():
            seal_keys._told.clear()
            with self.subTest(reason=reason), self._server(keys):
                with self.assertLogs(LOG, "ERROR") as told:
                    self.env["crisis.seal.key"]._register_hook()
                    self.assertFalse(seal_keys.has_key(self.env))
                    self.env["crisis.disclosure"]._cron_watch()
                self.assertEqual(len(told.output), 1)
                self.assertNotIn(keys.partition(":")[2] or "\0", told.output[0])
        with self.assertNoLogs(LOG, "ERROR"):
            self.env["crisis.seal.key"]._register_hook()

    def test_people_get_in(self):
        """Roles of before count; nobody is confirmed without a key."""
        for reason, keys in self._bad_keys():
            with self.subTest(reason=reason), self._server(keys):
                self.env.registry.clear_cache()
                groups = self.principal.all_group_ids
                self.assertIn(self.env.ref("crisis_intervention.group_principal"), groups)
                rows = self.env["crisis.role.confirmation"].search([], limit=1)
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    role_confirmations.sign(rows)


@tagged("post_install", "-at_install")
class TestCheckValues(KeyCase):
    """A key carries its check value; whoever changes that keeps no right key out, nor lets one in."""

    def setUp(self):
        super().setUp()
        seal_key_state.begin_keys(self.env)

    def test_kept_at_the_start_and_not_the_key(self):
        row = self._row(self.name)
        ring = Keyring.parse(self.written)
        self.assertEqual(row.check_value, ring.check_value(self.name))
        self.assertEqual((row.state, row.may_go), ("newest", False))
        self.assertGreater(row.used_count, len(SEALED))
        self.env.cr.execute(f"SELECT t::text FROM {TABLE} t")
        [[stored]] = self.env.cr.fetchall()
        self.assertNotIn(ring.keys[self.name].hex(), stored)
        self.assertNotIn(self.written.partition(":")[2], stored)

    def test_a_database_that_is_not_updated_yet(self):
        self.env.cr.execute(f"ALTER TABLE {TABLE} RENAME TO crisis_elsewhere")
        with self._server(self.written), mute_logger("odoo.sql_db"):
            self.env["crisis.seal.key"]._register_hook()
            self.assertEqual(self.case.background, "BACKGROUND")

    def test_nobody_writes_there(self):
        row = self._row(self.name)
        for write in (
            lambda: row.write({"check_value": "x"}),
            lambda: row.create({"name": "x"}),
            row.unlink,
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                write()

    def test_changed_it_keeps_no_right_key_out_and_is_an_alarm(self):
        for change in ("check_value = 'x'", "check_value = NULL"):
            self.env.cr.execute(f"UPDATE {TABLE} SET {change}")
            self.env.invalidate_all()
            with self._server(self.written):
                self.assertEqual(self.case.background, "BACKGROUND")
                self.env["crisis.seal.key"]._register_hook()
                self.env["crisis.disclosure"]._cron_watch()
                self._end_transaction()
                found = self.env["crisis.disclosure"].search([("text", "=like", "key_check:%")])
                self.assertEqual(found.mapped("text"), [f"key_check:{self.name}"])
                self.assertIn(self.name, found._alarm_text())
            right = Keyring.parse(self.written).check_value(self.name)
            self.assertEqual(self._row(self.name).check_value, right)

    def test_changed_it_lets_no_wrong_key_in(self):
        wrong = f"{self.name}:{new_key()}"
        value = Keyring.parse(wrong).check_value(self.name)
        self.env.cr.execute(f"UPDATE {TABLE} SET check_value = %s", [value])
        with self._server(wrong), self.assertRaisesRegex(UserError, "another one"):
            keyring(self.env)

    def test_where_nothing_is_sealed_yet_the_check_value_decides(self):
        first, second = f"fresh:{new_key()}", f"fresh:{new_key()}"
        with self._server(f"{first},{self.written}"):
            seal_key_state.begin_keys(self.env)
            self.assertTrue(keyring(self.env).sign("x"))
        with self._server(f"{second},{self.written}"), self.assertRaises(UserError):
            keyring(self.env)
        with self._server(f"{first},{self.written}"):
            self.assertTrue(keyring(self.env).sign("x"))

    def test_a_wrong_older_key_opens_nothing(self):
        """Roles that it has signed do not count either: whoever holds them is kept out."""
        wrong = f"fresh:{new_key()},{self.name}:{new_key()}"
        with self._server(wrong):
            with self.assertRaises(AccessError):
                _ = self.case.background
            self.assertEqual(list(keyring(self.env).keys), ["fresh"])

    def test_the_page(self):
        with self._server(f"fresh:{new_key()},{self.name}:{new_key()}"):
            self.env["crisis.seal.key"].with_user(self.configurator)._action_keys()
            self.assertEqual(self._row(self.name).state, "wrong")
            self.assertIn("Put the right one back", self._row(self.name).statement)
        with self._server(f"fresh:{new_key()}"):
            self.assertEqual(self._row(self.name).state, "missing")
            self.assertIn("Add it to the keys", self._row(self.name).statement)
        with self._server(""):
            self.assertIn(VARIABLE, self._row(self.name).statement)
        action = self.env.ref("crisis_intervention.crisis_seal_key_action_state")
        self.assertEqual(action.with_user(self.configurator).run()["res_model"], "crisis.seal.key")
        with self.assertRaises(AccessError):
            self.env["crisis.seal.key"].with_user(self.principal)._action_keys()


@tagged("post_install", "-at_install")
class TestProcedures(KeyCase):
    """What the manual says (CONFIGURE, 7), done to its end."""

    def test_rotation_to_its_end(self):
        self._let_crons_go_on()
        seal_key_state.begin_keys(self.env)
        file = self.env["ir.attachment"].create(
            {"name": "x.txt", "raw": CONTENT, "res_model": "crisis.case", "res_id": self.case.id}
        )
        new = f"next:{new_key()}"
        # 1. the new key in front, and a restart
        with self._server(f"{new},{self.written}"):
            seal_key_state.begin_keys(self.env)
            old = self._row(self.name)
            self.assertEqual((old.state, old.may_go), ("older", False))
            self.assertIn("Keep it", old.statement)
            # 2. the scheduled action
            self.env["crisis.seal"]._cron_reseal()
            self._end_transaction()
            self.env.invalidate_all()
            # 3. the page says that the old one may go
            self.assertEqual(seal_keys_in_use(self.env).keys(), {"next"})
            self.assertTrue(old.may_go)
            self.assertIn("may be taken away", old.statement)
        # 4. taken away
        with self._server(new):
            seal_key_state.begin_keys(self.env)
            self.assertEqual(self._row(self.name).state, "gone")
            for record, name in self._holders():
                for user in (self.psychology, self.doctor, self.principal):
                    mine = record.with_user(user)
                    field = record._fields[name]
                    if mine.has_access("read") and mine._has_field_access(field, "read"):
                        self.assertNotIn("cannot be opened", str(mine[name]))
            self.assertEqual(file.with_user(self.psychology).raw, CONTENT)
            self._end_transaction()
            found = check_all(self.env, anchors={}, files=True)
            self.assertEqual((found.checked.faults, found.records), ([], []))
            self.assertTrue(self.principal.has_group("crisis_intervention.group_principal"))

    def test_a_key_that_is_lost_for_good(self):
        """A new key in front: what the lost one sealed stays closed, all else goes on."""
        before = dict(self._column("crisis.case", "background"))
        with self._server(f"next:{new_key()}"), mute_logger(LOG):
            seal_key_state.begin_keys(self.env)
            role_confirmations.take_over(self.env, self.psychology | self.principal, tell=False)
            self.assertIn(f"“{self.name}”", self.case.background)
            other = self._make_case(self._make_student("x", "X1", self.class_1), background="NEW")
            self.assertEqual(other.with_user(self.psychology).background, "NEW")
            self._end_transaction()
            self.assertEqual(dict(self._column("crisis.case", "background"))[self.case.id],
                             before[self.case.id])  # fmt: skip
        with self._server(self.written):
            self.assertEqual(self.case.background, "BACKGROUND", "found again")

    def test_a_wrong_key_at_the_start_put_right(self):
        before = self._everything()
        with self._server(f"{self.name}:{new_key()}"), mute_logger(LOG):
            seal_key_state.begin_keys(self.env)
            with self.assertRaises(UserError), self.env.cr.savepoint(flush=False):
                self.case.background = "x"
            self.env.transaction.clear()
        with self._server(self.written):
            seal_key_state.begin_keys(self.env)
            self.assertEqual(self._everything(), before)
            self.assertEqual(self.case.background, "BACKGROUND")


@tagged("post_install", "-at_install")
class TestFilesWithoutKey(FileCase, HttpCase):
    """The browser gets a sentence instead of a file, and a new one is refused with one."""

    _reads_as = 0

    @mute_logger("odoo.http", LOG, *DENIALS)
    def test_doors(self):
        self.psychology.password = "t_psychology-password"
        name = os.environ[VARIABLE].partition(":")[0]
        self.authenticate("t_psychology", "t_psychology-password")
        for keys in ("", f"{name}:{new_key()}"):
            with patch.dict(os.environ, {VARIABLE: keys}):
                for path in (
                    f"/web/content/{self.file.id}?download=1",
                    f"/web/content?model=crisis.mandatory.report&id={self.mandatory.id}&field=scan",
                ):
                    with self.subTest(path=path, keys=keys):
                        answer = self.url_open(path)
                        self.assertEqual(answer.status_code, 200)
                        self.assertIn("无法打开", answer.content.decode())
                self.assertEqual(self.url_open("/odoo").status_code, 200)
                with self.assertRaises(UserError), self.env.cr.savepoint(flush=False):
                    self._attach(raw=CONTENT)
                with self.assertRaises(UserError), self.env.cr.savepoint(flush=False):
                    self.mandatory.scan = base64.b64encode(CONTENT)
                self.env.transaction.clear()
        with self._reading_as(self.psychology):
            self._check_sealed(self.file)
