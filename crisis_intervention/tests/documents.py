import re
import subprocess
import unicodedata
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase

from .canaries import CANARIES
from .common import CrisisCommon

# The state in which each record of the loop is part of the file.
FILED = {
    "crisis.plan": "active",
    "crisis.session": "signed",
    "crisis.guardian.contact": "signed",
    "crisis.guardian.waiver": "ended",
    "crisis.medical.record": "signed",
    "crisis.mandatory.report": "reported",
    "crisis.referral": "sent",
    "crisis.review": "signed",
    "crisis.school.return": "agreed",
}

# fonts give some characters as radicals of the same look, which NFKC leaves as they are
RADICALS = str.maketrans("⻓⻚⻅⻘⻛⻢⻔⻋⻉⻜⻝⻩⻬⻮⻰", "长页见青风马门车贝飞食黄齐齿龙")


def text_of(content):
    """Return the text of a PDF, a string per page, with single spaces."""
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    )
    # fonts give some characters as radicals of the same look: 生 comes back as U+2F63
    text = unicodedata.normalize("NFKC", done.stdout.decode()).translate(RADICALS)
    # each page ends with a form feed
    return [re.sub(r"[ \n]+", " ", page) for page in text.split("\f")[:-1]]


class DocumentCase(HttpCase):
    """Prints documents as their users do, and reads the paper back.

    From HttpCase, because documents are asked for by the address of the server, too.
    """

    def _print(self, report, records, user, lang="zh_CN"):
        """Return the PDF of ``report`` (name without module) about ``records``, as bytes."""
        self.env.invalidate_all()
        reports = (
            self.env["ir.actions.report"]
            .with_user(user)
            .with_context(lang=lang, force_report_rendering=True)
        )
        content, kind = reports._render_qweb_pdf(f"crisis_intervention.{report}", records.ids)
        self.assertEqual(kind, "pdf")
        return content

    def _paper(self, report, records, user, lang="zh_CN"):
        """Return the text of that PDF, a string per page, with single spaces."""
        return text_of(self._print(report, records, user, lang))


class FiledRecords:
    """A case with one record of every kind, each text a canary of its field."""

    @classmethod
    def _fill_file(cls, case, words=None):
        """Put one record of every kind into the file of ``case``.

        :param words: dict of model to dict of field to text; by default the canaries
        :return: dict of model to record
        """
        words = words or CANARIES
        now, today = fields.Datetime.now(), fields.Date.today()
        hospital = cls.env["res.partner"].create(
            {"name": "市第一医院心理科", "crisis_resource_kind": "hospital"}
        )
        guardian = cls.env["crisis.guardian"].create(
            {"student_id": case.student_id.id, "name": "林母", "phone": "13800000001"}
        )
        situation = cls.env["crisis.mandatory.situation"].search([], limit=2)
        measure = {"kind": "class", "user_id": cls.head_teacher.id, "date_due": today}
        more = {
            "crisis.plan": {
                "measure_ids": [Command.create({**measure, **words["crisis.measure"]})],
                "date_review": today + timedelta(days=14),
            },
            "crisis.session": {"date_start": now - timedelta(days=3), "limits_explained": True},
            "crisis.guardian.contact": {
                "guardian_ids": [Command.set(guardian.ids)],
                "purpose": "consent",
                "consent": "refused",
                "attitude": "hesitant",
            },
            "crisis.medical.record": {"disposition": "hospital", "hospital_id": hospital.id},
            "crisis.mandatory.report": {
                "situation_ids": [Command.set(situation.ids)],
                "authority": "police",
                "reported_at": now,
            },
            "crisis.referral": {"resource_id": hospital.id, "basis": "danger", "urgent": True},
            "crisis.review": {"effect": "some"},
            "crisis.school.return": {
                "date_return": today,
                "hospital_id": hospital.id,
                "hospital_date": today,
            },
        }
        filed = {}
        for model, state in FILED.items():
            author = cls.doctor if model == "crisis.medical.record" else cls.psychology
            entered = cls.env[model]._client_fields()
            texts = {name: text for name, text in words[model].items() if name in entered}
            texts = {name: text for name, text in texts.items() if "scan" not in name}
            record = (
                cls.env[model]
                .with_user(author)
                .create({"case_id": case.id, **texts, **more.get(model, {})})
            ).sudo()
            record._set({"state": state, **cls._kept(model, words)})
            filed[model] = cls.env[model].browse(record.id)
        filed["crisis.plan"].measure_ids._set({"state": "todo"})
        filed["crisis.plan"]._log_approval("approved", words["crisis.approval"]["text"])
        cls.env["crisis.session.addendum"].create(
            {"session_id": filed["crisis.session"].id, **words["crisis.session.addendum"]}
        )
        return filed

    @classmethod
    def _kept(cls, model, words):
        """Return what the system keeps of a filed record."""
        now = fields.Datetime.now()
        return {
            "crisis.plan": {"date_active": now, "risk_level": "orange"},
            "crisis.session": {"summary": words["crisis.session"]["summary"], "date_signed": now},
            "crisis.referral": {"date_sent": now, "date_reply_due": now},
            "crisis.review": {"old_level": "orange", "new_level": "yellow"},
        }.get(model, {})


class FileCase(FiledRecords, CrisisCommon, DocumentCase):
    """One case with a whole file of canaries."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.category = cls.env["crisis.category"].create(CANARIES["crisis.category"])
        cls.report = cls._make_concern(
            cls.staff,
            cls.student_1,
            category_ids=[Command.set(cls.category.ids)],
            body_mark_ids=[
                Command.create({"x": 40, "y": 30, "size_mm": 20, **CANARIES["crisis.body.mark"]})
            ],
            **{k: v for k, v in CANARIES["crisis.concern"].items() if k != "dismiss_reason"},
        ).sudo()
        words = {k: v for k, v in CANARIES["crisis.case"].items() if k != "change_reason"}
        cls.case = cls._make_case(
            cls.student_1,
            risk_level="orange",
            medical_involved=True,
            category_ids=[Command.set(cls.category.ids)],
            concern_ids=[Command.set(cls.report.ids)],
            **words,
        )
        cls.form = cls._make_assessment(
            cls.student_1,
            {"1": "0", "2": "3", "3": "2", "4": "N", "5": "ANSWERCANARY"},
            cls._make_instrument(),
            conclusion=CANARIES["crisis.assessment"]["conclusion"],
        )
        cls.form.action_complete()
        cls.filed = cls._fill_file(cls.case)
        cls.env.flush_all()
