"""Cells of exported files: nothing in them may run when a spreadsheet program opens the file.

The first characters are those of OWASP, "CSV Injection". No ORM.
"""

from typing import TypeVar

_Cell = TypeVar("_Cell")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: _Cell) -> _Cell | str:
    """Return a cell that a spreadsheet program shows as it is, and never computes.

    :param value: a text, or anything else, which stays as it is
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
