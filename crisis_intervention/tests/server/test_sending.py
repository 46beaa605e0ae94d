from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.server.crisis_sending import ATTEMPTS
from ..common import DENIALS
from ..emergency.emergency_case import EmergencyCase

LOGGERS = ("odoo.addons.mail.models.mail_mail", "odoo.addons.crisis_intervention.jobs")


@tagged("post_install", "-at_install")
class TestSending(EmergencyCase):
    """Mails that are not sent are seen: on the board, by who looks after the server; and sent again."""

    def setUp(self):
        super().setUp()
        self.env["crisis.sending"].search([]).unlink()
        self.down = True
        self.sent = []
        self.patch(IrMail_Server, "send_email", self._server())
        self.patch(IrMail_Server, "_disable_send", lambda _server: False)
        self.patch(IrMail_Server, "_connect__", lambda *_args, **_kwargs: None)

    def _server(self):
        def send_email(_server, message, *_args, **_kwargs):
            if self.down:
                raise OSError("no route")
            self.sent.append(message["To"])
            return message["Message-Id"]

        return send_email

    def _send(self, **later):
        """Let Odoo send what waits, and our job look at it."""
        with freeze_time(fields.Datetime.now() + timedelta(**later)), mute_logger(*LOGGERS):
            mails = self.env["crisis.sending"].search([]).mail_id
            mails.filtered(lambda mail: mail.state == "outgoing").send(auto_commit=False)
            self.env["crisis.sending"]._cron_follow()

    def _unsent(self, emergency):
        emergency.invalidate_recordset()
        return emergency.sudo().event_ids.filtered(lambda event: event.kind == "unsent")

    def _job(self):
        code = "crisis.sending._cron_follow"
        return self.env["crisis.job"].search([("code", "=", code)])

    def test_seen_on_the_board_and_by_the_administrator(self):
        emergency = self._start_emergency(self.staff)
        rows = self.env["crisis.sending"].search([("emergency_id", "=", emergency.id)])
        self.assertGreater(len(rows), 3)
        self._send()
        [event] = self._unsent(emergency)
        self.assertTrue(event.text.startswith(f"{len(rows)} / {len(rows)}: "), event.text)
        for partner in rows.partner_id:
            self.assertIn(partner.name, event.text)
        job = self._job()
        [fault] = job.fault_ids
        self.assertEqual((fault.error, fault.company_id), ("unsent", self.school))
        self.assertIn("mail server", fault.error_text)
        self.assertEqual(job.activity_ids.user_id, self.configurator)
        self._send()
        self.assertEqual(len(self._unsent(emergency)), 1, "told once")
        self.down = False
        self._send(minutes=6)
        self._send(minutes=7)
        self.assertEqual(len(self.sent), len(rows), "sent again")
        self.assertFalse(rows.exists())
        self.assertTrue(fault.date_resolved)
        self.assertFalse(job.activity_ids)

    def test_what_is_sent_is_forgotten(self):
        self.down = False
        emergency = self._start_emergency(self.staff)
        self._send()
        self.assertTrue(self.sent)
        self.assertFalse(self.env["crisis.sending"].search([]))
        self.assertFalse(self._unsent(emergency))

    def test_bounded(self):
        self._start_emergency(self.staff)
        self._send()
        for day in range(1, ATTEMPTS + 5):
            self._send(days=7 * day)
        self.assertEqual(set(self.env["crisis.sending"].search([]).mapped("attempts")), {ATTEMPTS})

    def test_a_queue_that_does_not_run(self):
        emergency = self._start_emergency(self.staff)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            self.env["crisis.sending"]._cron_follow()
        self.assertTrue(self._unsent(emergency))

    def test_nobody_reads_the_rows(self):
        self._start_emergency(self.staff)
        row = self.env["crisis.sending"].search([])[0]
        for user in (self.configurator, self.principal, self.staff):
            with self.assertRaises(AccessError), mute_logger(*DENIALS):
                row.with_user(user).read(["attempts"])

    def test_mails_hold_nothing_of_the_emergency(self):
        self._start_emergency(self.staff, place="PLACECANARY")
        self._send()
        mails = self.env["crisis.sending"].search([]).mail_id
        self.assertTrue(mails)
        self.assertNotIn("PLACECANARY", str(mails.read()))


@tagged("post_install", "-at_install")
class TestNobodyToTell(EmergencyCase):
    """An escalation counts as told when somebody can be told; else the next level is told at once."""

    def test_no_holder(self):
        # past the rule that duties are handed over first
        self.patch(type(self.env["res.users"]), "_check_crisis_duties", lambda users: None)
        self.moral.active = False
        case = self._make_case(self.student_1, risk_level="orange")
        step = case.deadline_ids.filtered(lambda d: d.kind == "first_contact")
        step.date_due = fields.Datetime.now() - timedelta(hours=1)
        self.psychology.active = False
        with mute_logger(*LOGGERS):
            self.env["crisis.escalation"]._cron_escalate()
        told = self.env["crisis.escalation"].search([("deadline_id", "=", step.id)], order="id")
        self.assertEqual(told.mapped("step"), ["owner", "moral_education", "principal"])
        self.assertEqual(told.mapped("told_nobody"), [True, True, False])
        self.assertEqual(told[-1].user_ids, self.principal)
        job = self.env["crisis.job"].search([("code", "=", "crisis.escalation._cron_escalate")])
        self.assertEqual(
            {(fault.part, fault.error) for fault in job.fault_ids},
            {("owner", "nobody"), ("moral_education", "nobody")},
        )
        self.assertEqual(job.activity_ids.user_id, self.configurator)
