from odoo import fields, models

from ...sealed_fields import SealedText


class CrisisSessionAddendum(models.Model):
    """An addition or correction to the notes of a signed session."""

    _name = "crisis.session.addendum"
    _description = "Addition to a Session"
    _inherit = ["crisis.append.only"]

    session_id = fields.Many2one("crisis.session", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="session_id.company_id", store=True, index=True, precompute=True
    )
    text = SealedText(required=True)
