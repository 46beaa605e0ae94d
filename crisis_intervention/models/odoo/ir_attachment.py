import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import Stream
from odoo.tools.mimetypes import guess_mimetype

from ...lib.file_types import ALLOWED, looks_active, media_type
from ...lib.sealed import SealError
from ...machine_faults import full_disk_said
from ...register import note_readings, raise_alarm
from ...seal_keys import opening_keys
from ...sealed_fields import problem_of
from ...sealed_files import (
    SEAL,
    FileContent,
    FileField,
    Unreadable,
    check_replaceable,
    is_filing,
    new_seal,
    place_of,
    renew_file,
    seal_arrived,
    seal_file,
    store_sealed,
)
from ...sealed_reading import code_acts, opening
from ...walls import is_loading

FILE_SIZE = "crisis_intervention.file_max_mb"
FILE_SIZE_DEFAULT = 20

_CONTENTS = frozenset(("raw", "datas", "db_datas"))
# What says where a file belongs, and who gets it.
_PLACED = frozenset(
    ("res_model", "res_id", "res_field", "public", "access_token", "type", "url", "raw", "datas")
)


class IrAttachment(models.Model):
    """Files of our records: as closed, as locked and as registered as the records themselves."""

    _inherit = "ir.attachment"

    raw = FileField(compute="_compute_raw", inverse="_inverse_raw")
    datas = FileField(compute="_compute_datas", inverse="_inverse_datas")
    crisis_seal_id = fields.Char(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="What the sealed content is bound to; empty where it is not sealed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Take in what may be attached to our records, and seal it before it is stored.

        :raises AccessError: the record is locked
        :raises UserError: the model takes no files, or not such a file
        """
        # what the context presets is sent as well
        presets = {name: value for name, value in self._presets().items() if name in _PLACED}
        vals_list = [{**presets, **vals} for vals in vals_list]
        for vals in vals_list:
            vals.pop(SEAL, None)
            self._refuse_picture(vals)
            self._check_crisis_place(vals)
        self._refuse_locked((vals.get("res_model"), vals.get("res_id")) for vals in vals_list)
        ours = [vals for vals in vals_list if self._is_crisis_model(vals.get("res_model"))]
        if not ours:
            files = super().create(vals_list)
        else:
            prepared = [self._sealed_values(vals) for vals in vals_list]
            # a picture that is sealed cannot be made smaller any more
            files = super(IrAttachment, self.with_context(image_no_postprocess=True)).create(
                [vals for vals, _seal, _size in prepared]
            )
            files = files.with_env(self.env)
            for file, (_vals, seal, size) in zip(files, prepared, strict=True):
                if seal:
                    file._set_seal(seal, size)
        # what the context said belongs to a record of ours
        seal_arrived(files, self.browse())
        return files

    def write(self, vals):
        """Refuse to change, publish or move files of locked records; what is sealed stays so.

        :raises AccessError: a file belongs to a locked record, or would leave our records
        :raises UserError: a file would come to a record that does not take it
        """
        vals = {name: value for name, value in vals.items() if name != SEAL}
        self._check_crisis_lock()
        self._check_crisis_place(vals)
        self._check_crisis_target(vals)
        if self._is_crisis_model(vals.get("res_model")):
            # sudo: ir.attachment - whether they were open to everybody before they came here
            if any(file.type == "url" for file in self.sudo()):
                raise UserError(self.env._("Attach the file itself, not the address of one."))
            vals.update(public=False, access_token=False)
        if self._in_crisis():
            # a picture of its first page would stand in the file store as it is
            vals.pop("thumbnail", None)
            if vals.get("db_datas"):
                vals["raw"] = vals.pop("db_datas")
        if not _CONTENTS.isdisjoint(vals):
            check_replaceable(self)
        moved = _contents_to_move(self, vals)
        kept = self._in_crisis()
        result = super().write(vals)
        for file, content in moved.items():
            file._set_attachment_data(lambda _file, c=content: c)
        if "res_model" in vals:
            seal_arrived(self, kept)
        self._forget_contents()
        return result

    def _in_crisis(self):
        """Return those that belong to records of ours."""
        # sudo: which model a file belongs to
        return self.filtered(lambda file: self._is_crisis_model(file.sudo().res_model))

    @api.model
    def _is_crisis_model(self, model):
        """Tell whether files of ``model`` follow the rules of this addon: dialogs do not."""
        return self.env["crisis.record"]._is_ours(model) and not self.env[model]._transient

    def _refuse_picture(self, vals):
        """Refuse a picture of a file of ours, which would be stored as it is.

        :raises AccessError: ``vals`` are those of one
        """
        if vals.get("res_model") == self._name and self.browse(vals.get("res_id"))._in_crisis():
            raise AccessError(self.env._("There are no pictures of files of the crisis system."))

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
            arriving = (self - self._in_crisis()).sudo()
            contents = arriving.filtered("file_size").mapped("raw")
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
        # sudo: which records the files belong to
        self._refuse_locked((file.res_model, file.res_id) for file in self.sudo())

    def _check_crisis_target(self, vals):
        """Refuse to move files to locked records.

        :raises AccessError: ``vals`` would move one there
        """
        if {"res_model", "res_id"} & vals.keys():
            # sudo: which records the files would belong to
            self._refuse_locked(
                (vals.get("res_model", file.res_model), vals.get("res_id", file.res_id))
                for file in self.sudo()
            )

    @api.model
    def _refuse_locked(self, places):
        """Refuse to touch the files of locked records, those of fields as well as all others.

        Our own code fills a field of a record that is locked (``filing_into``).

        :param places: (model, id) pairs of the records; a file without record is being uploaded for
            a report that is not submitted yet
        :raises AccessError: one of them is locked
        """
        ids = {}
        for model, id_ in places:
            if id_ and self._is_crisis_model(model) and not is_filing(model, id_):
                ids.setdefault(model, set()).add(id_)
        for model, found in ids.items():
            records = self.env[model].browse(found).exists()
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

    # ------------------------------------------------------------------ sealing

    def _sealed(self):
        """Return those that are sealed; files of others are not asked."""
        # sudo: ir.attachment - whether there is what it is bound to
        return self._in_crisis().sudo().filtered(SEAL).with_env(self.env)

    def _held_sealed(self):
        """Return those that are sealed, and those that should be: plain ones are not ours."""
        if is_loading(self.env):
            return self._sealed()
        # sudo: ir.attachment - whether it holds anything
        ours = self._in_crisis().sudo()
        held = ours.filtered(lambda f: f.type == "binary" and (f.store_fname or f.db_datas))
        return held.with_env(self.env)

    def _sealed_values(self, vals):
        """Return (values to create a file with, what it is bound to or None, size before)."""
        vals = dict(vals)
        raw = vals.pop("raw", None) or vals.pop("db_datas", None)
        datas = vals.pop("datas", None)
        content = raw or (datas and base64.b64decode(datas))
        if not content:
            return vals, None, 0
        if isinstance(content, str):
            content = content.encode()
        checked = self._check_contents({**vals, "raw": content})
        if not self._is_crisis_model(vals.get("res_model")):
            return checked, None, 0
        content = bytes(checked["raw"])
        seal = new_seal(self.env)
        place = place_of(seal, vals["res_model"], vals.get("res_id"), vals.get("res_field"))
        return {**checked, "raw": seal_file(self.env, content, place)}, seal, len(content)

    def _set_seal(self, seal, size):
        """Keep what the sealed content is bound to; nothing of it can be searched for."""
        # past the methods of attachments, which take size and index from what they store
        models.Model.write(
            # sudo: ir.attachment - the system's own columns
            self.sudo(),
            {SEAL: seal, "file_size": size, "index_content": False},
        )
        self._forget_contents()

    def _forget_contents(self):
        """Keep nothing plain in the cache."""
        self.invalidate_recordset(["raw", "datas"], flush=False)

    def _set_attachment_data(self, asbytes):  # pylint: disable=missing-return
        """Seal what is stored for records of ours, each time anew."""
        ours = self._in_crisis()
        if others := self - ours:
            super(IrAttachment, others)._set_attachment_data(asbytes)
        if ours and code_acts():
            # what write() refuses is no other way by the methods behind it
            ours._check_crisis_lock()
        # sudo: ir.attachment - which record it belongs to
        for file in ours.sudo():
            store_sealed(file, asbytes(file), new_seal(self.env))

    @api.model
    def _file_write(self, bin_value, checksum):
        """Say it plainly where the disk is full."""
        with full_disk_said(self.env):
            return super()._file_write(bin_value, checksum)

    def _crisis_content(self):
        """Return the content as the cache holds it: sealed where it is."""
        self.ensure_one()
        stored = self._file_read(self.store_fname) if self.store_fname else self.db_datas
        # sudo: ir.attachment - what it is bound to
        file = self.sudo()
        place = place_of(file[SEAL], file.res_model, file.res_id, file.res_field)
        return FileContent(bytes(stored or b""), place)

    def _migrate(self):  # pylint: disable=missing-return
        """Move sealed files to the other kind of store as well; what does not open stays."""
        sealed = self._held_sealed()
        super(IrAttachment, self - sealed)._migrate()
        # sudo: ir.attachment - the content, sealed again and not returned
        for file in sealed.sudo():
            try:
                renew_file(file)
            except SealError as error:
                raise_alarm(self.env, problem_of(error), file._name, file.id, "raw")

    # ------------------------------------------------------------------ reading

    @api.depends("store_fname", "db_datas", SEAL)
    def _compute_raw(self):  # pylint: disable=missing-return
        """Hand on what is sealed as it is, and what should be."""
        sealed = self._held_sealed()
        super(IrAttachment, self - sealed)._compute_raw()
        for file in sealed:
            self._fields["raw"]._update_cache(file, file._crisis_content())

    @api.depends("store_fname", "db_datas", "file_size", SEAL)
    @api.depends_context("bin_size")
    def _compute_datas(self):
        """Hand on what is sealed as it is, but for its size."""
        if self.env.context.get("bin_size"):
            return super()._compute_datas()
        sealed = self._held_sealed()
        super(IrAttachment, self - sealed)._compute_datas()
        for file in sealed:
            self._fields["datas"]._update_cache(file, file._crisis_content().base64())
        return None

    def _to_http_stream(self):
        """Register who downloads files of ours, and open them."""
        # without a key there is nothing to be read
        if not opening_keys(self.env).closed:
            self._register_reading()
        if not self._held_sealed():
            return super()._to_http_stream()
        content = self.raw
        lost = isinstance(content, Unreadable)
        return Stream(
            type="data",
            data=bytes(content),
            mimetype="text/plain; charset=utf-8" if lost else self.mimetype,
            download_name=f"{self.name}.txt" if lost else self.name,
            etag=not lost and self.checksum,
            last_modified=self.write_date,
            size=len(content),
        )

    def _register_reading(self):
        """Put the reading of these files into the register of disclosures."""
        # sudo: which records the files belong to
        for file in self._in_crisis().sudo().filtered("res_id"):
            record = self.env[file.res_model].browse(file.res_id)
            note_readings(self.env, record, [file.res_field or "file"], "file")


def _contents_to_move(files, vals):
    """Return dict of file to its content, where ``vals`` move it to another record.

    A function, as code of server actions can call what hangs on models.

    :raises AccessError: it would leave our records
    """
    # sudo: ir.attachment - where they are
    sealed = files._sealed().sudo()
    if not sealed or not {"res_model", "res_id", "res_field"} & vals.keys():
        return {}
    if any(not files._is_crisis_model(vals.get("res_model", f.res_model)) for f in sealed):
        raise AccessError(files.env._("Files of the crisis system stay with their record."))
    if vals.get("raw") or vals.get("datas"):
        return {}
    with opening("files"):
        return {file: file.raw for file in sealed}
