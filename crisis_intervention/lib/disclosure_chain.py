"""The hash chain of the register of disclosures: what a link holds, and where a chain breaks.

No ORM.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

START = "0" * 64


def link(previous: str, content: Iterable[object]) -> str:
    """Return the SHA-256 (hex) of a row: of the hash before it, and of everything the row says.

    :param content: values that JSON knows, and moments (UTC, naive)
    """
    values = [v.isoformat() if isinstance(v, datetime) else v for v in content]
    text = json.dumps([previous, *values], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """Result of checking a chain.

    ``problem`` is empty, or ``changed`` (row ``number`` does not say what it said), ``missing``
    (row ``number`` is gone), ``tail`` (rows after ``number`` are gone), ``head`` (rows and hashes
    agree, but not with the signed end: the whole chain was written anew).
    """

    count: int
    problem: str = ""
    number: int = 0


def check(rows: Iterable[tuple[int, str, tuple[object, ...]]], count: int, head: str) -> Verdict:
    """Check a chain.

    :param rows: (number, hash, content) in order
    :param count: number of rows that the signed end tells of
    :param head: hash that the signed end tells of
    """
    previous, expected = START, 0
    for number, stored, content in rows:
        expected += 1
        if number != expected:
            return Verdict(expected - 1, "missing", expected)
        if link(previous, (number, *content)) != stored:
            return Verdict(expected - 1, "changed", number)
        previous = stored
    if expected < count:
        return Verdict(expected, "tail", expected)
    if expected > count or previous != head:
        return Verdict(expected, "head", expected)
    return Verdict(expected)
