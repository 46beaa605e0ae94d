"""The keys of this server, which seal and sign; never in the database."""

import configparser
import os
from functools import lru_cache

from odoo.exceptions import UserError
from odoo.tools import config

from .lib.sealed import Keyring, SealError

VARIABLE = "CRISIS_SEAL_KEYS"
OPTION = "crisis_seal_keys"
SECTION = "crisis_intervention"


@lru_cache(maxsize=1)
def _configured(path):
    """Return the keys in the section of this addon in Odoo's configuration file."""
    parser = configparser.RawConfigParser()
    parser.read([path] if path else [])
    return parser.get(SECTION, "seal_keys", fallback="")


@lru_cache(maxsize=4)
def _parsed(text):
    return Keyring.parse(text)


def keyring(env):
    """Return the keys of this server, from environment or configuration file, never the database.

    :raises UserError: there are none, or they are written wrongly
    """
    text = os.environ.get(VARIABLE) or config.get(OPTION) or _configured(config["config"])
    if not text:
        raise UserError(
            env._(
                "This server has no key for sealed texts, so they can neither be read nor written. "
                "Ask whoever runs the server to set %(variable)s (see the manual, Configuration).",
                variable=VARIABLE,
            )
        )
    try:
        return _parsed(text)
    except SealError as error:
        raise UserError(
            env._(
                "The keys for sealed texts are written wrongly (key “%(key)s”). Ask whoever runs "
                "the server: each is a short name, a colon and 32 bytes in base64.",
                key=error.key_id,
            )
        ) from None
