from odoo.addons.web.controllers.home import Home
from odoo.http import request, route
from psycopg2.errors import ReadOnlySqlTransaction


class CrisisHome(Home):
    """An administrator who acts as the system itself is told of to every principal."""

    @route()
    def switch_to_admin(self):
        """Register who becomes the system, before it is done.

        :raises ReadOnlySqlTransaction: the cursor only reads; Odoo serves it again with another
        """
        if request.env.user._is_system():
            if request.env.cr.readonly:
                raise ReadOnlySqlTransaction("becoming the system is registered")
            request.env["crisis.role.confirmation"]._tell_schools("become")
        return super().switch_to_admin()
