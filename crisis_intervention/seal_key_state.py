"""What is known of the keys of the server: their check values, and what still hangs on each.

Kept in ``crisis.seal.key`` by functions of a module, past the ORM: whoever could write there would have
a right key look wrong. What a key has sealed tells more than its check value (``seal_keys``).
"""

from contextlib import suppress

import psycopg2
from odoo import SUPERUSER_ID, fields
from odoo.tools import SQL

from .register import raise_alarm
from .seal_key_use import seal_keys_in_use
from .seal_keys import (
    TABLE,
    forget_judgement,
    kept_values,
    state_of_keys,
    tell_log,
    written_keys,
    wrong_keys,
)

MODEL = "crisis.seal.key"


def begin_keys(env):
    """Look at the keys as the server starts: tell the log what is wrong, keep what is new.

    Where others start at the same moment, or the addon is not updated yet, a later look keeps it.
    """
    forget_judgement(env)
    state = state_of_keys(env)
    tell_log(env, state.reason, state.key_id)
    for name in sorted(state.keys.wrong):
        tell_log(env, "wrong", name)
    with suppress(psycopg2.Error), env.cr.savepoint(flush=False):
        _keep(env, state)


def keep_used(env):
    """Keep the names of keys that something needs, also of those that the server does not have."""
    for name in seal_keys_in_use(env):
        _keep_row(env, name, None)
    env[MODEL].invalidate_model()


def keep_keys(env):
    """Keep what is new of the keys; a check value that somebody has changed is an alarm."""
    state, kept = state_of_keys(env), kept_values(env)
    changed = [
        name
        for name in state.keys.keys
        if name in kept and kept[name] != state.keys.check_value(name)
    ]
    for name in changed:
        raise_alarm(env, f"key_check:{name}")
    _keep(env, state, changed)


def _keep(env, state, changed=()):
    """Keep the check values of the keys that are right.

    :param state: ``seal_keys.State``
    :param changed: names of keys whose check value is replaced
    """
    kept = kept_values(env)
    for name in state.keys.keys:
        if name not in kept or name in changed:
            _keep_row(env, name, state.keys.check_value(name), name in changed)
    env[MODEL].invalidate_model()


def _keep_row(env, name, value, again=False):
    """Keep what is known of one key.

    :param value: its check value, None where the server does not have the key
    :param bool again: replace a check value that stands there
    """
    env.cr.execute(
        SQL(
            "INSERT INTO %(table)s AS k (name, check_value, date, create_date, write_date,"
            " create_uid, write_uid) VALUES (%(name)s, %(value)s, %(now)s, %(now)s, %(now)s,"
            " %(uid)s, %(uid)s) ON CONFLICT (name) DO UPDATE SET check_value = %(value)s"
            " WHERE %(value)s IS NOT NULL AND (k.check_value IS NULL OR %(again)s)",
            table=SQL.identifier(TABLE),
            name=name,
            value=value,
            now=fields.Datetime.now(),
            uid=SUPERUSER_ID,
            again=again,
        )
    )


def states_of(env):
    """Return what is said of keys: dict of a name to a code of ``crisis.seal.key.state``."""
    ring = written_keys()
    if ring.closed:
        return {}
    wrong = wrong_keys(env)
    return {
        name: "wrong" if name in wrong else "newest" if name == ring.newest else "older"
        for name in ring.keys
    }
