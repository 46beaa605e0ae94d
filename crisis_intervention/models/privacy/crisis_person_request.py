from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Step
from ...roles import PRINCIPAL

_lt = LazyTranslate(__name__)


class CrisisPersonRequest(models.Model):
    """What a guardian wants done with a student's data: a copy, a correction, an erasure."""

    _name = "crisis.person.request"
    _description = "Request about Personal Data"
    _inherit = ["crisis.person.export", "crisis.kept.record"]
    _number_prefix = "PR"
    _order = "id desc"
    _check_company_auto = True
    _locked_states = frozenset(("granted", "refused"))
    _takes_no_files = True

    student_id = fields.Many2one(
        "crisis.student", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        [
            ("export", "Copy of what is kept"),
            ("correction", "Correction"),
            ("erasure", "Erasure"),
        ],
        required=True,
        default="export",
    )
    guardian_id = fields.Many2one(
        "crisis.guardian", domain="[('student_id', '=', student_id)]", ondelete="restrict"
    )
    asked_by = fields.Char(
        required=True, help="Name of the person, and what he or she is to the student."
    )
    identity_check = fields.Selection(
        [
            ("known", "Known in person"),
            ("document", "Identity document seen"),
            ("called_back", "Called back at the number in the directory"),
            ("authority", "Official letter seen"),
        ],
        string="Identity Checked",
        help="Nothing is given out before it is certain who asks.",
    )
    identity_note = fields.Char(help="Which paper, who was called; no number of a document.")
    date_asked = fields.Date(required=True, default=fields.Date.context_today)
    date_due = fields.Date(string="Answer By", compute="_compute_date_due", store=True)
    wish = fields.Text(help="In their words: what is wrong and what is right, what shall go.")
    state = fields.Selection(
        [("open", "To be answered"), ("granted", "Granted"), ("refused", "Refused")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    decision_reason = fields.Text(
        string="Answer", copy=False, help="What was decided, what was done, and why."
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    date_decided = fields.Datetime(string="Decided On", readonly=True, copy=False)

    @api.depends("date_asked", "company_id")
    def _compute_date_due(self):
        """Count the school's days."""
        for request in self:
            # sudo: res.company - one figure
            days = request.company_id.sudo().crisis_request_days
            request.date_due = request.date_asked and request.date_asked + timedelta(days=days)

    @api.constrains("guardian_id", "student_id")
    def _check_guardian(self):
        """Refuse a guardian of somebody else."""
        for request in self:
            if request.guardian_id and request.guardian_id.student_id != request.student_id:
                raise ValidationError(
                    self.env._("A guardian of another student is chosen: take the right one.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Take requests in: each is a duty with a day, for psychology teacher and principal."""
        requests = super().create(vals_list)
        for request in requests:
            due = fields.Datetime.to_datetime(request.date_due)
            request._plan_activity(
                "crisis_intervention.mail_activity_person_request", self.env.user, due
            )
            case = request._cases()[:1]
            if case:
                case._open_step("person_request", due, record=request, role="psychology_teacher")
        return requests

    @api.model
    def _open_domain(self, closed, operation):
        """Leave to others what is answered from the whole file of a student."""
        return Domain("student_id", "not in", closed.students)

    def _cases(self):
        """Return all cases of the student, the open one first."""
        # sudo: crisis.case - those who take requests read all cases of their school
        cases = (
            self.env["crisis.case"]
            .sudo()
            .with_context(active_test=False)
            .search([("student_id", "=", self.student_id.id)], order="id desc")
        )
        return cases.sorted(lambda case: bool(case.date_closed))

    def _decide(self, state):
        """Keep the decision.

        :raises UserError: it is not certain who asked, or nothing says why
        """
        self.ensure_one()
        self.check_access("write")
        self._lock_in("open")
        if not self.identity_check:
            raise UserError(self.env._("Say first how it was made sure who asks."))
        if not (self.decision_reason or "").strip():
            raise UserError(self.env._("Write the answer: what was decided, and why."))
        self._set(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "date_decided": fields.Datetime.now(),
            }
        )
        self._cases()._close_steps(["person_request"], self)
        self._end_activities()

    def action_grant(self):
        """Grant what was asked for; an erasure lets the retention of closed cases end now."""
        self.ensure_one()
        if self.kind == "erasure":
            self._check_erasure()
        if self.kind == "export":
            self._check_may_go_home()
        self._decide("granted")
        if self.kind == "erasure":
            # sudo: crisis.case - only the system sets the day; checked just above
            self._cases().write({"date_retention": fields.Date.context_today(self)})

    def action_refuse(self):
        """Refuse, with the reason."""
        self._decide("refused")

    def _check_erasure(self):
        """Demand the principal, and nothing that still needs the file.

        :raises AccessError: somebody else grants it
        :raises UserError: a case is open, or must be kept by law
        """
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The principal decides on an erasure."))
        cases = self._cases()
        if cases.filtered(lambda case: not case.date_closed):
            raise UserError(
                self.env._(
                    "The student has an open case: it is closed first, or the erasure waits."
                )
            )
        if cases.filtered("on_hold"):
            raise UserError(self.env._("A legal hold forbids the erasure."))

    def _check_may_go_home(self):
        """Stop copies for a home that is the suspected source of danger.

        :raises UserError: a case of the student is marked so
        """
        if self._cases().filtered("guardians_not_told"):
            raise UserError(
                self.env._(
                    "The guardians of this student must not be told at present. Nothing is given "
                    "out before that decision ends; ask the principal."
                )
            )

    @api.model
    def _case_steps(self):
        """Declare that requests are answered in time."""
        return (
            *super()._case_steps(),
            Step(
                "person_request",
                _lt("Answer to a request about personal data"),
                "crisis_intervention.mail_activity_person_request",
                190,
                about_access=True,
            ),
        )
