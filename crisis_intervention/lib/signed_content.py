"""What a record says, as a text that is signed: the same in all languages and on all servers. No ORM."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal

# Digits (hexadecimal) of the moment, and of what is drawn at random.
_MOMENT = 12
_RANDOM = 20
_NONCE = re.compile(rf"[0-9a-f]{{{_MOMENT + _RANDOM}}}")


@dataclass(frozen=True)
class Finding:
    """Something about a signed record that the system has not done.

    Problems: ``changed`` (what it says, or one of its files, is not what was signed), ``unsigned``
    (it counts as signed, and is not), ``unlocked`` (it was signed, and counts as signed no more),
    ``replaced`` (an older content with its older signature), ``gone`` (it is deleted),
    ``unreadable`` (a column holds what the system never writes, such as a date of the year 20000).
    ``field`` names the field of a file that is missing or does not open.
    """

    problem: str
    model: str
    res_id: int
    field: str = ""


def canonical(value: object) -> object:
    """Return ``value`` of a column so that JSON writes it in one way only.

    :raises TypeError: such a value stands in no column that is signed
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        # 3, 3.0 and 3.00 are one number
        return {"number": format(Decimal(str(value)).normalize() + 0, "f")}
    if isinstance(value, datetime):
        if value.tzinfo:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        return {"moment": value.isoformat(timespec="microseconds")}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Mapping):
        return {"json": {str(key): canonical(each) for key, each in value.items()}}
    if isinstance(value, set | frozenset):
        return sorted(canonical(each) for each in value)  # type: ignore[type-var]
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    raise TypeError(f"{type(value).__name__} cannot be signed")


def content_of(model: str, res_id: int, nonce: str, values: Mapping[str, object]) -> str:
    """Return what is signed of a record; ``nonce`` is drawn for each signature.

    :param values: column (or what else belongs to it) to its value
    """
    said = {name: canonical(value) for name, value in values.items()}
    return json.dumps(
        ["crisis.signature", nonce, model, res_id, said],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def given_up(model: str, res_id: int, nonce: str) -> str:
    """Return what is signed where a record is rightly no longer signed."""
    return json.dumps(["crisis.signature", nonce, model, res_id], separators=(",", ":"))


def new_nonce(now: float, before: str = "") -> str:
    """Return 32 hexadecimal digits that are drawn for one signature, later ones of a record larger.

    :param float now: seconds since 1970
    :param str before: the nonce that this one follows; what is none is not followed
    """
    moment = int(now * 1000)
    if is_nonce(before):
        # clocks may be set back
        moment = max(moment, int(before[:_MOMENT], 16) + 1)
        moment = min(moment, 16**_MOMENT - 1)
    return f"{moment:0{_MOMENT}x}{secrets.token_hex(_RANDOM // 2)}"


def is_nonce(text: str) -> bool:
    """Tell whether a text may have been drawn by ``new_nonce``."""
    return bool(_NONCE.fullmatch(text))


def random_part(seal_id: str | None) -> str:
    """Return what is random in what a file is bound to; before it stands the key, which changes."""
    return (seal_id or "").rpartition(":")[2]
