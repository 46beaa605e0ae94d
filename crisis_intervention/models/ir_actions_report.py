from io import BytesIO

from odoo import models

from ..pdf_pages import framed
from .crisis_confidential import reading_by


class IrActionsReport(models.Model):
    """Documents of the crisis system: school and mark of confidence on every page, numbered."""

    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Render documents of the crisis system one by one, each with its own page numbers.

        They are those in the paper format of this addon.
        """
        report = self._get_report(report_ref)
        own_format = self.env.ref("crisis_intervention.crisis_paperformat_document")
        if report.paperformat_id != own_format or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        for record in self.env[report.model].browse(dict.fromkeys(res_ids)):
            [rendered] = (
                super()
                ._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=record.ids)
                .values()
            )
            frame = self._crisis_frame(report, record.company_id)
            content = framed(rendered["stream"].getvalue(), frame, record.display_name)
            streams[record.id] = {"stream": BytesIO(content), "attachment": None}
        return streams

    def _render_template(self, template, values=None):
        """Name what documents show of confidential fields as printed."""
        with reading_by("report"):
            return super()._render_template(template, values)

    def _crisis_frame(self, report, school):
        """Return a PDF page with what stands at the head of every page of ``school``."""
        html = self.env["ir.qweb"]._render(
            "crisis_intervention.crisis_document_frame", {"school": school}
        )
        return self._run_wkhtmltopdf(
            [str(html)],
            report_ref=report,
            specific_paperformat_args={
                "data-report-margin-top": 9,
                "data-report-margin-bottom": 5,
            },
        )
