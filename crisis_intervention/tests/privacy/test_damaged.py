import base64
import os
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from ... import sealed_fields, sealed_files, sealing
from ...lib.sealed import Keyring, is_sealed, new_key
from ...lib.signed_content import random_part
from ...models.odoo import ir_attachment
from ...seal_keys import VARIABLE
from ...sealed_fields import UNREADABLE
from ...sealed_files import SEAL
from ..common import DENIALS
from .test_sealed import SEALED, SealedCase
from .test_sealed_files import CONTENT, WORD, FileCase

MODULE = "crisis_intervention"
PLANTED = "PLANTEDBYSQL"
# What is done to a column, and how it is reported.
DAMAGES = {
    "plain": "plain",
    "broken": "broken",
    "of another record": "broken",
    "of a key that is missing": "unknown_key",
}


class AlarmCase:
    """Collects the alarms that are raised."""

    @contextmanager
    def _alarms(self):
        """Yield the set of alarms (problem, model, id, field) that are raised inside."""
        raised = set()

        def collect(_env, problem, model="", res_id=0, field=""):
            raised.add((problem, model, res_id, field))

        with ExitStack() as stack:
            for module in (sealed_fields, sealed_files, sealing):
                stack.enter_context(patch.object(module, "raise_alarm", collect))
            yield raised


