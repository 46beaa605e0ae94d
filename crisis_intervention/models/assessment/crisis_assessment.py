from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Chapter, Counter, Done, Event, Excerpt, Gate, Step
from ...lib.instrument_definition import INFORMANTS, Person, age_on
from ...lib.risk import RISK_LEVELS
from ...roles import PSYCHOLOGY
from ...sealed_fields import SealedJson, SealedText

_lt = LazyTranslate(__name__)


class CrisisAssessment(models.Model):
    """One filled form about a student: answers, and once it is completed the result, locked."""

    _name = "crisis.assessment"
    _description = "Assessment"
    _inherit = [
        "crisis.assessment.form",
        "crisis.assessment.completion",
        "crisis.assessment.proposal",
        "crisis.assessment.batch",
        "crisis.assessment.result",
        "crisis.kept.record",
    ]
    _number_prefix = "CA"
    _order = "date desc, id desc"
    _check_company_auto = True
    _locked_states = frozenset(("done", "refused"))
    _finished_states = ("done", "refused")
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
    needs_wording = fields.Boolean(related="instrument_id.needs_wording")
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
        readonly=True,
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
            possible = assessment.instrument_id._informants()
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
            if assessment.informant not in instrument._informants():
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

    def _lock_message(self):
        """Name what a completed form still takes."""
        return self.env._(
            "A completed assessment is never changed. Write an addition below it, or make "
            "a new assessment."
        )

    @api.model
    def _permission_excerpt(self):
        scoped = ("answers", "missing_reason", "addendum_ids")
        fields_ = self._filled_in(
            "state", "band_id", "risk_level", without=(*scoped, "transcription")
        )
        return Excerpt(fields_, sequence=50, scope="answers", scoped=scoped)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            ("date", "instrument_id", "informant", "band_id", "conclusion"),
            domain=(("state", "=", "done"),),
            sequence=50,
        )

    @api.model
    def _case_counter(self):
        return Counter("assessment_count")

    @api.model
    def _stage_gates(self):
        """Declare the gate of a completed form; a refused one holds nothing up."""
        gate = Gate("assessment", _lt("Assessment done"), 30, states=("done", "refused"))
        return (*super()._stage_gates(), gate)

    @api.model
    def _gate_domain(self, gate):
        """Count forms of the instruments that the gate names only, in any version."""
        codes = gate.instrument_ids.mapped("code")
        named = [("instrument_id.code", "in", codes)] if codes else []
        return [*super()._gate_domain(gate), *named]

    @api.model
    def _case_steps(self):
        """Declare that the student is assessed."""
        return (
            *super()._case_steps(),
            Step(
                "assessment", _lt("Assessment"), "crisis_intervention.mail_activity_assessment", 30
            ),
        )

    @api.model
    def _action_begin(self, case, step):
        """Begin a form about the student of the case."""
        return case._action_new_assessment()

    @api.model
    def _case_chapters(self):
        # psychology teachers have the whole forms in the file, others the results
        return (
            *super()._case_chapters(),
            Chapter(
                30,
                "crisis_intervention.crisis_assessment_action_report_file",
                (("state", "in", ("done", "refused")),),
            ),
            Chapter(
                40,
                "crisis_intervention.crisis_assessment_action_report_result",
                (("state", "=", "done"),),
                unless=PSYCHOLOGY,
            ),
        )

    @api.model
    def _done_in_case(self):
        done = Done((("state", "in", ("done",)),), _lt("Assessments completed"), sequence=10)
        return (*super()._done_in_case(), done)

    @api.model
    def _cases_kept_open(self, cases):
        """Keep cases open until somebody has decided on a proposed level."""
        waiting = [("case_id", "in", cases.ids), ("proposal", "=", "pending")]
        return super()._cases_kept_open(cases) | {
            case: self.env._(
                "%(case)s cannot be closed: an assessment proposes a higher level. Decide on it "
                "first.",
                case=case.name,
            )
            for [case] in self._read_group(waiting, ["case_id"])
        }

    def _person(self):
        """Return whom the form is about, as the scoring module wants it."""
        self.ensure_one()
        # sudo: crisis.student - gender, age and grade decide on norms; they leave the method only
        # as part of the result
        student = self.sudo().student_id
        return Person(
            gender=student.gender or None,
            age=age_on(self.date, student.birth_date),
            grade=student.class_id.grade or None,
            informant=self.informant,
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event("assessment", _lt("Assessment"), "date_done", "done_by_id", icon="fa-list-alt"),
        )
