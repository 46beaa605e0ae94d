from odoo import api, models


class MailNotification(models.Model):
    """Who was told of what is nobody else's business (see the rule), nor does anybody add to it."""

    _inherit = "mail.notification"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse people who would open messages of our records for others.

        :raises AccessError: a message is one of ours
        """
        if not self.env.su:
            default = self.env.context.get("default_mail_message_id")
            ids = {vals.get("mail_message_id", default) for vals in vals_list}
            self.env["mail.message"].browse(filter(None, ids))._check_crisis_kept()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to let notifications be about messages of ours, see ``create``."""
        if not self.env.su and vals.get("mail_message_id"):
            self.env["mail.message"].browse(vals["mail_message_id"])._check_crisis_kept()
        return super().write(vals)
