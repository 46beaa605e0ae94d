import io
import json
import subprocess
import time
import unicodedata
import zipfile
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...identity import KEY
from ..canaries import ANSWER, CANARIES, CHILD
from ..common import DENIALS
from ..documents import DocumentCase
from .leak_case import LeakCase

# What a guardian must not find in the copy: confided by the child, or about other people.
WITHHELD = (
    ANSWER, "NOTESCANARY", "EXCEPTIONCANARY", "SESSIONNOTECANARY", "SESSIONSUMMARYCANARY",
    "BACKGROUNDCANARY", "FORMULATIONCANARY", "DESCRIPTIONCANARY", "ADDENDUMCANARY", "MARKCANARY",
    "FACTSCANARY", "WAIVERCANARY", "PROTECTIONCANARY", "PURPOSECANARY", "HOLDCANARY",
    "MISSINGCANARY", "FORMNOTECANARY", "t_staff",
)  # fmt: skip
TOLD = (
    CHILD, "NUMBERCANARY", "GUARDIANCANARY", "13077001122", "ADVICECANARY", "GOALSCANARY",
    "COPINGCANARY", "SAIDCANARY", "AGREEDCANARY", "CONCLUSIONCANARY", "FINDINGCANARY",
    "OPINIONCANARY", "CHANGESCANARY", "CONDITIONSCANARY",
)  # fmt: skip


def just_confirmed(minutes=0):
    """Return what a session holds whose user has confirmed the identity ``minutes`` ago."""
    return {KEY: time.time() - minutes * 60}


class RequestCase(LeakCase):
    """Requests of guardians about a child full of canaries."""

    def _request(self, kind="export", user=None, **vals):
        """Take a request in as ``user`` (the psychology teacher)."""
        return (
            self.env["crisis.person.request"]
            .with_user(user or self.psychology)
            .create(
                {
                    "student_id": self.child.id,
                    "kind": kind,
                    "asked_by": "欧阳母",
                    "guardian_id": self.guardian.id,
                    **vals,
                }
            )
        )

    def _granted(self, kind="export", user=None):
        """Return a request that was granted by the one who took it in."""
        request = self._request(kind, user, identity_check="document", decision_reason="依法提供")
        request.action_grant()
        return request


@tagged("post_install", "-at_install")
class TestPersonRequest(RequestCase):
    """Who asks, until when, what is answered."""

    def test_answer_has_a_day_and_is_a_duty(self):
        case = self._make_case(self.child)
        request = self._request(date_asked="2026-10-12")
        self.assertEqual(request.date_due, date(2026, 10, 12) + timedelta(days=15))
        duty = case.deadline_ids.filtered(lambda d: d.kind == "person_request")
        self.assertEqual(duty.date_due.date(), request.date_due)
        with self.assertRaises(UserError):
            request.action_grant()
        request.identity_check = "known"
        with self.assertRaises(UserError):
            request.action_refuse()
        request.decision_reason = "已说明"
        request.action_refuse()
        self.assertEqual((request.state, request.decided_by_id), ("refused", self.psychology))
        self.assertTrue(duty.date_done)
        with self.assertRaises(UserError):
            request.wish = "x"

    @mute_logger(*DENIALS)
    def test_copy_only_when_granted(self):
        request = self._request()
        with self.assertRaises(UserError):
            request._export_archive()
        for user in (self.moral, self.head_teacher, self.doctor, self.configurator):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._granted().with_user(user)._export_archive()

    def test_nothing_goes_to_a_home_that_is_the_danger(self):
        case = self._make_case(self.child)
        granted = self._granted()
        case.guardians_not_told = True
        request = self._request(identity_check="known", decision_reason="x")
        with self.assertRaises(UserError):
            request.action_grant()
        with self.assertRaises(UserError):
            granted._export_archive()

    def test_erasure_ends_the_retention(self):
        case = self._make_case(self.child)
        values = {"identity_check": "known", "decision_reason": "同意删除"}
        request = self._request("erasure", self.psychology, **values)
        with self.assertRaises(AccessError):
            request.action_grant()
        mine = request.with_user(self.principal)
        with self.assertRaises(UserError):
            mine.action_grant()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crisis_case SET date_closed = now() WHERE id = %s", [case.id])
        self.env.invalidate_all()
        hold = self.env["crisis.legal.hold"].create({"case_id": case.id, "reason": "x"})
        with self.assertRaises(UserError):
            mine.action_grant()
        hold._set({"state": "lifted"})
        mine.action_grant()
        self.assertEqual(case.date_retention, fields.Date.context_today(case))


@tagged("post_install", "-at_install")
class TestPersonExport(RequestCase, DocumentCase):
    """The copy: complete, without what the child confided and without other people."""

    def _parts(self, content):
        """Return (data, text of the document) of an archive."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = sorted(archive.namelist())
            self.assertEqual([name[-4:] for name in names], ["json", ".pdf"])
            self.assertFalse([name for name in names if CHILD in name])
            data, paper = (archive.read(name) for name in names)
        done = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=paper, capture_output=True, check=True
        )
        return data.decode(), unicodedata.normalize("NFKC", done.stdout.decode())

    def test_what_is_in_it(self):
        _concern, _case = self._work_a_case()
        self.env["crisis.guardian.waiver"].search([])._set({"state": "ended"})
        request = self._granted()
        content = request.with_context(lang="zh_CN")._export_archive()
        data, paper = self._parts(content)
        for text in TOLD:
            with self.subTest(told=text):
                self.assertIn(text, data)
                self.assertIn(text, paper)
        for text in WITHHELD:
            with self.subTest(withheld=text):
                self.assertNotIn(text, data)
                self.assertNotIn(text, paper)
        self.assertTrue(json.loads(data)["withheld"])
        self.assertEqual((request.export_count, request.exported_by_id), (1, self.psychology))
        self.assertTrue(
            set(WITHHELD[:-1])
            <= {ANSWER} | {text for texts in CANARIES.values() for text in texts.values()}
        )

    def test_download_asks_who_is_there(self):
        request = self._granted()
        self.authenticate("t_psychology", "t_psychology")
        url = f"/crisis/person-export/{request.id}"
        with mute_logger("odoo.http"):
            refused = self.url_open(url)
        self.assertNotEqual(refused.headers.get("Content-Type"), "application/zip")
        self.assertEqual(request.export_count, 0)
        self.authenticate("t_psychology", "t_psychology", session_extra=just_confirmed())
        answer = self.url_open(url)
        self.assertEqual(answer.headers.get("Content-Type"), "application/zip")
        self.assertIn("no-store", answer.headers.get("Cache-Control"))
        self.env.invalidate_all()
        self.assertEqual(request.export_count, 1)
        self.authenticate("t_moral", "t_moral", session_extra=just_confirmed())
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_model"):
            self.assertEqual(self.url_open(url).status_code, 403)
