from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list

from ...lib.deadlines import ACCESS_KINDS
from ...lib.school_year import leaving_day
from ...roles import TRIAGE
from .crisis_case import REVIEWED

# How long a case that is ready to close, or without cause, may stay open: default of this system.
CLOSING_DAYS = 7

# Locked with the case; whom the school tells of the closing is added afterwards.
CLOSING_REPORT = frozenset(("outcome", "closing_summary", "closing_causes", "closing_prevention"))


class CrisisCase(models.Model):
    """How a case ends: what must be settled, the closing report, how long it is kept."""

    _inherit = "crisis.case"

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
            self._open_duty("closing", fields.Datetime.now() + timedelta(days=CLOSING_DAYS))

    def _end_with_case(self):
        """End what goes on in cases that were just closed: reminders, and access of the district."""
        self._close_duties(["closing"])
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

    def _review_level(self, level, reason):
        """Set the level that a signed review decided on."""
        self.with_context(crisis_reviewed=REVIEWED).write(
            {"risk_level": level, "change_reason": reason}
        )

    def _lapse_level(self, since):
        """Step a level down that nobody reviewed in time, unless something speaks for it.

        Yellow becomes blue by a review of the system; a blue case is to be closed, which a person
        does: the step "closing" waits for its owner, and escalates.

        :param since: last moment at which the level was right
        """
        self.ensure_one()
        if self._has_cause_since(since):
            return
        if self.risk_level == "blue":
            self._open_closing()
            return
        reason = self.env._("Not reviewed in time, and nothing new spoke for the level.")
        review = self.env["crisis.review"].create({"case_id": self.id})
        review._set(
            {
                "decision": "step_down",
                "changes": reason,
                "reason": reason,
                "new_level": "blue",
                "old_level": self.risk_level,
                "is_lapse": True,
                "state": "signed",
                "date_signed": fields.Datetime.now(),
            }
        )
        self._review_level("blue", reason)
        self._close_duties(["review"])
        policy = self._policy()
        self._open_duty(
            "review",
            fields.Datetime.now() + relativedelta(days=policy.review_interval_days or 30),
        )

    def _has_cause_since(self, since):
        """Tell whether a report, a session or a raised form came after ``since``."""
        return bool(
            self.concern_ids.filtered(lambda c: c.create_date > since)
            or self.session_ids.filtered(
                lambda s: s.state == "signed" and s.date_start > since and s.risk_change == "higher"
            )
            or self.assessment_ids.filtered(
                lambda a: (
                    a.state == "done"
                    and a.date_done > since
                    and a.risk_level in ("yellow", "orange", "red")
                )
            )
        )
