from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...lib.deadlines import STEP_KINDS
from ...lib.risk import RISK_LEVELS, may_change, severity
from ...roles import CONFIDENTIAL, PSYCHOLOGY, TRIAGE
from ...sealed_fields import SealedText

OUTCOMES = [
    ("recovered", "Recovered"),
    ("improved", "Improved, in regular care"),
    ("referred", "Handed over to hospital or district centre"),
    ("left", "Moved to another school or graduated"),
    ("ended_by_guardians", "Ended by the guardians"),
    ("unfounded", "No crisis found"),
    ("other", "Other"),
]

# Kept by the system alone; a client that sends them is refused.
SYSTEM_FIELDS = frozenset(
    (
        "name",
        "concern_ids",
        "verified_at",
        "verified_by_id",
        "clock_start",
        "date_closed",
        "closed_by_id",
        "date_opened",
        "guardians_not_told",
        "district_company_id",
        "date_retention",
        "date_destroyed",
    )
)

# Marks the one write with which a review lowers a level; clients can send the key, but never this
# object.
REVIEWED = object()


class CrisisCase(models.Model):
    """The case of one student, from the first report until the student is well again."""

    _name = "crisis.case"
    _description = "Crisis Case"
    _number_prefix = "CI"
    _inherit = ["crisis.quiet.thread", "crisis.confidential", "mail.tracking.duration.mixin"]
    _order = "severity desc, next_deadline, id desc"
    _track_duration_field = "stage_id"
    _check_company_auto = True

    name = fields.Char(string="Reference", readonly=True, copy=False, index="trigram")
    # no check_company: the school is that of the student, and nobody could be chosen before it is known
    student_id = fields.Many2one("crisis.student", required=True, index=True, ondelete="restrict")
    class_id = fields.Many2one(
        related="student_id.class_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    stage_id = fields.Many2one(
        "crisis.stage",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        copy=False,
        default=lambda self: self.env["crisis.stage"]._in_order()[:1],
        group_expand="_read_group_stage_ids",
    )
    date_last_stage_update = fields.Datetime(
        string="In Stage Since", default=fields.Datetime.now, readonly=True, copy=False
    )
    risk_level = fields.Selection(
        RISK_LEVELS,
        index=True,
        tracking=True,
        help="Blue, yellow, orange, red, as the school's response standard defines them. Anybody "
        "who decides on reports may raise it at once; it goes down one step at a time.",
    )
    severity = fields.Integer(
        compute="_compute_severity", store=True, precompute=True, aggregator=None
    )
    category_ids = fields.Many2many("crisis.category", groups=TRIAGE)
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
    verified_at = fields.Datetime(readonly=True, copy=False, groups=TRIAGE)
    verified_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict", groups=TRIAGE
    )
    date_opened = fields.Datetime(
        string="Opened", default=fields.Datetime.now, required=True, readonly=True, copy=False
    )
    date_closed = fields.Datetime(string="Closed", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    clock_start = fields.Datetime(
        default=fields.Datetime.now,
        readonly=True,
        copy=False,
        help="Deadlines count from here: the opening, or the report of a danger to life.",
    )
    deadline_ids = fields.One2many(
        "crisis.deadline", "case_id", string="Deadlines", groups=TRIAGE, readonly=True
    )
    next_deadline = fields.Datetime(
        compute="_compute_next_step", store=True, index=True, compute_sudo=True
    )
    next_step = fields.Selection(
        STEP_KINDS, compute="_compute_next_step", store=True, compute_sudo=True
    )
    open_step_count = fields.Integer(
        string="Open Steps", compute="_compute_next_step", store=True, compute_sudo=True
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    outcome = fields.Selection(OUTCOMES, copy=False, groups=TRIAGE)
    closing_summary = fields.Text(
        copy=False,
        groups=TRIAGE,
        help="What was done, what helped, what remains to be watched, causes and prevention.",
    )
    change_ids = fields.One2many("crisis.case.change", "case_id", groups=TRIAGE, readonly=True)
    change_reason = fields.Text(
        store=False, copy=False, groups=TRIAGE, help="Why level or stage change; kept for good."
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

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """Show every stage as a column, empty ones too."""
        return stages._in_order()

    @api.depends("risk_level")
    def _compute_severity(self):
        """Rank levels for sorting: 1 blue to 4 red, 0 not set."""
        for case in self:
            case.severity = severity(case.risk_level)

    @api.depends("next_deadline")
    def _compute_is_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for case in self:
            case.is_overdue = bool(case.next_deadline) and case.next_deadline < now

    @api.constrains("user_id")
    def _check_owner(self):
        """Demand a psychology teacher of the school as owner."""
        for owner, cases in self.grouped("user_id").items():
            if (
                not owner.active
                or not owner.has_group(PSYCHOLOGY)
                or cases.company_id - owner.company_ids
            ):
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

    def write(self, vals):
        """Change cases; levels and stages move by their rules only, whatever way the write came.

        ``change_reason`` in ``vals`` gives the reason that a level or a step back needs.

        :raises UserError: a gate is not met, a reason is missing, a level falls too far
        """
        # first of all, or the checks below would tell strangers what a case is like
        self.check_access("write")
        self._refuse_system_fields(vals)
        self._refuse_changed_report(vals)
        if "student_id" in vals and self.filtered(lambda c: c.student_id.id != vals["student_id"]):
            raise UserError(
                self.env._("A case stays with its student. Close this one and open a new one.")
            )
        vals = dict(vals)
        reason = (vals.pop("change_reason", False) or "").strip()
        old = {case: (case.risk_level, case.stage_id) for case in self}
        closings = {case: (case.date_closed, case.closed_by_id) for case in self}
        owners = {case: case.user_id for case in self}
        if "risk_level" in vals:
            self._check_level(vals["risk_level"], reason)
        moved = self.browse()
        if "stage_id" in vals:
            moved = self.filtered(lambda case: case.stage_id.id != vals["stage_id"])
            self._check_moves_back(vals["stage_id"], reason)
        result = super().write(vals)
        if moved:
            moved._arrive({case: old[case][1] for case in moved})
        self._after_level({case: old[case][0] for case in self})
        if reason:
            changed = self.filtered(lambda c: (c.risk_level, c.stage_id) != old[c])
            self.env["crisis.case.change"]._log(changed, reason, old, closings)
        if "category_ids" in vals:
            self._begin_duties_of_categories()
        if "user_id" in vals:
            reassigned = self.filtered(lambda case: case.user_id != owners[case])
            reassigned._sync_activities()
            reassigned._tell_owners()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep every case: the history of a child is archived, not erased."""
        raise UserError(self.env._("Cases are never deleted. Close and archive the case instead."))

    def _attachments_locked(self):
        """Return the records whose attachments must stay as they are: closed cases."""
        # sudo: whether a case is closed, nothing else
        return self.sudo().filtered("date_closed")

    def _refuse_system_fields(self, names):
        """Refuse clients that set what only the system keeps.

        :raises AccessError: one of ``names`` is such a field
        """
        if not self.env.su and SYSTEM_FIELDS & set(names):
            raise AccessError(
                self.env._("Reference, verification and dates of a case are kept by the system.")
            )

    def _action_open(self):
        """Return the window action that opens this case."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def _check_level(self, level, reason):
        """Check a change of level.

        :raises UserError: no reason for a change, or down by more than one step
        """
        if self.filtered(lambda case: case.date_closed and case.risk_level != level):
            raise UserError(
                self.env._("This case is closed. Reopen it first, and say why it is reopened.")
            )
        for old in {case.risk_level for case in self}:
            if old == level:
                continue
            if not may_change(old, level):
                raise UserError(
                    self.env._("A risk level goes down one step at a time and is never taken away.")
                )
            if severity(level) < severity(old) and (
                self.env.context.get("crisis_reviewed") is not REVIEWED
            ):
                raise UserError(
                    self.env._(
                        "A risk level goes down by a review only: use the button Review, and say "
                        "what changed."
                    )
                )
            if old and not reason:
                raise UserError(
                    self.env._(
                        "Say why the risk level changes: use the button Change Level on the case."
                    )
                )
