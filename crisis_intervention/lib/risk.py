"""Risk levels of a case: pure facts, no ORM.

The colour is the stable code; numbering (first level, second level, ...) runs in both directions
between districts and is therefore only a label of the response policy.
"""

RISK_LEVELS = [
    ("blue", "General attention"),
    ("yellow", "Focused attention"),
    ("orange", "High risk"),
    ("red", "Very high risk"),
]

SEVERITY = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}


def severity(level: str | None) -> int:
    """Return 1 (blue) to 4 (red) for a level code, 0 for none."""
    return SEVERITY.get(level or "", 0)


def may_change(old: str | None, new: str | None) -> bool:
    """Tell whether a level may move from ``old`` to ``new``: up at once, down by one step only.

    A level once set is not taken away again, so ``new`` must be a level if ``old`` is one.
    """
    if not new:
        return not old
    return severity(new) >= severity(old) - 1
