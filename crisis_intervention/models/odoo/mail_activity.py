from odoo import api, models
from odoo.exceptions import AccessError


class MailActivity(models.Model):
    """Activities on quiet records go to people who may open them."""

    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Mark as done; a step of a case waits until its record shows that it was done."""
        cases = self._cases_with_steps()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        cases._sync_activities()
        return result

    def unlink(self):
        """Delete; see ``_action_done``."""
        cases = self._cases_with_steps()
        result = super().unlink()
        if cases:
            cases.exists()._sync_activities()
        return result

    def _cases_with_steps(self):
        """Return the cases that these activities are about, as superuser."""
        # sudo: crisis.case - the system keeps one activity per case; nothing leaves the method
        cases = self.env["crisis.case"].sudo()
        return cases.browse({a.res_id for a in self.sudo() if a.res_model == cases._name})

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
