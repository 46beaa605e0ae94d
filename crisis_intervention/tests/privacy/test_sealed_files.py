import base64
import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.modules.migration import load_script
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import file_path, mute_logger

from ... import sealing
from ...lib.sealed import FILE_PREFIX, new_key
from ...seal_keys import VARIABLE
from ...sealed_files import SEAL, FileContent
from ..common import DENIALS, CrisisCommon
from ..migrations import migrate

CONTENT = "孩子说的话 FILECONTENTCANARY\n".encode()
WORD = b"FILECONTENTCANARY"


class FileCase(CrisisCommon):
    """A case with a file, and a report that the law demands with its receipt."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1).with_user(cls.psychology)
        cls.other_case = cls._make_case(cls.student_2)
        cls.file = cls._attach(raw=CONTENT)
        cls.mandatory = cls.env["crisis.mandatory.report"].create(
            {
                "case_id": cls.case.id,
                "situation_ids": [
                    Command.set(cls.env["crisis.mandatory.situation"].search([], limit=1).ids)
                ],
                "scan": base64.b64encode(CONTENT),
            }
        )
        cls.receipt = cls.env["ir.attachment"].search(
            [("res_model", "=", cls.mandatory._name), ("res_field", "=", "scan")]
        )
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _attach(cls, **values):
        """Attach a file to the case."""
        place = {"res_model": "crisis.case", "res_id": cls.case.id}
        return cls.env["ir.attachment"].create({"name": "x.txt", **place, **values})

    def _stored(self, file):
        """Return all that is stored of a file, in the table and in the file store."""
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text, db_datas, store_fname FROM ir_attachment t "
                            "WHERE id = %s", [file.id])  # fmt: skip
        text, content, name = self.env.cr.fetchone()
        if name:
            content = Path(file._full_path(name)).read_bytes()
        return text.encode(), bytes(content)

    def _check_sealed(self, file, content=CONTENT):
        """Check that nothing of a file is stored as it is, and that a person gets it."""
        row, stored = self._stored(file)
        self.assertTrue(stored.startswith(FILE_PREFIX))
        for word in (WORD, WORD.hex().encode(), hashlib.sha1(content).hexdigest().encode()):
            self.assertNotIn(word, row)
            self.assertNotIn(word, stored)
        self.assertFalse(file.index_content)
        self.assertEqual(file.file_size, len(content))
        self.env.invalidate_all()
        self.assertEqual(file.with_user(self.psychology).raw, content)
        self.assertEqual(base64.b64decode(file.with_user(self.psychology).datas), content)

    def _check_unreadable(self, file):
        """Check that a person gets a sentence instead of a file, and no error."""
        self.env.invalidate_all()
        mine = file.with_user(self.psychology)
        self.assertIn(b"cannot be opened", mine.raw)
        self.assertIn(b"cannot be opened", base64.b64decode(mine.datas))


@tagged("post_install", "-at_install")
class TestSealedFiles(FileCase):
    """What stands in the file store, and who gets it back."""

    def test_every_way_in_seals(self):
        self._check_sealed(self.file)
        self._check_sealed(self.receipt)
        self._check_sealed(self._attach(datas=base64.b64encode(CONTENT)))
        self._check_sealed(self._attach(db_datas=CONTENT))
        self._check_sealed(
            self.env["ir.attachment"]
            .with_context(default_res_model="crisis.case", default_res_id=self.case.id)
            .create({"name": "x.txt", "raw": CONTENT})
        )
        uploaded = self._attach(raw=CONTENT, res_id=0)
        self.assertTrue(self._stored(uploaded)[1].startswith(FILE_PREFIX))
        uploaded.res_id = self.case.id
        self._check_sealed(uploaded)
        moved = self.env["ir.attachment"].create({"name": "x.txt", "raw": CONTENT})
        moved.write({"res_model": "crisis.case", "res_id": self.case.id})
        self._check_sealed(moved)
        for values in (
            {"raw": CONTENT * 2},
            {"datas": base64.b64encode(CONTENT * 2)},
            {"db_datas": CONTENT * 2},
        ):
            with self.subTest(**values):
                file = self._attach(raw=CONTENT)
                file.write(dict(values))
                self._check_sealed(file, CONTENT * 2)
        # a mixed lot: others stay as they are
        ours, theirs = self.env["ir.attachment"].create(
            [
                {
                    "name": "x.txt",
                    "raw": CONTENT,
                    "res_model": "crisis.case",
                    "res_id": self.case.id,
                },
                {"name": "x.txt", "raw": CONTENT},
            ]
        )
        self._check_sealed(ours)
        self.assertEqual(self._stored(theirs)[1], CONTENT)

    def test_fields_with_files(self):
        mine = self.mandatory.with_user(self.psychology)
        self.assertEqual(base64.b64decode(mine.scan), CONTENT)
        self.assertEqual(mine.with_context(bin_size=True).scan, b"%d.00 bytes" % len(CONTENT))
        mine.scan = base64.b64encode(CONTENT * 2)
        self.assertEqual(base64.b64decode(mine.scan), CONTENT * 2)
        self._check_sealed(self.receipt, CONTENT * 2)
        mine.scan = False
        self.assertFalse(mine.scan)
        self.assertFalse(self.receipt.exists())

    def test_same_files_look_different(self):
        other = self._attach(raw=CONTENT)
        self.assertNotEqual(other.store_fname, self.file.store_fname)
        self.assertNotEqual(other.checksum, self.file.checksum)
        self.env["ir.attachment"].create_unique(
            [{"name": "x", "datas": base64.b64encode(CONTENT), "mimetype": "text/plain"}]
        )

    def test_in_the_database_and_back(self):
        """Where Odoo keeps files in the database, and when they move there and back."""
        parameters = self.env["ir.config_parameter"]
        for place in ("db", "file"):
            parameters.set_param("ir_attachment.location", place)
            with self.subTest(place=place):
                self._check_sealed(self._attach(raw=CONTENT))
                (self.file | self.receipt)._migrate()
                self.assertEqual(bool(self.file.store_fname), place == "file")
                self._check_sealed(self.file)
                self._check_sealed(self.receipt)

    @mute_logger(*DENIALS)
    def test_nobody_but_a_person_gets_it(self):
        nobody = self.env["res.users"]
        files = self.file | self.receipt
        for user in (self.psychology, nobody.browse(1)):
            for action in (
                lambda u=user: self.file.with_user(u).raw,
                lambda u=user: self.file.with_user(u).sudo().datas,
                lambda u=user: self.receipt.with_user(u).sudo().read(["raw"]),
                lambda u=user: self.mandatory.with_user(u).sudo().scan,
                lambda u=user: self.mandatory.with_user(u).sudo().read(["scan"]),
                lambda u=user: self.file.with_user(u).sudo().copy(),
            ):
                with self.subTest(user=user.login), self._reading_as(nobody):
                    self.env.invalidate_all()
                    with self.assertRaises(AccessError):
                        action()
        for stranger in (self.staff, self.head_teacher_2, self.other_psychology):
            with self.subTest(stranger=stranger.login), self._reading_as(stranger):
                self.env.invalidate_all()
                with self.assertRaises(AccessError):
                    _ = self.file.sudo().raw
                with self.assertRaises(AccessError):
                    _ = self.mandatory.sudo().scan
        # nor does the cache hold it, once somebody has read it
        mine = self.mandatory.with_user(self.psychology)
        self.assertTrue(mine.scan and all(files.with_user(self.psychology).mapped("raw")))
        self.assertIsInstance(mine._cache["scan"], FileContent)
        self.assertIsInstance(self.file._cache["raw"], FileContent)
        fresh = self._attach(raw=CONTENT)
        self.assertTrue(fresh.with_user(self.psychology).datas)
        self.assertIsInstance(fresh._cache["datas"], FileContent)

    @mute_logger(*DENIALS, "odoo.addons.base.models.ir_actions")
    def test_no_action_gets_it(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("ir.attachment"),
                "state": "code",
            }
        )
        before = f"file = env['ir.attachment'].browse({self.file.id}).sudo()\n"
        for code in (
            "file.raw",
            "file.datas",
            "file.read(['raw'])",
            "file._crisis_content()",
            "file.copy()",
            "file._sealed_values({'raw': file.raw})",
            "file._migrate() or file._cache['raw']",
            "file._file_read(file.store_fname)",
            "file.write({'res_model': 'res.partner', 'res_id': 1}) and file.raw",
            "file.write({'res_model': False}) and file.raw",
        ):
            action.code = f"{before}action = {{'x': str({code})}}"
            told = ""
            try:
                with self.env.cr.savepoint(flush=False):
                    told = str(action.with_user(self.psychology).sudo().run())
            except Exception as error:
                told = str(error)
            self.env.invalidate_all()
            with self.subTest(code=code):
                self.assertTrue(told)
                self.assertNotIn(WORD.decode(), told)

    def test_bound_to_its_record(self):
        self.env.cr.execute(
            "UPDATE ir_attachment SET res_id = %s WHERE id = %s",
            [self.other_case.id, self.file.id],
        )
        self.env.invalidate_all()
        self._check_unreadable(self.file)

    def test_stays_with_our_records(self):
        for values in ({"res_model": "res.partner", "res_id": 1}, {"res_model": False}):
            with self.subTest(**values), self.assertRaises(AccessError):
                self.file.write(dict(values))
        self.file.res_id = self.other_case.id
        self._check_sealed(self.file)
        self.file.write({SEAL: "x"})
        self._check_sealed(self.file)

    def test_no_pictures_of_pages(self):
        png = (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
            "RU5ErkJggg=="
        )
        self.file.thumbnail = png
        self.env.flush_all()
        pictures = [("res_model", "=", "ir.attachment"), ("res_id", "=", self.file.id)]
        found = self.env["ir.attachment"].search([*pictures, ("res_field", "!=", "x")])
        self.assertFalse(found)
        with self.assertRaises(AccessError):
            self.env["ir.attachment"].create(
                {
                    "name": "x",
                    "datas": png,
                    "res_model": "ir.attachment",
                    "res_id": self.file.id,
                    "res_field": "thumbnail",
                }
            )

    def test_a_new_key_takes_over(self):
        old, new = os.environ[VARIABLE], f"next:{new_key()}"
        self._let_crons_go_on()
        with patch.dict(os.environ, {VARIABLE: f"{new},{old}"}):
            self.env["crisis.seal"]._cron_reseal()
        with patch.dict(os.environ, {VARIABLE: new}):
            self._check_sealed(self.file)
            self._check_sealed(self.receipt)
        self.env.invalidate_all()
        self._check_unreadable(self.file)

    def test_update_seals_what_was_plain(self):
        files = self.file | self.receipt
        plain = self.env["ir.attachment"].create({"name": "x.txt", "raw": CONTENT})
        self.assertIn("FILECONTENTCANARY", plain.index_content)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment t SET crisis_seal_id = NULL, store_fname = p.store_fname, "
            "checksum = p.checksum, index_content = p.index_content "
            "FROM ir_attachment p WHERE p.id = %s AND t.id IN %s",
            [plain.id, tuple(files.ids)],
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            sealing.seal_plain_files(self.env)
        with patch.object(self.registry, "ready", False):
            last = sealing.seal_plain_files(self.env, limit=1)
        self.assertEqual(last, min(files.ids), "a batch that was broken off")
        self._empty_register()
        migrate(self.env, "19.0.3.0.0", "post-30-seals")
        for file in files:
            self._check_sealed(file)
        before = [self._stored(file) for file in files]
        self._empty_register()
        migrate(self.env, "19.0.3.0.0", "post-30-seals")
        self.assertEqual([self._stored(file) for file in files], before)
        self.assertEqual(plain.raw, CONTENT, "files of others stay as they are")

    def test_update_clears_dialogs(self):
        dialog = self.env["crisis.case.change.wizard"].create(
            {"case_id": self.case.id, "reason": "x"}
        )
        self.env.flush_all()
        migrate(self.env, "19.0.3.0.0", "pre-30-dialogs")
        self.assertFalse(dialog.exists())
        self.assertTrue(self.case.exists())


@tagged("post_install", "-at_install")
class TestRewriting(BaseCase):
    """The command that writes tables anew, on a table of its own."""

    def test_a_table_is_written_anew(self):
        path = file_path("crisis_intervention/cli/crisis_rewrite.py")
        command = load_script(path, "odoo.cli.crisis_rewrite")
        table = "crisis_rewrite_test"
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(f"CREATE TABLE {table} AS SELECT 'PLAIN' AS text")
            cr.commit()  # pylint: disable=invalid-commit
            try:
                cr.execute(f"UPDATE {table} SET text = 'SEALED'")
                cr.execute("SELECT pg_relation_filenode(%s)", [table])
                before = cr.fetchone()
                cr.commit()  # pylint: disable=invalid-commit
                command.rewrite(get_db_name(), [table])
                cr.execute("SELECT pg_relation_filenode(%s)", [table])
                self.assertNotEqual(cr.fetchone(), before)
                cr.execute(f"SELECT text FROM {table}")
                self.assertEqual(cr.fetchall(), [("SEALED",)])
            finally:
                cr.execute(f"DROP TABLE {table}")
                cr.commit()  # pylint: disable=invalid-commit


@tagged("post_install", "-at_install")
class TestSealedFileDoors(FileCase, HttpCase):
    """Downloads: a person in the browser gets a file, programs do not."""

    _reads_as = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.psychology.password = "t_psychology-password"

    @mute_logger("odoo.http", *DENIALS)
    def test_downloads(self):
        paths = (
            f"/web/content/{self.file.id}",
            f"/web/content/{self.file.id}?download=1",
            f"/web/content?model=crisis.mandatory.report&id={self.mandatory.id}&field=scan",
            f"/web/content?model=ir.attachment&id={self.file.id}&field=datas",
        )
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.psychology)
            ._generate("rpc", "x", datetime.now() + timedelta(days=1))
        )
        bearer = {"Authorization": f"Bearer {key}"}
        self.authenticate("t_psychology", "t_psychology-password")
        for path in paths:
            with self.subTest(path=path):
                self.assertEqual(self.url_open(path).content, CONTENT)
                self.assertNotIn(WORD, self.url_open(path, headers=bearer).content)
        self.authenticate(None, None)
        answer = self.url_open(
            "/json/2/ir.attachment/read",
            json={"ids": self.file.ids, "fields": ["raw", "datas"]},
            headers=bearer,
        )
        self.assertEqual(answer.status_code, 403)
