"""Whether a text names somebody: pure text work, no ORM.

A statement to the public must not hold a name or a number of a student. Spaces and marks between
characters, full-width digits and capitals do not hide them.
"""

import re
import unicodedata
from collections.abc import Iterable

# Shorter numbers occur by chance, as days and classes do.
MIN_NUMBER = 3
MIN_NAME = 2


def _folded(text: str) -> str:
    """Return ``text`` in one form: compatibility characters resolved, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _closed(text: str) -> str:
    """Return ``text`` without anything that is no letter or digit."""
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN")


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that occur in ``text``.

    Names in Latin letters must stand as words of their own; others are found anywhere.
    """
    folded = _folded(text)
    closed = _closed(folded)
    found = []
    for name in names:
        plain = _folded(name or "").strip()
        bare = _closed(plain)
        if len(bare) < MIN_NAME:
            continue
        if bare.isascii():
            words = r"\W+".join(re.escape(word) for word in plain.split())
            if re.search(rf"(?<!\w){words}(?!\w)", folded):
                found.append(name)
        elif bare in closed:
            found.append(name)
    return found


def numbers_in(text: str, numbers: Iterable[str]) -> list[str]:
    """Return those of ``numbers`` that stand in ``text`` as numbers of their own."""
    tokens = set(re.findall(r"[0-9a-z]+", _folded(text)))
    return [
        number
        for number in numbers
        if len(number or "") >= MIN_NUMBER and _closed(_folded(number)) in tokens
    ]
