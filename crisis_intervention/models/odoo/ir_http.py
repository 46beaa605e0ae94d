from odoo import models

from ...roles import STAFF


class IrHttp(models.AbstractModel):
    """Tells the web client whether the user can be alerted to emergencies."""

    _inherit = "ir.http"

    def session_info(self):
        """Add whether the client listens for alarms and shows the emergency button."""
        info = super().session_info()
        info["crisis_staff"] = bool(self.env.uid) and self.env.user.has_group(STAFF)
        return info
