"""The keys of this server, which seal and sign; never in the database.

What a key is called stands with everything that it has sealed. So a key of the same name that is
another one would be taken for it: what it has sealed before tells (``_trial``), and a check value that
the database keeps (``seal_key_state``). Such a key neither seals, signs nor opens anything.
"""

import configparser
import logging
import os
import time
from functools import lru_cache
from typing import NamedTuple

import psycopg2
from odoo.exceptions import UserError
from odoo.tools import SQL, config
from odoo.tools.sql import table_exists

from .lib.disclosure_chain import End
from .lib.sealed import PREFIX, Keyring, SealError, is_right_key

_logger = logging.getLogger(__name__)

VARIABLE = "CRISIS_SEAL_KEYS"
OPTION = "crisis_seal_keys"
SECTION = "crisis_intervention"
# The table of what is known of keys, see ``crisis.seal.key``.
TABLE = "crisis_seal_key"
# How much of each kind is tried with a key.
_TRIED = 5
# Seconds after which a process looks again at a key that it found to be wrong: a backup may have been
# restored.
_AGAIN = 60
_CLOSED = Keyring({}, closed=True)


class _Judged(NamedTuple):
    """Which keys of a ring are wrong, and until when (monotonic) that is known."""

    wrong: frozenset
    until: float


class State(NamedTuple):
    """What the server has.

    ``keys``: the ring that opens, closed where nothing may be sealed; ``reason``: why it is closed
    (``none``, ``keys``: written wrongly, ``wrong``), "" where it is not; ``key_id``: of which key.
    """

    keys: Keyring
    reason: str = ""
    key_id: str = ""


# (database, keys as they are written) to ``_Judged``
_judged: dict = {}
# (database, reason, name of the key) that the log has told of.
_told: set = set()


@lru_cache(maxsize=1)
def _configured(path):
    """Return the keys in the section of this addon in Odoo's configuration file."""
    parser = configparser.RawConfigParser()
    parser.read([path] if path else [])
    return parser.get(SECTION, "seal_keys", fallback="")


@lru_cache(maxsize=4)
def _parsed(text):
    return Keyring.parse(text)


def _written():
    """Return the keys as whoever runs the server has written them."""
    return os.environ.get(VARIABLE) or config.get(OPTION) or _configured(config["config"])


def keyring(env):
    """Return the keys of this server, of which the newest may seal and sign.

    :raises UserError: there are none, they are written wrongly, or the newest is not the right one
    """
    state = state_of_keys(env)
    if state.reason:
        raise UserError(key_problem(env, state))
    return state.keys


def opening_keys(env):
    """Return the keys that open and verify; a closed ring where the server has no usable one."""
    return state_of_keys(env).keys


def written_keys():
    """Return the keys as they are written, wrong ones as well; a closed ring where none can be read."""
    try:
        return _parsed(_written())
    except SealError:
        return _CLOSED


def state_of_keys(env):
    """Return what the server has, as ``State``."""
    text = _written()
    if not text:
        return State(_CLOSED, "none")
    try:
        ring = _parsed(text)
    except SealError as error:
        return State(_CLOSED, "keys", error.key_id)
    wrong = wrong_keys(env)
    if ring.newest in wrong:
        return State(_CLOSED, "wrong", ring.newest)
    return State(ring.without(wrong) if wrong else ring)


def key_problem(env, state=None):
    """Return in a sentence why nothing can be sealed, signed and opened; "" where it can.

    :param state: ``State``, by default the one of now
    """
    state = state or state_of_keys(env)
    texts = {
        "none": env._(
            "This server has no key for sealed texts, so they can neither be read nor written. "
            "Ask whoever runs the server to set %(variable)s (see the manual, Configuration).",
            variable=VARIABLE,
        ),
        "keys": env._(
            "The keys for sealed texts are written wrongly (key “%(key)s”). Ask whoever runs "
            "the server: each is a short name, a colon and 32 bytes in base64.",
            key=state.key_id,
        ),
        "wrong": env._(
            "The key “%(key)s” of this server is another one than the key of this name that sealed "
            "what is here: nothing is read, sealed or signed with it. Ask whoever runs the server "
            "to give it the right key.",
            key=state.key_id,
        ),
    }
    return texts.get(state.reason, "")


