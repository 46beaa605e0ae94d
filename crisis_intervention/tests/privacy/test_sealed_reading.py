import ast
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from xmlrpc.client import Fault

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, ValidationError
from odoo.modules import get_module_path
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ... import sealed_reading
from ...lib.sealed import PREFIX
from ...sealed_reading import BLOCKS, opening, running_action
from ..common import DENIALS
from .test_sealed import SEALED, TYPED, SealedCase

# What stands in the sealed fields of the fixture.
TEXTS = (
    *("BACKGROUND", "RISK", "NOTES", "DRAFT", "TOLD", "ANSWER", "MISSING", "ADDED"),
    *("FOUND", "TREATED", "MEDICINE", "FACTS", "WAIVED"),
)
# What the code of an action may try, ``{name}`` on ``record``, which the psychology teacher reads.
ATTEMPTS = (
    "record['{name}']",
    "record.sudo()['{name}']",
    "record.with_user(psychologist)['{name}']",
    "record.with_user(1)['{name}']",
    "record.sudo().read(['{name}'])",
    "record.sudo().web_read({{'{name}': {{}}}})",
    "record.sudo().mapped('{name}')",
    "[r['{name}'] for r in record.sudo()]",
    "record.sudo().mapped(lambda r: r['{name}'])",
    "record.sudo().filtered('{name}').ids and record.sudo().mapped('{name}')",
    "record.sudo().export_data(['{name}'])",
    "record.sudo()._read_format(['{name}'])",
    "record.sudo()._convert_to_write(record._cache)",
    "record.new(origin=record)['{name}']",
    "record.new(origin=record)._convert_to_write({{'{name}': record['{name}']}})",
    "record.sudo().fetch(['{name}']) or record._cache['{name}']",
    "record._fields['{name}']._get_cache(env)[record.id]",
    "record._fields['{name}'].convert_to_record(record._cache['{name}'], record)",
    "record._fields['{name}'].convert_to_read(record._cache['{name}'], record)",
    "record._fields['{name}'].convert_to_write(record._cache['{name}'], record)",
    "record._fields['{name}'].convert_to_export(record._cache['{name}'], record)",
    "record._fields['{name}']._from_text(record._cache['{name}'])",
    "record._fields['{name}']._plain(record._cache['{name}'])",
    "record._fields['{name}'].get_column_update(record)",
    "record.new({{'{name}': record._cache['{name}']}})['{name}']",
    "record.sudo().copy_data()",
)


def _told(value):
    """Return all that a value says when somebody prints it, the slots of sealed values too."""
    return f"{value!s} {value!r} {getattr(value, 'text', '')}"


