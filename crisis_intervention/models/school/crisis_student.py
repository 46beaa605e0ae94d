from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...lib import cn_identity
from ...lib.declarations import Excerpt
from ...lib.pinyin import reading
from ...roles import DIRECTORY, GUARDIAN_READERS, HISTORY


class CrisisStudent(models.Model):
    """A student in the school's directory; says nothing about any crisis.

    Not a contact: every employee reads all contacts, and their mails and chatter with them.
    """

    _name = "crisis.student"
    _description = "Student"
    _inherit = ["crisis.student.import", "crisis.record"]
    _past_fields = frozenset(("birth_date",))
    _order = "class_id, name, id"
    _rec_names_search = ["name", "pinyin", "pinyin_initials", "student_number"]
    _check_company_auto = True

    name = fields.Char(
        string="Full Name",
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        index="trigram",
    )
    pinyin = fields.Char(compute="_compute_pinyin", store=True, precompute=True, index="trigram")
    pinyin_initials = fields.Char(
        string="Initials", compute="_compute_pinyin", store=True, precompute=True, index="trigram"
    )
    student_number = fields.Char(index="trigram", help="The school's own number, unique in it.")
    national_number = fields.Char(
        groups=DIRECTORY,
        help="National student number: G and the resident identity number, or L and a provisional "
        "one.",
    )
    birth_date = fields.Date(groups=DIRECTORY)
    gender = fields.Selection([("female", "Female"), ("male", "Male")])
    class_id = fields.Many2one("crisis.class", index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(
        "res.company",
        string="School",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    membership_ids = fields.One2many(
        "crisis.class.membership", "student_id", string="Class History", groups=HISTORY
    )
    guardian_ids = fields.One2many("crisis.guardian", "student_id", groups=GUARDIAN_READERS)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        ondelete="restrict",
        copy=False,
        index="btree_not_null",
        groups=DIRECTORY,
        help="The contact the school already has for this student. The name follows the contact.",
    )
    leave_date = fields.Date(string="Left On", groups=DIRECTORY)
    active = fields.Boolean(default=True)

    _number_uniq = models.UniqueIndex(
        "(company_id, student_number)",
        "This student number is taken in this school. Numbers of students who left are not "
        "given again.",
    )
    _national_uniq = models.UniqueIndex(
        "(company_id, national_number)", "This national student number is registered already."
    )
    _partner_uniq = models.UniqueIndex(
        "(partner_id, company_id)", "This contact is registered as a student already."
    )

    @api.depends("partner_id.name")
    def _compute_name(self):
        """Follow the linked contact; without one the name is typed."""
        for student in self:
            student.name = student.partner_id.name or student.name

    @api.depends("name")
    def _compute_pinyin(self):
        """Keep the reading of the name for searches by sound and initials."""
        for student in self:
            student.pinyin, student.pinyin_initials = reading(student.name or "")

    @api.depends("name", "class_id")
    @api.depends_context("show_class", "lang")
    def _compute_display_name(self):
        """Show the name, with the class where students of one name must be told apart."""
        if not self.env.context.get("show_class"):
            return super()._compute_display_name()
        for student in self:
            parts = [student.name, student.class_id.display_name, student.student_number]
            student.display_name = " · ".join(part for part in parts if part)
        return None

    @api.model
    def _search_display_name(self, operator, value):
        """Search what the text can be: a Chinese name, a number, or a sound and its initials.

        One column instead of four, so that the database can use its index.
        """
        if operator in ("ilike", "like") and isinstance(value, str) and value:
            if any("\u3400" <= character <= "\u9fff" for character in value):
                return Domain("name", "like", value)
            if any(character.isdigit() for character in value):
                return Domain("student_number", "ilike", value)
        return super()._search_display_name(operator, value)

    @api.constrains("name", "partner_id")
    def _check_name_follows_contact(self):
        """Refuse a name of its own for a student who is linked to a contact."""
        # sudo: crisis.student - compares names that the user has just written or may read
        for student in self.sudo():
            if student.partner_id and student.name != student.partner_id.name:
                raise ValidationError(
                    self.env._("The name follows the contact: change it on the contact.")
                )

    @api.constrains("national_number")
    def _check_national_number(self):
        """Check the form and the check digit of the national student number."""
        # sudo: crisis.student - checks what was just written; the message quotes nothing
        for student in self.sudo():
            if student.national_number and not cn_identity.is_national_number(
                student.national_number
            ):
                raise ValidationError(
                    self.env._(
                        "The national student number is wrong. It is G and the 18 characters of "
                        "the resident identity number, or L and a provisional number."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Register students and begin their class history."""
        students = super().create(vals_list)
        self.env["crisis.class.membership"]._open(students)
        return students

    def write(self, vals):
        """Change students; a new class goes into the class history."""
        moved = self.browse()
        if "class_id" in vals:
            moved = self.filtered(lambda student: student.class_id.id != vals["class_id"])
        result = super().write(vals)
        if moved:
            self.env["crisis.class.membership"]._close(moved)
            self.env["crisis.class.membership"]._open(moved)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep students: archive those who left."""
        raise UserError(self.env._("Students are never deleted. Archive the student instead."))

    def action_ask_access(self):
        """Begin a permission to look; the same for all students, whether there is a case or not."""
        self.ensure_one()
        return self.env["crisis.access.grant"]._action_form(
            name=self.env._("Ask to Look"), context={"default_student_id": self.id}
        )

    @api.model
    def _about_students(self, students):
        return Domain("id", "in", students.ids)

    @api.model
    def _identifying_facts(self):
        return ("birth_date", "gender")

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            ("name", "student_number", "national_number", "birth_date", "gender", "class_id"),
            sequence=10,
        )
