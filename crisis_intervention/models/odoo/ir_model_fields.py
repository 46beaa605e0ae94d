from odoo import api, models

from ...walls import is_loading, require_loading


class IrModelFields(models.Model):
    """No custom field in our models, nor one elsewhere that leads into them: it reads as superuser."""

    _inherit = "ir.model.fields"

    @api.model_create_multi
    def create(self, vals_list):
        """Create custom fields that have nothing to do with our models."""
        created = super().create(vals_list)
        created._require_elsewhere()
        return created

    def write(self, vals):
        """Change custom fields; not into such that lead into our models."""
        result = super().write(vals)
        self._require_elsewhere()
        return result

    def _require_elsewhere(self):
        """Refuse custom fields in our models, to them, and along a path through them.

        :raises AccessError: one of these is such a field
        """
        if is_loading(self.env):
            return
        is_ours = self.env["crisis.record"]._is_ours
        for field in self.filtered(lambda field: field.state == "manual"):
            if any(is_ours(name) for name in field._crisis_passed()):
                require_loading(self.env)

    def _crisis_passed(self):
        """Return the names of the models that a custom field passes."""
        passed = [self.model, self.relation]
        model = self.env.get(self.model)
        for name in (self.related or "").split("."):
            known = model._fields.get(name) if model is not None else None
            model = self.env.get(known.comodel_name) if known and known.relational else None
            passed.append(model._name if model is not None else None)
        return passed
