from odoo.addons.web.controllers.home import Home
from odoo.http import request, route


class CrisisHome(Home):
    """An administrator who acts as the system itself is told of to every principal."""

    @route(readonly=False)
    def switch_to_admin(self):
        """Register who becomes the system, before it is done."""
        if request.env.user._is_system():
            request.env["crisis.role.confirmation"]._tell_schools("become")
        return super().switch_to_admin()