@tagged("post_install", "-at_install")
class TestDamagedTexts(AlarmCase, SealedCase):
    """Texts that cannot be opened: said in their place, reported, never written over or counted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case.sudo().medical_involved = True
        cls.env.flush_all()
        cls.env.invalidate_all()

    def _plant(self, record, name, damage):
        """Damage a column past the system, and return what it holds then."""
        ring = Keyring.parse(os.environ[VARIABLE])
        place = record._fields[name]._place(record.id)
        missing = Keyring.parse(f"missing:{new_key()}")
        text = {
            "plain": '{"1": "0"}' if name == "answers" else PLANTED,
            "broken": ring.seal(PLANTED, place)[:-8] + "AAAAAAA=",
            "of another record": ring.seal(PLANTED, record._fields[name]._place(record.id + 1)),
            "of a key that is missing": missing.seal(PLANTED, place),
        }[damage]
        self._set_column(record, name, text)
        return text

    def _set_column(self, record, name, text):
        self.env.flush_all()
        self.env.cr.execute(
            f'UPDATE "{record._table}" SET "{name}" = %s WHERE id = %s', [text, record.id]
        )
        self.env.invalidate_all()

    def _stored(self, record, name):
        self.env.flush_all()
        self.env.cr.execute(f'SELECT "{name}" FROM "{record._table}" WHERE id = %s', [record.id])
        return self.env.cr.fetchone()[0]

    def _reader(self, record, name):
        """Return ``record`` for somebody who may read the field."""
        for user in (self.psychology, self.doctor, self.principal):
            mine = record.with_user(user)
            if mine.has_access("read") and mine._has_field_access(record._fields[name], "read"):
                return mine
        return self.fail(f"nobody reads {name}")

    def _holders(self):
        """Yield (record as its reader has it, field name) of every sealed field of the registry."""
        found = {(f.model_name, f.name) for f in self.env["crisis.seal"]._sealed_fields()}
        self.assertEqual(found, SEALED)
        for record, name in super()._holders():
            yield self._reader(record, name), name

    def test_each_field_says_so_and_is_reported(self):
        for record, name in self._holders():
            before = self._stored(record, name)
            for damage, problem in DAMAGES.items():
                self._plant(record, name, damage)
                with self.subTest(field=f"{record._name}.{name}", damage=damage):
                    with self._alarms() as raised:
                        [form] = record.web_read({name: {}, "display_name": {}, "create_uid": {}})
                    self.assertEqual(raised, {(problem, record._name, record.id, name)})
                    shown = form[name]
                    if isinstance(shown, dict):
                        self.assertEqual(list(shown), [UNREADABLE])
                        shown = shown[UNREADABLE]
                    self.assertIn("cannot be opened", shown)
                    self.assertEqual("missing" in shown, problem == "unknown_key")
                    self.assertNotIn(PLANTED, shown)
                    self.assertTrue(form["create_uid"], "the rest of the form")
            self._set_column(record, name, before)

    def test_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", MODULE)])._update_translations("zh_CN")
        self._plant(self.case, "background", "broken")
        self.assertIn("无法打开", self.case.with_context(lang="zh_CN").background)

    def test_lists_exports_and_documents_go_on(self):
        self._plant(self.case, "background", "plain")
        self._plant(self.form, "answers", "broken")
        rows = self.case.search([]).web_read({"background": {}, "name": {}})
        texts = {row["id"]: row["background"] for row in rows}
        self.assertEqual(texts[self.other_case.id], "OTHER")
        self.assertIn("cannot be opened", texts[self.case.id])
        self.psychology.group_ids |= self.env.ref("base.group_allow_export")
        self.psychology.group_ids |= self.env.ref(f"{MODULE}.group_export")
        self._confirm_roles(self.psychology)
        cases = self.case | self.other_case.with_user(self.psychology)
        data = dict(cases.export_data(["name", "background"])["datas"])
        self.assertEqual(data[self.other_case.name], "OTHER")
        self.assertIn("cannot be opened", data[self.case.name])
        self.assertEqual(
            [row["answer"] for row in self.form._answer_rows()],
            [self.form.answers[UNREADABLE]],
            "no answer looks like one that was left out",
        )
        self.form.sudo()._set({"state": "done"})
        reports = self.env["ir.actions.report"].with_user(self.psychology)
        html, _kind = reports._render_qweb_html(
            f"{MODULE}.crisis_assessment_report_file", self.form.ids
        )
        self.assertIn("cannot be opened", html.decode())

    def test_our_own_code_never_takes_it_for_a_text(self):
        draft = self.held.create({"case_id": self.case.id, "notes": "x", "limits_explained": True})
        for record, name, act in (
            (draft, "notes", draft.action_sign),
            (self.form, "answers", self.form.action_complete),
            (self.form, "missing_reason", self.form.action_refuse),
            (self.held, "summary_draft", self.held.action_release_summary),
        ):
            before = self._stored(record, name)
            for damage in DAMAGES:
                with self.subTest(field=name, damage=damage):
                    planted = self._plant(record, name, damage)
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        act()
                    self.env.invalidate_all()
                    self.assertEqual(self._stored(record, name), planted)
            self._set_column(record, name, before)

    def test_a_copied_sentence_is_no_answer(self):
        form = self._make_assessment(self.student_2, {UNREADABLE: "x"}, self.instrument)
        with self.assertRaises(UserError):
            form.action_complete()

    def test_nothing_is_written_over_it(self):
        for record, name in self._holders():
            before = self._stored(record, name)
            for damage in DAMAGES:
                planted = self._plant(record, name, damage)
                value = record[name]  # what a form sends back
                self.env.invalidate_all()
                system = record.sudo()
                for how, write in {
                    "write": lambda r=system, n=name, v=value: r.write({n: v}),
                    "read before": lambda r=system, n=name, v=record: r.write({n: v[n]}),
                    "assign": lambda r=system, n=name: r.__setattr__(n, False),
                    "set": lambda r=system, n=name: r._as_system().write({n: False}),
                    "base": lambda r=system, n=name, v=value: r._fields[n].write(r, v),
                }.items():
                    with self.subTest(field=name, damage=damage, how=how):
                        with self.assertRaises(UserError), self.env.cr.savepoint():
                            write()
                        self.env.invalidate_all()
                        self.assertEqual(self._stored(record, name), planted)
            self._set_column(record, name, before)

    def test_other_fields_of_the_form_are_saved(self):
        planted = self._plant(self.case, "background", "broken")
        self._having_read(self.case).web_save({"risk_formulation": "NEW"}, {"background": {}})
        self.assertEqual(self.case.risk_formulation, "NEW")
        self.assertEqual(self._stored(self.case, "background"), planted)
        with Form(self._having_read(self.case)) as form:
            form.risk_formulation = "NEWER"
        self.assertEqual(self._stored(self.case, "background"), planted)
        with self.assertRaisesRegex(UserError, "cannot be opened"), self.env.cr.savepoint():
            self._having_read(self.case).web_save(
                {"background": self.case.background}, {"background": {}}
            )
        with self.assertRaisesRegex(UserError, "changed outside"):
            background = self.case._fields["background"]
            background.convert_to_write(sealed_fields.Ciphertext(planted, self.case.id), self.case)

    def test_the_night_renews_what_opens_and_reports_the_rest(self):
        planted = {
            (record._name, record.id, name, DAMAGES[damage]): self._plant(record, name, damage)
            for (record, name), damage in zip(self._holders(), list(DAMAGES) * 4, strict=False)
        }
        self._let_crons_go_on()
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{os.environ[VARIABLE]}"}):
            with self._alarms() as raised:
                self.env["crisis.seal"]._cron_reseal()
            fields_ = self.env["crisis.seal"]._sealed_fields()
            rows = {(f.model_name, i, f.name): t for f in fields_ for i, t in self._column(f.model_name, f.name)}  # fmt: skip
        self.assertEqual(raised, {(p, m, i, n) for m, i, n, p in planted})
        for (model, id_, name, _problem), text in planted.items():
            self.assertEqual(rows.pop((model, id_, name)), text, "left as it was")
        self.assertTrue(rows)
        for text in rows.values():
            self.assertTrue(text.startswith("sealed:1:next:"))

    def test_the_night_asks_each_column_a_constant_number_of_times(self):
        counts = []
        for _more in range(3):
            with self._counting(counts), self._alarms():
                sealing.report_plain(self.env)
            for record, name in self._holders():
                self._plant(record, name, "plain")
        warm_up, before, planted = counts
        self.assertEqual(before, planted)
        self.assertGreaterEqual(warm_up, before)

    def test_no_method_seals_it(self):
        """An administrator's action calls every method of the care of seals, and seals nothing."""
        planted = self._plant(self.held, "notes", "plain")
        care = self.registry["crisis.seal"]
        names = [n for base in care.__mro__ for n in vars(base) if base.__module__.endswith("seal")]
        self.assertIn("_cron_reseal", names)
        self._let_crons_go_on()
        fields_ = self.env["crisis.seal"]._sealed_fields()
        for name in names:
            if not callable(getattr(care, name)):
                continue
            for arguments in ((), (fields_[0],), *((f,) for f in fields_ if f.name == "notes")):
                try:
                    with self.env.cr.savepoint():
                        getattr(self.env["crisis.seal"].sudo(), name)(*arguments)
                except TypeError:
                    continue
        self.assertFalse(is_sealed(planted))
        self.assertEqual(self._stored(self.held, "notes"), planted)


