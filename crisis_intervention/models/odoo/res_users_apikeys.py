from odoo import models

from ...role_confirmations import actor


class ResUsersApikeys(models.Model):
    """A key for programs that somebody else made opens nothing unseen: the principals are told."""

    _inherit = "res.users.apikeys"

    def _generate(self, scope, name, expiration_date):
        """Make a key; where its holder is not the person at the screen, tell of it."""
        key = super()._generate(scope, name, expiration_date)
        # trusted devices are keys of another model, made while somebody logs in
        if self._name == "res.users.apikeys" and actor(self.env) != self.env.uid:
            self.env["crisis.role.confirmation"]._tell_about(self.env.user, "key")
        return key
