from odoo import fields, models

from ...sealed_fields import SealedText


class CrisisAssessmentAddendum(models.Model):
    """An addition or correction to a completed form."""

    _name = "crisis.assessment.addendum"
    _description = "Addition to an Assessment"
    _inherit = ["crisis.append.only"]

    assessment_id = fields.Many2one(
        "crisis.assessment", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="assessment_id.company_id", store=True, index=True, precompute=True
    )
    text = SealedText(required=True)
