from odoo import fields, models

from ..sealed_fields import SealedText
from ..sealed_reading import typed


class CrisisAccessReview(models.TransientModel):
    """Asks what the review of an emergency access found."""

    _name = "crisis.access.review"
    _description = "Review an Emergency Access"
    _inherit = ["crisis.confidential"]

    grant_id = fields.Many2one(
        "crisis.access.grant", string="Emergency Access", required=True, ondelete="cascade"
    )
    verdict = fields.Selection(
        [("justified", "Justified"), ("abuse", "Not justified")],
        required=True,
        default="justified",
    )
    comment = SealedText(help="Kept for good: who was asked, what was needed.")

    def action_confirm(self):
        """Keep the finding."""
        self.ensure_one()
        comment = typed(self, "comment")
        self.grant_id._review(self.verdict, comment)
        return {"type": "ir.actions.act_window_close"}
