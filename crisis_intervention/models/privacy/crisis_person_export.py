import json
import zipfile
from io import BytesIO

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...identity import confirm_identity
from ...lib.pdf_pages import framed
from ...register import reading_by
from ...sealed_reading import opening
from ..mixins.record_text import lines

PAPER = "crisis_intervention.crisis_assessment_action_report_guardian"


class CrisisPersonExport(models.AbstractModel):
    """The copy for a guardian: everything held on one student, in plain words and as data.

    Part of ``crisis.person.request``.
    """

    _name = "crisis.person.export"
    _description = "Copy of Personal Data"

    export_count = fields.Integer(string="Copies Made", readonly=True, copy=False)
    exported_by_id = fields.Many2one(
        "res.users", string="Last Copy By", readonly=True, copy=False, ondelete="restrict"
    )
    date_exported = fields.Datetime(string="Last Copy On", readonly=True, copy=False)

    @confirm_identity
    def action_export(self):
        """Download the copy, after asking who is there."""
        self.ensure_one()
        self._check_exportable()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crisis/person-export/{self.id}",
            "target": "download",
        }

    def _check_exportable(self):
        """Check that this request was granted, and that nothing forbids it since.

        :raises UserError: says what stands in the way
        """
        self.ensure_one()
        self.check_access("write")
        if self.kind != "export" or self.state != "granted":
            raise UserError(self.env._("A copy is made when the request for it was granted."))
        self._check_may_go_home()

    def _export_sections(self):
        """Return what is told, section by section.

        Left out on purpose: session notes, answers to single items and the confidential background,
        which the child confided; reports and names of those who made them; whatever may endanger
        the child at home.

        :return: list of dicts: model, title, records (list of reference, lines and values)
        """
        excerpts = self.env["crisis.record"]._collected("_guardian_excerpt")
        sections = []
        for model, excerpt in sorted(excerpts, key=lambda told: told[1].sequence):
            records, names = self._export_records(model, excerpt), excerpt.fields
            if records:
                sections.append(
                    {
                        "model": model,
                        "title": self.env["ir.model"]._get(model).name,
                        "records": [
                            {
                                "reference": record.name if record._number_prefix else "",
                                "lines": lines(record, names),
                                "values": self._export_values(record, names),
                            }
                            for record in records
                        ],
                    }
                )
        return sections

    def _export_records(self, model, excerpt):
        """Return the finished records of ``model`` about the student; of guardians the one who asks."""
        # sudo: the request was granted by somebody who reads this school's cases; what is told of
        # the records are the fields of their excerpts and no others
        if model == "crisis.guardian":
            return self.sudo().guardian_id
        if model == "crisis.case":
            return self._cases()
        # sudo: see above
        kind = self.env[model].sudo().with_context(active_test=False)
        domain = kind._about_students(self.student_id) & kind._excerpt_domain(excerpt)
        return kind.search(domain, order=excerpt.order or None)

    def _export_values(self, record, names):
        """Return the same as data: field to value, dates as ISO, links as their names."""
        values = {}
        for name in names:
            field, value = record._fields[name], record[name]
            if field.relational:
                values[name] = value.mapped("display_name")
            elif field.type in ("date", "datetime"):
                values[name] = value.isoformat() if value else None
            else:
                values[name] = value if value is not False or field.type == "boolean" else None
        return values

    def _withheld(self):
        """Return what the copy does not hold, and why, in the user's language."""
        return [
            self.env._(
                "Notes of sessions and answers to single questions: the child confided them."
            ),
            self.env._("Reports, and who made them: they concern other people as well."),
            self.env._("The psychology teacher's working notes on background and risk."),
        ]

    def _export_preamble(self):
        """Return for whom, when and about what the document is."""
        return self.env._(
            "Made for %(person)s on %(day)s. It holds what is kept about the student in the crisis "
            "intervention system of %(school)s.",
            person=self.asked_by,
            day=format_date(self.env, fields.Date.context_today(self)),
            school=self.company_id.name,
        )

    def _export_archive(self):
        """Make the copy and take down who made it.

        :return: bytes of a ZIP with data (JSON) and a document (PDF)
        """
        self._check_exportable()
        with reading_by("export"), opening("copy"):
            sections = self._export_sections()
        data = {
            "request": self.name,
            "date": fields.Date.context_today(self).isoformat(),
            "school": self.company_id.name,
            "withheld": self._withheld(),
            "sections": [
                {
                    "model": section["model"],
                    "title": section["title"],
                    "records": [
                        {"reference": record["reference"], **record["values"]}
                        for record in section["records"]
                    ],
                }
                for section in sections
            ],
        }
        stem = self.name.replace("/", "-")
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{stem}.json", json.dumps(data, ensure_ascii=False, indent=1))
            archive.writestr(f"{stem}.pdf", self._export_pdf(sections))
        self._set(
            {
                "export_count": self.export_count + 1,
                "exported_by_id": self.env.uid,
                "date_exported": fields.Datetime.now(),
            }
        )
        self._message_log(body=self.env._("A copy was made."))
        return stream.getvalue()

    def _export_pdf(self, sections):
        """Return the document; no report action, which would be a second way to it."""
        html = self.env["ir.qweb"]._render(
            "crisis_intervention.crisis_person_export_document",
            {"o": self, "sections": sections, "withheld": self._withheld()},
        )
        reports = self.env["ir.actions.report"]
        content = reports._crisis_pdf(reports._get_report(PAPER), html)
        frame = reports._crisis_frame(self.company_id.name, "guardians")
        return framed(content, frame, self.name)
