from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...jobs import Job
from ...lib.school_year import missed_periods, present_period


class CrisisClassReport(models.Model):
    """The regular report of a class: nothing to report, said with one click, or reports filed."""

    _name = "crisis.class.report"
    _description = "Class Report"
    _inherit = ["crisis.quiet.thread"]
    _order = "date_start desc, class_id"

    class_id = fields.Many2one("crisis.class", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="class_id.company_id", store=True, index=True, precompute=True
    )
    period = fields.Selection(
        [("week", "Weekly zero report"), ("month", "Monthly report")], required=True
    )
    date_start = fields.Date(string="From", required=True)
    date_end = fields.Date(string="To", required=True)
    date_due = fields.Datetime(string="Due", required=True, index=True)
    state = fields.Selection(
        [
            ("open", "To be answered"),
            ("nothing", "Nothing to report"),
            ("reported", "Reports filed"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    date_done = fields.Datetime(readonly=True)
    done_by_id = fields.Many2one("res.users", string="By", readonly=True, ondelete="restrict")
    is_overdue = fields.Boolean(compute="_compute_is_overdue")

    _period_uniq = models.Constraint(
        "UNIQUE (class_id, period, date_start)", "The class has this report already."
    )

    @api.depends("class_id", "date_start")
    def _compute_display_name(self):
        """Name the class and the first day."""
        for report in self:
            report.display_name = f"{report.class_id.display_name} {report.date_start}"

    @api.depends("state", "date_due")
    def _compute_is_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for report in self:
            report.is_overdue = report.state == "open" and report.date_due < now

    def _check_reporter(self):
        """Let the head teachers of the class answer.

        :raises AccessError: the user does not lead the class, or has not the role any more
        """
        self.check_access("read")
        # sudo: crisis.class - who leads it
        if any(self.env.user not in report.sudo().class_id.head_teacher_ids for report in self):
            raise AccessError(self.env._("The head teachers of the class answer this."))

    def action_nothing(self):
        """Say that there is nothing to report."""
        self._answer("nothing")

    def action_reported(self):
        """Say that what there was is filed as concern reports.

        :raises UserError: nothing was filed in this time
        """
        for report in self:
            filed = self.env["crisis.concern"].search_count(
                [
                    ("reporter_id", "=", self.env.uid),
                    ("create_date", ">=", report.date_start),
                ],
                limit=1,
            )
            if not filed:
                raise UserError(
                    self.env._("File the concern report first: Reports > Report a Concern.")
                )
        self._answer("reported")

    def _answer(self, state):
        """Keep the answer."""
        self.check_access("read")
        self._check_reporter()
        if any(report.state != "open" for report in self):
            raise UserError(self.env._("This is answered already."))
        # sudo: crisis.class.report - head teachers answer by these buttons only
        self.sudo().write(
            {"state": state, "date_done": fields.Datetime.now(), "done_by_id": self.env.uid}
        )
        self.sudo().activity_ids.unlink()

    @api.model
    def _cron_remind(self):
        """Open this week's and, on the first days of a month, last month's reports.

        After days in which nothing ran, those of the weeks and months that were missed as well.
        """
        with Job(self, "_cron_remind", irreversible=False) as job:
            # pylint: disable=no-search-all
            schools = job.find(lambda: self.env["res.company"].search([]))
            for period in ("week", "month"):
                job.work(
                    schools or (),
                    lambda school, period=period: self._open_missing(
                        period, school, job.since(school, period)
                    ),
                    part=period,
                )

    @api.model
    def _open_missing(self, period, school, since):
        """Open the present reports of a school, and those of periods that were missed.

        :param since: moment up to which they were opened, None where that is not known
        """
        if not school[f"crisis_{period}_report"]:
            return
        today = fields.Date.context_today(self)
        missed = missed_periods(period, today, since and since.date())
        for start, end in missed:
            # a class answers for no time before it was there
            self._open(period, school, start, end, [("create_date", "<=", end)])
        self._open(period, school, *present_period(period, today), [])

    @api.model
    def _open(self, period, school, start, end, of_classes):
        """Open the missing reports of a period, with one activity per head teacher.

        :param list of_classes: domain of the classes, beside the school
        """
        known = self.search([("period", "=", period), ("date_start", "=", start)]).class_id
        classes = self.env["crisis.class"].search(
            [
                ("company_id", "=", school.id),
                ("head_teacher_ids", "!=", False),
                ("id", "not in", known.ids),
                *of_classes,
            ]
        )
        # a week ends with Friday; a month's report is due by the 5th of the next one (practice of
        # school districts); one that opens late is due today
        due_day = start + timedelta(days=4) if period == "week" else end + timedelta(days=5)
        due_day = max(due_day, fields.Date.context_today(self))
        due = datetime.combine(due_day, time(9, 0))
        reports = self.create(
            [
                {
                    "class_id": class_.id,
                    "period": period,
                    "date_start": start,
                    "date_end": end,
                    "date_due": due,
                }
                for class_ in classes
            ]
        )
        self._plan_activities(
            "crisis_intervention.mail_activity_class_report",
            [(report, user) for report in reports for user in report.class_id.head_teacher_ids],
            due_day,
        )
