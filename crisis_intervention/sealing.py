"""Sealing of what stands plain, by updates of the addon; and renewal with the newest key.

Functions of a module, as code of server actions can call methods of models: text that somebody
plants in the database would become a genuine text of its record, sealed by the server itself.
"""

import logging
from contextlib import suppress

from odoo.tools import SQL

from .lib.sealed import PREFIX, SealError
from .register import raise_alarm
from .seal_keys import keyring
from .sealed_fields import problem_of
from .sealed_files import renew_file, seal_stored
from .walls import require_loading

_logger = logging.getLogger(__name__)

BATCH = 500
FILES = 50
# How many findings of one column a night reports: more tell nothing new.
FINDINGS = 100


def seal_plain(env):
    """Seal what earlier versions have stored plain, in columns and files.

    For named migrations only. May be repeated: what is sealed is left alone.

    :raises AccessError: no update of the addon runs
    """
    require_loading(env)
    for field in env["crisis.seal"]._sealed_fields():
        total = 0
        while done := _seal_plain_column(env, field):
            total += done
        if total:
            _logger.info("Sealed %s texts of %s", total, field)
    last = 0
    while last := seal_plain_files(env, last):
        pass


def _seal_plain_column(env, field, limit=BATCH):
    """Seal what one column holds plain, and return how many texts."""
    rows = _rows(env, field, SQL("NOT starts_with(%s, %s)", SQL.identifier(field.name), PREFIX),
                 limit=limit, lock=True)  # fmt: skip
    keys = keyring(env)
    _store(env, field, [(id_, keys.seal(text, field._place(id_))) for id_, text in rows])
    return len(rows)


def seal_plain_files(env, after=0, limit=FILES):
    """Seal a batch of files of our records that are stored plain.

    A file whose content is missing is left alone.

    :param int after: id of the last file of the batch before
    :return: id of the last file of this batch, 0 when there are no more
    :raises AccessError: no update of the addon runs
    """
    require_loading(env)
    files = _files(env, SQL("crisis_seal_id IS NULL"), after, limit)
    for file in files:
        seal_stored(file)
    _forget_files(env)
    return files[-1:].id or 0


def rebind(env, field):
    """Seal for the present name of ``field`` what is sealed for a former one.

    For updates of the addon; may be repeated. What no key opens stays as it is, and is read like
    before when the key is back: the field knows its former names.

    :return: number of texts sealed anew
    :raises AccessError: no update of the addon runs
    :raises UserError: the server has no keys
    """
    require_loading(env)
    keys = keyring(env)
    last, total = 0, 0
    while rows := _rows(env, field, SQL("TRUE"), last, BATCH):
        last = rows[-1][0]
        sealed = []
        for id_, text in rows:
            with suppress(SealError):
                plain = keys.open(text, *field._places(id_)[1:])
                sealed.append((id_, keys.seal(plain, field._place(id_))))
        _store(env, field, sealed)
        total += len(sealed)
    return total


def sealed_before(env, field, after=0):
    """Return the ids of a batch of rows of one column that are sealed with an older key.

    :param int after: id of the last row of the batch before
    """
    column = SQL.identifier(field.name)
    older = SQL("starts_with(%s, %s) AND NOT %s", column, PREFIX, _newest(env, column))
    return [id_ for id_, _text in _rows(env, field, older, after)]


def renew(env, field, ids):
    """Seal rows of one column with the newest key.

    The plain text does not pass through the cache, and nobody is registered as its reader. What
    cannot be opened stays as it is, and is reported.

    :return: ids of what cannot be opened
    """
    keys = keyring(env)
    column = SQL.identifier(field.name)
    due = SQL("id = ANY(%s) AND starts_with(%s, %s) AND NOT %s",
              list(ids), column, PREFIX, _newest(env, column))  # fmt: skip
    sealed, broken = [], []
    for id_, text in _rows(env, field, due, limit=len(ids), lock=True):
        try:
            plain = keys.open(text, *field._places(id_))
        except SealError as error:
            raise_alarm(env, problem_of(error), field.model_name, id_, field.name)
            broken.append(id_)
        else:
            sealed.append((id_, keys.seal(plain, field._place(id_))))
    _store(env, field, sealed)
    return broken


