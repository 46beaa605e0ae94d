"""Reference numbers such as ``CI/2026/0001``: which of a row are missing. Pure text work, no ORM."""

import re
from collections import defaultdict
from collections.abc import Iterable

_REFERENCE = re.compile(r"(.*?)(\d+)")


def missing(references: Iterable[str]) -> list[str]:
    """Return the references that ``references`` skip, sorted by row and number.

    Numbers form a row when the same stands before them, such as ``CI/2026/``. Each row begins with
    1 and is written with zeros to one width; after its highest number nothing is missing. Texts
    that do not end in a number are no references.
    """
    rows: dict[str, set[str]] = defaultdict(set)
    for reference in references:
        match = _REFERENCE.fullmatch(reference)
        if match:
            rows[match[1]].add(match[2])
    return [
        f"{row}{number:0{width}}"
        for row, texts in sorted(rows.items())
        for width in [min(map(len, texts))]
        for number in sorted(set(range(1, max(map(int, texts)))) - set(map(int, texts)))
    ]
