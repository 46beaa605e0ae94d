"""What was done already, so that nothing is done twice: by a double tap, a phone, a repetition.

The rows are written past the ORM: who comes second waits for the first one, and the database then
refuses, as its snapshot is older. Odoo repeats the request, which finds what the first one did.
"""

from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

KEPT = timedelta(days=30)


def begin(env, key, content=None):
    """Take ``key``, once.

    :param str key: of ``lib.once.key_of``
    :param content: fingerprint of what was sent with it
    :return: None for the first one; else what the first one left: (id of a record, fingerprint)
    """
    values = SQL("(%s, %s, %s)", key, content, fields.Datetime.now())
    taken = env.execute_query(
        SQL(
            "INSERT INTO crisis_once (key, content, date) VALUES %s "
            "ON CONFLICT (key) DO NOTHING RETURNING id",
            values,
        )
    )
    if taken:
        return None
    [found] = env.execute_query(SQL("SELECT res_id, content FROM crisis_once WHERE key = %s", key))
    return found


def became(env, key, res_id):
    """Keep which record ``key`` has become."""
    env.execute_query(
        SQL("UPDATE crisis_once SET res_id = %s WHERE key = %s RETURNING id", res_id, key)
    )


def one_by_one(env, key):
    """Let those who come with ``key`` act one after the other, each seeing what the others did."""
    env.execute_query(
        SQL(
            "INSERT INTO crisis_once (key, date) VALUES (%s, %s) "
            "ON CONFLICT (key) DO UPDATE SET date = EXCLUDED.date RETURNING id",
            key,
            fields.Datetime.now(),
        )
    )


def forget(env):
    """Take away what no client repeats any more."""
    limit = fields.Datetime.now() - KEPT
    env.execute_query(SQL("DELETE FROM crisis_once WHERE date < %s RETURNING id", limit))
