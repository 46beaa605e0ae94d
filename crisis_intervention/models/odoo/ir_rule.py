import logging

from odoo import api, models
from odoo.exceptions import AccessError

from ...walls import is_loading, require_open

_logger = logging.getLogger(__name__)


class IrRule(models.Model):
    """Nothing for persons concerned by a report; rules on our models come with modules only; access
    errors name no child and no school.
    """

    _inherit = "ir.rule"

    def _compute_domain(self, model_name, mode="read"):
        """Leave out cases about which a report concerns the user, whatever rules give them.

        Not cached with the rules, but looked up in a dictionary that is.
        """
        domain = super()._compute_domain(model_name, mode)
        open_ = self.env["crisis.concerned"]._domain(model_name, mode)
        return domain if open_ is None else (domain & open_).optimize(self.env[model_name])

    def _require_open(self):
        """Refuse changes of rules on our models, and of those that came with the addon.

        :raises AccessError: one of these is
        """
        if is_loading(self.env):
            return
        # sudo: ir.rule - which models they are about
        rules = self.sudo()
        require_open(self.env, rules.model_id.mapped("model"), rules)

    @api.model_create_multi
    def create(self, vals_list):
        """Create rules, on other models than ours."""
        rules = super().create(vals_list)
        rules._require_open()
        return rules

    def write(self, vals):
        """Change rules on other models than ours, and not into rules on ours."""
        self._require_open()
        result = super().write(vals)
        self._require_open()
        return result

    def unlink(self):
        """Delete rules on other models than ours."""
        self._require_open()
        return super().unlink()

    def _make_access_error(self, operation, records):
        """Return a short error for our models.

        Odoo's own one shows display names to everybody who switches the developer mode on, and
        suggests the company a record belongs to.
        """
        if not self.env["crisis.record"]._is_ours(records._name):
            return super()._make_access_error(operation, records)
        _logger.info(
            "Access denied by record rules: user %s, operation %s, %s %s",
            self.env.uid,
            operation,
            records._name,
            records.ids[:6],
        )
        records.invalidate_recordset()
        return AccessError(
            self.env._(
                "You may not open this record, or not do this with it (%(records)s). If you need "
                "it for your work, ask the psychology teacher or the principal.",
                records=", ".join(f"{records._name}: {id_}" for id_ in records.ids[:6]),
            )
        )
