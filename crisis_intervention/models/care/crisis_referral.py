from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import APPROVAL_HOURS, reply_hours
from ...lib.declarations import Chapter, Counter, Done, Event, Excerpt, Step
from ...sealed_files import ConfidentialBinary
from ..odoo.res_partner import RESOURCE_KINDS

_lt = LazyTranslate(__name__)

# What the receiving side answers on the reply slip.
REPLY_FIELDS = frozenset(
    (
        "reply_accepted",
        "reply_by",
        "reply_opinion",
        "reply_advice",
        "reply_attendance",
        "reply_date_again",
        "reply_scan",
        "reply_scan_filename",
    )
)

_lt = LazyTranslate(__name__)


class CrisisReferral(models.Model):
    """A referral to somebody outside: letter, reply slip, and for the district centre access."""

    _name = "crisis.referral"
    _description = "Referral"
    _number_prefix = "RF"
    _inherit = ["crisis.case.record", "crisis.approval.mixin"]
    _order = "id desc"
    _locked_states = frozenset(("waiting", "approved", "sent", "replied", "ended"))
    _later_fields = REPLY_FIELDS | {"note_end"}
    _finished_states = ("sent", "replied", "ended")
    _approved_with = ("case_id", "district_company_id")

    user_id = fields.Many2one(
        "res.users",
        string="Handled By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    resource_id = fields.Many2one(
        "res.partner",
        string="Referred To",
        required=True,
        ondelete="restrict",
        domain="[('crisis_resource_kind', '!=', False)]",
    )
    resource_kind = fields.Selection(
        RESOURCE_KINDS, compute="_compute_resource", store=True, compute_sudo=True
    )
    district_company_id = fields.Many2one(
        "res.company",
        compute="_compute_resource",
        store=True,
        compute_sudo=True,
        index="btree_not_null",
        help="The district centre, where it works in this system. While the referral runs it may "
        "read the shared part of the case.",
    )
    state = fields.Selection(
        [
            ("draft", "Being written"),
            ("waiting", "Waits for approval"),
            ("approved", "To be sent"),
            ("sent", "Sent"),
            ("replied", "Replied"),
            ("ended", "Ended"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    urgent = fields.Boolean(help="Goes at once, accompanied.")
    reason = fields.Text(help="What is asked of them. Stands in the letter.")
    done_so_far = fields.Text(help="What the school has seen and done. Stands in the letter.")
    may_share = fields.Text(
        string="May Be Shared", help="What guardians and school agree to pass on, and what not."
    )
    basis = fields.Selection(
        [
            ("consent", "Consent of the guardians"),
            ("danger", "Danger to life or health"),
            ("law", "Duty by law"),
        ],
        string="Legal Ground",
        help="Without consent a referral needs a ground in the law, and its reason.",
    )
    contact_id = fields.Many2one(
        "crisis.guardian.contact",
        string="Consent Given In",
        domain="[('case_id', '=', case_id), ('state', '=', 'signed'), ('consent', '=', 'given')]",
        ondelete="restrict",
    )
    basis_reason = fields.Text(string="Ground in Detail")
    date_sent = fields.Datetime(string="Sent On", readonly=True, copy=False)
    date_reply_due = fields.Datetime(string="Reply Due", readonly=True, copy=False)
    date_replied = fields.Datetime(string="Answered On", readonly=True, copy=False)
    replied_by_id = fields.Many2one(
        "res.users", string="Entered By", readonly=True, copy=False, ondelete="restrict"
    )
    reply_accepted = fields.Selection(
        [
            ("yes", "Received the student"),
            ("no", "Did not receive the student"),
            ("no_show", "Student did not come"),
        ],
        string="Student Received",
    )
    reply_by = fields.Char(string="Reply From")
    reply_opinion = fields.Text(
        string="Opinion", help="As it stands on the slip. A diagnosis comes from a hospital only."
    )
    reply_advice = fields.Selection(
        [
            ("outpatient", "Outpatient care"),
            ("inpatient", "Inpatient care"),
            ("medication", "Medication"),
            ("leave", "Leave from school"),
            ("observe", "Observation at school"),
            ("none", "Nothing further"),
        ],
        string="Advice",
    )
    reply_attendance = fields.Selection(
        [("yes", "May attend school"), ("partly", "May attend in part"), ("no", "Not for now")],
        string="Attendance",
    )
    reply_date_again = fields.Date(string="Next Appointment")
    reply_scan = ConfidentialBinary(string="Reply Slip", attachment=True)
    reply_scan_filename = fields.Char()
    note_end = fields.Text(string="Why It Ended Without Reply")

    @api.depends("resource_id.crisis_resource_kind")
    def _compute_resource(self):
        """Find the kind, and the district centre behind a contact."""
        centres = self.env["res.company"].search([("partner_id", "in", self.resource_id.ids)])
        by_partner = {centre.partner_id: centre for centre in centres}
        for referral in self:
            referral.resource_kind = referral.resource_id.crisis_resource_kind
            is_district = referral.resource_kind == "district"
            centre = by_partner.get(referral.resource_id) if is_district else None
            referral.district_company_id = centre

    def write(self, vals):
        """Change referrals; the district centre fills in the reply slip and nothing else.

        :raises AccessError: it would change what the school wrote
        """
        self.check_access("write")
        # sudo: the school only
        foreign = self.sudo().company_id - self.env.companies
        if not self.env.su and foreign and not vals.keys() <= REPLY_FIELDS:
            raise AccessError(self.env._("You fill in the reply; the rest is the school's."))
        # sudo: the state only
        replying = not self.env.su and REPLY_FIELDS & vals.keys()
        if replying and any(referral.state != "sent" for referral in self.sudo()):
            raise UserError(
                self.env._(
                    "The reply is filled in after the referral was sent, and not changed once it is taken in."
                )
            )
        return super().write(vals)

    def action_submit(self):
        """Ask for approval where the level asks for it; else the letter may be sent.

        :raises UserError: the reason, or the ground without consent, is missing
        """
        self.ensure_one()
        self.check_access("write")
        self._check_writer()
        self._lock_in("draft")
        self._check_case_runs()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write the reason: it stands in the letter."))
        if not self.basis:
            raise UserError(self.env._("Choose the ground: consent, danger to life, or the law."))
        if self.basis == "consent" and not self.contact_id:
            raise UserError(self.env._("Name the guardian contact in which the consent was given."))
        if self.basis != "consent" and not (self.basis_reason or "").strip():
            raise UserError(self.env._("Without consent, write the ground in detail."))
        case = self.case_id
        policy = case._policy()
        if policy and policy.approver:
            hours = APPROVAL_HOURS[case.risk_level or "blue"]
            due = fields.Datetime.now() + timedelta(hours=hours)
            self._ask(policy.approver, "referral_approval", due)
        else:
            self._after_approval()

    def _after_approval(self):
        """Let the letter be sent."""
        for referral in self:
            # sudo: crisis.referral - the approver has no right to write; checked before
            approved = referral.sudo()
            approved.case_id._close_steps(["referral_approval"], approved)
            approved._set({"state": "approved"})
            due = fields.Datetime.now() + timedelta(hours=24)
            approved.case_id._open_step("referral", due, record=approved, user=approved.user_id)
            approved._plan_activity(
                "crisis_intervention.mail_activity_referral", approved.user_id, due
            )

    def _after_refusal(self):
        """Give the referral back to its author."""
        for referral in self:
            # sudo: crisis.referral - the approver has no right to write; checked before
            refused = referral.sudo()
            refused.case_id._close_steps(["referral_approval"], refused)
            refused._set({"state": "draft"})
            refused._plan_activity(
                "crisis_intervention.mail_activity_referral", refused.user_id, fields.Datetime.now()
            )

    def action_send(self):
        """Record that the letter went out; from now on the reply is waited for."""
        self.ensure_one()
        self.check_access("write")
        self._lock_in("approved")
        now = fields.Datetime.now()
        due = now + timedelta(hours=reply_hours(self.case_id.risk_level))
        self._set({"state": "sent", "date_sent": now, "date_reply_due": due})
        self._end_activities()
        self.case_id._close_steps(["referral"], self)
        self.case_id._open_step("referral_reply", due, record=self, user=self.user_id)
        self._plan_activity("crisis_intervention.mail_activity_referral_reply", self.user_id, due)
        self._sync_district()

    def action_reply(self):
        """Take the reply slip in.

        :raises UserError: the slip is not filled in
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: crisis.referral - the district centre replies without further rights
        sent = self.sudo()
        sent._lock_in("sent")
        if not sent.reply_accepted or not (sent.reply_opinion or "").strip():
            raise UserError(
                self.env._("Fill in the reply: whether the student was received, and the opinion.")
            )
        sent._set(
            {
                "state": "replied",
                "date_replied": fields.Datetime.now(),
                "replied_by_id": self.env.uid,
            }
        )
        sent._end_activities()
        sent.case_id._close_steps(["referral_reply"], sent)
        sent._plan_activity(
            "crisis_intervention.mail_activity_referral_reply",
            sent.user_id - self.env.user,
            fields.Datetime.now(),
        )

    def action_end(self):
        """End the referral, and with it the access it gives.

        :raises UserError: no reply came, and nothing says why it ends
        """
        self.ensure_one()
        self.check_access("write")
        self._lock_in("sent", "replied", "approved")
        if self.state != "replied" and not (self.note_end or "").strip():
            raise UserError(self.env._("Write why it ends without a reply."))
        self._set({"state": "ended"})
        self._end_activities()
        self.case_id._close_steps(["referral", "referral_reply"], self)
        self._sync_district()

    def _sync_district(self):
        """Give the district centre access to the shared part of the case, or take it away."""
        for case in self.case_id:
            # sudo: crisis.referral - whether one runs, and to whom
            running = self.sudo().search(
                [
                    ("case_id", "=", case.id),
                    ("state", "in", ["sent", "replied"]),
                    ("district_company_id", "!=", False),
                ],
                limit=1,
            )
            # sudo: crisis.case - the mark follows the referral, nobody sets it directly
            case.sudo().district_company_id = running.district_company_id

    def _check_printable(self, report):
        """Let no letter leave before it is approved."""
        if any(referral.state in ("draft", "waiting") for referral in self):
            raise UserError(
                self.env._("The letter is printed once the referral is submitted and approved.")
            )
        return super()._check_printable(report)

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state", "user_id"), sequence=100)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            ("date_sent", "resource_id", "reply_accepted", "reply_opinion"), sequence=100
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event("referral", _lt("Referral sent"), "date_sent", "user_id", icon="fa-share"),
            Event(
                "reply",
                _lt("Reply to a referral"),
                "date_replied",
                "replied_by_id",
                icon="fa-reply",
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that referrals are decided on, sent and answered."""
        return (
            *super()._case_steps(),
            Step(
                "referral_approval",
                _lt("Approval of a referral"),
                "crisis_intervention.mail_activity_referral_approval",
                100,
            ),
            Step(
                "referral",
                _lt("Referral to be sent"),
                "crisis_intervention.mail_activity_referral",
                110,
            ),
            Step(
                "referral_reply",
                _lt("Reply to a referral"),
                "crisis_intervention.mail_activity_referral_reply",
                120,
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("referral_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                110,
                "crisis_intervention.crisis_referral_action_report_letter",
                (("state", "in", ("sent", "replied", "ended")),),
            ),
        )

    @api.model
    def _done_in_case(self):
        done = Done(
            (("state", "in", ("replied", "ended")),), _lt("Referrals answered"), sequence=50
        )
        return (*super()._done_in_case(), done)
