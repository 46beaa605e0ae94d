from odoo import api, fields, models


class CrisisAssessmentCompare(models.TransientModel):
    """Two assessments of one student side by side."""

    _name = "crisis.assessment.compare"
    _description = "Compare Assessments"
    _inherit = ["crisis.record"]

    first_id = fields.Many2one("crisis.assessment", required=True, ondelete="cascade")
    second_id = fields.Many2one("crisis.assessment", required=True, ondelete="cascade")
    content = fields.Html(compute="_compute_content", sanitize=False)

    @api.depends("first_id", "second_id")
    @api.depends_context("lang", "uid")
    def _compute_content(self):
        """Lay both results out; single answers only for those who may read them."""
        for wizard in self:
            # sudo(False): what is shown is what the user may read
            pair = (wizard.first_id.sudo(False), wizard.second_id.sudo(False))
            wizard.content = self.env["ir.qweb"]._render(
                "crisis_intervention.crisis_assessment_comparison",
                {"rows": pair[0]._comparison_rows(pair[1]), "pair": pair},
            )
