from odoo import api, fields, models

from ..lib.risk import RISK_LEVELS


class CrisisConcernTriageLine(models.TransientModel):
    """The decision for one student of a report."""

    _name = "crisis.concern.triage.line"
    _description = "Decision for a Student"
    _inherit = ["crisis.record"]

    triage_id = fields.Many2one("crisis.concern.triage", required=True, ondelete="cascade")
    student_id = fields.Many2one("crisis.student", required=True, ondelete="cascade")
    involved = fields.Boolean(
        string="Case",
        default=True,
        help="Off: no case for this student; the reason is kept with the report.",
    )
    open_case_id = fields.Many2one("crisis.case", compute="_compute_open_case_id")
    risk_level = fields.Selection(RISK_LEVELS)
    category_ids = fields.Many2many("crisis.category")

    @api.depends("student_id")
    def _compute_open_case_id(self):
        """Find the open case, to which the report is attached."""
        cases = self.env["crisis.case"].search(
            [("student_id", "in", self.student_id.ids), ("date_closed", "=", False)]
        )
        by_student = {case.student_id: case for case in cases}
        for line in self:
            line.open_case_id = by_student.get(line.student_id, False)

    def _case_values(self, concerns):
        """Return the entry of this line for ``_open_from_concerns``."""
        self.ensure_one()
        mine = concerns.filtered(
            lambda c: c == self.triage_id.concern_id or self.student_id in c.student_ids
        )
        return {
            "student_id": self.student_id.id,
            "concern_ids": mine.ids,
            "risk_level": self.risk_level,
            "category_ids": self.category_ids.ids,
        }
