import builtins
import errno
import tempfile
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...sealed_files import FileContent
from ..common import CrisisCommon


def full(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@tagged("post_install", "-at_install")
class TestMachineFaults(CrisisCommon):
    """A full disk and a missing program are said in one sentence, and nothing is half done."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1)
        self.plan = self._put_in_force(self.case)
        self.report = self.env.ref("crisis_intervention.crisis_plan_report_file", False)
        if not self.report:
            self.report = self.env["ir.actions.report"].search(
                [("model", "=", "crisis.plan")], limit=1
            )

    def _print(self):
        reports = self.env["ir.actions.report"].with_user(self.psychology)
        return reports._render_qweb_pdf_prepare_streams(self.report, {}, self.plan.ids)

    def test_the_program_for_documents_is_missing(self):
        reports = type(self.env["ir.actions.report"])
        with (
            patch.object(reports, "get_wkhtmltopdf_state", lambda _self: "install"),
            self.assertRaisesRegex(UserError, "wkhtmltopdf"),
        ):
            self._print()

    def test_no_room_for_a_document(self):
        with (
            patch.object(tempfile, "mkstemp", full),
            self.assertRaisesRegex(UserError, "disk of the server is full"),
        ):
            self._print()

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_no_room_for_a_file(self):
        files = self.env["ir.attachment"]
        before = files.search_count([("res_id", "=", self.case.id)])
        real = open

        def no_room(path, mode="r", *args, **kwargs):
            return full() if "w" in mode else real(path, mode, *args, **kwargs)

        values = {"name": "x.txt", "raw": b"x", "res_model": "crisis.case", "res_id": self.case.id}
        with (
            patch.object(builtins, "open", no_room),
            self.assertRaisesRegex(UserError, "disk of the server is full"),
            self.env.cr.savepoint(),
        ):
            files.create(values)
        self.assertEqual(files.search_count([("res_id", "=", self.case.id)]), before)
        self.assertIsInstance(files.create(values)._crisis_content(), FileContent)
