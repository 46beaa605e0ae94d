"""Which keys of the server still seal or sign something: an old one may go when nothing is left."""

from odoo.tools import SQL

from .lib.sealed import FILE_PREFIX, PREFIX

# Longer than any head of a sealed file, which names its key.
_HEAD = 64


def seal_keys_in_use(env):
    """Return which keys are needed, and for how much: texts, files, archives and signatures.

    Counted are the names of keys as they stand there, known to this server or not, and whether they
    open what they seal or not. Left out is what is gone or made anew by itself: dialogs, the state of a
    check that is not ended, and rows of the register from before the last change of keys, which
    hang on the rows behind them.

    :return: dict of the name of a key to a number
    """
    used: dict[str, int] = {}
    for query in [*_texts(env), *_signatures(env), _files(env), _archives()]:
        for key, count in env.execute_query(query):
            if key:
                used[key] = used.get(key, 0) + count
    return used


def _counted(table, key, condition):
    """Return the query that counts rows of a table by their key.

    :param str table: its name
    :param SQL key: the name of the key in a row
    :param SQL condition: which rows
    """
    return SQL("SELECT %s, count(*) FROM %s WHERE %s GROUP BY 1",
               key, SQL.identifier(table), condition)  # fmt: skip


def _first_part(column):
    """Return what stands before the first colon of ``column`` (SQL)."""
    return SQL("split_part(%s, ':', 1)", column)


def _texts(env):
    """Yield the queries of all sealed columns."""
    for field in env["crisis.seal"]._sealed_fields():
        env[field.model_name].flush_model([field.name])
        column = SQL.identifier(field.name)
        key = _first_part(SQL("substr(%s, %s, %s)", column, len(PREFIX) + 1, _HEAD))
        yield _counted(
            env[field.model_name]._table, key, SQL("starts_with(%s, %s)", column, PREFIX)
        )


def _signatures(env):
    """Yield the queries of all columns that the server has signed."""
    env["crisis.role.confirmation"].flush_model(["signature"])
    env["crisis.access.grant"].flush_model()
    for table, name, condition in (
        ("crisis_signature", "mac", SQL("TRUE")),
        ("crisis_register_check", "signature", SQL("TRUE")),
        ("crisis_disclosure_head", "signature", SQL("TRUE")),
        ("crisis_role_confirmation", "signature", SQL("TRUE")),
        # what is over opens nothing any more, whoever has signed it
        ("crisis_access_grant", "given_signature",
         SQL("state = 'active' AND date_to > now() AT TIME ZONE 'UTC'")),
        ("crisis_access_grant", "release_signature",
         SQL("date_release_to > now() AT TIME ZONE 'UTC' AND date_release_used IS NULL")),
    ):  # fmt: skip
        yield _counted(table, _first_part(SQL.identifier(name)), condition)


def _files(env):
    """Return the query of all files of our records: the id that they are bound to names the key."""
    env["ir.attachment"].flush_model()
    ours = SQL(
        "crisis_seal_id IS NOT NULL AND type = 'binary' AND res_model = ANY(%s)"
        " AND (store_fname IS NOT NULL OR db_datas IS NOT NULL)",
        env["crisis.seal"]._models_with_files(),
    )
    return _counted("ir_attachment", _first_part(SQL.identifier("crisis_seal_id")), ours)


def _archives():
    """Return the query of the parts of the register that are archives."""
    head = SQL(
        "encode(substring(content FROM %s FOR %s), 'escape')", len(FILE_PREFIX) + 1, _HEAD
    )  # fmt: skip
    is_sealed = SQL("encode(substring(content FROM 1 FOR %s), 'escape') = %s",
                    len(FILE_PREFIX), FILE_PREFIX.decode())  # fmt: skip
    return _counted("crisis_register_archive", _first_part(head), is_sealed)
