from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import APPROVAL_HOURS, RETURN_FOLLOW_UP_WEEKS
from ...lib.declarations import Chapter, Counter, Event, Excerpt, Step
from ...sealed_files import ConfidentialBinary

_lt = LazyTranslate(__name__)


class CrisisSchoolReturn(models.Model):
    """Return to school after a leave: advice, readiness, conditions, graded return, follow-ups."""

    _name = "crisis.school.return"
    _description = "Return to School"
    _number_prefix = "SR"
    _inherit = ["crisis.case.record", "crisis.approval.mixin"]
    _order = "id desc"
    _locked_states = frozenset(("waiting", "agreed"))
    _finished_states = ("agreed",)

    state = fields.Selection(
        [
            ("draft", "Being prepared"),
            ("waiting", "Waits for approval"),
            ("agreed", "Agreed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    date_leave = fields.Date(string="On Leave Since")
    date_return = fields.Date(string="First Day Back", required=True)
    hospital_id = fields.Many2one(
        "res.partner",
        domain="[('crisis_resource_kind', '=', 'hospital')]",
        ondelete="restrict",
    )
    hospital_advice = fields.Selection(
        [
            ("fit", "May return"),
            ("conditions", "May return under conditions"),
            ("unfit", "May not return yet"),
        ],
        required=True,
        default="fit",
    )
    hospital_date = fields.Date(string="Date of the Advice")
    certificate = ConfidentialBinary(attachment=True)
    certificate_filename = fields.Char()
    assessment_id = fields.Many2one(
        "crisis.assessment",
        string="Readiness Form",
        ondelete="restrict",
        domain="[('case_id', '=', case_id), ('state', '=', 'done')]",
        help="The school's own assessment of whether the student is ready.",
    )
    interview = fields.Text(help="Talks with student, guardians and head teacher: the outcome.")
    conditions = fields.Text(
        string="Agreed With the Guardians",
        help="Medication, accompaniment, appointments, contacts.",
    )
    schedule = fields.Text(
        string="Graded Return", help="Which days and hours, which lessons and duties, step by step."
    )

    def action_submit(self):
        """Ask the principal to agree.

        :raises UserError: certificate, readiness form or conditions are missing
        """
        self.ensure_one()
        self.check_access("write")
        self._check_writer()
        self._lock_in("draft")
        self._check_case_runs()
        missing = []
        if not (self.hospital_id and self.hospital_date):
            missing.append(self.env._("hospital and date of its advice"))
        if not self.assessment_id:
            missing.append(self.env._("a completed readiness form"))
        if not (self.conditions or "").strip():
            missing.append(self.env._("what was agreed with the guardians"))
        if not (self.schedule or "").strip():
            missing.append(self.env._("the steps of the graded return"))
        if missing:
            raise UserError(self.env._("Missing: %s.", format_list(self.env, missing)))
        if self.hospital_advice == "unfit":
            raise UserError(
                self.env._("The hospital advises against it: the return waits for new advice.")
            )
        due = fields.Datetime.now() + timedelta(hours=APPROVAL_HOURS["orange"])
        self._ask("principal", "school_return", due)

    def _after_approval(self):
        """Plan the follow-ups."""
        for entry in self:
            # sudo: crisis.school.return, crisis.measure - the approver has no right to write
            agreed = entry.sudo()
            agreed.case_id._close_steps(["school_return"], agreed)
            agreed._set({"state": "agreed"})
            self.env["crisis.measure"].sudo().create(
                [
                    {
                        "case_id": agreed.case_id.id,
                        "kind": "study",
                        "title": self.env._("Follow-up after return, week %s", week),
                        "user_id": agreed.case_id.user_id.id,
                        "date_due": agreed.date_return + timedelta(weeks=week),
                    }
                    for week in RETURN_FOLLOW_UP_WEEKS
                ]
            )

    def _after_refusal(self):
        """Give it back to its author."""
        for entry in self:
            # sudo: crisis.school.return - the approver has no right to write; checked before
            refused = entry.sudo()
            refused.case_id._close_steps(["school_return"], refused)
            refused._set({"state": "draft"})

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state"), sequence=120)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            (
                "date_leave",
                "date_return",
                "hospital_id",
                "hospital_advice",
                "conditions",
                "schedule",
            ),
            sequence=120,
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "return",
                _lt("Return to school"),
                "date_return",
                "create_uid",
                states=("agreed",),
                icon="fa-graduation-cap",
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that the principal agrees to a return."""
        return (
            *super()._case_steps(),
            Step(
                "school_return",
                _lt("Approval of a return to school"),
                "crisis_intervention.mail_activity_school_return",
                150,
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("school_return_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                140,
                "crisis_intervention.crisis_school_return_action_report_form",
                (("state", "=", "agreed"),),
            ),
        )
