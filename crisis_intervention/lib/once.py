"""What an action that must not repeat is known by: pure, no ORM.

A client draws a token for each thing that it does, and sends it again when it repeats. Keys and
fingerprints tell nothing to who reads the database: the token, which is in both, is not kept.
"""

import hashlib
import hmac
import json

_LONGEST = 64
# the second part of a line command says nothing where a line begins: clients number as they like
_CREATE, _LINK = 0, 4


def is_token(value: object) -> bool:
    """Tell whether ``value``, as a client sent it, is the token of a request."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST


def key_of(*parts: str | int | bool) -> str:
    """Return the key of what ``parts`` name: who, of which kind, with which token."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def fingerprint(token: str, values: object) -> str:
    """Return what tells whether ``values`` (as sent as JSON) are the same when they come again."""
    text = json.dumps(_without_numbers(values), sort_keys=True, ensure_ascii=False, default=str)
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


def place_of(text: str) -> str:
    """Return how a place, written by people, is compared with others."""
    return " ".join(text.split()).casefold()


def _without_numbers(value: object) -> object:
    """Return ``value`` without the numbers that a client gives to lines that begin."""
    if isinstance(value, dict):
        return {name: _without_numbers(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        if len(value) == 3 and value[0] == _CREATE and isinstance(value[2], dict):
            return [_CREATE, _without_numbers(value[2])]
        if len(value) in (2, 3) and value[0] == _LINK and isinstance(value[1], int):
            return [_LINK, value[1]]
        return [_without_numbers(part) for part in value]
    return value
