from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...lib.deadlines import GRANT_REVIEW_HOURS
from ...roles import MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY


class CrisisAccessEmergency(models.AbstractModel):
    """Emergency access: at once because of danger to life, told to all, reviewed by another.

    Part of ``crisis.access.grant``.
    """

    _name = "crisis.access.emergency"
    _description = "Emergency Access"

    is_emergency = fields.Boolean(
        string="Emergency Access",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Opened at once because of a danger to life; looked into afterwards.",
    )
    verdict = fields.Selection(
        [("waiting", "To be reviewed"), ("justified", "Justified"), ("abuse", "Not justified")],
        string="Result of the Review",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    verdict_comment = fields.Text(string="Finding", readonly=True, copy=False)
    verdict_by_id = fields.Many2one(
        "res.users", string="Reviewed By", readonly=True, copy=False, ondelete="restrict"
    )
    date_verdict = fields.Datetime(string="Reviewed On", readonly=True, copy=False)
    may_review = fields.Boolean(compute="_compute_may_review")

    def _compute_may_review(self):
        """Tell the user whether the review is hers or his."""
        for grant in self:
            grant.may_review = grant.verdict == "waiting" and not grant._approval_refusal()

    def action_break_glass(self):
        """Open at once what helps, because of a danger to life; see ``crisis.access.second``.

        :return: the reading room, or the question who is there
        """
        self._break_glass()
        return self.action_read()

    def _break_glass(self):
        """Open what helps at once, tell everybody responsible, and have it reviewed."""
        self._begin()
        now = fields.Datetime.now()
        # sudo: crisis.access.grant, crisis.case - the system keeps state and dates; the case
        # behind it is not shown
        opened = self.sudo()
        principals = opened.company_id._crisis_holders(PRINCIPAL) - self.env.user
        principals -= opened.case_id._concerned()
        opened._set(
            {
                "state": "active",
                "is_emergency": True,
                "date_from": now,
                "date_to": now + timedelta(hours=opened.company_id.crisis_emergency_hours),
                "asked_by_id": self.env.uid,
                "verdict": "waiting",
                # another person than the one who looked
                "approver": "principal" if principals else "psychology_teacher",
            }
        )
        opened._tell_emergency()
        opened._mark_frequent()
        opened._begin_review(now + timedelta(hours=GRANT_REVIEW_HOURS))

    def _tell_emergency(self):
        """Tell owner, moral education and principals that somebody looks, and nothing else."""
        users = self.company_id._crisis_holders(PRINCIPAL, MORAL_EDUCATION)
        users |= self.case_id.user_id or self.company_id._crisis_holders(PSYCHOLOGY)
        self._tell_people(
            partner_ids=(users - self.env.user).partner_id.ids,
            subject=self.env._("Emergency access"),
            body=self.env._("Somebody opened a case because of a danger to life."),
        )

    def _begin_review(self, due):
        """Give the review to those who hold the role for it; unmet, it escalates with the case."""
        groups = {"principal": PRINCIPAL, "psychology_teacher": PSYCHOLOGY}
        users = self.company_id._crisis_holders(groups[self.approver]) - self.env.user
        self._plan_activity("crisis_intervention.mail_activity_grant_review", users, due)
        if self.case_id:
            self.case_id._open_step("grant_review", due, record=self, role=self.approver)

    def action_review(self):
        """Open the dialog of the review."""
        self.ensure_one()
        return self.env["crisis.access.review"]._action_form(
            name=self.display_name, target="new", context={"default_grant_id": self.id}
        )

    def _review(self, verdict, comment):
        """Keep what another person found; what was not justified ends at once.

        :param str verdict: ``justified`` or ``abuse``
        :raises AccessError: it is not the user's to review
        :raises UserError: no finding is written
        """
        self.ensure_one()
        self.check_access("read")
        refusal = self._approval_refusal()
        if refusal:
            raise AccessError(refusal)
        if not (comment or "").strip():
            raise UserError(self.env._("Write what you found: who was asked, what was needed."))
        # sudo: crisis.access.grant - reviewers have no right to write; checked just above
        grant = self.sudo()
        grant._lock_in("active", "revoked")
        if grant.verdict != "waiting":
            raise UserError(self.env._("This was reviewed already."))
        grant._set(
            {
                "verdict": verdict,
                "verdict_comment": comment,
                "verdict_by_id": self.env.uid,
                "date_verdict": fields.Datetime.now(),
            }
        )
        if verdict == "abuse" and grant._is_open():
            self.action_revoke()
        grant._end_activities()
        grant._end_step("grant_review")
