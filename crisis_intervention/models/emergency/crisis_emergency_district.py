from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...roles import PRINCIPAL, TRIAGE

REPORT_ACTIVITY = "crisis_intervention.mail_activity_emergency_report"
# How long before a report is due people are reminded.
PHONE_MARGIN = timedelta(minutes=30)
WRITTEN_MARGIN = timedelta(hours=4)


class CrisisEmergencyDistrict(models.AbstractModel):
    """The report to the education authority: by phone, in writing, each by its time; no drills."""

    _name = "crisis.emergency.district"
    _description = "Emergency and the District"

    report_state = fields.Selection(
        [
            ("open", "To be reported"),
            ("phoned", "Reported by phone"),
            ("sent", "Reported in writing"),
            ("waived", "Not to be reported"),
        ],
        string="Report to the District",
        readonly=True,
        copy=False,
        groups=TRIAGE,
    )
    date_phone_due = fields.Datetime(
        string="By Phone Until", readonly=True, copy=False, groups=TRIAGE
    )
    date_phoned = fields.Datetime(
        string="Reported by Phone", readonly=True, copy=False, groups=TRIAGE
    )
    date_written_due = fields.Datetime(
        string="In Writing Until", readonly=True, copy=False, groups=TRIAGE
    )
    date_phone_reminder = fields.Datetime(readonly=True, copy=False, groups=TRIAGE)
    date_written_reminder = fields.Datetime(readonly=True, copy=False, groups=TRIAGE)
    waive_reason = fields.Text(string="Why Not Reported", readonly=True, copy=False, groups=TRIAGE)
    district_company_id = fields.Many2one(
        "res.company",
        string="Centre",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=TRIAGE,
        help="Set when the report is sent: from then on the centre sees that it happened.",
    )
    is_report_overdue = fields.Boolean(compute="_compute_is_report_overdue", groups=TRIAGE)

    @api.depends("report_state", "date_phone_due", "date_written_due")
    def _compute_is_report_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for emergency in self:
            due = {
                "open": emergency.date_phone_due,
                "phoned": emergency.date_written_due,
            }.get(emergency.report_state)
            emergency.is_report_overdue = bool(due) and due < now

    def _begin_report_clock(self):
        """Start the time within which the education authority is told; never of a drill."""
        self.ensure_one()
        if self.is_drill:
            return
        start = self.date_start
        phone = start + timedelta(hours=self.company_id.crisis_report_phone_hours)
        written = start + timedelta(hours=self.company_id.crisis_report_written_hours)
        self._set(
            {
                "report_state": "open",
                "date_phone_due": phone,
                "date_written_due": written,
                "date_phone_reminder": max(start, phone - PHONE_MARGIN),
                "date_written_reminder": max(start, written - WRITTEN_MARGIN),
            }
        )
        self._try(
            lambda: self._plan_activity(
                REPORT_ACTIVITY, self.company_id._crisis_holders(PRINCIPAL), phone, quiet=True
            ),
            "report activity",
        )

    def _note_phone_report(self):
        """Note that the district was told by phone; the first call counts."""
        # sudo: crisis.emergency - whoever logs the call need not see the report
        own = self.sudo()
        if not own.is_drill and own.report_state == "open":
            own._set({"report_state": "phoned", "date_phoned": fields.Datetime.now()})

    @api.model
    def _report_reminders(self):
        """Return which moment reminds of a report while it is in which states."""
        return (
            ("date_phone_reminder", ("open",)),
            ("date_written_reminder", ("open", "phoned")),
        )

    def _remind_of_report(self, field):
        """Remind the principals before a report is due, once by phone and once in writing."""
        for emergency in self.try_lock_for_update(allow_referencing=True):
            emergency._set({field: False})
            users = emergency.company_id._crisis_holders(PRINCIPAL)
            emergency._tell_people(
                partner_ids=users.partner_id.ids,
                subject=self.env._("Report to the district"),
                body=self.env._("The report to the district about this emergency is due soon."),
            )

    def action_phoned(self):
        """Note that the district was told by phone.

        :raises UserError: that was noted, or is not needed
        """
        for emergency in self:
            emergency._check_reporter()
            if emergency.report_state != "open":
                raise UserError(self.env._("This is noted already."))
            emergency._log("call", call_to="district")
            emergency._note_phone_report()

    def _check_reporter(self):
        """Let those report who answer for the school.

        :raises AccessError: the user does not
        """
        self.check_access("write")
        self._refuse_drill()
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(
                self.env._(
                    "Principal, moral education or psychology teacher report to the district."
                )
            )

    def action_write_report(self):
        """Open the report to the district that is being written, or begin the next one.

        :return: window action
        """
        self.ensure_one()
        self._check_reporter()
        if self.report_state == "waived":
            raise UserError(self.env._("It was decided that this is not reported."))
        report = self.report_ids.filtered(lambda r: r.state == "draft")[:1]
        if not report:
            report = self.env["crisis.emergency.report"]._make([{"emergency_id": self.id}])
        return report._action_form()

    def _waive(self, reason):
        """Record the principal's decision that the district is not told.

        :raises AccessError: the user is not the principal
        :raises UserError: no reason is given, or it was reported
        """
        self.ensure_one()
        self._check_reporter()
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The principal decides this."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why this is not reported to the district."))
        if self.report_state == "sent":
            raise UserError(self.env._("It was reported in writing already."))
        self._set({"report_state": "waived", "waive_reason": reason.strip()})
        self._end_activities(REPORT_ACTIVITY)

    def _report_facts(self):
        """Return the beginning of the report: when, where, what kind, without a name."""
        self.ensure_one()
        local = fields.Datetime.context_timestamp(self, self.date_start)
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        return self.env._(
            "On %(date)s at %(time)s, %(place)s: %(kind)s. Students concerned: %(count)s.",
            date=local.strftime("%Y-%m-%d"),
            time=local.strftime("%H:%M"),
            place=self.place,
            kind=kind,
            # sudo: a number only
            count=len(self.sudo().student_ids) or "?",
        )

    def _calls(self):
        """Return the logged calls to people outside, in order, for the report."""
        return self.event_ids.filtered(lambda event: event.kind == "call")
