from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...lib.declarations import Chapter

CLOSING_REPORT = "crisis_intervention.crisis_case_report_closing"


class CrisisCaseFile(models.AbstractModel):
    """What the file of a case consists of, for the one who prints it."""

    _name = "crisis.case.file"
    _description = "File of a Case"

    def _check_printable(self, report):
        """Refuse a closing report that says nothing yet."""
        if report == CLOSING_REPORT and not all(
            (case.closing_summary or "").strip() for case in self
        ):
            raise UserError(self.env._("Write the closing summary on the case first."))
        return super()._check_printable(report)

    @api.model
    def _case_chapters(self):
        """Declare the sheet in front, and the closing report and the timeline at the end."""
        return (
            *super()._case_chapters(),
            Chapter(10, "crisis_intervention.crisis_case_action_report_sheet"),
            Chapter(
                150,
                "crisis_intervention.crisis_case_action_report_closing",
                (("date_closed", "!=", False),),
            ),
            Chapter(160, "crisis_intervention.crisis_case_action_report_chronology"),
        )

    def _file_chapters(self):
        """Return what the user may print of this case, in the order of the file.

        :return: list of (title, ``ir.actions.report``, records)
        """
        self.ensure_one()
        chapters = []
        for model, chapter in self._in_sequence("_case_chapters"):
            # sudo: ir.actions.report - title, roles and name of the document
            report = self.env.ref(chapter.report).sudo()
            user = self.env.user
            if not report.group_ids & user.all_group_ids:
                continue
            if chapter.unless and user.has_groups(chapter.unless):
                continue
            records = self._file_records(model, chapter)
            if records:
                chapters.append((report.name, report, records))
        return chapters

    def _file_records(self, model, chapter):
        """Return the records of ``chapter`` that the user may read, oldest first."""
        if model == self._name:
            return self.filtered_domain(list(chapter.domain))
        kind = self.env[model]
        records = kind.search(kind._in_cases(self) & Domain(list(chapter.domain)))
        return records.sorted(lambda record: (record._document_date(), record.id))
