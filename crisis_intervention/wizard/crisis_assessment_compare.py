from odoo import api, fields, models
from odoo.exceptions import UserError


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


class CrisisAssessment(models.Model):
    """Comparing from the list."""

    _inherit = "crisis.assessment"

    def action_compare(self):
        """Show two completed forms of one student and instrument side by side.

        :raises UserError: the selection is something else
        """
        pair = self.sorted(lambda a: (a.date, a.id))
        if (
            len(pair) != 2
            or len(pair.student_id) != 1
            or len(set(pair.instrument_id.mapped("code"))) != 1
            or set(pair.mapped("state")) != {"done"}
        ):
            raise UserError(
                self.env._(
                    "Choose two completed assessments of one student with the same instrument."
                )
            )
        wizard = self.env["crisis.assessment.compare"].create(
            {"first_id": pair[0].id, "second_id": pair[1].id}
        )
        return {
            "type": "ir.actions.act_window",
            "name": pair.student_id.name,
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _comparison_rows(self, second):
        """Return what this form and a second one say, row by row.

        :return: list of dicts: kind ``scale`` or ``item``, name, and ``cells``, a pair of texts
        """
        rows = []
        pair = (self, second)
        results = [{row["code"]: row for row in form._result_rows()} for form in pair]
        for code, row in results[0].items():
            other = results[1].get(code)
            cells = [f"{r['score']} {r['band']}".strip() if r else "" for r in (row, other)]
            rows.append({"kind": "scale", "name": row["name"], "cells": cells})
        if not self._has_field_access(self._fields["answers"], "read"):
            return rows
        answers = [{row["code"]: row for row in form._answer_rows()} for form in pair]
        for code, row in answers[0].items():
            other = answers[1].get(code)
            cells = [row["answer"], other["answer"] if other else ""]
            rows.append({"kind": "item", "name": f"{row['number']}. {row['text']}", "cells": cells})
        return rows
