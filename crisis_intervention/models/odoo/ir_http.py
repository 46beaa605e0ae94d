from odoo import models
from odoo.tools import hmac

from ...register import enter_waiting
from ...roles import STAFF


class IrHttp(models.AbstractModel):
    """Enters into the register what answers show; tells the web client who can be alerted."""

    _inherit = "ir.http"

    @classmethod
    def _post_dispatch(cls, response):  # pylint: disable=missing-return
        """Let no answer leave before the register holds what it shows."""
        super()._post_dispatch(response)
        enter_waiting()

    @classmethod
    def _handle_error(cls, exception):
        """Enter what was read before it failed."""
        enter_waiting(failed=True)
        return super()._handle_error(exception)

    def session_info(self):
        """Add whether the client listens for alarms, and the key of what it keeps unsent."""
        info = super().session_info()
        info["crisis_staff"] = bool(self.env.uid) and self.env.user.has_group(STAFF)
        if info["crisis_staff"]:
            # sudo: ir.config_parameter - the secret of the database, of which a digest goes out
            key = hmac(self.env(su=True), "crisis_draft", (self.env.cr.dbname, self.env.uid))
            info["crisis_draft_key"] = key
        return info
