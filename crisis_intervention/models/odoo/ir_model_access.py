from odoo import api, models

from ...walls import is_loading, require_open


class IrModelAccess(models.Model):
    """Access rights on our models come with modules only."""

    _inherit = "ir.model.access"

    def _require_open(self):
        """Refuse changes of rights on our models.

        :raises AccessError: one of these is
        """
        if is_loading(self.env):
            return
        # sudo: ir.model.access - which models they are about
        rights = self.sudo()
        require_open(self.env, rights.model_id.mapped("model"), rights)

    @api.model_create_multi
    def create(self, vals_list):
        """Create rights, on other models than ours."""
        rights = super().create(vals_list)
        rights._require_open()
        return rights

    def write(self, vals):
        """Change rights on other models than ours, and not into rights on ours."""
        self._require_open()
        result = super().write(vals)
        self._require_open()
        return result

    def unlink(self):
        """Delete rights on other models than ours."""
        self._require_open()
        return super().unlink()
