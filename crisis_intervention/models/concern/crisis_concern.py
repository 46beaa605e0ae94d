import collections
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Chapter, Counter, Event, Excerpt, Sharing
from ...lib.risk import RISK_LEVELS
from ...roles import TRIAGE

_lt = LazyTranslate(__name__)

INFORMANTS = [
    ("self", "I saw it myself"),
    ("student", "The student told me"),
    ("classmate", "A classmate told me"),
    ("guardian", "A guardian told me"),
    ("colleague", "A colleague told me"),
    ("online", "Seen online"),
    ("anonymous", "Anonymous note"),
    ("other", "Other"),
]

# What the reporter says; never changed after submission, by nobody.
SUBMITTED_FIELDS = frozenset(
    (
        "name",
        "company_id",
        "student_ids",
        "reporter_id",
        "informant",
        "observed_at",
        "location",
        "description",
        "category_ids",
        "immediate_danger",
        "told_in_person",
        "attachment_ids",
        "body_mark_ids",
        "risk_level",
        "triage_deadline",
    )
)
# Marks the one write that completes a report; clients can send the key, but never this object.
_SUBMITTING = object()


class CrisisConcern(models.Model):
    """A concern report: what somebody saw, unchangeable once submitted, until it is decided on."""

    _name = "crisis.concern"
    _description = "Concern Report"
    _inherit = ["crisis.concern.duty", "crisis.concern.restricted", "crisis.quiet.thread"]
    _number_prefix = "CR"
    _order = "observed_at desc, id desc"
    _staff_relation = "reporter"
    _check_company_auto = True
    _signed_lines = {"body_mark_ids": ("id", "side", "x", "y", "kind", "size_mm", "colour", "note")}

    name = fields.Char(string="Reference", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        "res.company",
        string="School",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    student_ids = fields.Many2many(
        "crisis.student",
        "crisis_concern_student_rel",
        "concern_id",
        "student_id",
        string="Students",
        required=True,
        check_company=True,
        ondelete="restrict",
        help="Everybody the observation is about. Search by name, initials or number.",
    )
    reporter_id = fields.Many2one(
        "res.users",
        string="Reported by",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    informant = fields.Selection(
        INFORMANTS, string="How Do You Know", required=True, default="self"
    )
    observed_at = fields.Datetime(
        string="When",
        required=True,
        default=fields.Datetime.now,
        help="When it happened or was seen, not when it is reported.",
    )
    location = fields.Char(string="Where", required=True)
    description = fields.Text(
        string="What Was Observed",
        required=True,
        help="Facts, and the student's own words. It cannot be changed after submission; "
        "corrections are added.",
    )
    category_ids = fields.Many2many(
        "crisis.category", string="What It Is About", ondelete="restrict"
    )
    immediate_danger = fields.Selection(
        [("yes", "Yes"), ("no", "No")],
        string="In Danger Now",
        required=True,
        help="Danger to life or health of the student or others at this moment.",
    )
    told_in_person = fields.Selection(
        [("yes", "Yes"), ("no", "Not yet")],
        string="Told in Person",
        required=True,
        help="Whether the psychology teacher or a school leader has been told face to face or by "
        "phone. In danger this comes before writing.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Photos and Documents", bypass_search_access=True
    )
    body_mark_ids = fields.One2many("crisis.body.mark", "concern_id", string="Marks on the Body")
    concerned_user_ids = fields.Many2many(
        "res.users",
        "crisis_concern_concerned_rel",
        "concern_id",
        "user_id",
        string="Staff Concerned",
        ondelete="restrict",
        help="Never sees this report, whatever roles the person has.",
    )
    addendum_ids = fields.One2many("crisis.concern.addendum", "concern_id", string="Additions")
    state = fields.Selection(
        [("received", "Received"), ("handled", "Handled")],
        default="received",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    handled_at = fields.Datetime(readonly=True, copy=False)
    outcome = fields.Selection(
        [
            ("case_opened", "Case opened"),
            ("attached", "Attached to the open case"),
            ("dismissed", "Dismissed"),
        ],
        readonly=True,
        copy=False,
        groups=TRIAGE,
    )
    handled_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict", groups=TRIAGE
    )
    dismiss_reason = fields.Text(readonly=True, copy=False, groups=TRIAGE)
    case_ids = fields.Many2many(
        "crisis.case",
        "crisis_case_concern_rel",
        "concern_id",
        "case_id",
        string="Cases",
        readonly=True,
        copy=False,
        groups=TRIAGE,
    )
    risk_level = fields.Selection(
        RISK_LEVELS,
        string="Provisional Level",
        readonly=True,
        copy=False,
        groups=TRIAGE,
        help="Red when the reporter saw a danger to life; the clock of that level runs at once.",
    )
    triage_deadline = fields.Datetime(
        string="Decide by", readonly=True, copy=False, index=True, groups=TRIAGE
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue", groups=TRIAGE)

    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, name)", "This reference is taken. Please save again."
    )

    @api.depends("state", "triage_deadline")
    def _compute_is_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for concern in self:
            due = concern.triage_deadline
            concern.is_overdue = concern.state == "received" and bool(due) and due < now

    @api.constrains("observed_at")
    def _check_observed_at(self):
        """Refuse what has not happened yet (with some minutes for clocks that differ)."""
        limit = fields.Datetime.now() + timedelta(minutes=10)
        if any(concern.observed_at > limit for concern in self):
            raise ValidationError(
                self.env._("The observation lies in the future: please correct the time.")
            )

    # Constraints run for fields that were given, so a field that always is stands in here too.
    @api.constrains("student_ids", "reporter_id")
    def _check_students(self):
        """Demand a student; the database cannot."""
        if not all(concern.student_ids for concern in self):
            raise ValidationError(self.env._("Choose the student the report is about."))

    @api.model_create_multi
    def create(self, vals_list):
        """File reports: numbered, dated, kept as they are, and told at once to those on duty.

        :raises AccessError: a client sets what the system or the triage keeps
        """
        if not self.env.su:
            own = {"reporter_id": self.env.uid}
            vals_list = [{**vals, **own} for vals in self._client_values(vals_list)]
        companies = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id for vals in vals_list
        )
        concerns = super(CrisisConcern, self._as_system()).create(vals_list).with_env(self.env)
        concerns._adopt_attachments()
        # with its number a report is submitted, signed and locked
        concerns._number_and_date(companies)
        concerns.filtered(lambda concern: concern.state == "received")._tell_duty()
        return concerns

    def write(self, vals):
        """Keep what was submitted; the rest is changed by those who decide on reports.

        :raises UserError: submitted content would change
        """
        # first of all, or the checks below would tell strangers what came of a report
        if not self.env.su:
            self.check_access("write")
        self._check_input([vals])
        self._check_stays_restricted(vals)
        self._check_submitted_stays(vals)
        return super().write(vals)

    def _check_submitted_stays(self, vals):
        """Refuse to change what was submitted, to everybody.

        :raises UserError: ``vals`` would change it
        """
        submitting = self.env.context.get("crisis_submitting") is _SUBMITTING
        if SUBMITTED_FIELDS & vals.keys() and not submitting:
            raise UserError(
                self.env._(
                    "A submitted report is never changed. Write an addition instead: it stands "
                    "below the report, with your name and the time."
                )
            )

    @api.model
    def _open_domain(self, closed, operation):
        """Leave reporters their own ones, to read; others decide on them."""
        others = Domain("case_ids", "not in", closed.cases)
        others &= Domain("student_ids", "not in", closed.open_students)
        if operation in ("read", "create"):
            others |= Domain("reporter_id", "=", self.env.uid)
        return others

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep every report."""
        raise UserError(self.env._("Reports are never deleted. Dismiss the report with a reason."))

    @api.model
    def _signed_domain(self):
        """Count what is submitted as signed: it has its number."""
        return Domain("name", "!=", False)

    def _attachments_locked(self):
        """Return the records whose attachments must stay as they are: all that are submitted."""
        # sudo: whether it has its number
        return self.sudo().filtered("name")

    def _number_and_date(self, companies):
        """Give fresh reports their reference, provisional level and time limit.

        :param companies: school of each report (``res.company``, with repetitions)
        """
        numbering = self.env["crisis.numbering"]
        references = {
            company: iter(numbering._draw(self._name, company, count))
            for company, count in collections.Counter(companies).items()
        }
        policies = self.env["crisis.response.policy"]._for_companies(companies)
        now = fields.Datetime.now()
        for concern, company in zip(self, companies, strict=True):
            danger = concern.immediate_danger == "yes"
            red = policies.get((company.id, "red"))
            # sudo: res.company - how long a decision may take
            hours = red.hours_triage if danger and red else company.sudo().crisis_triage_hours
            # sudo: crisis.concern - reporters have no right to write; system values only
            concern.sudo().with_context(crisis_submitting=_SUBMITTING).write(
                {
                    "name": next(references[company]),
                    "risk_level": "red" if danger else False,
                    "triage_deadline": now + timedelta(hours=hours),
                }
            )

    def _adopt_attachments(self):
        """Let the files follow the access of their report.

        :raises AccessError: a file hangs on something else, or is somebody else's
        """
        for concern in self:
            # sudo: ir.attachment - looks at owner and place; the reporter's own fresh files
            files = concern.sudo().attachment_ids
            if any(file.res_id or file.create_uid.id != self.env.uid for file in files):
                raise AccessError(self.env._("Attach only files that you have just uploaded."))
            files.write({"res_model": self._name, "res_id": concern.id, "public": False})

    @api.model
    def _case_sharing(self):
        return Sharing()

    @api.model
    def _permission_excerpt(self):
        return Excerpt(
            (
                *("informant", "observed_at", "location", "description", "immediate_danger"),
                "addendum_ids",
            ),
            domain=(("restricted", "=", False),),
            sequence=20,
            order=self._order,
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (Event("concern", _lt("Report"), "create_date", "reporter_id", icon="fa-flag-o"),)

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(20, "crisis_intervention.crisis_concern_action_report_form"),
        )

    @api.model
    def _case_counter(self):
        return Counter("concern_count")
