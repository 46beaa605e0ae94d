from datetime import timedelta

from odoo import fields

from ... import identity
from ..common import CrisisCommon

KINDS = (
    "crisis.plan",
    "crisis.referral",
    "crisis.school.return",
    "crisis.guardian.waiver",
    "crisis.access.grant",
)
# What somebody would change of each kind: approved with it, or filled in later.
CHANGES = {
    "crisis.plan": ({"goals": "x"}, {"date_review": "2030-01-01"}),
    "crisis.referral": ({"reason": "x"}, {"note_end": "x"}, {"reply_opinion": "x"}),
    "crisis.school.return": ({"conditions": "x"}, {"hospital_advice": "fit"}),
    "crisis.guardian.waiver": ({"reason": "x"}, {"end_reason": "x"}),
    "crisis.access.grant": ({"purpose": "x"}, {"hours": 1}, {"scope": "all"}),
}


class ApprovalRecords:
    """Makes a complete draft of each kind of record that another person approves."""

    @classmethod
    def _fill_school(cls):
        """Prepare what drafts lead to; permissions are given by code here, not at a screen."""
        cls.classPatch(identity, "require_decided", lambda record: None)
        cls.hospital = cls.env["res.partner"].create(
            {"name": "市儿童医院", "crisis_resource_kind": "hospital"}
        )
        cls.colleague = cls._make_user("t_colleague", "psychology_teacher")
        cls.case = cls._make_case(cls.student_1, risk_level="orange")
        cls.readiness = cls._make_assessment(
            cls.student_1, {"1": "0", "2": "3", "3": "0"}, cls._make_instrument()
        )
        cls.readiness.action_complete()

    @classmethod
    def _draft(cls, kind, author=None, **vals):
        """Write a draft of ``kind`` as ``author`` (a colleague of the owner of the case)."""
        author = author or cls.colleague
        if kind == "crisis.plan":
            return cls._make_plan(cls.case, user=author, **vals)
        day = fields.Date.context_today(cls.case) + timedelta(days=3)
        values = {
            "crisis.referral": {
                "case_id": cls.case.id,
                "resource_id": cls.hospital.id,
                "reason": "请评估自伤风险",
                "basis": "danger",
                "basis_reason": "近日多次自伤",
            },
            "crisis.school.return": {
                "case_id": cls.case.id,
                "date_return": day,
                "hospital_id": cls.hospital.id,
                "hospital_advice": "conditions",
                "hospital_date": day,
                "assessment_id": cls.readiness.id,
                "conditions": "按时服药",
                "schedule": "第一周半日",
            },
            "crisis.guardian.waiver": {
                "case_id": cls.case.id,
                "reason": "背部有皮带伤痕",
                "protection": "由外婆接回，已报警",
            },
            "crisis.access.grant": {
                "student_id": cls.student_1.id,
                "purpose": "准备家长会",
                "scope": "case",
            },
        }[kind]
        return cls.env[kind].with_user(author).create({**values, **vals})


class ApprovalCase(ApprovalRecords, CrisisCommon):
    """A case with two psychology teachers: one owns it, the other one writes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._fill_school()

    def _asked(self, kind, **vals):
        """Return a record of ``kind`` that waits for the decision of somebody else."""
        record = self._draft(kind, **vals)
        record.action_submit()
        self.assertEqual(record.state, "waiting")
        return record

    def _decider(self, record):
        """Return ``record`` for somebody who may decide on it."""
        mine = record.with_user(self.principal)
        self.assertTrue(mine.may_approve)
        return mine

    def _log(self, record):
        """Return the lines of the log about ``record``, the oldest first."""
        domain = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        return self.env["crisis.approval"].search(domain, order="id")

    def _row(self, record):
        """Return what the database holds of a record."""
        self.env.flush_all()
        self.env.cr.execute(f'SELECT * FROM "{record._table}" WHERE id = %s', [record.id])
        return self.env.cr.dictfetchone()
