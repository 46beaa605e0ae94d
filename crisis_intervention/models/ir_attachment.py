from odoo import api, models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    """Files of locked records stay: the chatter's delete button works as superuser."""

    _inherit = "ir.attachment"

    def write(self, vals):
        """Refuse to change, publish or move files of locked records.

        :raises AccessError: a file belongs to a locked record
        """
        self._check_crisis_lock()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_crisis_locked(self):
        """Refuse to delete files of locked records."""
        self._check_crisis_lock()

    def _check_crisis_lock(self):
        """Ask the models of the records whether their files are locked.

        :raises AccessError: a file belongs to a locked record
        """
        # A file without record is being uploaded for a report that is not submitted yet.
        attached = self.filtered("res_id")
        for model, attachments in attached.grouped("res_model").items():
            if not model or model not in self.env:
                continue
            records = self.env[model].browse(attachments.mapped("res_id"))
            if hasattr(records, "_attachments_locked") and records._attachments_locked():
                raise AccessError(
                    self.env._("Files of a submitted record stay with it. Add a note instead.")
                )