@tagged("post_install", "-at_install")
class TestDamagedFiles(AlarmCase, FileCase):
    """Files that cannot be opened, and files that somebody has put there past the system."""

    def _plant(self, file):
        """Put a plain content behind a file of ours, past the system."""
        plain = self.env["ir.attachment"].create({"name": "x.txt", "raw": PLANTED.encode()})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment t SET crisis_seal_id = NULL, store_fname = p.store_fname, "
            "checksum = p.checksum FROM ir_attachment p WHERE p.id = %s AND t.id = %s",
            [plain.id, file.id],
        )
        self.env.invalidate_all()

    def test_what_was_planted_is_not_shown(self):
        for file in (self.file, self.receipt):
            self._plant(file)
            with self._alarms() as raised:
                self._check_unreadable(file)
            self.assertIn(("plain", "ir.attachment", file.id, "raw"), raised)
        mandatory = self.mandatory.with_user(self.psychology)
        with self._alarms() as raised:
            self.assertNotIn(PLANTED.encode(), base64.b64decode(mandatory.scan))
        self.assertEqual(raised, {("plain", mandatory._name, mandatory.id, "scan")})
        [form] = mandatory.with_context(bin_size=True).web_read({"scan": {}, "name": {}})
        self.assertEqual(form["name"], mandatory.name)

    def test_nothing_is_put_in_its_place(self):
        for file, record, values in (
            (self.file, self.file, {"raw": CONTENT}),
            (self.file, self.file, {"datas": base64.b64encode(CONTENT)}),
            (self.receipt, self.mandatory, {"scan": base64.b64encode(CONTENT)}),
        ):
            self._plant(file)
            before = self._stored(file)
            for mine in (record.with_user(self.psychology), record.sudo()):
                with (
                    self.subTest(values=values),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    mine.write(dict(values))
            self.assertEqual(self._stored(file), before)

    def test_the_night_seals_no_planted_file(self):
        self._plant(self.file)
        self._let_crons_go_on()
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{os.environ[VARIABLE]}"}):
            with self._alarms() as raised:
                self.env["crisis.seal"]._cron_reseal()
            self._check_sealed(self.receipt)
        self.assertEqual(raised, {("plain", "ir.attachment", self.file.id, "raw")})
        self.assertEqual(self._stored(self.file)[1], PLANTED.encode())
        self.assertFalse(self.file[SEAL])

    def test_nor_does_a_move_or_a_method(self):
        self._plant(self.file)
        system = self.file.sudo()
        system.write({"res_model": "crisis.case", "res_id": self.other_case.id})
        system.write({"res_model": "crisis.case", "res_id": self.case.id})
        self.assertFalse(system[SEAL])
        for name in ("_reseal_files", "_seal_plain_files", "_seal_files"):
            self.assertFalse(hasattr(system, name), name)
        with patch.object(ir_attachment, "raise_alarm") as raised:
            system._migrate()
        self.assertFalse(system[SEAL])
        self.assertEqual(raised.call_args.args[1:], ("plain", system._name, system.id, "raw"))

    def test_a_damaged_file_stops_no_night(self):
        self.env.cr.execute(
            "UPDATE ir_attachment SET res_id = %s WHERE id = %s", [self.other_case.id, self.file.id]
        )
        self.env.invalidate_all()
        self._let_crons_go_on()
        before = random_part(self.receipt[SEAL])
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{os.environ[VARIABLE]}"}):
            with self._alarms() as raised:
                self.env["crisis.seal"]._cron_reseal()
            self.assertTrue(self.receipt[SEAL].startswith("next:"))
            self.assertEqual(random_part(self.receipt[SEAL]), before, "the same content")
            self._check_sealed(self.receipt)
        self.assertEqual(raised, {("broken", "ir.attachment", self.file.id, "raw")})
        self.assertFalse(self.file[SEAL].startswith("next:"))

    def test_uploaded_first_and_moved_then(self):
        """What the browser uploads before there is a record is sealed when it comes to one."""
        upload = self.env["ir.attachment"].create({"name": "x.txt", "raw": CONTENT})
        upload.write({"res_model": "crisis.case", "res_id": self.case.id})
        self._check_sealed(upload)


@tagged("post_install", "-at_install")
class TestDamagedFileDoors(FileCase, HttpCase):
    """The browser gets a sentence instead of a damaged file."""

    _reads_as = 0

    @mute_logger("odoo.http", *DENIALS)
    def test_download(self):
        self.psychology.password = "t_psychology-password"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET crisis_seal_id = 'x' WHERE id IN %s",
            [(self.file | self.receipt)._ids],
        )
        self.env.invalidate_all()
        self.authenticate("t_psychology", "t_psychology-password")
        for path in (
            f"/web/content/{self.file.id}?download=1",
            f"/web/content?model=crisis.mandatory.report&id={self.mandatory.id}&field=scan",
        ):
            with self.subTest(path=path):
                answer = self.url_open(path)
                self.assertEqual(answer.status_code, 200)
                self.assertIn("无法打开", answer.content.decode())
                self.assertNotIn(WORD, answer.content)
        self.assertIn("text/plain", self.url_open(f"/web/content/{self.file.id}").headers["Content-Type"])  # fmt: skip
