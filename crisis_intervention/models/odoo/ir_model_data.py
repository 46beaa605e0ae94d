from odoo import api, models

from ...walls import OWN, is_loading, require_loading

# Names by which the addon finds its own groups, rights and rules.
_WALLED = ("res.groups", "ir.model.access", "ir.rule", "ir.model", "ir.model.fields")


class IrModelData(models.Model):
    """The names of our groups lead where the module put them: field rights go by these names."""

    _inherit = "ir.model.data"

    def _require_foreign(self):
        """Refuse to touch the names of our groups and rights.

        :raises AccessError: one of these is such a name
        """
        # the end of an uninstall unlinks names that are gone by then
        if is_loading(self.env):
            return
        # sudo: ir.model.data - whose names they are
        if any(name.module == OWN and name.model in _WALLED for name in self.sudo()):
            require_loading(self.env)

    @api.model_create_multi
    def create(self, vals_list):
        """Create names, none for groups and rights in the name of the addon."""
        names = super().create(vals_list)
        names._require_foreign()
        return names

    def write(self, vals):
        """Change names of other things than our groups and rights."""
        self._require_foreign()
        result = super().write(vals)
        self._require_foreign()
        return result

    def unlink(self):
        """Delete names of other things than our groups and rights."""
        self._require_foreign()
        return super().unlink()
