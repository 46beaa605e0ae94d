from odoo import models

from ...signatures import leave_out


class IrModuleModule(models.Model):
    """Addons that are removed take their fields along, also of records that are signed."""

    _inherit = "ir.module.module"

    def module_uninstall(self):
        """Remove addons; what is signed is signed without their fields before."""
        leave_out(self.env, set(self.mapped("name")))
        return super().module_uninstall()
