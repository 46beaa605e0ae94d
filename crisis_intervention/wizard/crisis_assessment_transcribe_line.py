from odoo import api, fields, models

from ..sealed_fields import SealedChar


class CrisisAssessmentTranscribeLine(models.TransientModel):
    """One student's row of answers."""

    _name = "crisis.assessment.transcribe.line"
    _description = "Row of Answers"
    _inherit = ["crisis.confidential"]

    wizard_id = fields.Many2one("crisis.assessment.transcribe", required=True, ondelete="cascade")
    student_id = fields.Many2one("crisis.student", required=True, ondelete="cascade")
    row = SealedChar(string="Row of Answers")

    @api.onchange("row")
    def _onchange_row(self):
        """Check the row as soon as it is typed."""
        instrument = self.wizard_id.instrument_id
        if not instrument or not (self.row or "").strip():
            return None
        _answers, errors = instrument._transcribe(self.row)
        if not errors:
            return None
        return {
            "warning": {"title": self.student_id.name, "message": "\n".join(errors)},
        }
