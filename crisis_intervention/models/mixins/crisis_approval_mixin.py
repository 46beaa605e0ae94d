from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.i18n import format_list

from ...lib.approved_content import digest
from ...lib.signed_content import random_part
from ...roles import MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY, TRIAGE
from ...sealed_files import SEAL

APPROVER_GROUPS = {
    "moral_education": MORAL_EDUCATION,
    "principal": PRINCIPAL,
    "psychology_teacher": PSYCHOLOGY,
}


class CrisisApprovalMixin(models.AbstractModel):
    """A record that another person approves: never the one who asks, nor the author.

    Records have a ``state`` with ``draft`` while they are written and ``waiting`` while they are
    asked about. What is approved is what was asked for, to the letter: a digest says so.
    """

    _name = "crisis.approval.mixin"
    _description = "Record to Approve"
    _inherit = ["crisis.kept.record"]

    # what is approved beside what people fill in
    _approved_with = ("case_id",)
    # lines that are approved with the record: field of the lines to the names of their fields
    _approved_lines = {}

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
    asked_digest = fields.Char(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="What was asked for, as a digest of its content.",
    )
    content_digest = fields.Char(
        compute="_compute_content_digest", help="What stands there now; for those who decide."
    )
    may_approve = fields.Boolean(compute="_compute_may_approve")
    may_withdraw = fields.Boolean(compute="_compute_may_withdraw")
    may_edit = fields.Boolean(compute="_compute_may_edit")

    @api.depends("state", "approver", "asked_by_id")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        """Tell the user whether the decision is hers or his."""
        for record in self:
            record.may_approve = record.state == "waiting" and not record._approval_refusal()

    @api.depends("state", "asked_by_id")
    @api.depends_context("uid")
    def _compute_may_withdraw(self):
        """Tell the user whether it can be taken back."""
        for record in self:
            waits = record.state == "waiting"
            record.may_withdraw = waits and self.env.user in record._who_withdraws()

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_may_edit(self):
        """Tell the user whether this is a draft to write, so that forms close what is locked."""
        for record in self:
            mine = not record._origin or self.env.user in record._who_writes()
            record.may_edit = record.state == "draft" and mine

    @api.depends("state", "approver", "asked_by_id")
    @api.depends_context("uid")
    def _compute_content_digest(self):
        """Tell those who decide what they decide on; to others it would confirm a guess."""
        for record in self:
            record.content_digest = record.may_approve and record._content_digest()

    def write(self, vals):
        """Fill in a draft; what waits for a decision stays as it was asked for.

        :raises UserError: it waits, or is somebody else's draft
        """
        self.check_access("write")
        for name in vals.keys() & self._fields.keys():
            self._check_field_access(self._fields[name], "write")
        # lines look after themselves
        if vals.keys() - self._approved_lines.keys():
            self._check_not_waiting()
        if vals and not self.env.su:
            self._check_writer()
        return super().write(vals)

    def _check_not_waiting(self):
        """Refuse to change what somebody decides on just now.

        :raises UserError: one of the records waits
        """
        # sudo: the state only, also where the user may not read it
        if any(record.state == "waiting" for record in self.sudo()):
            raise UserError(
                self.env._(
                    "This waits for a decision, so nothing of it changes under whoever decides. "
                    "Withdraw it, change it, and submit it again."
                )
            )

    def _who_writes(self):
        """Return ``res.users`` who write this draft: its author, and the owner of the case."""
        # sudo: who they are, also where the user may not read the case
        record = self.sudo()
        return record.create_uid | record.case_id.user_id

    def _check_writer(self):
        """Refuse to write or submit a draft of somebody else.

        :raises UserError: one of the records is a draft of another person
        """
        for record in self:
            writers = record._who_writes()
            # sudo: the state only, also where the user may not read it
            if record.sudo().state == "draft" and self.env.user not in writers:
                raise UserError(
                    self.env._(
                        "This draft is written by %(names)s. Talk to them, or write a record of "
                        "your own.",
                        names=format_list(self.env, writers.mapped("name")),
                    )
                )

    def _attachments_locked(self):
        """Return the records whose files stay as they are: also drafts of somebody else."""
        others = self.filtered(lambda record: self.env.user not in record._who_writes())
        # sudo: the state only
        return super()._attachments_locked() | others.sudo().filtered(lambda r: r.state == "draft")

    # ------------------------------------------------------------------ what is approved

    def _content_digest(self):
        """Return the digest of all that this record asks for."""
        self.ensure_one()
        # sudo: all of it, whoever asks; only a digest leaves the method
        return digest(self.sudo()._approved_content())

    def _approved_content(self):
        """Return what is approved: fields that people fill in, lines, and files, as a dict."""
        names = self._filled_in(*self._approved_with, without=self._later_fields)
        entered = [name for name in names if self._fields[name].type not in ("binary", "one2many")]
        content = {"kind": self._name, **_content(self, entered)}
        for name, columns in self._approved_lines.items():
            content[name] = [_content(line, columns) for line in self[name].sorted("id")]
        return content

    # ------------------------------------------------------------------ asking and deciding

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
        asked = self._content_digest()
        # sudo: the digest, which is the system's alone; callers have checked who asks
        self.sudo()._set(
            {
                "state": "waiting",
                "approver": approver,
                "asked_by_id": self.env.uid,
                "asked_digest": asked,
            }
        )
        self._log_approval("asked", digest=asked)
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

    def action_approve(self, comment=False, seen=False):
        """Approve what stands there now.

        :param str seen: digest of what the user has read; empty, where nothing remembers it
        :raises AccessError: it is not the user's to decide
        :raises UserError: it is not what the user has read, or not what was asked for
        """
        self._decide_approval("approved", comment, seen)
        self._after_approval()

    def action_refuse(self, comment=False, seen=False):
        """Give it back to its author.

        :param str seen: see ``action_approve``
        :raises UserError: no comment says why, or it is not what the user has read
        """
        if not (comment or "").strip():
            raise UserError(self.env._("Say what has to change, so that the author can go on."))
        self._decide_approval("refused", comment, seen)
        self._after_refusal()

    def _decide_approval(self, decision, comment, seen):
        """Check who decides and on what, log it, and close the step."""
        self.check_access("read")
        # sudo: approvers decide without the right to write the record; checked just below
        waiting = self.sudo()
        waiting._lock_in("waiting")
        for record in self:
            refusal = record._approval_refusal()
            if refusal:
                raise AccessError(refusal)
            present = record._content_digest()
            record._check_seen(seen, present)
            if decision == "approved" and present != record.sudo().asked_digest:
                raise UserError(
                    self.env._(
                        "This is not what was asked for any more: it was changed outside of its "
                        "form. Give it back, so that its author reads it and submits it again."
                    )
                )
            record._log_approval(decision, comment, present)
        waiting._end_activities()

    def _check_seen(self, seen, present):
        """Refuse to go on with something else than what the user has read.

        What a client sends can only be refused by it: what is decided on is what stands there.

        :raises UserError: it was changed since
        """
        if seen and seen != present:
            raise UserError(
                self.env._(
                    "This was changed since you opened it. Reload the page, read it again, and "
                    "decide then."
                )
            )

    def _who_withdraws(self):
        """Return ``res.users`` who take it back: who asked; where that person is gone, the owner."""
        # sudo: who they are, also where the user may not read the case
        record = self.sudo()
        asker = record.asked_by_id
        if asker.active and asker not in record.case_id._concerned():
            return asker
        return record.case_id.user_id

    def action_withdraw(self):
        """Take it back from whoever decides, to change it and submit it again.

        :raises UserError: it was somebody else who asked, or it was decided on meanwhile
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: who asked, and what the system keeps; checked just below
        waiting = self.sudo()
        waiting._lock_in("waiting")
        if self.env.user not in waiting._who_withdraws():
            raise UserError(self.env._("Only the person who asked for the decision withdraws it."))
        waiting._withdraw()

    def _withdraw(self, reason=False):
        """Let nobody decide on these records any more: they are drafts again.

        :param str reason: words for the log, harmless ones
        """
        for record in self:
            record._log_approval("withdrawn", reason, record.asked_digest)
        self._end_activities()
        self._after_withdrawal()

    def _log_approval(self, decision, comment=False, digest=False):
        """Keep who decided what, when, with which words, in the case.

        :param str digest: what it was decided on
        """
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
                "digest": digest,
            }
        )

    def _after_approval(self):
        """Carry out what was approved."""

    def _after_refusal(self):
        """Let the author go on."""

    def _after_withdrawal(self):
        """Let the author go on: as where it is given back."""
        self._after_refusal()

    def action_ask_decision(self):
        """Open the dialog that approves or refuses, with a comment.

        The form sends the digest of what it shows.

        :raises UserError: it shows something else than what stands there
        """
        self.ensure_one()
        self._check_seen(self.env.context.get("crisis_seen"), self.content_digest)
        return self.env["crisis.approval.decide"]._action_about(self, self.content_digest)


def _content(record, names):
    """Return what one record says in the fields ``names``, and its files, as a dict."""
    values = {}
    for name in names:
        value = record[name]
        values[name] = value.ids if record._fields[name].relational else value
    # sudo: ir.attachment - which contents they have; only a digest is made of it
    files = record.env["ir.attachment"].sudo()
    # what is filled in later is not asked for; without the condition files of fields are left out
    later = ["-", *getattr(record, "_later_fields", ())]
    place = [("res_model", "=", record._name), ("res_id", "=", record.id)]
    found = files.search([*place, ("res_field", "not in", later)], order="id")
    told = [[f.res_field, f.name, random_part(f[SEAL]) or f.checksum] for f in found]
    return {"id": record.id, "values": values, "files": told}
