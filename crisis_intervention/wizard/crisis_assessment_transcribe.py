from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..lib.instrument_definition import INFORMANTS
from ..lib.transcription import typed_items
from ..sealed_reading import typed


class CrisisAssessmentTranscribe(models.TransientModel):
    """Paper forms of a class, typed as one row of digits per student."""

    _name = "crisis.assessment.transcribe"
    _description = "Transcribe Paper Forms"
    _inherit = ["crisis.record"]

    instrument_id = fields.Many2one(
        "crisis.instrument",
        required=True,
        ondelete="cascade",
        domain="[('state', '=', 'published')]",
    )
    class_id = fields.Many2one("crisis.class", required=True, ondelete="cascade")
    informant = fields.Selection(
        INFORMANTS, string="Answers From", required=True, default="student"
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    row_hint = fields.Char(compute="_compute_row_hint")
    line_ids = fields.One2many(
        "crisis.assessment.transcribe.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("instrument_id")
    @api.depends_context("lang")
    def _compute_row_hint(self):
        """Say how many answers a row has."""
        for wizard in self:
            wizard.row_hint = False
            if wizard.instrument_id:
                wizard.row_hint = self.env._(
                    "%(count)s answers per student, such as %(example)s; - is no answer.",
                    count=len(typed_items(wizard.instrument_id._definition())),
                    example="1021-3",
                )

    @api.depends("class_id")
    def _compute_line_ids(self):
        """List the students of the class."""
        for wizard in self:
            # sudo(False): stored fields are computed as superuser
            students = self.env["crisis.student"].sudo(False)
            if wizard.class_id:
                students = students.search([("class_id", "=", wizard.class_id.id)])
            wizard.line_ids = [
                Command.clear(),
                *(Command.create({"student_id": student.id}) for student in students),
            ]

    def action_record(self):
        """Score and store all rows that were typed; nothing is stored when one is wrong.

        :raises UserError: names the students whose rows cannot be taken, and why
        """
        self.ensure_one()
        if self.informant not in self.instrument_id._informants():
            raise UserError(self.env._("This instrument is not answered by this kind of person."))
        rows = {line: (typed(line, "row") or "").strip() for line in self.line_ids}
        lines = self.line_ids.filtered(rows.get)
        if not lines:
            raise UserError(self.env._("Type at least one row of answers."))
        forms, problems = [], []
        definition = self.instrument_id._definition()
        for line in lines:
            answers, errors = self.instrument_id._transcribe(rows[line], definition)
            missing = len(answers) < len(typed_items(definition))
            problems += [f"{line.student_id.name}: {error}" for error in errors]
            forms.append(
                {
                    "student_id": line.student_id.id,
                    "answers": answers,
                    "informant": self.informant,
                    "date": self.date,
                    "missing_reason": missing and self.env._("Left open on paper"),
                }
            )
        if problems:
            raise UserError("\n".join(problems))
        assessments = self.env["crisis.assessment"]._record_batch(self.instrument_id, forms)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_assessment_action"
            ),
            "domain": [("id", "in", assessments.ids)],
        }
