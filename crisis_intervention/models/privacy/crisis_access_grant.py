from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ... import identity
from ...lib.deadlines import GRANT_HOURS
from ...lib.declarations import Event, Step
from ...roles import CONFIDENTIAL, TRIAGE
from ...seal_keys import keyring

_lt = LazyTranslate(__name__)

SCOPES = [
    ("answers", "Answers to single items"),
    ("notes", "Session notes"),
    ("case", "Whole case without session notes"),
    ("all", "Whole case with session notes"),
]


def _given(grant):
    """Return what the server signs when a permission is given: what it opens, to whom, until when."""
    people = (grant.user_id.id, grant.decided_by_id.id, grant.case_id.id, grant.scope)
    moments = (fields.Datetime.to_string(moment) for moment in (grant.date_from, grant.date_to))
    return "crisis.access.grant|" + "|".join(map(str, (grant.id, *people, *moments)))


def sign_given(grant):
    """Sign a permission that a person has given; see ``role_confirmations`` why no method does so.

    :param grant: one record with superuser rights
    """
    grant._set({"given_signature": keyring(grant.env).sign(_given(grant))})


def sign_given_anew(env):
    """Sign with the newest key the open permissions that an older one has signed.

    What does not verify stays as it is, and opens nothing.
    """
    # sudo: crisis.access.grant - only what verifies is signed anew
    for grant in env["crisis.access.grant"].sudo().search([("state", "=", "active")]):
        is_old = not (grant.given_signature or "").startswith(f"{keyring(env).newest}:")
        if is_old and grant._is_given():
            sign_given(grant)


