from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list

from ...lib.deadlines import ACCESS_KINDS
from ...lib.school_year import leaving_day
from ...roles import TRIAGE

OUTCOMES = [
    ("recovered", "Recovered"),
    ("improved", "Improved, in regular care"),
    ("referred", "Handed over to hospital or district centre"),
    ("left", "Moved to another school or graduated"),
    ("ended_by_guardians", "Ended by the guardians"),
    ("unfounded", "No crisis found"),
    ("other", "Other"),
]

# How long a case that is ready to close, or without cause, may stay open: default of this system.
CLOSING_DAYS = 7

# Locked with the case; whom the school tells of the closing is added afterwards.
CLOSING_REPORT = frozenset(("outcome", "closing_summary", "closing_causes", "closing_prevention"))


class CrisisCaseClosing(models.AbstractModel):
    """How a case ends: what must be settled, the closing report, how long it is kept."""

    _name = "crisis.case.closing"
    _description = "Closing of a Case"

    date_closed = fields.Datetime(string="Closed", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    outcome = fields.Selection(OUTCOMES, copy=False, groups=TRIAGE)
    closing_summary = fields.Text(
        copy=False,
        groups=TRIAGE,
        help="What was done, what helped, what remains to be watched, causes and prevention.",
    )
    closing_causes = fields.Text(
        string="Causes", copy=False, groups=TRIAGE, help="What led to the crisis, as known now."
    )
    closing_prevention = fields.Text(
        string="Prevention",
        copy=False,
        groups=TRIAGE,
        help="What school and family do so that it does not come back.",
    )
    closing_told = fields.Text(
        string="Who Was Told", copy=False, groups=TRIAGE, help="Who knows that the case is closed."
    )
    date_retention = fields.Date(
        string="Kept Until",
        readonly=True,
        copy=False,
        groups=TRIAGE,
        help="After this day the file is due for the decision on its destruction.",
    )

    def _refuse_changed_report(self, vals):
        """Keep the closing report of closed cases as it is.

        :raises UserError: a client would change it without reopening the case
        """
        if (
            not self.env.su
            and CLOSING_REPORT & vals.keys()
            and "stage_id" not in vals
            and self.filtered("date_closed")
        ):
            raise UserError(
                self.env._(
                    "This case is closed, and its closing report with it. Reopen the case first, "
                    "and say why it is reopened."
                )
            )

    def _check_closing(self, old_stages):
        """Check that nothing is left open in cases that are being closed.

        :param old_stages: dict of case to the ``crisis.stage`` it comes from
        :raises UserError: names what is open
        """
        newly = self.filtered(lambda case: not old_stages[case].closed)
        # sudo: which records are open, of models that the user may not read; only kinds are named
        for case in newly.sudo():
            open_reports = (
                self.env["crisis.mandatory.report"]
                .sudo()
                .search_count([("case_id", "=", case.id), ("state", "=", "open")], limit=1)
            )
            if open_reports:
                raise UserError(
                    self.env._(
                        "%(case)s cannot be closed: a report that the law demands is open. Report "
                        "it, or let the principal decide that the law does not ask for it.",
                        case=case.name,
                    )
                )
            if case.pending_assessment_id:
                raise UserError(
                    self.env._(
                        "%(case)s cannot be closed: an assessment proposes a higher level. Decide "
                        "on it first.",
                        case=case.name,
                    )
                )
            kinds = set(
                case.deadline_ids.filtered(lambda d: d.res_id and not d.date_done).mapped("kind")
            ) - set(ACCESS_KINDS)
            labels = dict(
                self.env["crisis.deadline"]._fields["kind"]._description_selection(self.env)
            )
            if kinds:
                raise UserError(
                    self.env._(
                        "%(case)s cannot be closed yet. Still open: %(duties)s.",
                        case=case.name,
                        duties=format_list(self.env, sorted(labels[kind] for kind in kinds)),
                    )
                )
            case.date_retention = case._retention_end()

    def _open_closing(self):
        """Let the owner close this case, so that what is ready does not lie about."""
        self.ensure_one()
        # sudo: crisis.deadline - kept by the system; the callers have checked what they do
        if not self.sudo().deadline_ids.filtered(lambda d: d.kind == "closing" and not d.date_done):
            self._open_step("closing", fields.Datetime.now() + timedelta(days=CLOSING_DAYS))

    def _end_with_case(self):
        """End what goes on in cases that were just closed: reminders, and access of the district."""
        self._close_steps(["closing"])
        # sudo: crisis.referral - replied ones wait for nothing; the right to close was checked
        replied = (
            self.env["crisis.referral"]
            .sudo()
            .search([("case_id", "in", self.ids), ("state", "=", "replied")])
        )
        replied._set({"state": "ended"})
        replied._sync_district()
        self.env["crisis.escalation"]._settle(self)

    def _retention_end(self):
        """Return the day until which the file is kept: years after the student leaves."""
        company = self.company_id
        leaves = leaving_day(
            fields.Date.context_today(self),
            self.student_id.class_id.grade or company.crisis_final_grade,
            company.crisis_final_grade,
        )
        return leaves + relativedelta(years=company.crisis_retention_years)

    def _closing_counts(self):
        """Return what was done in this case, as far as the user may read it.

        :return: list of (label, number)
        """
        self.ensure_one()
        counted = [
            (self.env._("Assessments completed"), "crisis.assessment", "done"),
            (self.env._("Sessions held"), "crisis.session", "signed"),
            (self.env._("Contacts with the guardians"), "crisis.guardian.contact", "signed"),
            (self.env._("Measures done"), "crisis.measure", "done"),
            (self.env._("Referrals answered"), "crisis.referral", "replied", "ended"),
            (self.env._("Reviews"), "crisis.review", "signed"),
        ]
        return [
            (
                label,
                self.env[model].search_count([("case_id", "=", self.id), ("state", "in", states)]),
            )
            for label, model, *states in counted
        ]
