from odoo import api, models
from odoo.exceptions import AccessError

# What people may do with a message of ours: mark it for themselves.
FREE = frozenset(("starred_partner_ids",))


class MailMessage(models.Model):
    """What the chatter of our records says is the system's, and stays: it is part of the record."""

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse people who write messages of ours, in whoever's name and of whatever day.

        :raises AccessError: one of them would belong to a record of ours
        """
        default = self.env.context.get("default_model")
        self._refuse_crisis({vals.get("model", default) for vals in vals_list})
        return super().create(vals_list)

    def write(self, vals):
        """Refuse people who change what the system has written, or bring messages to our records.

        :raises AccessError: a message of ours would say something else, or belong elsewhere
        """
        if not self.env.su and vals.keys() - FREE:
            self._refuse_crisis({vals.get("model")})
            self._check_crisis_kept()
        return super().write(vals)

    def _message_reaction(self, content, action, partner, guest, store=None):
        """Refuse reactions: any text can be one.

        :raises AccessError: this is a message of ours
        """
        self._check_crisis_kept()
        return super()._message_reaction(content, action, partner, guest, store)

    @api.model
    def _refuse_crisis(self, names):
        """Refuse clients that write messages of these models.

        :param names: names of models, or None
        :raises AccessError: one of them is ours
        """
        if not self.env.su and any(map(self.env["crisis.record"]._is_ours, names)):
            raise AccessError(self.env["crisis.quiet.thread"]._no_words_message())

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
