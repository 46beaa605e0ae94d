from odoo import api, fields, models

from ...roles import PSYCHOLOGY
from ...sealed_fields import SealedChar


class CrisisAssessmentForm(models.AbstractModel):
    """Filling a form in: its layout, hints, and the row typed from paper."""

    _name = "crisis.assessment.form"
    _description = "Filling In an Assessment"

    transcription = SealedChar(
        string="Row of Answers",
        store=False,
        groups=PSYCHOLOGY,
        help="The answers of the paper form in its order, such as 1021-3; - is no answer.",
    )
    questionnaire = fields.Json(
        compute="_compute_questionnaire", help="Items and answers, as the form shows them."
    )
    limit_hint = fields.Char(compute="_compute_limit_hint")

    @api.depends("instrument_id")
    @api.depends_context("lang")
    def _compute_questionnaire(self):
        """Lay the form out for the widget."""
        layouts = {i: i._layout() for i in self.instrument_id}
        for assessment in self:
            assessment.questionnaire = layouts.get(assessment.instrument_id, False)

    @api.depends("instrument_id", "student_id", "date")
    @api.depends_context("lang")
    def _compute_limit_hint(self):
        """Say when the student is outside of the ages or grades the instrument is made for."""
        for assessment in self:
            person = assessment._person()
            assessment.limit_hint = assessment.instrument_id._limit_hint(person)

    @api.onchange("transcription")
    def _onchange_transcription(self):
        """Read the row typed from paper into the answers."""
        if not (self.transcription or "").strip() or not self.instrument_id:
            return None
        answers, errors = self.instrument_id._transcribe(self.transcription)
        if errors:
            return {
                "warning": {
                    "title": self.env._("Please check the row"),
                    "message": "\n".join(errors),
                }
            }
        # free text is not part of the row and stays
        texts = {item.code for item in self.instrument_id.item_ids if item.kind == "text"}
        kept = {code: text for code, text in (self.answers or {}).items() if code in texts}
        self.answers = {**kept, **answers}
        return None

    @api.model_create_multi
    def create(self, vals_list):
        """Begin forms; the row typed from paper is read by the form view, not stored."""
        self._check_input(vals_list)
        return super().create([_without_transcription(vals) for vals in vals_list])

    def write(self, vals):
        """Fill in drafts; see ``create``."""
        self._check_input([vals])
        return super().write(_without_transcription(vals))


def _without_transcription(vals):
    """Return ``vals`` without the row that only the form view needs."""
    return {key: value for key, value in vals.items() if key != "transcription"}
