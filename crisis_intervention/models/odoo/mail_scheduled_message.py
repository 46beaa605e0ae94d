from odoo import api, models
from odoo.exceptions import AccessError


class MailScheduledMessage(models.Model):
    """No messages are put by for our records."""

    _inherit = "mail.scheduled.message"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse messages to be posted later.

        :raises AccessError: one of them is about a record of ours
        """
        default = self.env.context.get("default_model")
        names = {vals.get("model", default) for vals in vals_list}
        if any(map(self.env["crisis.record"]._is_ours, names)):
            raise AccessError(self.env["crisis.quiet.thread"]._no_words_message())
        return super().create(vals_list)
