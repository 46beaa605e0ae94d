"""The end of the register, kept outside of the database: in a file of the server.

Somebody with the database who takes it back to an earlier state, or deletes the register, does not
reach that file. Whoever runs the server may make it append-only (``chattr +a``) or keep it on another
machine.
"""

import configparser
import os
from pathlib import Path

from odoo import fields
from odoo.tools import config

from .lib.anchors import Anchor, known_ends, parsed
from .lib.disclosure_chain import End
from .seal_keys import SECTION, keyring

VARIABLE = "CRISIS_ANCHORS"


def anchor_file(env):
    """Return the ``Path`` of the file: from environment or configuration, else beside the files."""
    name = os.environ.get(VARIABLE)
    if not name:
        parser = configparser.RawConfigParser()
        parser.read([config["config"]] if config["config"] else [])
        name = parser.get(SECTION, "anchors", fallback="")
    if name:
        return Path(name)
    return Path(config["data_dir"]) / "crisis_anchors" / f"{env.cr.dbname}.txt"


def database_id(env):
    """Return what tells this database from others, also after it was renamed."""
    # sudo: ir.config_parameter - a random id
    return env["ir.config_parameter"].sudo().get_param("database.uuid")


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
    """Return the anchors of this database in the file, the oldest first."""
    path = path or anchor_file(env)
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace") as lines:
        return list(parsed(lines, database_id(env)))


def known_outside(env, path=None):
    """Return dict of number to link of what the file knows, as far as this server has signed it."""
    return known_ends(read_anchors(env, path), keyring(env).tells)


def write_anchor(env):
    """Add a line with the end of now to the file, unless the last one is the same.

    :return: whether a line was added
    """
    now = anchor(env)
    path = anchor_file(env)
    last = read_anchors(env)[-1:]
    if not now or (last and last[0].end == now.end):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(now.line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
