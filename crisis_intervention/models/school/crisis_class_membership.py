from odoo import api, fields, models

from ...lib.declarations import Excerpt


class CrisisClassMembership(models.Model):
    """A student's time in a class, as it was called then; kept by the system."""

    _name = "crisis.class.membership"
    _description = "Class History"
    _inherit = ["crisis.record"]
    _order = "date_from desc, id desc"
    _rec_name = "label"

    student_id = fields.Many2one("crisis.student", required=True, ondelete="cascade", index=True)
    class_id = fields.Many2one("crisis.class", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    label = fields.Char(string="Class Then", required=True, help="Grade and class at that time.")
    grade = fields.Integer(required=True, aggregator=None)
    school_year = fields.Char(required=True)
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="To")

    @api.model
    def _open(self, students):
        """Begin a line for each of ``students`` who is in a class; return the lines."""
        today = fields.Date.context_today(self)
        # sudo: crisis.class.membership - kept by the system, follows what the user may write
        return self.sudo().create(
            [
                {
                    "student_id": student.id,
                    "class_id": student.class_id.id,
                    "label": student.class_id.display_name,
                    "grade": student.class_id.grade,
                    "school_year": student.class_id.school_year,
                    "date_from": today,
                }
                for student in students
                if student.class_id
            ]
        )

    @api.model
    def _close(self, students):
        """End the current lines of ``students`` today; return the lines."""
        # sudo: crisis.class.membership - see _open
        lines = self.sudo().search([("student_id", "in", students.ids), ("date_to", "=", False)])
        lines.date_to = fields.Date.context_today(self)
        return lines

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(("label", "school_year"), sequence=30)
