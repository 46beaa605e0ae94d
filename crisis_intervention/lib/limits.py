"""What may be typed into a field: how long, how large, of which years. Declared once, for all fields.

Each function returns the code of what is wrong, "" where nothing is. Nothing in here knows Odoo.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import chain
from typing import Any

# Characters of a line, of a text, and of a document as JSON.
LINE = 500
TEXT = 50_000
DOCUMENT = 500_000
# How deep parts of a document stand in each other.
DEPTH = 20
# What a whole number of the database holds, and how large others are at most.
WHOLE = 2**31 - 1
NUMBER = 1e15
# Years of any date; of one that is over, the last is today.
YEARS = (1900, 2199)
# Characters that print nothing, beside what Python calls space.
_NOTHING = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_REFERENCE = re.compile(r"[a-z][a-z0-9_.]*,\d{1,10}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_COMMANDS = range(7)


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen."""
    return not text.strip().strip(_NOTHING).strip()


def is_storable(text: str) -> bool:
    """Tell whether the database takes a text: no NUL, no half of a character."""
    return not _UNSTORABLE.search(text)


def text_fault(value: object, limit: int = TEXT) -> str:
    """Judge a text, or a line."""
    if isinstance(value, bytes):
        return "text"
    if isinstance(value, int | float):
        # Odoo writes a number as a text; one of thousands of digits it cannot
        return "" if abs(value) < NUMBER else "text"
    if not isinstance(value, str):
        return "text"
    if len(value) > limit:
        return "long"
    return "" if is_storable(value) else "characters"


def whole_fault(value: object) -> str:
    """Judge a whole number, or what stands for one."""
    if isinstance(value, str):
        if len(value) > LINE or not re.fullmatch(r"\s*[-+]?\d{1,20}\s*", value, re.ASCII):
            return "whole"
        value = int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return "whole"
        value = int(value)
    if not isinstance(value, int):
        return "whole"
    return "" if -WHOLE <= value <= WHOLE else "large"


def number_fault(value: object) -> str:
    """Judge a number."""
    if isinstance(value, int):
        return "" if abs(value) <= NUMBER else "large"
    if isinstance(value, str):
        try:
            value = float(value[:LINE])
        except ValueError:
            return "number"
    if not isinstance(value, float) or not math.isfinite(value):
        return "number"
    return "" if abs(value) <= NUMBER else "large"


def moment_fault(
    value: object, parse: Callable[[Any], date | None], today: date | None = None
) -> str:
    """Judge a date or a moment.

    :param parse: reads a text as Odoo does
    :param today: the last day, for what is over
    """
    try:
        read = parse(value)
    except (AttributeError, OverflowError, TypeError, ValueError):
        return "date"
    if read is None:
        return "date"
    if not YEARS[0] <= read.year <= YEARS[1]:
        return "year"
    day = read.date() if isinstance(read, datetime) else read
    return "future" if today and day > today else ""


def is_storable_whole(value: object) -> bool:
    """Tell whether the database takes every text in what a client has sent, however deep it stands."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if not is_storable(part):
                return False
        elif isinstance(part, Mapping):
            waiting += chain(part.keys(), part.values())
        elif isinstance(part, list | tuple):
            waiting += part
    return True


def document_fault(value: object) -> str:  # noqa: C901 - one look at each part
    """Judge a document as JSON knows it."""
    layer: list[object] = [value]
    for _depth in range(DEPTH):
        inner: list[object] = []
        for part in layer:
            if isinstance(part, Mapping):
                inner += chain(part.keys(), part.values())
            elif isinstance(part, list | tuple):
                inner += part
            elif isinstance(part, str):
                if len(part) > DOCUMENT:
                    return "document"
                if not is_storable(part):
                    return "characters"
            elif isinstance(part, int | float):
                if not abs(part) <= NUMBER:
                    return "document"
            elif part is not None:
                return "document"
        if not inner:
            break
        layer = inner
    else:
        return "document"
    try:
        return "document" if len(json.dumps(value)) > DOCUMENT else ""
    except (TypeError, ValueError):
        return "document"


def link_fault(value: object) -> str:
    """Judge the id of a record that a client names."""
    if isinstance(value, str | float | bool):
        return "link"
    if isinstance(value, int):
        return "" if 0 < value <= WHOLE else "link"
    if isinstance(value, bytes | list | set):
        return "link"
    return ""


def reference_fault(value: object) -> str:
    """Judge what names a record of any kind: ``model,id``."""
    if not isinstance(value, str):
        return ""
    return "" if len(value) < LINE and _REFERENCE.fullmatch(value) else "link"


def lines_fault(value: object) -> str:
    """Judge the commands by which a client fills in lines."""
    if not isinstance(value, list | tuple):
        return "" if not isinstance(value, str | bytes | int | float | dict) else "lines"
    for part in value:
        if isinstance(part, int):
            if link_fault(part):
                return "lines"
        elif not isinstance(part, list | tuple) or not _is_command(part):
            return "lines"
    return ""


def _is_command(part: list[object] | tuple[object, ...]) -> bool:
    """Tell whether this is a command as Odoo knows them."""
    if not 1 <= len(part) <= 3 or isinstance(part[0], bool) or part[0] not in _COMMANDS:
        return False
    known = part[0]
    if known in (0, 1) and (len(part) != 3 or not isinstance(part[2], dict)):
        return False
    if known == 6:
        ids = part[2] if len(part) == 3 else None
        return isinstance(ids, list | tuple | set) and not any(map(link_fault, ids))
    named = part[1] if len(part) > 1 else 0
    # our own code may take away, or link, nobody
    return (
        known in (0, 5) or not named or not isinstance(named, int | float) or not link_fault(named)
    )


def file_fault(value: object) -> str:
    """Judge the content of a file as a client sends it: in base64."""
    if isinstance(value, str | bytes):
        try:
            base64.b64decode(value)
        except (binascii.Error, ValueError):
            return "file"
        return ""
    return "file"
