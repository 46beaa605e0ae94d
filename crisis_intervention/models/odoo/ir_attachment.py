import base64

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.mimetypes import guess_mimetype

from ...lib.file_types import ALLOWED, looks_active, media_type

FILE_SIZE = "crisis_intervention.file_max_mb"
FILE_SIZE_DEFAULT = 20


class IrAttachment(models.Model):
    """Files of our records: as closed, as locked and as registered as the records themselves."""

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """Take in what may be attached to our records.

        :raises UserError: the model takes no files, or not such a file
        """
        for vals in vals_list:
            self._check_crisis_place(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change, publish or move files of locked records.

        :raises AccessError: a file belongs to a locked record
        :raises UserError: a file would come to a record that does not take it
        """
        self._check_crisis_lock()
        self._check_crisis_place(vals)
        return super().write(vals)

    def _in_crisis(self):
        """Return those that belong to records of ours."""
        # sudo: which model a file belongs to
        return self.filtered(lambda file: self._is_crisis_model(file.sudo().res_model))

    @api.model
    def _is_crisis_model(self, model):
        """Tell whether files of ``model`` follow the rules of this addon: dialogs do not."""
        return self.env["crisis.record"]._is_ours(model) and not self.env[model]._transient

    def _check_crisis_place(self, vals):
        """Check what is to be attached to a record of ours.

        :raises AccessError: the file would be open to everybody who has its address
        :raises UserError: the model takes no files, or not such a file
        """
        model = vals.get("res_model")
        if not self._is_crisis_model(model):
            if not self._in_crisis():
                return
        elif getattr(self.env.registry[model], "_takes_no_files", False):
            raise UserError(self.env[model]._no_files_message())
        if vals.get("public") or vals.get("access_token"):
            raise AccessError(
                self.env._("Files of the crisis system are never opened by a link alone.")
            )
        if vals.get("url") or vals.get("type") == "url":
            raise UserError(self.env._("Attach the file itself, not the address of one."))
        contents = [vals[name] for name in ("raw", "db_datas") if vals.get(name)]
        if vals.get("datas"):
            contents.append(base64.b64decode(vals["datas"]))
        if not contents and model:
            # moved here after it was uploaded
            # sudo: the content, to be checked and not returned
            contents = self.sudo().filtered("file_size").mapped("raw")
        for content in contents:
            self._check_crisis_content(content)

    @api.model
    def _check_crisis_content(self, content):
        """Check size and type of a file, by what is in it.

        :raises UserError: it is too big, or of a type that is not taken
        """
        content = content.encode() if isinstance(content, str) else bytes(content)
        # sudo: ir.config_parameter - one number
        limit = int(
            self.env["ir.config_parameter"].sudo().get_param(FILE_SIZE) or FILE_SIZE_DEFAULT
        )
        if len(content) > limit * 1024 * 1024:
            raise UserError(
                self.env._("This file is larger than %(limit)s MB: make it smaller.", limit=limit)
            )
        kind = media_type(content) or guess_mimetype(content, default="application/octet-stream")
        if kind not in ALLOWED or (kind == "text/plain" and looks_active(content)):
            raise UserError(
                self.env._(
                    "Files of this kind (%(kind)s) are not taken. Attach a PDF, a picture, an "
                    "office document, a plain text, or a recording.",
                    kind=kind,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_crisis_locked(self):
        """Refuse to delete files of locked records: the chatter's button works as superuser."""
        self._check_crisis_lock()

    def _check_crisis_lock(self):
        """Ask the models of the records whether their files are locked.

        :raises AccessError: a file belongs to a locked record
        """
        # A file without record is being uploaded for a report that is not submitted yet. Files of
        # fields are as locked as the fields.
        # sudo: which records the files belong to
        attached = self.sudo().filtered(lambda file: file.res_id and not file.res_field)
        for model, attachments in attached.grouped("res_model").items():
            if not model or model not in self.env:
                continue
            records = self.env[model].browse(attachments.mapped("res_id")).exists()
            if hasattr(records, "_attachments_locked") and records._attachments_locked():
                raise AccessError(
                    self.env._("Files of a submitted record stay with it. Add a note instead.")
                )

    def _has_attachments_ownership(self, attachment_tokens):
        """Let tokens give nothing on files of ours: the right to write the record counts."""
        if ours := self._in_crisis():
            if not ours.sudo(False).has_access("write"):
                return False
            attachment_tokens = None
        return super()._has_attachments_ownership(attachment_tokens)

    def _compute_raw(self):
        """Register who reads the content of files of ours."""
        if not self.env.su:
            self._register_reading()
        return super()._compute_raw()

    def _to_http_stream(self):
        """Register who downloads files of ours."""
        self._register_reading()
        return super()._to_http_stream()

    def _register_reading(self):
        """Put the reading of these files into the register of disclosures."""
        # sudo: which records the files belong to
        for file in self._in_crisis().sudo().filtered("res_id"):
            record = self.env[file.res_model].browse(file.res_id)
            self.env["crisis.disclosure"]._register_reading(
                record, [file.res_field or "file"], "file"
            )
