from odoo import fields, models

from ..sealed_fields import SealedText
from ..sealed_reading import typed


class CrisisAssessmentDecide(models.TransientModel):
    """Accepts or declines the level that an assessment proposes, and asks why."""

    _name = "crisis.assessment.decide"
    _description = "Decide on a Proposed Level"
    _inherit = ["crisis.confidential"]
    _open_fields = frozenset(("assessment_id",))

    assessment_id = fields.Many2one(
        "crisis.assessment", required=True, readonly=True, ondelete="cascade"
    )
    student_id = fields.Many2one(related="assessment_id.student_id", related_sudo=False)
    case_id = fields.Many2one(related="assessment_id.case_id", related_sudo=False)
    old_level = fields.Selection(
        related="assessment_id.case_id.risk_level", string="Level Now", related_sudo=False
    )
    risk_level = fields.Selection(related="assessment_id.risk_level", related_sudo=False)
    decision = fields.Selection(
        [("accept", "Accept"), ("decline", "Decline")], required=True, default="accept"
    )
    reason = SealedText(help="Kept with the form, and with the change of level.")

    def action_confirm(self):
        """Carry the decision out.

        :raises UserError: it is decided already, or no reason is given
        """
        self.ensure_one()
        reason = typed(self, "reason")
        self.assessment_id._decide(self.decision == "accept", reason)
        return {"type": "ir.actions.act_window_close"}
