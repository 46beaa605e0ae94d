from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Event, Excerpt
from ...roles import CONFIDENTIAL, PSYCHOLOGY, TRIAGE
from ...sealed_fields import SealedText

_lt = LazyTranslate(__name__)


class Facts(NamedTuple):
    """What a case is like before a write, as far as a change of it is followed up."""

    risk_level: Any
    stage_id: Any
    user_id: Any
    date_closed: Any
    closed_by_id: Any


class CrisisCase(models.Model):
    """The case of one student, from the first report until the student is well again.

    Each concern is a part of its own, in the order in which a case meets them.
    """

    _name = "crisis.case"
    _description = "Crisis Case"
    _inherit = [
        "crisis.case.opening",
        "crisis.case.level",
        "crisis.case.gates",
        "crisis.case.steps",
        "crisis.case.records",
        "crisis.case.proposals",
        "crisis.case.file",
        "crisis.case.closing",
        "crisis.case.privacy",
        "crisis.case.concerned",
        "crisis.quiet.thread",
        "crisis.confidential",
        "mail.tracking.duration.mixin",
    ]
    _number_prefix = "CI"
    _order = "severity desc, next_deadline, id desc"
    _track_duration_field = "stage_id"
    _check_company_auto = True
    _kept_texts = ("background", "risk_formulation")

    name = fields.Char(string="Reference", readonly=True, copy=False, index="trigram")
    # no check_company: the school is that of the student, and nobody could be chosen before it is known
    student_id = fields.Many2one("crisis.student", required=True, index=True, ondelete="restrict")
    class_id = fields.Many2one(
        related="student_id.class_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    category_ids = fields.Many2many("crisis.category", groups=TRIAGE, ondelete="restrict")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        default=False,
        help="The psychology teacher who answers for the case. Deadlines become this person's "
        "activities.",
    )
    team_ids = fields.Many2many(
        "res.users",
        "crisis_case_team_rel",
        string="Case Team",
        groups=TRIAGE,
        help="Colleagues who work on this case. Being named here opens nothing: what each may "
        "see follows from the role.",
    )
    medical_involved = fields.Boolean(
        tracking=True, help="Opens the shared part of the case to the school doctor."
    )
    shared_advice = fields.Text(
        help="How teachers can help: what to watch for, what to avoid. Read by the head teacher "
        "of the class, and by the school doctor where involved. No diagnosis, no background."
    )
    background = SealedText(
        string="Confidential Background",
        groups=CONFIDENTIAL,
        help="Family, history, what the student confided. Written by psychology teachers, read "
        "by them and the principal.",
    )
    risk_formulation = SealedText(
        groups=CONFIDENTIAL,
        help="How risks, triggers, protective factors and support add up to the level.",
    )
    concern_ids = fields.Many2many(
        "crisis.concern",
        "crisis_case_concern_rel",
        "case_id",
        "concern_id",
        string="Reports",
        groups=TRIAGE,
        readonly=True,
    )
    deadline_ids = fields.One2many(
        "crisis.deadline", "case_id", string="Deadlines", groups=TRIAGE, readonly=True
    )
    change_ids = fields.One2many("crisis.case.change", "case_id", groups=TRIAGE, readonly=True)
    plan_ids = fields.One2many("crisis.plan", "case_id", readonly=True, groups=TRIAGE)
    measure_ids = fields.One2many("crisis.measure", "case_id", groups=TRIAGE, readonly=True)
    session_ids = fields.One2many("crisis.session", "case_id", readonly=True, groups=TRIAGE)
    review_ids = fields.One2many("crisis.review", "case_id", readonly=True, groups=TRIAGE)
    assessment_ids = fields.One2many(
        "crisis.assessment", "case_id", string="Assessments", groups=TRIAGE, readonly=True
    )
    hold_ids = fields.One2many(
        "crisis.legal.hold", "case_id", string="Legal Holds", readonly=True, groups=CONFIDENTIAL
    )
    guardians_not_told = fields.Boolean(
        readonly=True,
        copy=False,
        groups=TRIAGE,
        help="Home is the suspected source of danger: no notice, no consent form, no contact "
        "with the family until this is decided otherwise.",
    )
    district_company_id = fields.Many2one(
        "res.company",
        string="Referred to Centre",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="District centre that may read the shared part while the referral runs.",
    )
    active = fields.Boolean(default=True)

    _open_case_uniq = models.UniqueIndex(
        "(student_id) WHERE date_closed IS NULL",
        "This student has an open case already. Search for it and continue there.",
    )
    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, name)", "This reference is taken. Please save again."
    )
    _board_idx = models.Index("(stage_id, severity DESC, next_deadline, id DESC)")
    _list_idx = models.Index("(severity DESC, next_deadline, id DESC) WHERE active IS TRUE")
    _count_idx = models.Index("(company_id, stage_id, risk_level) WHERE active IS TRUE")

    @api.constrains("user_id")
    def _check_owner(self):
        """Demand a psychology teacher of the school as owner."""
        for owner, cases in self.grouped("user_id").items():
            if not owner._holds(PSYCHOLOGY, cases.company_id) or owner in cases._concerned():
                raise ValidationError(
                    self.env._("A case belongs to a psychology teacher of its school: choose one.")
                )

    @api.constrains("active")
    def _check_archived_closed(self):
        """Keep open cases in sight."""
        if self.filtered(lambda case: not case.active and not case.date_closed):
            raise ValidationError(
                self.env._(
                    "An open case cannot be archived, or nobody would see it: close it first."
                )
            )

    @api.constrains("date_closed")
    def _check_not_destroyed(self):
        """Refuse to go on with a file that is gone."""
        if self.filtered(lambda case: case.date_destroyed and not case.date_closed):
            raise UserError(
                self.env._("This file was destroyed: open a new case for the student instead.")
            )

    def _has_field_access(self, field, operation):
        """Let only psychology teachers write what the principal may read as well."""
        if operation == "write" and field.groups == CONFIDENTIAL and not self.env.su:
            return self.env.user.has_group(PSYCHOLOGY)
        return super()._has_field_access(field, operation)

    @api.model
    def _search_display_name(self, operator, value):
        """Find cases by reference, and by the student for those who may open them.

        A text without a slash or a digit cannot be a reference, so only students are searched.
        """
        domain = super()._search_display_name(operator, value)
        if operator not in ("ilike", "like") or not isinstance(value, str) or not value:
            return domain
        if not self.env["crisis.student"].has_access("read"):
            return domain  # the district centre knows no students
        by_student = Domain("student_id", operator, value)
        if "/" in value:
            return domain
        return domain | by_student if any(c.isdigit() for c in value) else by_student

    @api.model_create_multi
    def create(self, vals_list):
        """Open cases: one open case per student, numbered, owned, with their deadlines running.

        :raises RedirectWarning: a student has an open case; its button leads there
        :raises UserError: no student is given, or there is no psychology teacher to own the case
        """
        # first of all, or the checks below would tell strangers who has a case
        vals_list = self._client_values(vals_list)
        students = self._students_to_open_for(vals_list)
        self._refuse_second_case(students)
        own = super(CrisisCase, self._as_system())
        cases = own.create(self._opening_values(vals_list, students)).with_env(self.env)
        if any(vals.get("concern_ids") for vals in vals_list):
            cases._shut_out()
        cases._begin()
        return cases

    def write(self, vals):
        """Change cases; levels and stages move by their rules only, whatever way the write came.

        ``change_reason`` in ``vals`` gives the reason that a level or a step back needs.

        :raises UserError: a gate is not met, a reason is missing, a level falls too far
        """
        # first of all, or the checks below would tell strangers what a case is like
        self.check_access("write")
        self._check_input([vals])
        vals = dict(vals)
        reason = (vals.pop("change_reason", False) or "").strip()
        self._check_write(vals, reason)
        before = {case: Facts(*(case[name] for name in Facts._fields)) for case in self}
        result = super().write(vals)
        self._follow_up(vals, before, reason)
        return result

    def _check_write(self, vals, reason):
        """Check what a write would change.

        :param str reason: given for it, or ""
        :raises UserError: it may not be changed so
        """
        self._refuse_changed_report(vals)
        if "student_id" in vals and self.filtered(lambda c: c.student_id.id != vals["student_id"]):
            raise UserError(
                self.env._("A case stays with its student. Close this one and open a new one.")
            )
        if "risk_level" in vals:
            self._check_level(vals["risk_level"], reason)
        if "stage_id" in vals:
            self._check_moves_back(vals["stage_id"], reason)

    def _follow_up(self, vals, before, reason):
        """Do what follows from a write: gates and dates, deadlines, the log, those to be told.

        :param before: dict of case to ``Facts``
        :param str reason: given for the change, or ""
        """
        moved = self.filtered(lambda case: case.stage_id != before[case].stage_id)
        if moved:
            moved._arrive({case: before[case].stage_id for case in moved})
        self._after_level({case: before[case].risk_level for case in self})
        if reason:
            self.env["crisis.case.change"]._log(self, reason, before)
        if "category_ids" in vals:
            self._begin_measures_of_categories()
        reassigned = self.filtered(lambda case: case.user_id != before[case].user_id)
        if reassigned:
            reassigned._sync_activities()
            reassigned._tell_owners()
        if "concern_ids" in vals:
            self._shut_out()

    @api.model
    def _open_domain(self, closed, operation):
        return Domain("id", "not in", closed.cases)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep every case: the history of a child is archived, not erased."""
        raise UserError(self.env._("Cases are never deleted. Close and archive the case instead."))

    @api.model
    def _signed_domain(self):
        """Count closed cases as signed."""
        return Domain("date_closed", "!=", False)

    def _attachments_locked(self):
        """Return the records whose attachments must stay as they are: closed cases."""
        # sudo: whether a case is closed, nothing else
        return self.sudo().filtered("date_closed")

    @api.model
    def _permission_excerpt(self):
        return Excerpt(
            (
                *("class_id", "stage_id", "risk_level", "user_id", "category_ids", "date_opened"),
                *("date_closed", "shared_advice", "background", "risk_formulation", "outcome"),
                *("closing_summary", "closing_causes", "closing_prevention"),
            ),
            sequence=10,
        )

    @api.model
    def _guardian_excerpt(self):
        # the background is confided by the child
        return Excerpt(
            (
                *("date_opened", "date_closed", "stage_id", "risk_level", "category_ids"),
                *("outcome", "shared_advice", "closing_summary"),
            ),
            sequence=40,
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "opened", _lt("Case opened"), "date_opened", "create_uid", icon="fa-folder-open-o"
            ),
            Event(
                "verified",
                _lt("Crisis verified"),
                "verified_at",
                "verified_by_id",
                icon="fa-check-circle-o",
            ),
            Event("closed", _lt("Case closed"), "date_closed", "closed_by_id", icon="fa-lock"),
        )
