from odoo import api, fields, models

from ...roles import TRIAGE


class CrisisCase(models.Model):
    """Where a case comes from: the reports behind it, and the student's other cases."""

    _inherit = "crisis.case"

    concern_count = fields.Integer(
        string="Number of Reports", compute="_compute_concern_count", groups=TRIAGE
    )
    other_case_count = fields.Integer(
        string="Other Cases of the Student", compute="_compute_other_case_count"
    )

    @api.depends("concern_ids")
    def _compute_concern_count(self):
        """Count the reports that the user may read."""
        counts = dict(
            self.env["crisis.concern"]._read_group(
                [("case_ids", "in", self.ids)], ["case_ids"], ["__count"]
            )
        )
        for case in self:
            case.concern_count = counts.get(case._origin, 0)

    @api.depends("student_id")
    def _compute_other_case_count(self):
        """Count the student's other cases that the user may read."""
        counts = dict(
            self.env["crisis.case"]
            .with_context(active_test=False)
            ._read_group([("student_id", "in", self.student_id.ids)], ["student_id"], ["__count"])
        )
        for case in self:
            total = counts.get(case.student_id, 0)
            case.other_case_count = total - 1 if case._origin else total

    def action_view_concerns(self):
        """Show the reports behind this case."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_concern_action"
            ),
            "domain": [("case_ids", "in", self.ids)],
            "context": {"create": False},
        }

    def action_view_student_cases(self):
        """Show all cases of this student, closed and archived ones too."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_case_action"
            ),
            "views": [(False, "list"), (False, "form")],
            "domain": [("student_id", "=", self.student_id.id)],
            "context": {"create": False, "active_test": False},
        }
