from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...roles import MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY, TRIAGE

APPROVER_GROUPS = {
    "moral_education": MORAL_EDUCATION,
    "principal": PRINCIPAL,
    "psychology_teacher": PSYCHOLOGY,
}


class CrisisApprovalMixin(models.AbstractModel):
    """A record that another person approves: never the one who asks, nor the author.

    Records have a ``state`` with ``waiting`` while they are asked about.
    """

    _name = "crisis.approval.mixin"
    _description = "Record to Approve"

    approver = fields.Selection(
        [
            ("moral_education", "Moral Education Director"),
            ("principal", "Principal"),
            ("psychology_teacher", "Psychology Teacher"),
        ],
        string="Approved By",
        readonly=True,
        copy=False,
        help="Who approves it. The principal may do so in place of the moral education director; "
        "never the person who wrote it or asked for it.",
    )
    asked_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    approval_ids = fields.One2many(
        "crisis.approval",
        "res_id",
        string="Approvals",
        domain=lambda self: [("res_model", "=", self._name)],
        readonly=True,
        groups=TRIAGE,
    )
    may_approve = fields.Boolean(compute="_compute_may_approve")

    @api.depends("state", "approver", "asked_by_id")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        """Tell the user whether the decision is hers or his."""
        for record in self:
            record.may_approve = record.state == "waiting" and not record._approval_refusal()

    def _approval_refusal(self):
        """Return why the user may not decide on this record; "" when it is the user's turn."""
        self.ensure_one()
        user = self.env.user
        groups = {PRINCIPAL, APPROVER_GROUPS.get(self.approver, PRINCIPAL)}
        if not user.has_groups(",".join(groups)):
            return self.env._("The decision on this is not yours.")
        # sudo: who wrote it and asked for it
        if user in (self.sudo().create_uid | self.sudo().asked_by_id):
            return self.env._("You wrote this or asked for it: another person decides.")
        return ""

    def _ask(self, approver, kind, due):
        """Ask ``approver`` to decide until ``due``.

        :param str approver: key of ``APPROVER_GROUPS``
        :param str kind: the step of the case that the decision is
        :raises UserError: nobody can decide
        """
        self.ensure_one()
        approver, users = self._who_decides(approver, self.env.user | self.create_uid)
        if not users:
            raise UserError(
                self.env._(
                    "Nobody else at this school can approve this: another person needs the role "
                    "of principal first."
                )
            )
        self._set({"state": "waiting", "approver": approver, "asked_by_id": self.env.uid})
        self._log_approval("asked")
        if self.case_id:  # a permission may be asked about a student without a case
            self.case_id._open_step(kind, due, record=self, role=approver)
        self._ask_users(approver, users, kind, due)

    def _who_decides(self, approver, barred):
        """Return who decides: the role asked for, or another where a report is about all of it.

        :param str approver: key of ``APPROVER_GROUPS``
        :param barred: ``res.users`` who cannot decide on what they wrote or asked for
        :return: key of ``APPROVER_GROUPS``, and ``res.users``, empty if there is nobody
        """
        holders, concerned = self.company_id._crisis_holders, self.case_id._concerned()
        users = holders(PRINCIPAL, APPROVER_GROUPS[approver]) - barred
        if users - concerned or not users & concerned:
            return approver, users - concerned
        for other, group in APPROVER_GROUPS.items():
            if users := holders(group) - barred - concerned:
                return other, users
        return approver, users

    def _ask_users(self, approver, users, kind, due):
        """Give the decision to those of ``users`` whose role it is, else to all of them."""
        first = self.company_id._crisis_holders(APPROVER_GROUPS[approver]) & users or users
        _model, step = self._by_code("_case_steps")[kind]
        self._plan_activity(step.activity, first, due)

    def _ask_others(self, step):
        """Ask others for a decision that nobody is left for, as a report is about who was asked.

        :param step: the ``crisis.deadline`` of the decision
        """
        self.ensure_one()
        if self.state != "waiting" or self.activity_ids:
            return
        approver, users = self._who_decides(self.approver, self.asked_by_id | self.create_uid)
        if approver != self.approver:
            self._set({"approver": approver})
            step.role = approver
        self._ask_users(approver, users, step.kind, step.date_due)

    def action_approve(self, comment=False):
        """Approve.

        :raises AccessError: it is not the user's to decide
        """
        self._decide_approval("approved", comment)
        self._after_approval()

    def action_refuse(self, comment=False):
        """Give it back to its author.

        :raises UserError: no comment says why
        """
        if not (comment or "").strip():
            raise UserError(self.env._("Say what has to change, so that the author can go on."))
        self._decide_approval("refused", comment)
        self._after_refusal()

    def _decide_approval(self, decision, comment):
        """Check who decides, log it, and close the step."""
        self.check_access("read")
        # sudo: approvers decide without the right to write the record; checked just below
        waiting = self.sudo()
        waiting._lock_in("waiting")
        for record in self:
            refusal = record._approval_refusal()
            if refusal:
                raise AccessError(refusal)
            record._log_approval(decision, comment)
        waiting._end_activities()

    def _log_approval(self, decision, comment=False):
        """Keep who decided what, when, with which words, in the case."""
        if not self.case_id:
            return
        # sudo: crisis.approval - written here only, nobody has the right to write it directly
        self.env["crisis.approval"].sudo().create(
            {
                "decision": decision,
                "text": comment,
                "user_id": self.env.uid,
                "case_id": self.case_id.id,
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def _after_approval(self):
        """Carry out what was approved."""

    def _after_refusal(self):
        """Let the author go on."""

    def action_ask_decision(self):
        """Open the dialog that approves or refuses, with a comment."""
        return self.env["crisis.approval.decide"]._action_about(self)
