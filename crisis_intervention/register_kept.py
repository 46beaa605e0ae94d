"""Checks of the register that were kept: which of them this server has made, and the newest.

Functions of a module: a check that is kept is one that was made; code that an administrator enters in
Odoo may call none of these. What the key of this server has not signed counts for nothing.
"""

from odoo.tools import SQL

from .lib.disclosure_chain import link
from .seal_keys import keyring, opening_keys

MODEL = "crisis.register.check"
# What a check says and is signed for, in this order.
SAID = (
    "date",
    "user_id",
    "row_count",
    "last_number",
    "last_link",
    "last_date",
    "archive_count",
    "anchor_count",
    "anchor_number",
    "fault_count",
    "findings",
    "seconds",
    "from_number",
)


def keep(env, values):
    """Keep a check, signed.

    :param values: dict with the values of ``SAID``
    :return: its id
    """
    columns = {
        **values,
        "signature": keyring(env).sign(_signed_text(values)),
        "create_uid": values["user_id"],
        "create_date": values["date"],
        "write_uid": values["user_id"],
        "write_date": values["date"],
    }
    [[id_]] = env.execute_query(
        SQL(
            "INSERT INTO crisis_register_check (%s) VALUES %s RETURNING id",
            SQL(", ").join(map(SQL.identifier, columns)),
            tuple(columns.values()),
        )
    )
    return id_


def judged(env, ids=None):
    """Tell of checks whether this server has made them, and nobody has changed them.

    :param ids: list of ids; by default, all
    :return: dict of id to True, False, or None where that cannot be told: it has no signature, or one
        with a key that the server does not know
    """
    condition = SQL("TRUE") if ids is None else SQL("id = ANY(%s)", list(ids))
    found = env.execute_query(
        SQL("SELECT id FROM crisis_register_check WHERE %s ORDER BY id", condition)
    )
    keys = opening_keys(env)
    told = {
        id_: keys.tells(signature, _signed_text(said))
        for id_, signature, said in _stored(env, condition)
    }
    return {id_: told.get(id_) for [id_] in found}


def newest(env, full=False):
    """Return what the newest check says that this server has made, by its signed moment.

    :param bool full: only checks that have looked at every row
    :return: dict with ``id`` and the values of ``SAID``; empty where there is none
    """
    condition = SQL("coalesce(from_number, 0) = 0") if full else SQL("TRUE")
    return _first_genuine(env, condition, SQL("date"))


def anchored(env):
    """Return up to which number a check has found ends outside of the database, 0 for none."""
    found = _first_genuine(env, SQL("anchor_number > 0"), SQL("anchor_number"))
    return found.get("anchor_number", 0)


def _first_genuine(env, condition, order):
    """Return what the first genuine check says, the largest ``order`` (SQL) first."""
    keys = opening_keys(env)
    rows = _stored(env, SQL("%s ORDER BY %s DESC NULLS LAST, id DESC", condition, order))
    for id_, signature, said in rows:
        if keys.verifies(signature, _signed_text(said)):
            return {"id": id_, **said}
    return {}


def signed_before(env, after=0):
    """Return the ids of the checks behind ``after`` that an older key has signed."""
    found = env.execute_query(
        SQL(
            "SELECT id FROM crisis_register_check WHERE id > %s AND signature IS NOT NULL"
            " AND NOT starts_with(signature, %s) ORDER BY id",
            after,
            f"{keyring(env).newest}:",
        )
    )
    return [id_ for [id_] in found]


def sign_anew(env, ids):
    """Sign checks with the newest key, so that the older may be taken away.

    :return: ids of what does not verify: it stays as it is
    """
    keys = keyring(env)
    fresh = [
        (id_, keys.sign(_signed_text(said)))
        for id_, signature, said in _stored(env, SQL("id = ANY(%s)", list(ids)))
        if keys.verifies(signature, _signed_text(said))
    ]
    if fresh:
        env.cr.execute_values(
            "UPDATE crisis_register_check c SET signature = v.signature"
            " FROM (VALUES %s) AS v (id, signature) WHERE c.id = v.id",
            fresh,
        )
    return list(set(ids) - {id_ for id_, _signature in fresh})


def _stored(env, condition):
    """Return what is stored: list of (id, signature, dict of the values of ``SAID``)."""
    found = env.execute_query(
        SQL(
            # what is no date would stop it here
            "SELECT id, signature, %s FROM crisis_register_check"
            " WHERE date BETWEEN '2000-01-01' AND '2999-12-31'"
            " AND coalesce(last_date, date) BETWEEN '2000-01-01' AND '2999-12-31' AND %s",
            SQL(", ").join(map(SQL.identifier, SAID)),
            condition,
        )
    )
    return [
        (id_, signature or "", dict(zip(SAID, values, strict=True)))
        for id_, signature, *values in found
    ]


def _signed_text(said):
    """Return the text that a check is signed by.

    :param said: dict with the values of ``SAID``, as they are stored
    """
    return "check:" + link("", [said[name] for name in SAID])
