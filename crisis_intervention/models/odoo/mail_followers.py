from odoo import api, models
from odoo.exceptions import AccessError


class MailFollowers(models.Model):
    """Our records have no followers: every employee reads this table, past all rules."""

    _inherit = "mail.followers"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse followers of our records, whoever adds them.

        :raises AccessError: somebody would follow such a record
        """
        default = self.env.context.get("default_res_model")
        self._refuse_crisis({vals.get("res_model", default) for vals in vals_list})
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to let followers of something else follow a record of ours.

        :raises AccessError: somebody would follow such a record
        """
        self._refuse_crisis({vals.get("res_model")})
        return super().write(vals)

    @api.model
    def _insert_followers(self, res_model, res_ids, partner_ids, *args, **kwargs):
        """Add nobody to our records: Odoo calls this for whoever creates or acts on one."""
        if self.env["crisis.record"]._is_ours(res_model):
            return None
        return super()._insert_followers(res_model, res_ids, partner_ids, *args, **kwargs)

    @api.model
    def _refuse_crisis(self, names):
        """Refuse records of ours.

        :param names: names of models, or None
        :raises AccessError: one of them is ours
        """
        if any(map(self.env["crisis.record"]._is_ours, names)):
            raise AccessError(
                self.env._(
                    "Nobody follows records of the crisis system. Who acts next gets an activity."
                )
            )
