from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...lib.instrument_definition import Person
from ...lib.risk import RISK_LEVELS
from ...roles import PSYCHOLOGY
from ...sealed_fields import SealedJson, SealedText
from .crisis_instrument import INFORMANTS
from .crisis_instrument_tree import INFORMANT_FIELDS


class CrisisAssessment(models.Model):
    """One filled form about a student: answers, and once it is completed the result, locked."""

    _name = "crisis.assessment"
    _description = "Assessment"
    _number_prefix = "CA"
    _inherit = ["crisis.kept.record"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _entered_fields = frozenset(
        (
            "instrument_id",
            "student_id",
            "case_id",
            "concern_id",
            "informant",
            "date",
            "user_id",
            "entry",
            "answers",
            "transcription",
            "missing_reason",
            "conclusion",
            "addendum_ids",
        )
    )
    _locked_states = frozenset(("done", "refused"))
    # additions keep themselves: each of them is append-only
    _later_fields = frozenset(("addendum_ids",))
    # a scanned form shows single answers to those who may read the result only
    _takes_no_files = True

    instrument_id = fields.Many2one(
        "crisis.instrument",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('state', '=', 'published'), ('company_id', 'in', [company_id, False]), "
        "('replaced_company_ids', 'not in', company_id)]",
    )
    # no check_company: the school is that of the student, and nobody could be chosen before it is known
    student_id = fields.Many2one("crisis.student", required=True, index=True, ondelete="restrict")
    class_id = fields.Many2one(related="student_id.class_id", related_sudo=False)
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    case_id = fields.Many2one(
        "crisis.case",
        compute="_compute_case_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('student_id', '=', student_id)]",
        help="The student's open case, where there is one.",
    )
    concern_id = fields.Many2one(
        "crisis.concern",
        string="Report",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('student_ids', 'in', student_id)]",
        help="The report that gave rise to it.",
    )
    informant = fields.Selection(
        INFORMANTS,
        string="Answers From",
        required=True,
        compute="_compute_informant",
        store=True,
        readonly=False,
        precompute=True,
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    user_id = fields.Many2one(
        "res.users",
        string="Assessed By",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    entry = fields.Selection(
        [("form", "On screen"), ("transcription", "From paper")],
        string="Filled In",
        required=True,
        compute="_compute_entry",
        store=True,
        readonly=False,
        precompute=True,
    )
    answers = SealedJson(
        string="Answers Given",
        groups=PSYCHOLOGY,
        help="Item code to the answer's code, number or text.",
    )
    missing_reason = SealedText(
        groups=PSYCHOLOGY, help="Why answers are missing, or why it was refused."
    )
    conclusion = fields.Text(
        copy=False,
        help="What the result means for the student and what should follow, in plain words. Read "
        "by everybody who may see the result; no diagnosis, no single answers.",
    )
    state = fields.Selection(
        [("draft", "Being filled in"), ("done", "Completed"), ("refused", "Refused")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    date_done = fields.Datetime(string="Completed On", readonly=True, copy=False)
    done_by_id = fields.Many2one(
        "res.users", string="Signed By", readonly=True, copy=False, ondelete="restrict"
    )
    result = fields.Json(
        readonly=True, copy=False, help="Scores of all scales, raised and open red flags."
    )
    score = fields.Float(string="Total", readonly=True, copy=False, aggregator="avg")
    has_score = fields.Boolean(readonly=True, copy=False)
    band_id = fields.Many2one(
        "crisis.instrument.band", readonly=True, copy=False, ondelete="restrict"
    )
    flag_count = fields.Integer(string="Red Flags", readonly=True, copy=False, aggregator="sum")
    valid = fields.Boolean(default=True, readonly=True, copy=False)
    risk_level = fields.Selection(
        RISK_LEVELS, string="Proposed Level", readonly=True, copy=False, index="btree_not_null"
    )
    proposal = fields.Selection(
        [
            ("none", "No change"),
            ("pending", "To be decided"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
        ],
        default="none",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    proposal_reason = fields.Text(readonly=True, copy=False)
    proposal_user_id = fields.Many2one(
        "res.users", string="Decided By", readonly=True, copy=False, ondelete="restrict"
    )
    proposal_date = fields.Datetime(string="Decided On", readonly=True, copy=False)
    addendum_ids = fields.One2many(
        "crisis.assessment.addendum", "assessment_id", string="Additions", groups=PSYCHOLOGY
    )

    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, name)", "This reference is taken. Please save again."
    )
    _pending_idx = models.Index("(company_id, case_id) WHERE proposal = 'pending'")

    @api.depends("student_id")
    def _compute_case_id(self):
        """Propose the student's open case."""
        cases = self.env["crisis.case"].search(
            [("student_id", "in", self.student_id.ids), ("date_closed", "=", False)]
        )
        open_cases = {case.student_id: case for case in cases}
        for assessment in self:
            if assessment.state == "draft" and assessment.case_id.student_id != (
                assessment.student_id
            ):
                assessment.case_id = open_cases.get(assessment.student_id._origin)

    @api.depends("instrument_id")
    def _compute_informant(self):
        """Propose who usually answers the instrument."""
        for assessment in self:
            instrument = assessment.instrument_id
            possible = [code for code, field in INFORMANT_FIELDS.items() if instrument[field]]
            if assessment.informant not in possible:
                assessment.informant = possible[0] if possible else "psychologist"

    @api.depends("instrument_id")
    def _compute_entry(self):
        """Let instruments without wording be transcribed only."""
        for assessment in self:
            if assessment.instrument_id.needs_wording:
                assessment.entry = "transcription"
            else:
                assessment.entry = assessment.entry or "form"

    @api.constrains("student_id", "case_id", "concern_id")
    def _check_same_student(self):
        """Refuse a case or report about somebody else."""
        # sudo: crisis.case, crisis.concern - compares students, tells nothing about them
        for assessment in self.sudo():
            student = assessment.student_id
            if (assessment.case_id and assessment.case_id.student_id != student) or (
                assessment.concern_id and student not in assessment.concern_id.student_ids
            ):
                raise ValidationError(
                    self.env._("Case or report are about another student: choose matching ones.")
                )

    @api.constrains("instrument_id", "informant", "entry")
    def _check_instrument(self):
        """Demand a published instrument, used as it is meant."""
        for assessment in self:
            instrument = assessment.instrument_id
            if instrument.state == "draft":
                raise ValidationError(
                    self.env._("This instrument is still a draft: publish it first.")
                )
            if not instrument[INFORMANT_FIELDS[assessment.informant]]:
                raise ValidationError(
                    self.env._("This instrument is not answered by this kind of person.")
                )
            if instrument.needs_wording and assessment.entry == "form":
                raise ValidationError(
                    self.env._(
                        "The wording of this instrument is not in the system: transcribe a paper "
                        "form, or import the wording first."
                    )
                )

    @api.model
    def _search_display_name(self, operator, value):
        """Find assessments by reference, or by the student."""
        domain = super()._search_display_name(operator, value)
        if operator in ("ilike", "like") and isinstance(value, str) and value:
            return domain | Domain("student_id", operator, value)
        return domain

    @api.model_create_multi
    def create(self, vals_list):
        """Begin forms; the row typed from paper is read by the form view, not stored."""
        return super().create([_without_transcription(vals) for vals in vals_list])

    def write(self, vals):
        """Fill in drafts; see ``create``."""
        return super().write(_without_transcription(vals))

    def _lock_message(self):
        """Name what a completed form still takes."""
        return self.env._(
            "A completed assessment is never changed. Write an addition below it, or make "
            "a new assessment."
        )

    def _person(self):
        """Return whom the form is about, as the scoring module wants it."""
        self.ensure_one()
        # sudo: crisis.student - gender, age and grade decide on norms; they leave the method only
        # as part of the result
        student = self.sudo().student_id
        return Person(
            gender=student.gender or None,
            age=_years(student.birth_date, self.date),
            grade=student.class_id.grade or None,
            informant=self.informant,
        )


def _without_transcription(vals):
    """Return ``vals`` without the row that only the form view needs."""
    return {key: value for key, value in vals.items() if key != "transcription"}


def _years(birth_date, day):
    """Return the age in full years, None when the birth date is unknown."""
    if not birth_date or not day:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
