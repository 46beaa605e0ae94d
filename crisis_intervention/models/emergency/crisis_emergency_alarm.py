import logging
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import SQL
from psycopg2 import IntegrityError

from ...jobs import Job
from ...lib.jobs import NO_PAUSE
from ...roles import MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY

_logger = logging.getLogger(__name__)

BUS_TYPE = "crisis_emergency"
ACTIVITY = "crisis_intervention.mail_activity_emergency"
# What may go wrong on one way without a reason to stop; conflicts with others are repeated by Odoo.
FAILURES = (UserError, RedirectWarning, ValueError, KeyError, OSError)
# Without a leading group: who then takes which duty.
FALLBACK = {
    PRINCIPAL: "chair",
    MORAL_EDUCATION: "command",
    PSYCHOLOGY: "psychology",
    "crisis_intervention.group_school_doctor": "medical",
    "crisis_intervention.group_security_officer": "security",
}


class CrisisEmergencyAlarm(models.AbstractModel):
    """Who is alerted, by which ways, who answers, and who is called when nobody does."""

    _name = "crisis.emergency.alarm"
    _description = "Alarm of an Emergency"

    def _alert_team(self):
        """Alert everybody with a duty in the leading group; whoever starts it has answered."""
        self.ensure_one()
        people = {}
        for member in self.env["crisis.team"]._emergency_members(self.company_id):
            main = member._reachable(member.user_id)
            stand_in = member._reachable(member.stand_in_id)
            if not main and not stand_in:
                continue
            user = member.user_id if main else member.stand_in_id
            entry = people.setdefault(user, {"duties": [], "stand_ins": [], "phone": False})
            entry["duties"].append(member.duty)
            entry["phone"] = entry["phone"] or (member.phone if main else member.stand_in_phone)
            if main and stand_in:
                entry["stand_ins"].append(member.stand_in_id.id)
        if not people:
            for group, duty in FALLBACK.items():
                for user in self.company_id._crisis_holders(group):
                    people.setdefault(user, {"duties": [], "stand_ins": [], "phone": False})
                    people[user]["duties"].append(duty)
        now = fields.Datetime.now()
        due = now + timedelta(minutes=self.company_id.crisis_ack_minutes)
        alerts = self.env["crisis.emergency.alert"]._make(
            [
                {
                    "emergency_id": self.id,
                    "user_id": user.id,
                    "duties": ",".join(dict.fromkeys(entry["duties"])),
                    "phone": entry["phone"],
                    "stand_in_ids": [Command.set(entry["stand_ins"])],
                    "date": now,
                    "date_due": due,
                    "date_acknowledged": now if user == self.user_id else False,
                }
                for user, entry in people.items()
            ]
        )
        for alert in alerts:
            self._log("alert", about_id=alert.user_id.id)
            if alert.date_acknowledged:
                self._log("acknowledge")
        self._wake_at(due)
        return alerts

    def _wake_at(self, moment):
        """Let the watch over answers run at ``moment``; without it, it runs each minute."""
        cron = "crisis_intervention.crisis_cron_emergency"
        self._try(lambda: self.env.ref(cron)._trigger(at=moment), "watch")

    def _raise_alarm(self, alerts):
        """Tell the people of ``alerts`` by every way there is.

        A way that does not work never stops the others, nor the emergency.
        """
        users = alerts.filtered(lambda alert: not alert.date_acknowledged).user_id
        self._try(lambda: self._plan_alarm_activities(users), "activities")
        self._try(lambda: self._mail_alarm(users), "mail")
        self._try(lambda: self._text_alarm(alerts.filtered(lambda a: a.user_id in users)), "SMS")
        self._ring()

    def _try(self, job, what):
        """Run ``job``; when it fails, undo it alone and go on.

        :return: whether it worked
        """
        try:
            with self.env.cr.savepoint():
                job()
                self.env.flush_all()
        except (*FAILURES, IntegrityError) as error:
            # the text of the error may quote what a user wrote: its kind is enough
            _logger.warning("Emergency %s: %s failed: %s", self.id, what, type(error).__name__)
            self.env.invalidate_all()
            return False
        return True

    def _plan_alarm_activities(self, users):
        """Give ``users``, who are alerted and may therefore read it, an activity."""
        self._plan_activities(ACTIVITY, [(self, user) for user in users])

    def _mail_alarm(self, users):
        """Queue a mail without content; a mail server that is down delays nothing here."""
        self._send_pointers(users.partner_id, f"/odoo/crisis-emergencies/{self.id}", self)

    def _log_unsent(self, new, unsent):
        """Write onto the board whom no mail has reached, so that they are called.

        :param new: ``crisis.sending`` rows that were found to be unsent just now
        :param unsent: all that are
        """
        self.ensure_one()
        if self.state != "running":
            return
        mine = unsent.filtered(lambda row: row.emergency_id == self)
        names = ", ".join(sorted((new & mine).partner_id.mapped("name")))
        alerted = len(self.alert_ids.filtered(lambda alert: alert.user_id != self.user_id))
        self._log(
            "unsent", text=f"{len(mine.partner_id)} / {max(alerted, len(mine.partner_id))}: {names}"
        )
        self._ring()

    def _text_alarm(self, alerts):
        """Queue a text message without content, where the school has Odoo's SMS."""
        if "sms.sms" not in self.env:
            return
        values = []
        for alert in alerts:
            env = self.with_context(lang=alert.user_id.lang or self.env.lang).env
            number = alert.phone or alert.user_id.partner_id.phone
            if number:
                values.append(
                    {
                        "number": number,
                        "body": env._("Emergency at your school: open the crisis system now."),
                    }
                )
        if values:
            # sudo: sms.sms - whoever starts an emergency needs no right on outgoing messages
            self.env["sms.sms"].sudo().create(values)

    def _ring(self):
        """Say to the browsers of all involved that something changed: an id, nothing else.

        Each client then reads with its own access.
        """
        for emergency in self:
            # sudo: crisis.emergency.alert - whose browsers are told
            users = emergency.sudo().alert_ids.user_id | emergency.sudo().user_id
            users._bus_send(BUS_TYPE, {"id": emergency.id})

    def acknowledge(self):
        """Answer the alarm. The first answer counts; a second one changes nothing."""
        self.ensure_one()
        self = self._in_all_schools()
        self.check_access("read")
        # sudo: crisis.emergency.alert - the user's own row; nobody writes alerts but the system
        alert = self.sudo().alert_ids.filtered(lambda a: a.user_id == self.env.user)
        if not alert or self.state != "running":
            return
        if not alert._claim(SQL("date_acknowledged IS NULL")):
            return
        alert.date_acknowledged = fields.Datetime.now()
        self._log("acknowledge")
        self._end_activities(ACTIVITY, self.env.user)
        self._ring()

    @api.model
    def _cron_watch(self):
        """Call stand-ins for people who did not answer, and remind of reports; each once."""
        domain = [
            ("emergency_id.state", "=", "running"),
            ("date_acknowledged", "=", False),
            ("date_passed_on", "=", False),
            ("date_due", "<=", fields.Datetime.now()),
        ]
        alerts = self.env["crisis.emergency.alert"]
        with Job(self, "_cron_watch", irreversible=False, first_pause=NO_PAUSE) as job:
            # what is registered outlives a kill of the server, so nobody is called twice
            job.work(lambda: alerts.search(domain), self._watch_alert)
            for field, states in self._report_reminders():
                due = [(field, "<=", fields.Datetime.now()), ("report_state", "in", states)]
                job.work(
                    lambda due=due: self.search(due),
                    lambda emergency, field=field: emergency._remind_of_report(field),
                    part=field,
                )

    @api.model
    def _watch_alert(self, alert):
        """Call the stand-ins of somebody who still has not answered."""
        # somebody may be answering just now: then the next minute sees what became of it
        locked = alert.try_lock_for_update(allow_referencing=True)
        if locked and not locked.date_acknowledged and not locked.date_passed_on:
            locked.emergency_id._pass_on(locked)

    def _pass_on(self, alert):
        """Call the stand-ins of somebody who did not answer, and register it."""
        self.ensure_one()
        now = fields.Datetime.now()
        alert.date_passed_on = now
        missed = alert.user_id
        stand_ins = alert.stand_in_ids.filtered(lambda user: user.active) - missed
        if not stand_ins:
            self._log("no_answer", about_id=missed.id)
            self._ring()
            return
        due = now + timedelta(minutes=self.company_id.crisis_ack_minutes)
        called = alert.browse()
        phones = {
            member.stand_in_id: member.stand_in_phone
            for member in self.env["crisis.team"]._emergency_members(self.company_id)
            if member.user_id == missed
        }
        for user in stand_ins:
            known = self.alert_ids.filtered(lambda a, user=user: a.user_id == user)
            if known:
                # takes a duty more: has to answer to that as well
                codes = dict.fromkeys([*known._codes(), *alert._codes()])
                known.write(
                    {"duties": ",".join(codes), "date_due": due, "date_acknowledged": False}
                )
                called |= known
            else:
                called |= alert.create(
                    {
                        "emergency_id": self.id,
                        "user_id": user.id,
                        "duties": alert.duties,
                        "phone": phones.get(user),
                        "stand_in_for_id": missed.id,
                        "date": now,
                        "date_due": due,
                    }
                )
            self._log("stand_in", about_id=user.id)
        self._raise_alarm(called)
        self._wake_at(due)

    def _in_all_schools(self):
        """Return these records with all schools of the user switched on."""
        return self.with_context(allowed_company_ids=list(self.env.user._get_company_ids()))
