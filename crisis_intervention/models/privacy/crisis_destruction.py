from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...identity import confirm_identity
from ...jobs import Job
from ...roles import PRINCIPAL, TRIAGE

ACTIVITY = "crisis_intervention.mail_activity_destruction"


class CrisisDestruction(models.Model):
    """A destruction record: files past their time, proposed, approved, witnessed by two, gone.

    It stays for good and holds references and counts only.
    """

    _name = "crisis.destruction"
    _description = "Destruction Record"
    _number_prefix = "DR"
    _inherit = ["crisis.kept.record"]
    _order = "id desc"
    _locked_states = frozenset(("approved", "done", "cancelled"))
    _signed_lines = {"line_ids": ("id", "case_id", "reference", "date_closed", "date_retention")}
    _takes_no_files = True
    _outlives_erasure = True

    company_id = fields.Many2one(
        "res.company", string="School", required=True, readonly=True, index=True
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("done", "Carried out"),
            ("cancelled", "Not approved"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    line_ids = fields.One2many(
        "crisis.destruction.line", "destruction_id", string="Files", readonly=True
    )
    file_count = fields.Integer(string="Number of Files", compute="_compute_file_count")
    note = fields.Text(help="Nothing about a student here: this record stays.")
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    date_approved = fields.Datetime(string="Approved On", readonly=True, copy=False)
    witness_1_id = fields.Many2one(
        "res.users", string="First Witness", copy=False, ondelete="restrict"
    )
    witness_2_id = fields.Many2one(
        "res.users", string="Second Witness", copy=False, ondelete="restrict"
    )
    date_witness_1 = fields.Datetime(string="First Witnessed On", readonly=True, copy=False)
    date_witness_2 = fields.Datetime(string="Second Witnessed On", readonly=True, copy=False)
    date_done = fields.Datetime(string="Carried Out On", readonly=True, copy=False)
    may_witness = fields.Boolean(compute="_compute_may_witness")

    @api.depends("line_ids")
    def _compute_file_count(self):
        """Count the files."""
        for destruction in self:
            destruction.file_count = len(destruction.line_ids)

    @api.depends("state", "witness_1_id", "witness_2_id", "date_witness_1", "date_witness_2")
    @api.depends_context("uid")
    def _compute_may_witness(self):
        """Tell the user whether the next step is hers or his."""
        user = self.env.user
        for record in self:
            record.may_witness = record.state == "approved" and (
                (record.witness_1_id == user and not record.date_witness_1)
                or (record.witness_2_id == user and not record.date_witness_2)
            )

    @api.constrains("witness_1_id", "witness_2_id")
    def _check_witnesses(self):
        """Demand two different people of the school who know what they see."""
        for record in self:
            witnesses = record.witness_1_id | record.witness_2_id
            if record.witness_1_id and record.witness_1_id == record.witness_2_id:
                raise ValidationError(self.env._("The two witnesses are two people."))
            for witness in witnesses:
                if (
                    not witness.has_groups(TRIAGE)
                    or record.company_id.id not in witness._get_company_ids()
                ):
                    raise ValidationError(
                        self.env._(
                            "Witnesses are psychology teachers, moral education directors or "
                            "principals of the school."
                        )
                    )

    @api.model
    def _open_domain(self, closed, operation):
        """Leave to others what would destroy the file of a case about oneself."""
        return ~Domain("line_ids", "any!", Domain("case_id", "in", closed.cases))

    @confirm_identity
    def action_approve(self):
        """Approve, after asking who is there."""
        self._approve()

    def _approve(self):
        """Let the files be destroyed as soon as both witnesses have seen the list.

        :raises AccessError: somebody else than the principal approves
        :raises UserError: a witness is missing, or is the approver
        """
        self.ensure_one()
        self.check_access("write")
        user = self.env.user
        if not user.has_group(PRINCIPAL) or user == self.create_uid:
            raise AccessError(
                self.env._("The principal approves destructions, never the one who proposed it.")
            )
        self._lock_in("proposed")
        witnesses = self.witness_1_id | self.witness_2_id
        if len(witnesses) < 2 or user in witnesses:
            raise UserError(self.env._("Name two witnesses, neither of them yourself."))
        now = fields.Datetime.now()
        self._set({"state": "approved", "approved_by_id": user.id, "date_approved": now})
        self._end_activities()
        self._plan_activity(ACTIVITY, witnesses, now)

    def action_cancel(self):
        """Keep the files: nothing is proposed again before the next run finds them due."""
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The principal decides on destructions."))
        self._lock_in("proposed", "approved")
        self._set({"state": "cancelled"})
        self._end_activities()

    def action_witness(self):
        """Sign as a witness of the destruction; with the second one it is carried out.

        :raises AccessError: the user is no witness, or has signed already
        """
        self.ensure_one()
        self.check_access("read")
        if not self.may_witness:
            raise AccessError(self.env._("The two witnesses sign here, each once."))
        # sudo: crisis.destruction - witnesses have no right to write; checked just above
        record = self.sudo()
        record._lock_in("approved")
        number = 1 if record.witness_1_id == self.env.user else 2
        record._set({f"date_witness_{number}": fields.Datetime.now()})
        record.activity_ids.filtered(lambda a: a.user_id == self.env.user).unlink()
        if record.date_witness_1 and record.date_witness_2:
            # sudo: ir.cron - wakes the job that carries out what was approved
            self.env.ref("crisis_intervention.crisis_cron_destroy").sudo()._trigger()

    @api.model
    def _due_cases(self):
        """Return the closed cases whose time is over, that nothing holds and nobody looks at."""
        held = self.env["crisis.legal.hold"].search([("state", "=", "active")]).case_id
        listed = self.env["crisis.destruction.line"].search(
            [("destruction_id.state", "in", ["proposed", "approved"])]
        )
        return (
            self.env["crisis.case"]
            .with_context(active_test=False)
            .search(
                [
                    ("date_closed", "!=", False),
                    ("date_destroyed", "=", False),
                    ("date_retention", "<", fields.Date.context_today(self)),
                    ("id", "not in", (held | listed.case_id).ids),
                ],
                order="id",
            )
        )

    @api.model
    def _cron_propose(self):
        """List the files past their time, one record per school, and tell the principals."""
        with Job(self, "_cron_propose", irreversible=True) as job:
            cases = job.find(self._due_cases) or self.env["crisis.case"]
            job.work(cases.company_id, lambda company: self._propose(company, cases))

    @api.model
    def _propose(self, company, cases):
        """List those of ``cases`` that are of one school."""
        cases = cases.filtered(lambda case: case.company_id == company)
        if cases:
            record = self.create(
                {
                    "company_id": company.id,
                    "line_ids": [
                        fields.Command.create(
                            {
                                "case_id": case.id,
                                "reference": case.name,
                                "date_closed": case.date_closed,
                                "date_retention": case.date_retention,
                            }
                        )
                        for case in cases
                    ],
                }
            )
            now = fields.Datetime.now()
            record._plan_activity(ACTIVITY, company._crisis_holders(PRINCIPAL), now)

    @api.model
    def _cron_destroy(self):
        """Carry out what is approved and witnessed: file by file, so that it may be stopped."""
        ready = [
            ("state", "=", "approved"),
            ("date_witness_1", "!=", False),
            ("date_witness_2", "!=", False),
        ]
        lines = self.env["crisis.destruction.line"]
        waiting = [("state", "=", "waiting"), ("destruction_id", "any", ready)]
        with Job(self, "_cron_destroy", irreversible=True) as job:
            job.work(lambda: lines.search(waiting, order="id"), self._destroy)

    @api.model
    def _destroy(self, line):
        """Destroy one file, and end the record that it was the last one of."""
        line._execute()
        line.destruction_id._end_finished()

    def _end_finished(self):
        """End those of these records whose files are all dealt with."""
        for record in self:
            if (
                record.state == "approved"
                and record.date_witness_1
                and record.date_witness_2
                and not record.line_ids.filtered(lambda line: line.state == "waiting")
            ):
                record._set({"state": "done", "date_done": fields.Datetime.now()})
