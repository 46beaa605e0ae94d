from odoo import fields, models
from odoo.exceptions import UserError

from ..lib.risk import RISK_LEVELS
from ..models.case.crisis_case_closing import OUTCOMES
from ..sealed_fields import SealedText
from ..sealed_reading import typed


class CrisisCaseChangeWizard(models.TransientModel):
    """Asks for what a change of a case needs: a new level, an earlier stage, a closing summary."""

    _name = "crisis.case.change.wizard"
    _description = "Change a Case"
    _inherit = ["crisis.confidential"]
    _open_fields = frozenset(("case_id",))

    case_id = fields.Many2one("crisis.case", required=True, readonly=True, ondelete="cascade")
    old_stage_id = fields.Many2one(
        related="case_id.stage_id", string="Stage Now", related_sudo=False
    )
    old_sequence = fields.Integer(related="case_id.stage_id.sequence", related_sudo=False)
    old_level = fields.Selection(
        related="case_id.risk_level", string="Level Now", related_sudo=False
    )
    risk_level = fields.Selection(RISK_LEVELS, string="New Level")
    stage_id = fields.Many2one("crisis.stage", string="Back To")
    reason = SealedText(help="Kept with the case for good. Facts, no judgement of persons.")
    outcome = fields.Selection(OUTCOMES)
    closing_summary = SealedText()

    def action_change_level(self):
        """Set the new level with its reason (up at once, down one step)."""
        self._apply({"risk_level": self.risk_level, "change_reason": typed(self, "reason")})

    def action_move_back(self):
        """Move the case to the earlier stage with its reason."""
        self._apply({"stage_id": self.stage_id.id, "change_reason": typed(self, "reason")})

    def action_summarise(self):
        """Keep outcome and closing summary."""
        summary = typed(self, "closing_summary")
        self._apply({"outcome": self.outcome, "closing_summary": summary})

    def _apply(self, vals):
        """Write ``vals`` on the case.

        :raises UserError: something is left empty
        """
        self.ensure_one()
        if not all(vals.values()):
            raise UserError(self.env._("Please fill in all fields of this dialog."))
        self.case_id.write(vals)