class CrisisAccessGrant(models.Model):
    """A permission to look: one person, one case, one purpose, until a certain second.

    It opens no record rule and no field, so nothing that Odoo caches can outlive it: everything is
    read in the reading room (``crisis.access.reading``), which looks at the clock each time.
    Whoever may not know whether a student has a case asks by the student, and learns nothing of it
    by asking: the case behind it is found by the system and shown to those who work cases.
    """

    _name = "crisis.access.grant"
    _description = "Permission to Look"
    _inherit = [
        "crisis.access.emergency",
        "crisis.access.reading",
        "crisis.access.second",
        "crisis.approval.mixin",
    ]
    _number_prefix = "AG"
    _order = "id desc"
    _check_company_auto = True
    _locked_states = frozenset(("waiting", "active", "refused", "revoked"))
    # the register tells of each reading
    _unsigned_fields = frozenset(("read_count", "date_read"))
    _takes_no_files = True
    _approved_with = ("case_id", "user_id")

    student_id = fields.Many2one(
        "crisis.student", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    case_id = fields.Many2one(
        "crisis.case",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        groups=TRIAGE,
        domain="[('student_id', '=', student_id)]",
        help="Empty: the open case of the student, else the latest one.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person Who Looks",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    scope = fields.Selection(SCOPES, required=True, default="case")
    purpose = fields.Text(
        required=True, help="What you need it for. Whoever decides reads it, and it is kept."
    )
    hours = fields.Integer(
        string="For How Many Hours",
        required=True,
        default=24,
        help="It begins when it is given and ends by itself, to the second.",
    )
    state = fields.Selection(
        [
            ("draft", "Being written"),
            ("waiting", "Waits for approval"),
            ("active", "Given"),
            ("refused", "Refused"),
            ("revoked", "Taken back"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    date_asked = fields.Datetime(string="Asked On", readonly=True, copy=False)
    date_from = fields.Datetime(string="From", readonly=True, copy=False)
    date_to = fields.Datetime(string="Until", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    date_decided = fields.Datetime(string="Decided On", readonly=True, copy=False)
    decision_comment = fields.Text(
        string="Comment",
        readonly=True,
        copy=False,
        help="Read by the one who asked: nothing about the student here.",
    )
    revoked_by_id = fields.Many2one(
        "res.users", string="Taken Back By", readonly=True, copy=False, ondelete="restrict"
    )
    date_revoked = fields.Datetime(string="Taken Back On", readonly=True, copy=False)
    given_signature = fields.Char(readonly=True, copy=False)
    is_open = fields.Boolean(
        string="Open Now", compute="_compute_is_open", search="_search_is_open"
    )
    is_mine = fields.Boolean(compute="_compute_is_mine")
    may_revoke = fields.Boolean(compute="_compute_is_mine")

    _hours_positive = models.Constraint("CHECK(hours > 0)", "A permission lasts at least one hour.")

    @api.depends("state", "date_from", "date_to")
    def _compute_is_open(self):
        """Compare with the clock."""
        for grant in self:
            grant.is_open = grant._is_open()

    @api.model
    def _search_is_open(self, operator, value):
        """Compare with the clock of this query."""
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        opened = Domain([("state", "=", "active"), ("date_from", "<=", now), ("date_to", ">", now)])
        return opened if True in value else ~opened

    @api.depends("user_id", "state")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        """Tell whose it is, and who may take it back."""
        decides = self.env.user.has_groups(CONFIDENTIAL)
        for grant in self:
            grant.is_mine = grant.user_id == self.env.user
            grant.may_revoke = grant._is_open() and (grant.is_mine or decides)

    def _is_open(self):
        """Tell whether it holds at this second; the one place that says so."""
        self.ensure_one()
        if self.state != "active" or not self.date_from or not self.date_to:
            return False
        return self.date_from <= fields.Datetime.now() < self.date_to

    @api.constrains("case_id", "student_id")
    def _check_same_student(self):
        """Refuse a case of somebody else."""
        # sudo: crisis.case - compares students, tells nothing about them
        for grant in self.sudo():
            if grant.case_id and grant.case_id.student_id != grant.student_id:
                raise ValidationError(self.env._("This case is about another student."))

    @api.constrains("hours")
    def _check_hours(self):
        """Keep to the longest time the school allows."""
        for grant in self:
            # sudo: res.company - one figure
            longest = grant.company_id.sudo().crisis_grant_hours
            if grant.hours > longest:
                raise ValidationError(
                    self.env._(
                        "At this school a permission lasts %(hours)s hours at most: ask for less, "
                        "and again when it has ended.",
                        hours=longest,
                    )
                )

    def _find_case(self):
        """Put the student's case behind it where nobody has chosen one."""
        # sudo: crisis.case - who asks does not get to know whether there is one
        for grant in self.sudo().filtered(lambda grant: not grant.case_id):
            cases = (
                grant.env["crisis.case"]
                .with_context(active_test=False)
                .search([("student_id", "=", grant.student_id.id)], order="id desc")
            )
            # a person concerned by a report behind a case asks as if there were none
            cases = cases.filtered(lambda case, user=grant.user_id: user not in case._concerned())
            grant._set({"case_id": (cases.filtered(lambda c: not c.date_closed) or cases)[:1].id})

    def _begin(self):
        """Check who asks for what.

        :raises AccessError: it is a colleague's
        :raises UserError: the purpose is missing
        """
        self.ensure_one()
        self.check_access("write")
        if self.user_id != self.env.user:
            raise AccessError(self.env._("Ask for yourself: only the person who looks asks."))
        self._lock_in("draft")
        if not (self.purpose or "").strip():
            raise UserError(self.env._("Write what you need it for."))
        self._find_case()
        self._set({"date_asked": fields.Datetime.now()})

    def action_submit(self):
        """Ask psychology teachers and principal; they decide, never the one who asks."""
        self._begin()
        # sudo: the case behind it, which the one who asks may not see
        self.sudo()._ask(
            "psychology_teacher", "grant", fields.Datetime.now() + timedelta(hours=GRANT_HOURS)
        )

    def action_approve(self, comment=False, seen=False):
        """Give it: signed for the person who decides, so that no code gives any.

        :raises UserError: a program decides
        """
        result = super().action_approve(comment, seen)
        for grant in self:
            identity.require_decided(grant)
            # sudo: crisis.access.grant - approvers have no right to write; checked just before
            sign_given(grant.sudo())
        return result

    def _is_given(self):
        """Tell whether a person has given this permission as it stands."""
        # sudo: crisis.access.grant - whether the signature fits
        grant = self.sudo()
        return keyring(self.env).verifies(grant.given_signature or "", _given(grant))

    def _decide_approval(self, decision, comment, seen):
        """Keep the decision with the permission, where the one who asked reads it."""
        result = super()._decide_approval(decision, comment, seen)
        # sudo: crisis.access.grant - approvers have no right to write; checked just before
        self.sudo()._set(
            {
                "decided_by_id": self.env.uid,
                "date_decided": fields.Datetime.now(),
                "decision_comment": comment,
            }
        )
        return result

    def _after_approval(self):
        """Open the case from now on, for as long as was asked.

        :raises UserError: there is nothing to open
        """
        now = fields.Datetime.now()
        # sudo: crisis.access.grant - approvers have no right to write; checked before
        for grant in self.sudo():
            grant._find_case()
            if not grant.case_id:
                raise UserError(
                    self.env._("This student has no case. Refuse, and do not say that it is so.")
                )
            end = now + timedelta(hours=grant.hours)
            grant._set({"state": "active", "date_from": now, "date_to": end})
            grant._end_step("grant")
            grant._tell_decision()

    def _after_refusal(self):
        """Keep it closed."""
        # sudo: crisis.access.grant - approvers have no right to write; checked before
        for grant in self.sudo():
            grant._set({"state": "refused"})
            grant._end_step("grant")
            grant._tell_decision()

    def _after_withdrawal(self):
        """Let the one who asked go on, or leave it."""
        for grant in self:
            grant._set({"state": "draft"})
            grant._end_step("grant")

    def _who_writes(self):
        """Return who asks: for oneself only, whoever owns the case."""
        # sudo: who it is
        return self.sudo().user_id

    def _who_withdraws(self):
        """Return who asked: nobody else does it in that person's place."""
        # sudo: who it is
        return self.sudo().asked_by_id

    def _end_step(self, kind):
        """Let a step about this permission be done."""
        if self.case_id:
            self.case_id._close_steps([kind], self)

    def _tell_decision(self):
        """Tell the one who asked that it is decided."""
        self._tell_people(
            partner_ids=self.user_id.partner_id.ids,
            subject=self.env._("Permission to look"),
            body=self.env._("Your request was decided on."),
        )

    def action_revoke(self):
        """End it at once: by the one who has it, or by those who decide."""
        self.ensure_one()
        self.check_access("read")
        if not self.may_revoke:
            raise AccessError(
                self.env._("Psychology teachers and the principal take back what is still open.")
            )
        # sudo: crisis.access.grant - those who decide have no right to write; checked just above
        grant = self.sudo()
        grant._lock_in("active")
        grant._set(
            {
                "state": "revoked",
                "revoked_by_id": self.env.uid,
                "date_revoked": fields.Datetime.now(),
            }
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (Event("grant", _lt("Permission to look"), "date_from", "user_id", icon="fa-eye"),)

    @api.model
    def _case_steps(self):
        """Declare that permissions are decided on, and emergency accesses looked into."""
        return (
            *super()._case_steps(),
            Step(
                "grant",
                _lt("Decision on a permission to look"),
                "crisis_intervention.mail_activity_grant",
                170,
                about_access=True,
            ),
            Step(
                "grant_review",
                _lt("Review of an emergency access"),
                "crisis_intervention.mail_activity_grant_review",
                180,
                about_access=True,
            ),
        )