@tagged("post_install", "-at_install")
class TestSealedReading(SealedCase):
    """Nobody but a person gets a sealed text: neither programs nor what they ask others to do."""

    def _attempts(self, record, name):
        """Yield code that tries to get at a field."""
        return (attempt.format(name=name) for attempt in ATTEMPTS)

    def _refused(self, action):
        """Return what an action gives although it must not, or None."""
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint(flush=False):
                value = action()
        except Exception as error:  # whatever refuses it must not quote it either
            value = error
        told = _told(value)
        return [text for text in TEXTS if text in told]

    @mute_logger(*DENIALS)
    def test_without_a_person_nothing_opens(self):
        tried = 0
        for record, name in self._holders():
            for user in (self.psychology, self.principal, self.env["res.users"].browse(1)):
                mine = record.with_user(user)
                for action in (
                    lambda m=mine, n=name: m[n],
                    lambda m=mine, n=name: m.sudo()[n],
                    lambda m=mine, n=name: m.sudo().read([n]),
                    lambda m=mine, n=name: m.sudo().web_read({n: {}}),
                    lambda m=mine, n=name: m.sudo().export_data([n]),
                    lambda m=mine, n=name: m.sudo().mapped(n),
                ):
                    tried += 1
                    with (
                        self.subTest(model=record._name, field=name, user=user.login),
                        self._reading_as(self.env["res.users"]),
                        self.assertRaises(AccessError),
                    ):
                        self.env.invalidate_all()
                        action()
        self.assertEqual(tried, len(SEALED) * 18)

    def test_the_sentence_says_for_whom_it_opens(self):
        with (
            self._reading_as(self.env["res.users"]),
            self.assertRaisesRegex(AccessError, "logged in in the browser"),
        ):
            _ = self.held.notes

    def test_the_cache_holds_no_text(self):
        for record, name in self._holders():
            with self.subTest(model=record._name, field=name):
                record.sudo().fetch([name])
                cached = record._cache[name]
                self.assertTrue(cached.text.startswith(PREFIX))
                self.assertNotIsInstance(cached, (str, dict))
        # neither what was read, nor what was just written, nor what a form holds
        mine = self.case.with_user(self.psychology)
        self.assertEqual(mine.background, "BACKGROUND")
        self._having_read(mine).background = "WRITTEN"
        draft = mine.new(origin=mine)
        self.assertEqual(draft.background, "WRITTEN")
        self.assertEqual(draft._cache["background"].id, mine.id)
        draft.background = "TYPED"
        self.assertEqual((mine.background, draft.background), ("WRITTEN", "TYPED"))
        for record in (mine, draft):
            self.assertTrue(record._cache["background"].text.startswith(PREFIX))
        made = self._make_case(self._make_student("x", "X9", self.class_1), background="MADE")
        self.assertTrue(made._cache["background"].text.startswith(PREFIX))
        self.assertEqual(made.with_user(self.psychology).background, "MADE")

    def test_sealed_values_stay_with_their_record(self):
        self.case.fetch(["background"])
        self.other_case.fetch(["background"])
        stolen = self.case._cache["background"]
        with self.assertRaises(ValidationError):
            other = self._having_read(self.other_case.with_user(self.psychology))
            other.write({"background": stolen})
        with self.assertRaises(ValueError):
            _ = self.case.new({"background": stolen}).background

    @mute_logger(*DENIALS, "odoo.addons.base.models.ir_actions")
    def test_no_action_gets_a_text_for_the_person_who_starts_it(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("crisis.session"),
                "state": "code",
                "code": "pass",
            }
        )
        tried = 0
        for record, name in self._holders():
            for code in self._attempts(record, name):
                action.code = (
                    f"record = env['{record._name}'].browse({record.id})\n"
                    f"psychologist = {self.psychology.id}\n"
                    f"action = {{'x': str({code})}}"
                )
                mine = action.with_user(self.psychology)
                tried += 1
                # each for itself, not because another one ran before
                sealed_reading._after_code.clear()
                with self.subTest(code=code):
                    self.assertFalse(self._refused(mine.sudo().run))
        self.assertEqual(tried, len(SEALED) * len(ATTEMPTS))
        sealed_reading._after_code.clear()
        # the person reads it, so the attempts failed for the right reason
        self.assertEqual(self.held.notes, "NOTES")

    @mute_logger(*DENIALS, "odoo.addons.base.models.ir_actions")
    def test_code_that_is_called_later_is_evaluated_as_well(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("crisis.session"),
                "state": "code",
                "code": (
                    f"record = env['crisis.session'].browse({self.held.id})\n"
                    "params = env['ir.config_parameter'].sudo()\n"
                    "env.cr.precommit.add(lambda: params.set_param('x', record.notes))"
                ),
            }
        )
        action.with_user(self.psychology).sudo().run()
        # without a savepoint, which would run it itself
        with suppress(AccessError):
            self.env.cr.precommit.run()
            self.fail("nothing refused it")
        self.env.cr.precommit.clear()
        self.assertFalse(self.env["ir.config_parameter"].get_param("x"))

    @mute_logger(*DENIALS, "odoo.addons.base.models.ir_actions")
    def test_what_an_action_leaves_behind_gets_nothing(self):
        """Lazy iterators have no frame; what is left in a queue of the transaction reads nothing."""
        code = f"""
mine = env["crisis.session"].browse({self.held.id}).with_user({self.psychology.id}).sudo(False)
params = env["ir.config_parameter"].sudo()
done = map(params.set_param, ["x"], map(str, map(mine.read, [["notes"]])))
partner = env["res.partner"].sudo().search([], limit=1)
partner.invalidate_recordset()
env.cr.precommit.add(partner.with_prefetch(done).read)
"""
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("crisis.session"),
                "state": "code",
                "code": code,
            }
        )
        action.with_user(self.psychology).sudo().run()
        with self.assertRaisesRegex(AccessError, "sealed"):
            self.env.cr.precommit.run()
        self.env.cr.precommit.clear()
        self.assertFalse(self.env["ir.config_parameter"].sudo().get_param("x"))

    def test_actions_without_code(self):
        """A webhook sends fields, a copy copies them, an equation reads them."""
        # of the notes Odoo warns by itself, as they have a group
        finding = self.env["ir.model.fields"]._get("crisis.medical.record", "finding")
        waiting = len(self.env.cr.postcommit._funcs)
        for record, values in (
            (
                self.medical,
                {
                    "state": "webhook",
                    "webhook_url": "http://localhost/x",
                    "webhook_field_ids": [Command.set(finding.ids)],
                },
            ),
            (
                self.held,
                {
                    "state": "object_write",
                    "update_path": "location",
                    "evaluation_type": "equation",
                    "value": "record.notes",
                },
            ),
        ):
            model = self.env["ir.model"]._get_id(record._name)
            action = self.env["ir.actions.server"].create(
                {"name": "x", "model_id": model, **values}
            )
            mine = action.with_user(self.psychology).with_context(
                active_model=record._name, active_id=record.id, active_ids=record.ids
            )
            with (
                self.subTest(state=values["state"]),
                self.assertRaisesRegex(Exception, "sealed"),
            ):
                mine.sudo().run()
            self.env.invalidate_all()
        self.assertEqual(len(self.env.cr.postcommit._funcs), waiting, "nothing is sent")
        self.assertNotIn("NOTES", self.held.location)

    def test_automation_rules_note_nothing(self):
        """They note what records hold before a write, and hand it to their code."""
        rules = {"__name__": "odoo.addons.base_automation.models.base_automation"}
        code = "def note(records, names):\n    return {r.id: {n: r[n] for n in names} for r in records}"
        exec(compile(code, "x", "exec"), rules)
        for record, name in self._holders():
            mine = record.with_user(self.psychology).sudo()
            with self.subTest(model=record._name, field=name):
                self.assertEqual(rules["note"](mine, [name]), {record.id: {name: False}})
        self.assertEqual(self.held.notes, "NOTES")

    @mute_logger(*DENIALS)
    def test_fields_made_in_settings_keep_no_copy(self):
        for values in (
            {"related": "session_ids.notes"},
            {"compute": "for r in self: r['x_copy'] = r.session_ids[:1].sudo().notes"},
        ):
            # in Settings nobody may make them in our models; one may be there from before
            with patch.object(self.registry, "ready", False):
                field = self.env["ir.model.fields"].create(
                    {
                        "model_id": self.env["ir.model"]._get_id("crisis.case"),
                        "name": "x_copy",
                        "field_description": "x",
                        "ttype": "text",
                        "store": False,
                        **values,
                    }
                )
            with self.subTest(**values):
                case = self.env["crisis.case"].browse(self.case.id).with_user(self.psychology)
                with self.assertRaisesRegex(Exception, "sealed"):
                    _ = case.x_copy
                with self.assertRaisesRegex(Exception, "sealed"):
                    _ = case.sudo().x_copy
            with patch.object(self.registry, "ready", False):
                field.unlink()

    @mute_logger(*DENIALS)
    def test_templates_show_texts_in_documents_only(self):
        mine = self.held
        view = self.env["ir.ui.view"].create(
            {
                "type": "qweb",
                "name": "x",
                "key": "x.x",
                "arch": '<t t-name="x"><p t-out="o.notes"/></t>',
            }
        )
        with self.assertRaisesRegex(Exception, "sealed"):
            mine.env["ir.qweb"].sudo()._render(view.id, {"o": mine})
        with opening("document"):
            shown = mine.env["ir.qweb"].sudo()._render(view.id, {"o": mine})
        self.assertIn("NOTES", shown)
        with (
            opening("document"),
            self._reading_as(self.env["res.users"]),
            self.assertRaisesRegex(Exception, "sealed"),
        ):
            mine.env["ir.qweb"].sudo()._render(view.id, {"o": mine})

    def test_blocks_open_for_our_code_only(self):
        with self._reading_as(self.env["res.users"]):
            for name, block in BLOCKS.items():
                self.env.invalidate_all()
                with self.subTest(block=name), opening(name):
                    if block.for_person:
                        with self.assertRaises(AccessError):
                            _ = self.held.notes
                    else:
                        self.assertEqual(self.held.notes, "NOTES")
        with opening("signing"):
            action = self.env["ir.actions.server"].create(
                {
                    "name": "x",
                    "model_id": self.env["ir.model"]._get_id("crisis.session"),
                    "state": "code",
                    "code": f"env['crisis.session'].browse({self.held.id}).sudo().notes",
                }
            )
            with self.assertRaises(AccessError):
                action.run()
        # what runs in an action still does its work, and gives nothing back
        with running_action(), opening("signing"):
            self.assertEqual(self.held.notes, "NOTES")
        with running_action(), self.assertRaises(AccessError):
            _ = self.held.notes

    def test_each_block_of_the_sources_is_registered(self):
        """And none is entered where code of server actions could ask for what it reads."""
        found = set()
        for path in Path(get_module_path("crisis_intervention")).rglob("*.py"):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "opening":
                    found.add(node.args[0].value)
        self.assertEqual(found, set(BLOCKS))
        self.assertTrue(all(block.why for block in BLOCKS.values()))

    def test_others_readers_get_what_they_may_read(self):
        """sudo() and with_user() open for the one who asks what he may read, and no more."""
        other = self.env["crisis.case"].browse(self.other_case.id)
        with self._reading_as(self.psychology):
            self.assertEqual(self.held.sudo().notes, "NOTES")
            self.assertEqual(other.sudo().background, "OTHER")
        for stranger in (self.other_psychology, self.staff, self.head_teacher, self.nobody):
            self.env.invalidate_all()
            with (
                self.subTest(stranger=stranger.login),
                self._reading_as(stranger),
                mute_logger(*DENIALS),
            ):
                for action in (
                    lambda: self.held.with_user(self.psychology).notes,
                    lambda: self.held.sudo().notes,
                    lambda: other.sudo().background,
                ):
                    with self.assertRaises(AccessError):
                        action()

    def test_pages_take_a_constant_number_of_queries(self):
        """A page of 200 sealed texts takes as many queries as one of 20."""
        self.env["crisis.session.addendum"].with_user(self.psychology).create(
            [{"session_id": self.held.id, "text": f"TEXT {n}"} for n in range(200)]
        )
        additions = self.env["crisis.session.addendum"].with_user(self.psychology)
        counts = []
        # the first one only warms up
        for limit in (1, 20, 200):
            with self._counting(counts):
                page = additions.web_search_read([], {"date": {}, "text": {}}, limit=limit)
            self.assertEqual(len(page["records"]), limit)
            self.assertTrue(all(line["text"] for line in page["records"]))
        with self._counting(counts):
            additions.web_search_read([], {"date": {}}, limit=200)
        _warm_up, sealed_20, sealed_200, without = counts
        self.assertEqual(sealed_20, sealed_200)
        # one takes the texts, which are not prefetched, and one writes into the register
        self.assertLessEqual(sealed_200, without + 2)

    def test_tables_to_write_anew(self):
        tables = self.env["crisis.seal"]._tables_to_rewrite()
        known = {self.env[model]._table for model, _name in SEALED | TYPED}
        self.assertEqual(set(tables), known | {"ir_attachment"})

    def test_outside_of_tests_nobody_names_a_reader(self):
        with (
            patch("odoo.modules.module.current_test", False),
            self.assertRaises(AccessError),
        ):
            _ = self.held.notes


