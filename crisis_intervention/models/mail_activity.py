from odoo import api, models
from odoo.exceptions import AccessError


class MailActivity(models.Model):
    """Activities on quiet records go to people who may open them."""

    _inherit = "mail.activity"

    def _to_store_defaults(self, target):
        """Send the name as well: without a summary the chatter would show a nameless activity."""
        return [*super()._to_store_defaults(target), "display_name"]

    @api.constrains("user_id", "res_model_id", "res_id")
    def _check_quiet_access(self):
        """Refuse to assign somebody who may not read the record.

        :raises AccessError: names the person, not the record
        """
        # sudo: mail.activity - which record it is about; assigners may see no more of it than that
        for (model, user), activities in (
            self.sudo().filtered("user_id").grouped(lambda a: (a.res_model, a.user_id)).items()
        ):
            records = self.env.get(model)
            if records is None or not hasattr(records, "_readable_by"):
                continue
            if not records.browse(activities.mapped("res_id"))._readable_by(user):
                raise AccessError(
                    self.env._(
                        "%(name)s may not open this record and cannot get an activity on it.",
                        name=user.name,
                    )
                )
