"""Whether the clock of a server can be believed: pure arithmetic, no ORM."""

from datetime import datetime, timedelta

# A server that is off at night stands still for less. What hangs on the clock counts in days, so
# that half a day more or less does no harm.
STANDSTILL = timedelta(hours=12)
# Clocks that are set back, and two clocks that tell different times, are wrong by more than this.
TOLERANCE = timedelta(minutes=10)
# So long a clock has to run steadily until it is believed again.
STEADY_HOURS = 24


def jumped(last: datetime | None, now: datetime, database: datetime) -> str:
    """Return what is wrong with the clock, "" if nothing is.

    :param last: what it told when it was looked at last, before ``now``
    :param now: what the clock of the server tells
    :param database: what the clock of the database tells at the same moment
    :return: ``database`` (they differ), ``back`` (it was set back), ``gap`` (the server stood still, or
        the clock was set forward: both look alike)
    """
    if abs(now - database) > TOLERANCE:
        return "database"
    if last and now < last - TOLERANCE:
        return "back"
    if last and now > last + STANDSTILL:
        return "gap"
    return ""
