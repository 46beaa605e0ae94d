from odoo import models
from odoo.exceptions import UserError

from ...roles import PSYCHOLOGY

# for those who may not read single answers
RESULTS = "crisis_assessment_action_report_result"
# The file in its order: report, and which records of its model belong into it. Records that are
# still being written do not.
CHAPTERS = [
    ("crisis_case_action_report_sheet", []),
    ("crisis_concern_action_report_form", []),
    ("crisis_assessment_action_report_file", [("state", "in", ["done", "refused"])]),
    (RESULTS, [("state", "=", "done")]),
    ("crisis_plan_action_report_plan", [("state", "in", ["active", "replaced"])]),
    (
        "crisis_plan_action_report_safety",
        [
            ("state", "=", "active"),
            ("warning_signs", "!=", False),
            ("helpers", "!=", False),
            ("professionals", "!=", False),
        ],
    ),
    ("crisis_session_action_report_record", [("state", "=", "signed")]),
    ("crisis_guardian_contact_action_report_record", [("state", "=", "signed")]),
    ("crisis_guardian_waiver_action_report_record", [("state", "in", ["active", "ended"])]),
    ("crisis_medical_record_action_report_record", [("state", "=", "signed")]),
    ("crisis_referral_action_report_letter", [("state", "in", ["sent", "replied", "ended"])]),
    ("crisis_mandatory_report_action_report_sheet", []),
    ("crisis_review_action_report_record", [("state", "=", "signed")]),
    ("crisis_school_return_action_report_form", [("state", "=", "agreed")]),
    ("crisis_case_action_report_closing", [("date_closed", "!=", False)]),
    ("crisis_case_action_report_chronology", []),
]


class CrisisCaseFile(models.AbstractModel):
    """What the file of a case consists of, for the one who prints it."""

    _name = "crisis.case.file"
    _description = "File of a Case"

    def _check_printable(self, report):
        """Refuse a closing report that says nothing yet."""
        if report.endswith("_closing") and not all(
            (case.closing_summary or "").strip() for case in self
        ):
            raise UserError(self.env._("Write the closing summary on the case first."))
        return super()._check_printable(report)

    def _file_chapters(self):
        """Return what the user may print of this case, in the order of the file.

        :return: list of (title, ``ir.actions.report``, records)
        """
        self.ensure_one()
        chapters = []
        for xml_id, domain in CHAPTERS:
            # sudo: ir.actions.report - title, roles and name of the document
            report = self.env.ref(f"crisis_intervention.{xml_id}").sudo()
            if not report.group_ids & self.env.user.all_group_ids:
                continue
            if xml_id == RESULTS and self.env.user.has_group(PSYCHOLOGY):
                continue  # the whole forms are in already
            records = self._file_records(report.model, domain)
            if records:
                chapters.append((report.name, report, records))
        return chapters

    def _file_records(self, model, domain):
        """Return the records of ``model`` in this file that the user may read, oldest first."""
        if model == self._name:
            return self.filtered_domain(domain)
        link = "case_ids" if model == "crisis.concern" else "case_id"
        records = self.env[model].search([(link, "in", self.ids), *domain])
        return records.sorted(lambda record: (record._document_date(), record.id))
