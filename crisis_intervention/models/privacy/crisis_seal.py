import logging
from contextlib import suppress

from odoo import api, models
from odoo.tools import SQL

from ...lib.sealed import PREFIX, SealError, is_sealed
from ...role_confirmations import sign_anew
from ...sealed_fields import Sealed, keyring

_logger = logging.getLogger(__name__)

BATCH = 500


class CrisisSeal(models.AbstractModel):
    """Care of the sealed columns: sealing what is plain, and sealing anew with the newest key."""

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
            plain = field._opened(self.env, text, id_) if is_sealed(text) else text
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
                    plain = keys.open(text, *field._former_places(id_))
                    sealed.append((id_, keys.seal(plain, field._place(id_))))
            self._store(field, sealed)
            total += len(sealed)
        return total

    @api.model
    def _seal_plain(self):
        """Seal what earlier versions have stored plain; for updates of the addon."""
        for field in self._sealed_fields():
            total = 0
            while done := self._reseal(field):
                total += done
            if total:
                _logger.info("Sealed %s texts of %s", total, field)

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
