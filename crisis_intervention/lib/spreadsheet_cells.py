"""Cells of exported files: nothing in them may run when a spreadsheet program opens the file."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value):
    """Return a cell that a spreadsheet program shows as it is, and never computes."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
