from odoo import api, models
from odoo.exceptions import AccessError


class MailMessage(models.Model):
    """What the chatter of our records says stays: it is part of the record."""

    _inherit = "mail.message"

    def write(self, vals):
        """Refuse people who change what the system has written.

        :raises AccessError: a message of ours would say something else, or belong elsewhere
        """
        kept = {"body", "subject", "date", "author_id", "model", "res_id", "attachment_ids"}
        if not self.env.su and kept & vals.keys():
            self._check_crisis_kept()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_crisis(self):
        """Refuse people who delete what the system has written."""
        if not self.env.su:
            self._check_crisis_kept()

    def _check_crisis_kept(self):
        """Refuse messages of our records.

        :raises AccessError: one of these is the message of such a record
        """
        # sudo: which model a message belongs to
        if any(map(self.env["crisis.record"]._is_ours, set(self.sudo().mapped("model")))):
            raise AccessError(
                self.env._("Messages of the crisis system are neither changed nor deleted.")
            )