def has_key(env):
    """Tell whether the server has a usable key; if not, the log tells once.

    For jobs that need one: they wait, as Odoo switches off those that fail again and again.
    """
    state = state_of_keys(env)
    tell_log(env, state.reason, state.key_id)
    return not state.reason


def tell_log(env, reason, key_id):
    """Tell whoever runs the server, once, what is wrong with a key; "" says that nothing is."""
    about = (env.cr.dbname, reason, key_id)
    if not reason or about in _told:
        return
    _told.add(about)
    texts = {
        "none": "This server has no key (%s): sealed texts and files are closed, nothing is signed.",
        "keys": "The keys of %s are written wrongly: sealed texts and files are closed.",
        "wrong": "The key %s is another one than the key of this name was: nothing is done with it.",
    }
    _logger.error(texts[reason], VARIABLE if reason != "wrong" else key_id)


def forget_judgement(env):
    """Look at the keys anew, for a database that is loaded anew."""
    for about in [about for about in _judged if about[0] == env.cr.dbname]:
        _judged.pop(about, None)
    _told.difference_update([about for about in _told if about[0] == env.cr.dbname])


def wrong_keys(env):
    """Return the names of those keys that are not the ones that these names stood for."""
    text = _written()
    about = (env.cr.dbname, text)
    judged = _judged.get(about)
    if judged is None or time.monotonic() > judged.until:
        try:
            with env.cr.savepoint(flush=False):
                wrong = _wrong_of(env, _parsed(text))
        except psycopg2.Error:
            # an update has not come so far yet
            return frozenset()
        until = time.monotonic() + _AGAIN if wrong else float("inf")
        judged = _judged[about] = _Judged(wrong, until)
    return judged.wrong


def _wrong_of(env, ring):
    """Return which keys of a ring are wrong."""
    kept = kept_values(env)
    wrong = set()
    for name in ring.keys:
        fits = kept[name] == ring.check_value(name) if name in kept else None
        if fits and name != ring.newest:
            # it seals nothing any more
            continue
        if not is_right_key(*_trial(env, ring, name), fits):
            wrong.add(name)
    return frozenset(wrong)


def kept_values(env):
    """Return the check values that the database keeps: dict of the name of a key to the value."""
    if not table_exists(env.cr, TABLE):
        return {}
    found = SQL(
        "SELECT name, check_value FROM %s WHERE check_value IS NOT NULL", SQL.identifier(TABLE)
    )
    env.cr.execute(found)
    return dict(env.cr.fetchall())


def _trial(env, ring, name):
    """Try one key on what names it: the end of the register, and some texts of each column.

    :return: (how much it opens, at most one; how much it does not)
    """
    failed = 0
    for opens in _tries(env, ring, name):
        if opens:
            return 1, failed
        failed += 1
    return 0, failed


def _tries(env, ring, name):
    """Yield for one thing after the other whether the key opens it."""
    cr = env.cr
    cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head")
    for number, link, signature in cr.fetchall():
        if signature.startswith(f"{name}:"):
            yield ring.verifies(signature, End(number, link).signed_text())
    for field in env["crisis.seal"]._sealed_fields():
        column = SQL.identifier(field.name)
        cr.execute(
            SQL(
                "SELECT id, %s FROM %s WHERE starts_with(%s, %s) ORDER BY id DESC LIMIT %s",
                *(column, SQL.identifier(env[field.model_name]._table), column),
                f"{PREFIX}{name}:",
                _TRIED,
            )
        )
        for id_, text in cr.fetchall():
            yield _opens(ring, text, field._places(id_))


def _opens(ring, text, places):
    try:
        ring.open(text, *places)
    except SealError:
        return False
    return True
