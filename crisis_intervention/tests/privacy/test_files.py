import base64
import zipfile
from contextlib import suppress
from io import BytesIO

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ... import signatures
from ...models.odoo.ir_attachment import FILE_SIZE
from ..common import DENIALS
from .matrix import AccessMatrixCase

PDF = b"%PDF-1.4\nfile"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# Models whose records the fixture of the matrix leaves open: their files may be changed.
OPEN = {
    "crisis.case",
    "crisis.class",
    "crisis.emergency.measure",
    "crisis.guardian",
    "crisis.mandatory.report",
    "crisis.measure",
    "crisis.referral",
    "crisis.student",
}


def _docx():
    """Return a document as Word writes it, in short."""
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return output.getvalue()


@tagged("post_install", "-at_install")
class TestFiles(AccessMatrixCase, HttpCase):
    """Files are as closed and as locked as their records, whatever way somebody comes."""

    def setUp(self):
        super().setUp()
        self._take("psychology_teacher", "principal", "moral_education", "head_teacher")

    def _attach(self, record, content=PDF, **values):
        """Attach a file to ``record`` as the system, also where it is locked."""
        with signatures.filing(record):
            return self._add(record, raw=content, **values)

    def _add(self, record, **values):
        """Attach a file to ``record``, as far as it is not locked."""
        return self.env["ir.attachment"].create(
            {"name": "x", "res_model": record._name, "res_id": record.id, **values}
        )

    def _records(self):
        """Yield the records that take files, among those the user may write or not."""
        for (_model, relation), record in self.records.items():
            if record._transient or getattr(record, "_takes_no_files", False):
                continue
            if relation in ("own_class", "own_report", "other_class", "others_report"):
                yield record

    @mute_logger(*DENIALS)
    def test_the_lock_holds_for_every_model(self):
        self.authenticate(self.me.login, self.me.login + "x" * (8 - len(self.me.login)))
        tried, deleted = set(), set()
        for record in self._records():
            file = self._attach(record)
            self.env.flush_all()
            mine = file.with_user(self.me)
            tried.add(record._name)
            with self.subTest(model=record._name):
                locked = record._name not in OPEN
                for values in ({"name": "y"}, {"raw": b"%PDF-2"}, {"res_id": 0}):
                    refusal = self._refusal(lambda m=mine, v=values: m.write(v))
                    if locked:
                        self.assertIsInstance(refusal, AccessError)
                if locked and getattr(record, "_attachments_locked", record.browse)():
                    refusal = self._refusal(lambda r=record: self._add(r, raw=PDF))
                    self.assertIsInstance(refusal, AccessError)
                with suppress(JsonRpcException):
                    self.make_jsonrpc_request("/mail/attachment/delete", {"attachment_id": file.id})
                self.env.invalidate_all()
                if file.exists():
                    self.assertIsInstance(self._refusal(mine.unlink), AccessError)
                else:
                    deleted.add(record._name)
                self.assertFalse(locked and not file.exists())
        self.assertGreater(len(tried), 20)
        self.assertIn("crisis.student", deleted, "where nothing is locked, the button works")

    @mute_logger(*DENIALS)
    def test_nothing_opens_a_file_but_access_to_its_record(self):
        case = self.records["crisis.case", "other_class"]
        file = self._attach(case)
        report = self.records["crisis.mandatory.report", "other_class"]
        report.scan = base64.b64encode(PDF)
        self.env.flush_all()
        field_file = self.env["ir.attachment"].search(
            [("res_model", "=", report._name), ("res_field", "=", "scan")]
        )
        for values in ({"public": True}, {"access_token": "x"}):
            for mine in (file, file.with_user(self.me)):
                self.assertIsInstance(
                    self._refusal(lambda m=mine, v=values: m.write(v)), AccessError
                )
            self.assertIsInstance(
                self._refusal(lambda v=values: self._attach(case, **v)), AccessError
            )
        self.assertIsInstance(self._refusal(file.generate_access_token), AccessError)
        tokens = {
            "raw": file._get_raw_access_token(),
            "thumbnail": file._get_thumbnail_token(),
            "ownership": file._get_ownership_token(),
        }
        paths = [
            f"/web/content/{file.id}",
            f"/web/content/{field_file.id}",
            f"/web/content?model=ir.attachment&id={file.id}&field=raw",
            f"/web/content?model=ir.attachment&id={file.id}&field=datas",
            f"/web/content?model={report._name}&id={report.id}&field=scan",
            f"/web/image/{file.id}",
            *(f"/web/content/{file.id}?access_token={token}" for token in tokens.values()),
            *(f"/web/image/{file.id}?access_token={token}" for token in tokens.values()),
            f"/web/image/{file.id}/thumbnail?access_token={tokens['thumbnail']}",
            f"/mail/attachment/pdf_first_page/{file.id}?access_token={tokens['ownership']}",
        ]
        with mute_logger("odoo.http"):
            self.authenticate(self.me.login, self.me.login + "x" * (8 - len(self.me.login)))
            self.assertEqual(self.url_open(paths[0]).content, PDF)
            for user in (None, self.nobody, self.staff, self.doctor, self.other_psychology):
                login = user and user.login
                self.authenticate(login, login and login + "x" * (8 - len(login)))
                for path in paths:
                    with self.subTest(user=login, path=path):
                        self.assertNotIn(b"PDF-1.4", self.url_open(path).content)
                with self.subTest(user=login, path="zip"):
                    answer = self.url_open(
                        "/mail/attachment/zip",
                        data={"file_ids": str(file.id), "zip_name": "x"},
                    )
                    self.assertNotIn(b"PDF-1.4", answer.content)
                with self.subTest(user=login, path="delete"):
                    with suppress(JsonRpcException):
                        self.make_jsonrpc_request(
                            "/mail/attachment/delete",
                            {"attachment_id": file.id, "access_token": tokens["ownership"]},
                        )
                    self.assertTrue(file.exists())

    def test_kinds_of_files(self):
        case = self.records["crisis.case", "other_class"]
        taken = {
            "pdf": PDF,
            "png": PNG,
            "docx": _docx(),
            "text": "记录".encode(),
            "mp3": b"ID3\x03" + b"\0" * 50,
            "m4a": b"\0\0\0\x20ftypM4A " + b"\0" * 50,
            "mp4": b"\0\0\0\x20ftypisom" + b"\0" * 50,
            "heic": b"\0\0\0\x20ftypheic" + b"\0" * 50,
            "wav": b"RIFF\0\0\0\0WAVEfmt ",
        }
        refused = {
            "html": b"<html><script>alert(1)</script></html>",
            "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "xml": b"<?xml version='1.0'?><x/>",
            "script": b"#!/bin/sh\nrm -rf /",
            "program": b"MZ\x90\x00" + bytes(range(256)),
            "archive": b"PK\x03\x04" + b"\0" * 50,
            "unknown": bytes(range(256)),
        }
        for kind, content in taken.items():
            with self.subTest(kind=kind):
                self._attach(case, content)
        for kind, content in refused.items():
            for values in ({}, {"name": "x.pdf", "mimetype": "application/pdf"}):
                with self.subTest(kind=kind, **values), self.assertRaises(UserError):
                    self._attach(case, content, **values)
            with self.subTest(kind=kind, way="datas"), self.assertRaises(UserError):
                self.env["ir.attachment"].create(
                    {
                        "name": "x",
                        "datas": base64.b64encode(content),
                        "res_model": case._name,
                        "res_id": case.id,
                    }
                )
            with self.subTest(kind=kind, way="moved"), self.assertRaises(UserError):
                self.env["ir.attachment"].create({"name": "x", "raw": content}).write(
                    {"res_model": case._name, "res_id": case.id}
                )
            with self.subTest(kind=kind, way="field"), self.assertRaises(UserError):
                self.records["crisis.mandatory.report", "other_class"].scan = base64.b64encode(
                    content
                )
                self.env.flush_all()
        with self.assertRaises(UserError):
            self._attach(case, b"", type="url", url="http://example.com/x")

    def test_a_context_is_no_way_round(self):
        """Where a file belongs, and who gets it, may stand in the context: it is checked as well."""
        self._take("psychology_teacher")
        record = self.records["crisis.case", "other_class"]
        files = self._mine(self.env["ir.attachment"])
        here = {"default_res_model": record._name, "default_res_id": record.id}
        for vals in (
            {"raw": b"<html><script>1</script></html>"},
            {"raw": b"words", "public": True},
            {"type": "url", "url": "https://example.com"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                files.with_context(**here).create({"name": "x", **vals})
        with self.assertRaises(UserError):
            files.with_context(**here, default_public=True).create({"name": "x", "raw": b"words"})
        before = {"name": "x", "raw": b"words", "public": True, "access_token": "x"}
        file = files.create(before)
        file.write({"res_model": record._name, "res_id": record.id})
        self.assertFalse(file.sudo().public)
        self.assertFalse(file.sudo().access_token)

    def test_size_of_files(self):
        case = self.records["crisis.case", "other_class"]
        self.env["ir.config_parameter"].set_param(FILE_SIZE, 1)
        self._attach(case, PDF + b"x" * (1024 * 1024 - len(PDF)))
        with self.assertRaisesRegex(UserError, "1 MB"):
            self._attach(case, PDF + b"x" * (1024 * 1024 - len(PDF) + 1))
        # files of others are none of our business
        self.env["ir.attachment"].create({"name": "x", "raw": b"x" * 2 * 1024 * 1024})

    @mute_logger(*DENIALS, "odoo.http")
    def test_messages_stay(self):
        self.authenticate(self.me.login, self.me.login + "x" * (8 - len(self.me.login)))
        tried = set()
        for (_model, relation), record in self.records.items():
            if relation not in ("own_class", "own", "own_report") or record._transient:
                continue
            if not hasattr(record, "message_ids"):
                continue
            message = record.sudo()._message_log(body="WRITTEN", author_id=self.me.partner_id.id)
            self.env.flush_all()
            mine = message.with_user(self.me).sudo(False)
            tried.add(record._name)
            with self.subTest(model=record._name):
                for action in (
                    lambda m=mine: m.write({"body": "x"}),
                    lambda m=mine: m.unlink(),
                ):
                    self.assertIsInstance(self._refusal(action), AccessError)
                with self.assertRaises(JsonRpcException):
                    self.make_jsonrpc_request(
                        "/mail/message/update_content",
                        {
                            "message_id": message.id,
                            "update_data": {"body": "", "attachment_ids": []},
                        },
                    )
                self.env.invalidate_all()
                self.assertIn("WRITTEN", message.body)
        self.assertGreater(len(tried), 10)
