"""The end of the register, kept outside of the database: in a file of the server.

Somebody with the database who takes it back to an earlier state, or deletes the register, does not
reach that file. Whoever runs the server may make it append-only (``chattr +a``) or keep it on another
machine.
"""

import configparser
import logging
import os
import re
from pathlib import Path

from odoo import fields
from odoo.tools import config

from . import register, register_kept
from .lib.anchors import Anchor, GivenUp, known_ends, parsed
from .lib.disclosure_chain import End
from .seal_keys import SECTION, keyring

_logger = logging.getLogger(__name__)

VARIABLE = "CRISIS_ANCHORS"
# A register with more rows has been there before: a file that knows others only is not its own.
FEW = 1000
# Of the end of the file so many bytes are read to find the last line.
TAIL = 1 << 16
# How a row tells of anchors that do not count.
_RESTORED = re.compile(r"(\d+):(\d+)")


def anchor_file(env):
    """Return the ``Path`` of the file: from environment or configuration, else beside the files."""
    name = os.environ.get(VARIABLE)
    if not name:
        parser = configparser.RawConfigParser()
        parser.read([config["config"]] if config["config"] else [])
        name = parser.get(SECTION, "anchors", fallback="")
    if name:
        return Path(name)
    return Path(config["data_dir"]) / "crisis_anchors" / f"{database_id(env)}.txt"


def database_id(env):
    """Return what tells this database from others, also after it was renamed.

    It stands in the register, signed: whoever changes Odoo's own parameter switches nothing off.
    """
    rows = register.genuine_rows(env.cr, keyring(env), ("begun", "named"))
    names = [row["text"] for row in rows if row["text"]]
    if not names:
        # sudo: ir.config_parameter - a random id
        names = [env["ir.config_parameter"].sudo().get_param("database.uuid")]
    # it names a file, and stands in one line with others
    return re.sub(r"[^\w-]", "_", names[0] or "")[:64]


def name_database(env):
    """Let the register say which database it is of, where it does not do so yet."""
    begins = register.genuine_rows(env.cr, keyring(env), ("begun", "named", "closed"))
    if not begins:
        # every register begins with a row that says so
        register.raise_alarm(env, "no_begin:0")
    if not any(row["text"] for row in begins if row["kind"] != "closed"):
        register.note_event(env, "named", text=database_id(env))


def end_of_register(env):
    """Return the end of the register as it is signed, or None."""
    env.cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head WHERE id = 1")
    found = env.cr.fetchone()
    if not found:
        return None
    end = End(*found[:2])
    return end if keyring(env).verifies(found[2], end.signed_text()) else None


def anchor(env):
    """Return the ``Anchor`` of now, signed; None where the end is not what the server has signed."""
    end = end_of_register(env)
    if not end:
        return None
    moment = fields.Datetime.now().isoformat() + "Z"
    unsigned = Anchor(moment, database_id(env), end)
    signature = keyring(env).sign(unsigned.signed_text())
    return Anchor(moment, unsigned.database, end, signature)


def read_anchors(env, path=None):
    """Return the anchors of this database in the file, the oldest first.

    :raises OSError: the file cannot be read
    """
    path = path or anchor_file(env)
    if not path.exists():
        return []
    own = database_id(env)
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [anchor for anchor in parsed(lines) if anchor.database == own]


def known_outside(env, path=None):
    """Return what the file knows, as far as this server has signed it.

    :return: (dict of number to link, what ``lost_end`` says)
    :raises OSError: the file cannot be read
    """
    anchors, tells = read_anchors(env, path), keyring(env).tells
    known = known_ends(anchors, tells, given_up(env))
    return known, lost_end(env, known_ends(anchors, tells))


def given_up(env):
    """Return which anchors do not count: list of ``lib.anchors.GivenUp``."""
    rows = register.genuine_rows(env.cr, keyring(env), ("restored",))
    told = [(row["date"], _RESTORED.fullmatch(row["text"] or "")) for row in rows]
    return [
        GivenUp(moment.isoformat() + "Z", int(match[1]), int(match[2]))
        for moment, match in told
        if match
    ]


def lost_end(env, known):
    """Return up to which number ends were known outside, where they are not any more; else 0.

    The file was taken away, emptied, or is another one: checks and mails tell of more.

    :param known: numbers of what the file knows
    """
    mailed = register.genuine_rows(env.cr, keyring(env), ("mailed",))
    told = ((row["text"] or "").partition(":")[0] for row in mailed)
    expected = max([register_kept.anchored(env), *(int(text) for text in told if text.isdecimal())])
    return expected if expected > max(known, default=0) else 0


def keep_anchor(env):
    """Add a line with the end of now to the file; what is wrong with the file is an alarm.

    It stops nothing: whoever is to be told of something else is told.
    """
    try:
        last, others = _last_anchor(env)
        lost = lost_end(env, [last.end.number] if last else [])
        # after a backup was restored, the last line is not the one with the largest number
        lost = lost and lost_end(env, known_ends(read_anchors(env), keyring(env).tells))
        end = end_of_register(env)
        if lost or (others and not last and end and end.number > FEW):
            register.raise_alarm(env, f"anchors:{lost}")
        write_anchor(env, last)
    except OSError:
        _logger.exception("The file with the ends of the register cannot be read or written")
        register.raise_alarm(env, "anchors_file:0")


def _last_anchor(env):
    """Return the last anchor of this database in the file, or None, and whether it has others.

    :raises OSError: the file cannot be read
    """
    path, own, tells = anchor_file(env), database_id(env), keyring(env).tells
    if not path.exists():
        return None, False
    found = []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        # where the last lines are of other databases only, all are read
        for start in (max(size - TAIL, 0), 0):
            file.seek(start)
            lines = (line.decode(errors="replace") for line in file)
            found = [a for a in parsed(lines) if tells(a.signature, a.signed_text()) is not False]
            if mine := [anchor for anchor in found if anchor.database == own]:
                return mine[-1], True
    return None, bool(found)


def write_anchor(env, last=None):
    """Add a line with the end of now to the file, unless the last one is the same.

    :param last: the last one
    :return: whether a line was added
    :raises OSError: the file cannot be written
    """
    now = anchor(env)
    if not now or (last and last.end == now.end):
        return False
    path = anchor_file(env)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(now.line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
