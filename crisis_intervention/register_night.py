"""The nightly check, part by part: a process that is ended early loses one part, and no more.

Where it is stands in a table that no model shows, signed, so that nobody who writes into the database
lets a check begin at the end. Functions of a module, see ``register_state``.
"""

import json
import time
from datetime import datetime, timedelta
from itertools import islice

from odoo import SUPERUSER_ID, fields
from odoo.tools import SQL

from . import register_kept, signatures
from .lib.disclosure_chain import End, Fault
from .lib.signed_content import Finding
from .register_archive import check_parts, events
from .register_check import Checked, finished, new_walk, outside, rows_behind
from .register_state import Found, keep_found, not_made
from .seal_keys import keyring

# Rows between two parts.
ROWS = 20_000
# What was begun longer ago is begun anew.
_OLD = timedelta(days=1)


def check_by_parts(env, uid=SUPERUSER_ID, files=True):
    """Check everything, and keep what was found; yield after each part, to be committed.

    It goes on where the last one was. Yields whether more is to be done.

    :param int uid: who asked
    :param bool files: open the files of signed records as well
    """
    state = _kept_state(env) or _new_state(env)
    if not state["chain"]:
        for walk in _walk(env, state):
            state["walk"] = walk
            _keep_state(env, state)
            yield True
    for model in sorted(signatures._kinds(env)):
        if model not in state["records"]:
            begin = time.monotonic()
            found = [f for batch in signatures.check(env, model, files) for f in batch]
            state["records"][model] = [(f.problem, f.model, f.res_id, f.field) for f in found]
            state["seconds"] += time.monotonic() - begin
            _keep_state(env, state)
            yield True
    env.cr.execute("DELETE FROM crisis_register_night")
    records = [Finding(*about) for about in sum(state["records"].values(), [])]
    end, faults, *counts = state["chain"]
    checked = Checked(counts[0], End(*end), [Fault(*fault) for fault in faults], *counts[1:])
    keep_found(env, Found(checked, not_made(env) + records, round(state["seconds"], 1)), uid)
    yield False


def _walk(env, state):
    """Walk along the chain; yield where it is after each part, and put what it found into ``state``."""
    anchors, missed = outside(env)
    walk = new_walk(env, anchors)
    if state["walk"]:
        walk.go_on(state["walk"])
    told = rows = None
    while True:
        begin, count = time.monotonic(), walk.count
        if told != (now := events(env)):
            # readings have gone into an archive meanwhile
            told, (parts, faults) = now, check_parts(env)
            rows = rows_behind(env, walk.end.number, parts)
        walk.see(islice(rows, ROWS))
        state["seconds"] += time.monotonic() - begin
        if walk.count < count + ROWS:
            break
        yield walk.state()
    seen = walk.state()
    checked = finished(env, walk, anchors, faults + missed, len(parts))
    found = [(fault.problem, fault.number, fault.last) for fault in checked.faults]
    counts = (checked.count, checked.anchors, checked.anchored, checked.archives)
    state["chain"] = [checked.end, found, *counts]
    yield seen


def _new_state(env):
    """Return the state of a check that begins now, as JSON knows it."""
    return {
        "begun": fields.Datetime.now().isoformat(),
        "after": register_kept.newest(env, full=True).get("id", 0),
        "walk": None,
        "chain": None,
        "records": {},
        "seconds": 0.0,
    }


def _kept_state(env):
    """Return the state of a check that was not ended; None where there is none that counts.

    One from before the last check is none: somebody has put it back.
    """
    found = env.execute_query(SQL("SELECT said, signature FROM crisis_register_night"))
    if len(found) != 1 or not keyring(env).verifies(found[0][1], f"night:{found[0][0]}"):
        return None
    state = json.loads(found[0][0])
    begun = datetime.fromisoformat(state["begun"])
    is_new = timedelta(0) <= fields.Datetime.now() - begun < _OLD
    after = register_kept.newest(env, full=True).get("id", 0)
    return state if is_new and state["after"] == after else None


def _keep_state(env, state):
    """Keep the state of a check, signed."""
    said = json.dumps(state)
    env.cr.execute("DELETE FROM crisis_register_night")
    env.cr.execute(
        "INSERT INTO crisis_register_night (said, signature) VALUES (%s, %s)",
        [said, keyring(env).sign(f"night:{said}")],
    )
