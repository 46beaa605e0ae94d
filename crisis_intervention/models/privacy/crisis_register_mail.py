from markupsafe import Markup
from odoo import api, models
from odoo.tools import format_datetime

from ... import register
from ...jobs import Job, Place
from ...register_anchors import anchor, keep_anchor
from ...roles import PRINCIPAL
from ...seal_keys import has_key

# Of schools, where somebody has chosen none.
TIME_ZONE = "Asia/Shanghai"


class CrisisRegisterMail(models.AbstractModel):
    """The end of the register, mailed to every principal once a week: an anchor that people hold.

    Part of ``crisis.register.check``. The mail tells of a number, its link and a moment, and of
    nobody.
    """

    _name = "crisis.register.mail"
    _description = "Mails with the End of the Register"

    @api.model
    def _cron_mail_end(self):
        """Mail the end of now; where it is not signed by this server there is none to be mailed."""
        if not has_key(self.env):
            return
        with Job(self, "_cron_mail_end", irreversible=False) as job:
            end, users = job.find(lambda: (anchor(self.env), self._principals())) or (None, ())
            if not end or not users:
                return
            # whoever looks into the file finds what was mailed
            job.work([Place(self._name, part="anchor")], lambda _place: keep_anchor(self.env))
            mailed = []
            job.work(
                users,
                lambda user: (self._send_end(end, user.partner_id), mailed.append(user.id)),
            )
            text = f"{end.end.number}:{end.end.hash}"
            job.work(
                [Place(self._name, part="note")] if mailed else [],
                lambda _place: register.note_event(
                    self.env, "mailed", text=text, pages=len(mailed)
                ),
            )

    @api.model
    def _principals(self):
        """Return the principals of all schools."""
        users = self.env["res.users"]
        # sudo: res.company - all schools
        for company in self.env["res.company"].sudo().search([]):  # pylint: disable=no-search-all
            users |= company._crisis_holders(PRINCIPAL)
        return users

    @api.model
    def _send_end(self, end, partners):
        """Mail an end, to each in the own language.

        :param end: ``lib.anchors.Anchor``
        :param partners: ``res.partner`` records
        """
        values = []
        for partner in partners:
            mine = self.with_context(lang=partner.lang or self.env.lang, tz=partner.tz or TIME_ZONE)
            values.append(
                {
                    "subject": mine.env._(
                        "State of the register of disclosures: number %(number)s",
                        number=end.end.number,
                    ),
                    "body_html": mine._end_body(end),
                    "recipient_ids": [(6, 0, partner.ids)],
                    "auto_delete": True,
                }
            )
        # sudo: mail.mail - sent by the system; they hold a number and a checksum
        mails = self.env["mail.mail"].sudo().with_context(default_state=None).create(values)
        self.env["crisis.sending"]._enter(mails)
        # sudo: ir.cron - wakes Odoo's mail queue
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _end_body(self, end):
        """Return the mail in the language of the context: what it is, the end, what to do with it."""
        moment = self._moment_text(end.moment.removesuffix("Z").replace("T", " "))
        paragraphs = [
            self.env._(
                "This is how far the register of the crisis intervention system went when this mail "
                "was written. It tells of nobody, and whoever finds it learns nothing."
            ),
            self.env._("Keep this mail, or print it and put it away."),
            self.env._(
                "When you want to know later whether somebody has changed the register behind your "
                "back, or has taken it back to an earlier state: open Reporting, State of the "
                "Register, press “Compare with a Mail”, and enter number and link from here."
            ),
        ]
        labels = (
            (self.env._("Register Number"), end.end.number),
            (self.env._("Link"), end.end.hash),
            (self.env._("Moment"), moment),
        )
        lines = Markup("<br/>").join(
            Markup("%s: <code>%s</code>") % (label, value) for label, value in labels
        )
        first, *others = (Markup("<p>%s</p>") % paragraph for paragraph in paragraphs)
        return first + Markup("<p>%s</p>") % lines + Markup().join(others)

    @api.model
    def _moment_text(self, moment):
        """Return a moment (UTC, naive) in words and zone of the context, "–" for none."""
        zone = self.env.context.get("tz") or self.env.user.tz or "UTC"
        return f"{format_datetime(self.env, moment, tz=zone)} ({zone})" if moment else "–"

    @api.model
    def _last_mail_line(self):
        """Say when the end was mailed last."""
        # sudo: crisis.disclosure - when the end of the register was mailed
        mailed = self.env["crisis.disclosure"].sudo()
        row = mailed.search([("kind", "=", "mailed")], order="number desc", limit=1)
        if not row:
            return self.env._("It was not mailed to the principals yet.")
        return self.env._(
            "Mailed to the principals last: number %(number)s, on %(moment)s.",
            number=(row.text or "").partition(":")[0],
            moment=self._moment_text(row.date),
        )
