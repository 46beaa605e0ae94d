import logging
from contextlib import suppress

from odoo import api, models
from odoo.tools import SQL

from ...lib.sealed import PREFIX, SealError, is_sealed
from ...register_archive import seal_anew
from ...role_confirmations import sign_anew
from ...sealed_fields import Sealed, keyring, open_sealed

_logger = logging.getLogger(__name__)

BATCH = 500
FILES = 50


class CrisisSeal(models.AbstractModel):
    """Care of sealed columns and files: sealing what is plain, and anew with the newest key."""

    _name = "crisis.seal"
    _description = "Care of Sealed Texts"

    @api.model
    def _sealed_fields(self):
        """Return the sealed fields of all models."""
        return [
            field
            for model in self.env.registry.values()
            if model._auto and not model._abstract and not model._transient
            for field in model._fields.values()
            if isinstance(field, Sealed) and field.store
        ]

    @api.model
    def _reseal(self, field, limit=BATCH):
        """Seal with the newest key what one column holds plain or sealed with an older one.

        The plain text does not pass through the cache, and nobody is registered as its reader.

        :return: number of rows sealed
        """
        keys = keyring(self.env)
        table, column = (
            SQL.identifier(self.env[field.model_name]._table),
            SQL.identifier(field.name),
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %(column)s FROM %(table)s WHERE %(column)s IS NOT NULL"
                " AND NOT starts_with(%(column)s, %(newest)s)"
                " ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
                table=table,
                column=column,
                newest=f"{PREFIX}{keys.newest}:",
                limit=limit,
            )
        )
        sealed = []
        for id_, text in rows:
            plain = text
            if is_sealed(text):
                plain = open_sealed(self.env, text, *field._places(id_))
            sealed.append((id_, keys.seal(plain, field._place(id_))))
        self._store(field, sealed)
        return len(sealed)

    @api.model
    def _store(self, field, sealed):
        """Write sealed texts into the column of ``field``.

        :param sealed: list of (id, sealed text)
        """
        if sealed:
            self.env.cr.execute_values(
                f'UPDATE "{self.env[field.model_name]._table}" t SET "{field.name}" = v.text '
                "FROM (VALUES %s) AS v (id, text) WHERE t.id = v.id",
                sealed,
                page_size=len(sealed),
            )
            self.env[field.model_name].invalidate_model([field.name])

    @api.model
    def _rebind(self, field, limit=BATCH):
        """Seal for the present name of ``field`` what is sealed for a former one.

        For updates of the addon; may be repeated. What no key opens stays as it is, and is read like
        before when the key is back: the field knows its former names.

        :return: number of texts sealed anew
        """
        keys = keyring(self.env)
        table, column = self.env[field.model_name]._table, SQL.identifier(field.name)
        last, total = 0, 0
        while rows := self.env.execute_query(
            SQL(
                "SELECT id, %(column)s FROM %(table)s WHERE %(column)s IS NOT NULL"
                " AND id > %(last)s ORDER BY id LIMIT %(limit)s",
                table=SQL.identifier(table),
                column=column,
                last=last,
                limit=limit,
            )
        ):
            last = rows[-1][0]
            sealed = []
            for id_, text in rows:
                with suppress(SealError):
                    plain = keys.open(text, *field._places(id_)[1:])
                    sealed.append((id_, keys.seal(plain, field._place(id_))))
            self._store(field, sealed)
            total += len(sealed)
        return total

    @api.model
    def _seal_plain(self):
        """Seal what earlier versions have stored plain; for updates of the addon.

        May be repeated: what is sealed is left alone.
        """
        for field in self._sealed_fields():
            total = 0
            while done := self._reseal(field):
                total += done
            if total:
                _logger.info("Sealed %s texts of %s", total, field)
        last = 0
        while last := self._seal_files(last):
            pass

    @api.model
    def _tables_to_rewrite(self):
        """Return the tables whose files may still hold texts from before they were sealed."""
        models_ = (
            model
            for model in self.env.registry.values()
            if model._auto
            and not model._abstract
            and any(isinstance(f, Sealed) and f.store for f in model._fields.values())
        )
        return sorted({"ir_attachment", *(model._table for model in models_)})

    @api.model
    def _models_with_files(self):
        """Return the names of the models whose files are sealed."""
        files = self.env["ir.attachment"]
        return [name for name in self.env.registry if files._is_crisis_model(name)]

    @api.model
    def _seal_files(self, after=0, limit=FILES):
        """Seal files of our records that are stored plain or sealed with an older key.

        A file whose content is missing is left alone.

        :param int after: id of the last file of the batch before
        :return: id of the last file of this batch, 0 when there are no more
        """
        self.env["ir.attachment"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM ir_attachment WHERE res_model = ANY(%(models)s)"
                " AND type = 'binary' AND file_size > 0 AND id > %(after)s"
                " AND NOT starts_with(coalesce(crisis_seal_id, ''), %(newest)s)"
                " ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
                models=self._models_with_files(),
                newest=f"{keyring(self.env).newest}:",
                after=after,
                limit=limit,
            )
        )
        # sudo: ir.attachment - their contents are sealed, and not returned
        files = self.env["ir.attachment"].sudo().browse(id_ for [id_] in rows)
        files.filtered("crisis_seal_id")._reseal_files()
        files._seal_plain_files()
        self.env["ir.attachment"].flush_model()
        self.env["ir.attachment"].invalidate_model()
        return rows[-1][0] if rows else 0

    @api.model
    def _cron_reseal(self):
        """Seal anew, after a new key was put first: batch by batch, and on from there next time.

        When it has ended, older keys may be taken away.
        """
        sign_anew(self.env)
        for field in self._sealed_fields():
            while done := self._reseal(field):
                if not self.env["ir.cron"]._commit_progress(done):
                    return
        last = 0
        while last := self._seal_files(last):
            if not self.env["ir.cron"]._commit_progress(FILES):
                return
        while seal_anew(self.env):
            if not self.env["ir.cron"]._commit_progress(1):
                return
