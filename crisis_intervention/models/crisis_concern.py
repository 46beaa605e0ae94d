from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..risk import RISK_LEVELS
from ..roles import PRINCIPAL, TRIAGE

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
# What deciding on the report adds; kept by the triage dialog.
TRIAGE_FIELDS = frozenset(
    ("state", "handled_at", "outcome", "handled_by_id", "dismiss_reason", "case_ids")
)


class CrisisConcern(models.Model):
    """A concern report: what somebody saw, unchangeable once submitted, until it is decided on."""

    _name = "crisis.concern"
    _description = "Concern Report"
    _inherit = ["crisis.quiet.thread"]
    _order = "observed_at desc, id desc"
    _check_company_auto = True

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
    category_ids = fields.Many2many("crisis.category", string="What It Is About")
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
    restricted = fields.Boolean(
        string="About a Member of Staff",
        help="Then only the principal sees the report, and never the person it is about.",
    )
    concerned_user_ids = fields.Many2many(
        "res.users",
        "crisis_concern_concerned_rel",
        "concern_id",
        "user_id",
        string="Staff Concerned",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Photos and Documents", bypass_search_access=True
    )
    body_mark_ids = fields.One2many("crisis.body.mark", "concern_id", string="Marks on the Body")
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

    @api.constrains("student_ids")
    def _check_students(self):
        """Demand a student; the database cannot."""
        if not all(concern.student_ids for concern in self):
            raise ValidationError(self.env._("Choose the student the report is about."))

    @api.constrains("restricted", "concerned_user_ids", "reporter_id")
    def _check_somebody_sees_it(self):
        """Refuse a restricted report that no principal could read: it would be lost."""
        # sudo: crisis.concern - a fresh report about staff may be unreadable for its checker
        for concern in self.sudo():
            if concern.concerned_user_ids and not concern.restricted:
                raise ValidationError(
                    self.env._("Naming a member of staff makes the report restricted: tick both.")
                )
            if concern.reporter_id in concern.concerned_user_ids:
                raise ValidationError(
                    self.env._("You cannot report on yourself here. Speak to the principal.")
                )
            if concern.restricted and not (
                concern._holders(PRINCIPAL) - concern.concerned_user_ids
            ):
                raise ValidationError(
                    self.env._(
                        "Nobody at this school could read this report, as it concerns the "
                        "principal. Nothing was saved. Report it to the education bureau or the "
                        "district centre directly, or call 12345; in danger call 110."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """File reports: numbered, dated, kept as they are, and told at once to those on duty.

        :raises AccessError: a client sends what only the system or the triage keeps
        """
        kept = TRIAGE_FIELDS | {"name", "risk_level", "triage_deadline"}
        if not self.env.su and any(kept & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._("Reference, level, deadline and outcome are kept by the system.")
            )
        companies = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id for vals in vals_list
        )
        policies = self.env["crisis.response.policy"]._for_companies(companies)
        references = {
            company: iter(
                self.env["crisis.numbering"]._draw(
                    self._name, company, sum(1 for each in companies if each == company)
                )
            )
            for company in companies
        }
        now = fields.Datetime.now()
        system_vals = []
        for vals, company in zip(vals_list, companies, strict=True):
            if not self.env.su:
                vals["reporter_id"] = self.env.uid
            danger = vals.get("immediate_danger") == "yes"
            red = policies.get((company.id, "red"))
            hours = red.hours_triage if danger and red else company.sudo().crisis_triage_hours
            system_vals.append(
                {
                    "name": next(references[company]),
                    "risk_level": "red" if danger else False,
                    "triage_deadline": now + timedelta(hours=hours),
                }
            )
        self._check_attachments(vals_list)
        concerns = super().create(vals_list)
        for concern, values in zip(concerns, system_vals, strict=True):
            # sudo: crisis.concern - reporters have no right to write; system values only
            super(CrisisConcern, concern.sudo()).write(values)
        concerns._adopt_attachments()
        concerns._tell_duty()
        return concerns

    def write(self, vals):
        """Keep what was submitted; the rest is changed by those who decide on reports.

        :raises UserError: submitted content would change
        :raises AccessError: a client sends what only the triage keeps
        """
        if SUBMITTED_FIELDS & vals.keys():
            raise UserError(
                self.env._(
                    "A submitted report is never changed. Write an addition instead: it stands "
                    "below the report, with your name and the time."
                )
            )
        if not self.env.su and TRIAGE_FIELDS & vals.keys():
            raise AccessError(self.env._("Reports are decided on in the triage dialog."))
        if vals.get("restricted") is False and not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("Only the principal opens a restricted report again."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep every report."""
        raise UserError(self.env._("Reports are never deleted. Dismiss the report with a reason."))

    def _attachments_locked(self):
        """Return the records whose attachments must stay as they are: all of them."""
        return self

    def _check_attachments(self, vals_list):
        """Accept only files that the reporter has uploaded for this report.

        :raises AccessError: a file hangs on something else, or is somebody else's
        """
        commands = [command for vals in vals_list for command in vals.get("attachment_ids") or []]
        ids = {
            id_
            for command in commands
            for id_ in (command[2] if command[0] == Command.SET else [command[1]])
            if id_
        }
        # sudo: ir.attachment - looks at owner and place of the files named, not at their content
        for attachment in self.env["ir.attachment"].sudo().browse(ids).exists():
            if attachment.res_id or attachment.create_uid.id != self.env.uid:
                raise AccessError(self.env._("Attach only files that you have just uploaded."))

    def _adopt_attachments(self):
        """Let the files follow the access of their report."""
        for concern in self:
            # sudo: ir.attachment - the reporter's own fresh files, checked in _check_attachments
            concern.attachment_ids.sudo().write(
                {"res_model": self._name, "res_id": concern.id, "public": False}
            )

    def _holders(self, *groups):
        """Return the active users of the report's school who hold one of ``groups``."""
        # sudo: res.groups - who must be told; nothing else leaves the method
        users = self.env["res.users"].sudo()
        for group in groups:
            users |= self.env.ref(group).sudo().all_user_ids
        return users.filtered(lambda u: u.active and self.company_id in u.company_ids)
