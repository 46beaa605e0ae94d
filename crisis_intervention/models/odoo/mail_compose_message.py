from odoo import models
from odoo.exceptions import AccessError


class MailComposeMessage(models.TransientModel):
    """The composer sends nothing about our records: not to their chatter, not to mailboxes."""

    _inherit = "mail.compose.message"

    def _action_send_mail(self, auto_commit=False):
        """Refuse messages about our records.

        :raises AccessError: one of these is about such records
        """
        if any(map(self.env["crisis.record"]._is_ours, self.mapped("model"))):
            raise AccessError(self.env["crisis.quiet.thread"]._no_words_message())
        return super()._action_send_mail(auto_commit=auto_commit)
