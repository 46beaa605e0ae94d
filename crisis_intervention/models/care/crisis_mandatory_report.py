from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import MANDATORY_REPORT_HOURS
from ...lib.declarations import Chapter, Counter, Event, Excerpt, Step
from ...roles import PRINCIPAL
from ...sealed_fields import SealedText
from ...sealed_files import ConfidentialBinary

_lt = LazyTranslate(__name__)

AUTHORITIES = [
    ("police", "Police"),
    ("civil_affairs", "Civil affairs"),
    ("education", "Education authority"),
    ("procuratorate", "Procuratorate"),
]


class CrisisMandatoryReport(models.Model):
    """A report that the law demands: a clock that only the report itself, or the principal, ends."""

    _name = "crisis.mandatory.report"
    _description = "Mandatory Report"
    _inherit = ["crisis.waivable", "crisis.case.record"]
    _number_prefix = "LR"
    _order = "id desc"
    _locked_states = frozenset(("reported", "waived"))

    user_id = fields.Many2one(
        "res.users",
        string="Noted By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    situation_ids = fields.Many2many(
        "crisis.mandatory.situation", string="Situations", required=True, ondelete="restrict"
    )
    facts = SealedText(help="What is known, from whom. Facts only.")
    noticed_at = fields.Datetime(required=True, default=fields.Datetime.now)
    date_due = fields.Datetime(string="To Be Reported By", readonly=True, copy=False)
    state = fields.Selection(
        [("open", "To be reported"), ("reported", "Reported"), ("waived", "Not to be reported")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    authority = fields.Selection(AUTHORITIES, string="Reported To")
    other_authority = fields.Selection(AUTHORITIES, string="And To")
    receiver = fields.Char(help="Office and person who took the report.")
    reported_at = fields.Datetime()
    receipt = fields.Char(string="Receipt Number")
    scan = ConfidentialBinary(string="Receipt", attachment=True)
    scan_filename = fields.Char()
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    waive_reason = SealedText(string="Why Not", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Note situations and start the clock."""
        reports = super().create(vals_list)
        for report in reports:
            if not report.situation_ids:
                raise UserError(self.env._("Choose the situation that the law names."))
            due = report.noticed_at + timedelta(hours=MANDATORY_REPORT_HOURS)
            report._set({"date_due": due})
            report.case_id._open_step("mandatory_report", due, record=report, role="principal")
            report._plan_activity(
                "crisis_intervention.mail_activity_mandatory_report",
                report.company_id._crisis_holders(PRINCIPAL) | report.case_id.user_id,
                due,
            )
        return reports

    def write(self, vals):
        """Add to an open report; when it was noticed stays.

        :raises UserError: the clock would be set back
        """
        if not self.env.su and {"noticed_at", "case_id"} & vals.keys():
            raise UserError(self.env._("When and where it was noticed is not changed any more."))
        return super().write(vals)

    def action_report(self):
        """Record that it was reported.

        :raises UserError: to whom or when is missing
        """
        self.check_access("write")
        self._lock_in("open")
        for report in self:
            if not (report.authority and report.receiver and report.reported_at):
                raise UserError(self.env._("Fill in to whom and when it was reported."))
            if report.reported_at > fields.Datetime.now():
                raise UserError(self.env._("The time of the report lies in the future."))
        self._end({"state": "reported"})

    def _waive(self, reason):
        """Record the decision that the law does not ask for a report here.

        :raises AccessError: the user is no principal, or has noted the situation
        :raises UserError: no reason is given
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(PRINCIPAL) or self.env.user == self.user_id:
            raise AccessError(
                self.env._("Only the principal decides this, and not whoever noted the situation.")
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the law does not ask for a report here."))
        self._lock_in("open")
        self._end({"state": "waived", "decided_by_id": self.env.uid, "waive_reason": reason})

    def _end(self, vals):
        """Close the report and what waits for it."""
        self._set(vals)
        self._end_activities()
        for case, reports in self.grouped("case_id").items():
            case._close_steps(["mandatory_report"], reports)

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state", "user_id"), sequence=110)

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "noted",
                _lt("Situation to report noted"),
                "noticed_at",
                "user_id",
                icon="fa-balance-scale",
            ),
            Event(
                "reported",
                _lt("Reported by law"),
                "reported_at",
                "write_uid",
                states=("reported",),
                icon="fa-bullhorn",
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that the law waits for a report."""
        return (
            *super()._case_steps(),
            Step(
                "mandatory_report",
                _lt("Mandatory report"),
                "crisis_intervention.mail_activity_mandatory_report",
                130,
                discreet=True,
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("mandatory_report_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(120, "crisis_intervention.crisis_mandatory_report_action_report_sheet"),
        )

    @api.model
    def _cases_kept_open(self, cases):
        """Keep cases open until what the law demands is reported, or decided on."""
        found = self._read_group(
            [("case_id", "in", cases.ids), ("state", "=", "open")], ["case_id"]
        )
        return super()._cases_kept_open(cases) | {
            case: self.env._(
                "%(case)s cannot be closed: a report that the law demands is open. Report it, or "
                "let the principal decide that the law does not ask for it.",
                case=case.name,
            )
            for [case] in found
        }
