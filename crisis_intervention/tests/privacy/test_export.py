import json
from io import BytesIO

import openpyxl
import pyzipper
from odoo import Command, http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...lib.encrypted_archive import encrypted, new_password
from ...lib.spreadsheet_cells import harmless
from ..common import MODULE, CrisisCommon

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")')


@tagged("post_install", "-at_install")
class TestExport(CrisisCommon, HttpCase):
    """Exports: a right of their own, harmless, registered, encrypted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.principal.group_ids |= cls.env.ref(f"{MODULE}.group_export")
        cls._confirm_roles(cls.principal)
        # the switch that Odoo has for all models is not enough
        cls.psychology.group_ids |= cls.env.ref("base.group_allow_export")
        cls.case = cls._make_case(
            cls.student_1, background="=BACKGROUND", shared_advice="=1+1", risk_level="yellow"
        )
        cls.env.flush_all()
        cls.env.cr.precommit.run()

    def test_the_right(self):
        mine = self.case.with_user(self.psychology)
        ways = (
            lambda: mine.export_data(["name"]),
            lambda: mine.browse().export_data(["name"]),
            lambda: mine.stage_id.export_data(["name"]),
            lambda: mine.export_data(["student_id/name"]),
        )
        for way in ways:
            with self.assertRaises(AccessError):
                way()
        self.psychology.group_ids |= self.env.ref(f"{MODULE}.group_export")
        self._confirm_roles(self.psychology)
        for way in ways:
            way()
        # from outside, wherever a path leads to a model of ours
        is_ours = self.env["crisis.record"]._is_ours
        for name, model in self.registry.items():
            for field in model._fields.values():
                if not is_ours(name) and is_ours(field.comodel_name):
                    self.assertTrue(self.env[name]._exports_crisis([f"{field.name}/id"]))
        self.assertFalse(self.env["res.users"]._exports_crisis(["name", "company_id/name", ".id"]))
        # others are exported as before
        partner = self.env["res.partner"].with_user(self.nobody)
        self.nobody.group_ids |= self.env.ref("base.group_allow_export")
        self.assertEqual(partner.browse(self.nobody.partner_id.id).export_data(["name"])["datas"],
                         [[self.nobody.name]])  # fmt: skip

    def test_cells_are_harmless(self):
        for text in FORMULAS:
            self.assertEqual(harmless(text), f"'{text}")
        for value in ("text", "", 5, -5, False, None, "12-3"):
            self.assertEqual(harmless(value), value)
        [row] = self.case.with_user(self.principal).export_data(["shared_advice", "background"])[
            "datas"
        ]
        self.assertEqual(row, ["'=1+1", "'=BACKGROUND"])

    def test_archives_open_with_their_password_only(self):
        password = new_password()
        self.assertNotEqual(password, new_password())
        self.assertGreaterEqual(len(password.replace("-", "")), 20)
        content = encrypted("案.csv", "孩子".encode(), password)
        self.assertNotIn("孩子".encode(), content)
        with pyzipper.AESZipFile(BytesIO(content)) as archive:
            for wrong in (None, b"", b"x", password[:-1].encode()):
                with self.assertRaises(RuntimeError):
                    archive.read("案.csv", pwd=wrong)
            self.assertEqual(archive.read("案.csv", pwd=password.encode()).decode(), "孩子")
            self.assertEqual(archive.infolist()[0].wz_aes_strength, 3, "256 bits")

    def _export(self, kind, model="crisis.case", names=("name", "shared_advice"), **more):
        """Export as the web client does; return the response."""
        data = {
            "model": model,
            "fields": [{"name": name, "label": name, "type": "char"} for name in names],
            "ids": False,
            "domain": [],
            "import_compat": False,
            **more,
        }
        token = http.Request.csrf_token(self)
        return self.url_open(
            f"/web/export/{kind}", data={"data": json.dumps(data), "csrf_token": token}
        )

    def _opened(self, response):
        """Return the content of the archive that ``response`` holds."""
        password = self.make_jsonrpc_request("/crisis_intervention/export/password")
        with pyzipper.AESZipFile(BytesIO(response.content)) as archive:
            [name] = archive.namelist()
            return name, archive.read(name, pwd=password.encode())

    @mute_logger("odoo.http", "odoo.addons.web.controllers.export")
    def test_files_leave_encrypted_and_registered(self):
        self.authenticate(self.principal.login, self.principal.login)
        register = self.env["crisis.disclosure"]
        for kind in ("csv", "xlsx"):
            with self.subTest(kind=kind):
                before = register.search([])
                response = self._export(kind)
                self.assertEqual(response.headers["Content-Type"], "application/zip")
                self.assertNotIn(self.case.name.encode(), response.content)
                name, content = self._opened(response)
                self.assertTrue(name.endswith(f".{kind}"))
                if kind == "xlsx":
                    sheet = openpyxl.load_workbook(BytesIO(content)).active
                    values = [cell.value for row in sheet.iter_rows() for cell in row]
                    self.assertFalse([c for r in sheet.iter_rows() for c in r
                                      if c.data_type == "f"])  # fmt: skip
                    self.assertIn("'=1+1", values)
                else:
                    self.assertIn("'=1+1", content.decode())
                with self.assertRaises(JsonRpcException):
                    self.make_jsonrpc_request("/crisis_intervention/export/password")
                rows = register.search([]) - before
                if kind == "xlsx":
                    self.assertTrue(rows.entry_id, "the same within an hour")
                self.assertEqual(
                    (rows.way, rows.case_id, rows.field_names, rows.ip),
                    ("export", self.case, "name,shared_advice", "127.0.0.1"),
                )

    @mute_logger("odoo.http", "odoo.addons.web.controllers.export")
    def test_groups_of_a_workbook_are_harmless(self):
        self.authenticate(self.principal.login, self.principal.login)
        self.class_1.name = "=1+1"
        self.env.flush_all()
        category = self.env["crisis.category"].create({"name": "=2+2"})
        self.case.category_ids = [Command.set(category.ids)]
        self.env.flush_all()
        _name, content = self._opened(self._export("xlsx", groupby=["category_ids", "risk_level"]))
        sheet = openpyxl.load_workbook(BytesIO(content)).active
        cells = [cell for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
        self.assertTrue([cell.value for cell in cells if "=2+2" in str(cell.value)])

    @mute_logger("odoo.http", "odoo.addons.web.controllers.export")
    def test_without_the_right_nothing_leaves(self):
        self.authenticate(self.psychology.login, self.psychology.login)
        for kind in ("csv", "xlsx"):
            response = self._export(kind)
            self.assertEqual(response.status_code, 500)
            self.assertNotIn(b"=1+1", response.content)
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request("/crisis_intervention/export/password")
        # Odoo's own models are exported as ever
        response = self._export("csv", model="res.partner", names=("name",))
        self.assertEqual(response.status_code, 200)
        self.assertNotEqual(response.headers["Content-Type"], "application/zip")
