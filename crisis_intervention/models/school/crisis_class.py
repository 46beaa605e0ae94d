from collections.abc import Collection

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...lib import class_label, school_year


class CrisisClass(models.Model):
    """A class: a cohort of students that moves up a grade every school year."""

    _name = "crisis.class"
    _description = "Class"
    _inherit = ["crisis.quiet.thread"]
    _order = "grade, name, id"

    name = fields.Char(required=True, help="Name within the grade, such as 2班.")
    grade = fields.Integer(required=True, default=1, index=True, aggregator=None)
    school_year = fields.Char(
        required=True,
        default=lambda self: school_year.school_year_of(fields.Date.context_today(self)),
        help="Such as 2026-2027. A new year counts from 1 August.",
    )
    company_id = fields.Many2one(
        "res.company",
        string="School",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    head_teacher_ids = fields.Many2many(
        "res.users",
        "crisis_class_head_teacher_rel",
        "class_id",
        "user_id",
        string="Head Teachers",
        tracking=True,
        help="They see the students of this class and the shared part of their cases, from the "
        "moment they are named here and as long as they are.",
    )
    psychology_teacher_id = fields.Many2one(
        "res.users",
        ondelete="restrict",
        tracking=True,
        help="Is told first of reports about this class and owns its new cases.",
    )
    student_ids = fields.One2many("crisis.student", "class_id", string="Students")
    student_count = fields.Integer(compute="_compute_student_count")
    next_name = fields.Char(string="After Moving Up", compute="_compute_next_name")
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex(
        "(company_id, school_year, grade, name) WHERE active",
        "This class exists already in this school year. Use that one, or give another name.",
    )
    _grade_range = models.Constraint(
        "CHECK(grade BETWEEN 1 AND 12)", "The grade is a number from 1 to 12."
    )

    @api.depends("name", "grade")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Show grade and name, as people say it."""
        for class_ in self:
            class_.display_name = self._label(class_.grade, class_.name)

    @api.depends("name", "grade")
    @api.depends_context("lang")
    def _compute_next_name(self):
        """Show what the class is called after it has moved up; nothing where it leaves."""
        for class_ in self:
            # sudo: res.company - the last grade of the school, which is no secret
            leaves = class_.grade >= class_.company_id.sudo().crisis_final_grade
            class_.next_name = not leaves and self._label(class_.grade + 1, class_.name)

    @api.model
    def _label(self, grade, name):
        """Return what people call a class."""
        return self.env._("Grade %(grade)s %(name)s", grade=grade, name=name or "")

    def _move_values(self, leaving):
        """Return what a move writes down about this class before it moves it.

        :param leaving: the classes that leave by that move
        """
        return {
            "class_id": self.id,
            "label": self.display_name,
            "next_label": self not in leaving and self.next_name,
            "grade": self.grade,
            "leaves": self in leaving,
            "student_count": self.student_count,
        }

    @api.model
    def _search_display_name(self, operator, value):
        """Find a class by what people write: 三年级2班, 三(2)班, 3.2, 三年级, 3."""
        if operator in Domain.NEGATIVE_OPERATORS or not isinstance(value, Collection):
            return super()._search_display_name(operator, value)
        texts = [value] if isinstance(value, str) else value
        domain = super()._search_display_name(operator, value)
        for text in texts:
            parsed = class_label.parse(text) if isinstance(text, str) else None
            if parsed:
                grade, number = parsed
                names = [number, f"{number}班", f"({number})班", f"（{number}）班"]
                domain |= Domain("grade", "=", grade) & Domain("name", "in", names)
            elif operator in ("ilike", "like") and isinstance(text, str):
                grade = class_label.parse_grade(text)
                if grade:
                    domain |= Domain("grade", "=", grade)
        return domain

    @api.depends("student_ids")
    def _compute_student_count(self):
        """Count the students who are in the class now."""
        counts = dict(
            self.env["crisis.student"]._read_group(
                [("class_id", "in", self.ids)], ["class_id"], ["__count"]
            )
        )
        for class_ in self:
            class_.student_count = counts.get(class_._origin, 0)

    @api.constrains("school_year")
    def _check_school_year(self):
        """Demand two consecutive years."""
        for class_ in self:
            if not school_year.is_school_year(class_.school_year):
                raise ValidationError(
                    self.env._("Write a school year as two years with a dash, such as 2026-2027.")
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep classes: the histories of students point at them."""
        raise UserError(self.env._("Classes are never deleted. Archive the class instead."))

    def action_view_students(self):
        """Show the students of the class."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_student_action"
            ),
            "domain": [("class_id", "=", self.id)],
            "context": {"default_class_id": self.id},
        }
