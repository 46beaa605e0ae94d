from io import BytesIO

import lxml.html
from lxml import etree
from markupsafe import Markup
from odoo import models, tools
from odoo.exceptions import AccessError, UserError
from odoo.tools.pdf import merge_pdf

from ...lib.pdf_pages import framed, page_count
from ...machine_faults import check_pdf_program, full_disk_said
from ...register import note_event, reading_by
from ...sealed_reading import opening

CASE_FILE = "crisis_intervention.crisis_case_report_file"
# Documents that leave the school, and for whom; the others are for the file.
AUDIENCES = {
    "crisis_intervention.crisis_plan_report_safety": "child",
    "crisis_intervention.crisis_assessment_report_guardian": "guardians",
    "crisis_intervention.crisis_guardian_contact_report_notice": "guardians",
    "crisis_intervention.crisis_guardian_contact_report_consent": "guardians",
    "crisis_intervention.crisis_referral_report_letter": "addressee",
}
# Hours on paper are those of the school, also for users without a time zone.
TIME_ZONE = "Asia/Shanghai"


class IrActionsReport(models.Model):
    """Documents of the crisis system: school and mark of confidence on every page, numbered."""

    _inherit = "ir.actions.report"

    def _is_crisis_document(self):
        """Tell whether this is a document of ours: those in our paper format are."""
        return self.paperformat_id == self.env.ref(
            "crisis_intervention.crisis_paperformat_document"
        )

    def _get_rendering_context(self, report, docids, data):
        """Render our documents for the roles of their report only, whatever way they are asked for.

        :raises AccessError, UserError: see ``_check_crisis_document``
        """
        values = super()._get_rendering_context(report, docids, data)
        if report._is_crisis_document():
            self._check_crisis_document(report, docids)
        return values

    def _check_crisis_document(self, report, docids):
        """Check that the user may print a document of ours.

        :param report: the document, with superuser rights
        :param docids: ids of the records it is about
        :raises AccessError: the document is for other roles, or a record closed to the user
        :raises UserError: this document is not printed now
        """
        if not self.env.su and not report.group_ids & self.env.user.all_group_ids:
            raise AccessError(self.env._("This document is not for your role."))
        records = self.env[report.model].browse(docids)
        records.check_access("read")
        records._check_printable(report.report_name)

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Render documents of the crisis system one by one, each with its own page numbers."""
        report = self._get_report(report_ref)
        if not report._is_crisis_document() or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        check_pdf_program(self)
        # before the chapters of a file are printed, which takes long
        self._check_crisis_document(report, res_ids)
        reports = self.with_context(tz=self.env.user.tz or TIME_ZONE)
        audience, streams = AUDIENCES.get(report.report_name), {}
        for record in reports.env[report.model].browse(dict.fromkeys(res_ids)):
            if report.report_name == CASE_FILE:
                content = reports._crisis_case_file(report, record)
            else:
                content = reports._crisis_pages(report, record)
            frame = reports._crisis_frame(record.company_id.name, audience)
            # a child's page carries no reference
            content = framed(content, frame, "" if audience == "child" else record.display_name)
            streams[record.id] = {"stream": BytesIO(content), "attachment": None}
        return streams

    def _render_template(self, template, values=None):
        """Name what documents show of confidential fields as printed."""
        with reading_by("report"), opening("document"):
            return super()._render_template(template, values)

    def _crisis_pages(self, report, record, whole_file=False, **values):
        """Return the PDF of one document, without frame.

        :param whole_file: part of a case file, where nothing has to fit on one page
        :param values: more variables of the template
        :raises UserError: the document must fit on one page and does not
        """
        sizes = record._one_page_sizes(report.report_name)
        for size in sizes or [None]:
            html, _kind = self._render_qweb_html(
                report, record.ids, data={"report_type": "pdf", **values, "size": size}
            )
            content = self._crisis_pdf(report, html)
            if not sizes or page_count(content) == 1:
                return content
        if whole_file:
            return content
        raise UserError(
            self.env._(
                "This does not fit on one page. Shorten it to what the child needs in that moment: "
                "a few words in each part."
            )
        )

    def _crisis_pdf(self, report, html):
        """Return ``html`` as PDF.

        Without Odoo's style sheets, which the printing program may not be able to fetch, and
        without scripts, so that nothing is waited for.
        """
        root = lxml.html.fromstring(html, parser=lxml.html.HTMLParser(encoding="utf-8"))
        articles = root.xpath("//div[contains(concat(' ', @class, ' '), ' article ')]")
        body = Markup("").join(
            Markup(etree.tostring(node, encoding="unicode", method="html", with_tail=False))
            for node in articles
        )
        page = self.env["ir.qweb"]._render(
            "crisis_intervention.crisis_document_paper", {"body": body}
        )
        with full_disk_said(self.env):
            return self._run_wkhtmltopdf([f"<!DOCTYPE html>{page}"], report_ref=report)

    def _build_wkhtmltopdf_args(self, paperformat_id, landscape, **options):
        """Wait for no scripts where there are none: it would take a second for each document."""
        arguments = super()._build_wkhtmltopdf_args(paperformat_id, landscape, **options)
        if paperformat_id == self.env.ref("crisis_intervention.crisis_paperformat_document"):
            delay = arguments.index("--javascript-delay")
            arguments[delay : delay + 2] = ["--disable-javascript"]
        return arguments

    @tools.ormcache("school", "audience", "self.env.lang")
    def _crisis_frame(self, school, audience):
        """Return a PDF page with what stands at the head of every page of a document.

        The same for all documents of a kind of reader, so that it is printed once and kept.

        :param str school: name of the school
        :param audience: for whom, a value of ``AUDIENCES``, or None for the file
        """
        html = self.env["ir.qweb"]._render(
            "crisis_intervention.crisis_document_frame", {"school": school, "audience": audience}
        )
        with full_disk_said(self.env):
            return self._run_wkhtmltopdf(
                [f"<!DOCTYPE html>{html}"],
                report_ref=CASE_FILE,
                specific_paperformat_args={
                    "data-report-margin-top": 9,
                    "data-report-margin-bottom": 5,
                },
            )

    def _crisis_case_file(self, report, case):
        """Return the whole file of ``case``, without frame, and register that it was printed.

        Each document is rendered with the rights of the user, by its own report.
        """
        chapters = case._file_chapters()
        contents = [
            self._crisis_pages(part, record, whole_file=True)
            for _title, part, records in chapters
            for record in records
        ]
        lengths = [page_count(content) for content in contents]
        # how long the front is depends on how many lines it has, not on the numbers in them
        front_length = page_count(
            self._crisis_pages(report, case, contents=self._crisis_contents(chapters, lengths, 0))
        )
        rows = self._crisis_contents(chapters, lengths, front_length)
        front = self._crisis_pages(report, case, contents=rows)
        whole = merge_pdf([front, *contents])
        documents = ", ".join(row["code"] for row in rows)
        note_event(self.env, "printed", case, text=documents, pages=page_count(whole))
        return whole

    def _crisis_contents(self, chapters, lengths, before):
        """Return the table of contents.

        :param chapters: what ``crisis.case._file_chapters`` returns
        :param lengths: pages of each document
        :param before: pages in front of the first document
        :return: list of dicts: title (once for each kind), reference, date, page
        """
        result, page, lengths = [], before + 1, iter(lengths)
        for title, part, records in chapters:
            for record in records:
                of_case = record._name == "crisis.case"
                result.append(
                    {
                        "title": title,
                        "code": part._crisis_code() if of_case else record.name,
                        "reference": False if of_case else record.name,
                        "date": False if of_case else record._document_date(),
                        "page": page,
                    }
                )
                title = ""
                page += next(lengths)
        return result

    def _crisis_code(self):
        """Return the short name of this document, such as ``closing``."""
        return self.report_name.rpartition("_")[2]