def _newest(env, column):
    """Return the condition (SQL) that ``column`` is sealed with the newest key."""
    return SQL("starts_with(%s, %s)", column, f"{PREFIX}{keyring(env).newest}:")


def files_before(env, after=0):
    """Return the ids of a batch of files that are sealed with an older key.

    :param int after: id of the last file of the batch before
    """
    older = SQL("NOT starts_with(crisis_seal_id, %s)", f"{keyring(env).newest}:")
    return _files(env, older, after).ids


def renew_files(env, ids):
    """Seal files with the newest key; what cannot be opened stays as it is, and is reported.

    :return: ids of what cannot be opened
    """
    broken = []
    for file in _files(env, SQL("id = ANY(%s)", list(ids)), limit=len(ids)):
        try:
            renew_file(file)
        except SealError as error:
            raise_alarm(env, problem_of(error), file._name, file.id, "raw")
            broken.append(file.id)
    _forget_files(env)
    return broken


def report_plain(env):
    """Report what stands plain where everything is sealed: it was put there past the system."""
    for field in env["crisis.seal"]._sealed_fields():
        plain = SQL("NOT starts_with(%s, %s)", SQL.identifier(field.name), PREFIX)
        for id_, _text in _rows(env, field, plain, limit=FINDINGS):
            raise_alarm(env, "plain", field.model_name, id_, field.name)
    for file in _files(env, SQL("crisis_seal_id IS NULL"), limit=FINDINGS):
        raise_alarm(env, "plain", file._name, file.id, "raw")


def _rows(env, field, condition, after=0, limit=BATCH, lock=False):
    """Return (id, column) of rows of ``field`` that hold something, in the order of ids."""
    env[field.model_name].flush_model([field.name])
    return env.execute_query(
        SQL(
            "SELECT id, %(column)s FROM %(table)s WHERE %(column)s IS NOT NULL"
            " AND id > %(after)s AND %(condition)s ORDER BY id LIMIT %(limit)s %(lock)s",
            column=SQL.identifier(field.name),
            table=SQL.identifier(env[field.model_name]._table),
            after=after,
            condition=condition,
            limit=limit,
            lock=SQL("FOR UPDATE SKIP LOCKED") if lock else SQL(),
        )
    )


def _store(env, field, sealed):
    """Write sealed texts into the column of ``field``.

    :param sealed: list of (id, sealed text)
    """
    if sealed:
        env.cr.execute_values(
            f'UPDATE "{env[field.model_name]._table}" t SET "{field.name}" = v.text '
            "FROM (VALUES %s) AS v (id, text) WHERE t.id = v.id",
            sealed,
            page_size=len(sealed),
        )
        env[field.model_name].invalidate_model([field.name])


def _files(env, condition, after=0, limit=FILES):
    """Return files of our records with a content (as superuser), in the order of ids."""
    env["ir.attachment"].flush_model()
    rows = env.execute_query(
        SQL(
            "SELECT id FROM ir_attachment WHERE res_model = ANY(%(models)s)"
            " AND type = 'binary' AND (store_fname IS NOT NULL OR db_datas IS NOT NULL)"
            " AND id > %(after)s AND %(condition)s"
            " ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
            models=env["crisis.seal"]._models_with_files(),
            after=after,
            condition=condition,
            limit=limit,
        )
    )
    # sudo: ir.attachment - which they are; their contents are sealed, and not returned
    return env["ir.attachment"].sudo().browse(id_ for [id_] in rows)


def _forget_files(env):
    """Keep nothing plain in the cache."""
    env["ir.attachment"].flush_model()
    env["ir.attachment"].invalidate_model()
