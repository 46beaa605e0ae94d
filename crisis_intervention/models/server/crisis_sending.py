from datetime import timedelta

from odoo import api, fields, models

from ...jobs import Job, Place
from ...lib.jobs import NO_PAUSE, pause

# Of a mail that is not sent: when it is tried again first, and how often at most.
FIRST_PAUSE = timedelta(minutes=5)
ATTEMPTS = 10
# What waits longer in Odoo's queue is not sent either: the queue does not run.
PATIENCE = timedelta(minutes=15)
UNSENT = "unsent"


class CrisisSending(models.Model):
    """A mail of ours that waits to be sent: to whom, and about which emergency.

    Odoo keeps the mail, which says that something waits and nothing else; the row goes when it is
    sent. Nobody reads these rows: emergencies and the page of scheduled work tell what was not sent.
    """

    _name = "crisis.sending"
    _description = "Mail That Waits to Be Sent"
    _inherit = ["crisis.record"]
    _order = "id"
    _rec_name = "id"
    _outlives_erasure = True

    mail_id = fields.Many2one("mail.mail", readonly=True, index=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    emergency_id = fields.Many2one(
        "crisis.emergency", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    date_next = fields.Datetime(readonly=True, help="When it is sent again.")

    @api.model
    def _enter(self, mails, emergency=None):
        """Enter mails that were queued just now, each to one partner."""
        # sudo: crisis.sending - kept by the system; res.users - of which school somebody is
        rows = self.sudo()
        rows._make(
            [
                {
                    "mail_id": mail.id,
                    "partner_id": partner.id,
                    "company_id": (
                        emergency.company_id if emergency else partner.user_ids[:1].company_id
                    ).id,
                    "emergency_id": emergency.id if emergency else False,
                }
                for mail in mails
                for partner in mail.recipient_ids
            ]
        )

    @api.model
    def _cron_follow(self):
        """See which mails are sent; tell of those that are not, and send them again."""
        with Job(self, "_cron_follow", irreversible=False, first_pause=NO_PAUSE) as job:
            before = job.find(lambda: self.search([("attempts", ">", 0)]).ids) or []
            job.work(lambda: self.search([]), lambda row: row._follow())
            unsent = job.find(lambda: self.search([("attempts", ">", 0)])) or self
            new = unsent.filtered(lambda row: row.id not in before)
            job.work(new.emergency_id, lambda emergency: emergency._log_unsent(new, unsent))
            for company in unsent.company_id:
                job.keep_aside(Place("res.company", company.id, "mail"), UNSENT)

    def _follow(self):
        """See what became of a mail."""
        mail, now = self.mail_id, fields.Datetime.now()
        if not mail or mail.state in ("sent", "received", "cancel"):
            self.unlink()
        elif mail.state == "exception" and not (self.date_next and self.attempts):
            self._count(now)
        elif mail.state == "exception" and self.attempts < ATTEMPTS and self.date_next <= now:
            self._count(now)
            mail.write({"state": "outgoing"})
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        elif mail.state == "outgoing" and not self.attempts and mail.create_date < now - PATIENCE:
            self._count(now)

    def _count(self, now):
        """Count an attempt that has failed."""
        attempts = self.attempts + 1
        self.write({"attempts": attempts, "date_next": now + pause(attempts, FIRST_PAUSE)})
