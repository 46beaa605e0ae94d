from odoo import api, models
from odoo.exceptions import AccessError, UserError


class IrAttachment(models.Model):
    """Files of locked records stay: the chatter's delete button works as superuser."""

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse files where everybody who reads the record would read more than the record.

        :raises UserError: the model takes no files
        """
        for vals in vals_list:
            self._check_crisis_place(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change, publish or move files of locked records.

        :raises AccessError: a file belongs to a locked record
        :raises UserError: a file would come to a record that takes none
        """
        self._check_crisis_lock()
        self._check_crisis_place(vals)
        return super().write(vals)

    def _check_crisis_place(self, vals):
        """Refuse files of models that take none (``_takes_no_files``).

        :raises UserError: the model takes no files
        """
        model = vals.get("res_model")
        if model and getattr(self.env.registry.get(model), "_takes_no_files", False):
            raise UserError(self.env[model]._no_files_message())

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