@tagged("post_install", "-at_install")
class TestSealedDoors(SealedCase, HttpCase):
    """The ways into the server: a person in the browser reads, programs do not."""

    # the session decides, not the user of the environment; XML-RPC works without the request
    _reads_as = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.psychology.password = "t_psychology-password"
        cls.admin = cls.env.ref("base.user_admin")
        cls.admin.password = "admin-password"

    def _read(self, **headers):
        """Read the notes as the web client does."""
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": "crisis.session",
                "method": "web_read",
                "args": [self.held.ids],
                "kwargs": {"specification": {"notes": {}}},
            },
            headers=headers,
        )

    def _key(self):
        """Make a key for the psychology teacher, as an administrator could."""
        keys = self.env["res.users.apikeys"].with_user(self.psychology)
        return keys._generate(None, "x", datetime.now() + timedelta(days=1))

    def test_a_person_in_the_browser_reads(self):
        self.authenticate("t_psychology", "t_psychology-password")
        self.assertEqual(self._read()[0]["notes"], "NOTES")

    @mute_logger("odoo.http", *DENIALS)
    def test_keys_do_not(self):
        key = self._key()
        bearer = {"Authorization": f"Bearer {key}"}
        for method, values in (
            ("read", {"fields": ["notes"]}),
            ("web_read", {"specification": {"notes": {}}}),
            ("export_data", {"fields_to_export": ["notes"]}),
        ):
            answer = self.url_open(
                f"/json/2/crisis.session/{method}",
                json={"ids": self.held.ids, **values},
                headers=bearer,
            )
            with self.subTest(method=method):
                self.assertEqual(answer.status_code, 403)
                self.assertNotIn("NOTES", answer.text)
        answer = self.url_open(
            "/json/2/crisis.session/read",
            json={"ids": self.held.ids, "fields": ["name", "state"]},
            headers=bearer,
        )
        self.assertEqual(answer.status_code, 200, "the rest is open to programs")
        # nor with a session beside it
        self.authenticate("t_psychology", "t_psychology-password")
        with self.assertRaises(JsonRpcException):
            self._read(**bearer)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc", *DENIALS)
    def test_nor_do_programs_with_a_password(self):
        arguments = (
            self.env.cr.dbname,
            self.psychology.id,
            "t_psychology-password",
            "crisis.session",
            "read",
            self.held.ids,
            ["notes"],
        )
        with self.assertRaises(Fault) as caught:
            self.xmlrpc_object.execute(*arguments)
        self.assertNotIn("NOTES", str(caught.exception))
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/jsonrpc", {"service": "object", "method": "execute", "args": arguments}
            )

    @mute_logger("odoo.http", *DENIALS)
    def test_nor_does_an_administrator_who_becomes_the_system(self):
        self.authenticate(self.admin.login, "admin-password")
        self.url_open("/web/become")
        with self.assertRaises(JsonRpcException):
            self._read()

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_actions", *DENIALS)
    def test_nor_does_an_action_in_her_session(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("crisis.session"),
                "state": "code",
                "code": (
                    f"text = env['crisis.session'].browse({self.held.id}).notes\n"
                    "action = {'type': 'ir.actions.act_url', 'url': text}"
                ),
            }
        )
        self.authenticate("t_psychology", "t_psychology-password")
        with self.assertRaises(JsonRpcException) as caught:
            self.make_jsonrpc_request("/web/action/run", {"action_id": action.id})
        self.assertNotIn("NOTES", str(caught.exception))
        self.assertEqual(self._read()[0]["notes"], "NOTES")

    @mute_logger("odoo.addons.base.models.ir_cron", "odoo.addons.base.models.ir_actions", *DENIALS)
    def test_nor_does_a_scheduled_action(self):
        cron = self.env["ir.cron"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("crisis.session"),
                "state": "code",
                "code": (
                    f"text = env['crisis.session'].with_user({self.psychology.id})"
                    f".browse({self.held.id}).notes\n"
                    "env['ir.config_parameter'].sudo().set_param('x', text)"
                ),
                "user_id": SUPERUSER_ID,
            }
        )
        with self.assertRaises(AccessError):
            cron.ir_actions_server_id.run()
        self.assertFalse(self.env["ir.config_parameter"].get_param("x"))
