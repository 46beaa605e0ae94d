from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...lib.school_year import leaving_day
from ...roles import TRIAGE
from .crisis_case_level import LAPSE

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

    def _check_closing(self):
        """Check that nothing is left open in cases that are being closed.

        :raises UserError: names what is open
        """
        sentences = [sentence for found in self._kept_open().values() for sentence in found]
        if sentences:
            raise UserError("\n".join(sentences))

    def _kept_open(self):
        """Return dict of case to sentences, one for each kind of record that keeps it open."""
        # sudo: which records are open, of models that the user may not read; only kinds are named
        cases, result = self.sudo(), {}
        for model in self._kinds():
            for case, sentence in self.env[model].sudo()._cases_kept_open(cases).items():
                result.setdefault(case, []).append(sentence)
        return result

    def _open_closing(self):
        """Let the owner close this case, so that what is ready does not lie about."""
        self.ensure_one()
        # sudo: crisis.deadline - kept by the system; the callers have checked what they do
        if not self.sudo().deadline_ids.filtered(lambda d: d.kind == "closing" and not d.date_done):
            self._open_step("closing", fields.Datetime.now() + timedelta(days=CLOSING_DAYS))

    def _end_with_case(self):
        """End what goes on in cases that were just closed: reminders, and access of the district.

        From now on their files are kept for some years.
        """
        # sudo: crisis.case - kept by the system; the right to close was checked
        for case in self.sudo():
            case.date_retention = case._retention_end()
        self._close_steps(["closing"])
        self._end_activities(LAPSE)
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
        counts = []
        for model, done in self._in_sequence("_done_in_case"):
            kind = self.env[model]
            if kind.has_access("read"):
                domain = kind._in_cases(self) & Domain(list(done.domain))
                counts.append((self.env._(done.label), kind.search_count(domain)))
        return counts
