from odoo import api, fields, models

from ...register import days_unchecked
from ...seal_keys import key_problem


class CrisisRegisterLate(models.AbstractModel):
    """Says where the register is shown that nobody has checked it for days.

    Whoever switches the nightly check off is seen by everybody who looks.
    """

    _name = "crisis.register.late"
    _description = "Register That Nobody Has Checked"

    late_text = fields.Char(string="Last Check", compute="_compute_late_text")

    @api.depends_context("lang")
    def _compute_late_text(self):
        """Say how old the last check is, where it is too old, or why nothing can be checked."""
        if problem := key_problem(self.env):
            self.late_text = problem
            return
        # sudo: crisis.register.check - how old the last one is; no row of it is returned
        days = days_unchecked(self.sudo().env) if self else 0
        text = self.env._(
            "The register was not checked for %(days)s days. Ask whoever runs the server.",
            days=days,
        )
        self.late_text = text if days else False
