"""Deadlines of a case from the response standard of its level: pure arithmetic, no ORM."""

from collections.abc import Mapping
from datetime import datetime, timedelta

STEP_KINDS = [
    ("first_contact", "First contact with the student"),
    ("guardian", "Guardians told"),
    ("assessment", "Assessment"),
    ("plan", "Intervention plan"),
    ("plan_approval", "Approval of the plan"),
    ("session", "Intervention session"),
    ("review", "Review"),
]


def due_dates(hours: Mapping[str, int], start: datetime) -> dict[str, datetime]:
    """Return the due moment of each step that the standard demands.

    :param hours: step kind to hours allowed; 0 or less means the standard does not ask for it
    :param start: moment from which the clock runs (UTC, naive)
    :return: step kind to due moment, in the order of ``hours``
    """
    return {kind: start + timedelta(hours=count) for kind, count in hours.items() if count > 0}


def tightened(current: datetime | None, proposed: datetime) -> datetime:
    """Return the earlier of two due moments: a raised level never postpones what was due."""
    return min(current, proposed) if current else proposed
