from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.risk import severity
from ...roles import TRIAGE


class CrisisCaseProposals(models.AbstractModel):
    """The assessments of a case, and the proposed level that waits for a decision."""

    _name = "crisis.case.proposals"
    _description = "Proposed Levels of a Case"

    pending_assessment_id = fields.Many2one(
        "crisis.assessment", compute="_compute_pending_assessment", groups=TRIAGE
    )
    proposed_level = fields.Selection(related="pending_assessment_id.risk_level", groups=TRIAGE)

    @api.depends("assessment_ids.proposal")
    def _compute_pending_assessment(self):
        """Find the highest proposal that waits."""
        waiting = self.env["crisis.assessment"].search(
            [("case_id", "in", self.ids), ("proposal", "=", "pending")]
        )
        highest = {}
        for assessment in waiting.sorted(lambda a: severity(a.risk_level)):
            highest[assessment.case_id] = assessment
        for case in self:
            case.pending_assessment_id = highest.get(case._origin, False)

    def action_view_assessments(self):
        """Show the assessments of this case."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_assessment_action"
            ),
            "domain": [("case_id", "=", self.id)],
            "context": self._about_this_case(),
        }

    def action_decide_assessment(self):
        """Open the dialog on the proposal that waits.

        :raises UserError: somebody has decided on it meanwhile
        """
        self.ensure_one()
        if not self.pending_assessment_id:
            raise UserError(self.env._("Somebody else has done this meanwhile. Please reload."))
        return self.pending_assessment_id.action_decide()

    def _action_new_assessment(self):
        """Return the action that begins a form about the student of this case."""
        self.ensure_one()
        return self.env["crisis.assessment"]._action_form(context=self._about_this_case())

    def _about_this_case(self):
        """Return the context in which new assessments are about this case."""
        return {"default_student_id": self.student_id.id, "default_case_id": self.id}
