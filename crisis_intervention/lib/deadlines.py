"""Deadlines of a case from the response standard of its level: pure arithmetic, no ORM."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

# Steps with hours of their own in the response standard; it gives reviews an interval in days.
STANDARD_KINDS = ("first_contact", "guardian", "consent", "assessment", "plan")

# How long an approval may take. The plan's own time limit (red 24 h, orange 3 d, yellow 7 d, a
# default of this system) is to hold with it, so that it gets a sixth to a third of that.
APPROVAL_HOURS = {"red": 4, "orange": 24, "yellow": 48, "blue": 48}

# Permissions to look are decided on within two days; an emergency access is looked into by another
# person within one. Both are defaults of this system.
GRANT_HOURS = 48
GRANT_REVIEW_HOURS = 24

# "Immediately" in the law on the protection of minors (article 11) and the opinion on mandatory
# reporting of 2020; one hour until the first alarm is a default of this system.
MANDATORY_REPORT_HOURS = 1

# After a return to school: school plans follow up at least in the first week, month and quarter.
RETURN_FOLLOW_UP_WEEKS = (1, 2, 4, 12)

# From the owner over moral education and principal to, for red, the district.
ESCALATION_STEPS = ("owner", "moral_education", "principal", "district")

# Told so much later than it was due, a step was not just held up by a night: nothing ran for days.
STANDSTILL = timedelta(hours=24)


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


def reply_hours(level: str | None) -> int:
    """Return how long the reply to a referral may take: 24 hours for red, else 7 days.

    Defaults of this system; school plans demand a reply slip and name no time.
    """
    return 24 if level == "red" else 7 * 24


def escalation_moments(due: datetime, every: int, level: str | None) -> list[datetime]:
    """Return when each of ``ESCALATION_STEPS`` is told of a missed deadline.

    :param due: the missed moment
    :param every: hours between two steps
    :param level: risk level; only red goes on to the district
    """
    steps = len(ESCALATION_STEPS) if level == "red" else len(ESCALATION_STEPS) - 1
    return [due + timedelta(hours=every * step) for step in range(steps)]


def next_moment(
    moments: Sequence[datetime], told: Sequence[datetime | None], level: str | None
) -> datetime | None:
    """Return when the next step is told, None when all are.

    Where the step before could be told to nobody, it is told at once. Where it was told very late, as
    the server stood still, whoever was told gets the time that lies between the two all the same;
    at red nobody waits for that.

    :param moments: see ``escalation_moments``
    :param told: when each step so far was told; None: there was nobody to tell
    """
    step = len(told)
    if step >= len(moments):
        return None
    if not told:
        return moments[0]
    before = told[-1]
    if before is None:
        return moments[0]
    late = before - moments[step - 1]
    if level == "red" or late <= STANDSTILL:
        return moments[step]
    return moments[step] + late


def is_quiet(hour: float, start: float, end: float) -> bool:
    """Tell whether ``hour`` (0 to 24, local) lies in the quiet time from ``start`` to ``end``.

    The quiet time may run over midnight; equal limits mean that there is none.
    """
    if start == end:
        return False
    if start < end:
        return start <= hour < end
    return hour >= start or hour < end
