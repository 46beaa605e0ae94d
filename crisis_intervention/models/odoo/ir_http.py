from odoo import models
from odoo.http import request

from ...register import enter_pending
from ...roles import STAFF


class IrHttp(models.AbstractModel):
    """Registers what a request has read; tells the web client whether to listen for emergencies."""

    _inherit = "ir.http"

    @classmethod
    def _post_dispatch(cls, response):
        """Enter what was read before the answer leaves, whatever became of the hooks of the cursor."""
        super()._post_dispatch(response)
        if request.env:
            enter_pending(request.env)

    def session_info(self):
        """Add whether the client listens for alarms and shows the emergency button."""
        info = super().session_info()
        info["crisis_staff"] = bool(self.env.uid) and self.env.user.has_group(STAFF)
        return info
