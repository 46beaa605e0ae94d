"""School years of Chinese schools: pure calendar facts, no ORM.

A school year is written as its two calendar years, such as ``2026-2027``. It begins on 1 September
at most schools; as classes are set up in the holidays before, the new year counts from 1 August.
"""

import re
from datetime import date, timedelta

FIRST_MONTH = 8
# How many reports of classes open late after days in which nothing ran.
MISSED = {"week": 8, "month": 2}
_PATTERN = re.compile(r"(\d{4})-(\d{4})")


def school_year_of(day: date) -> str:
    """Return the school year that ``day`` belongs to."""
    start = day.year if day.month >= FIRST_MONTH else day.year - 1
    return f"{start}-{start + 1}"


def is_school_year(text: str) -> bool:
    """Tell whether ``text`` is two consecutive years such as ``2026-2027``."""
    match = _PATTERN.fullmatch(text)
    return match is not None and int(match[2]) == int(match[1]) + 1


def following(text: str) -> str:
    """Return the school year after ``text``.

    :raises ValueError: ``text`` is not a school year
    """
    if not is_school_year(text):
        raise ValueError(text)
    start = int(text[:4]) + 1
    return f"{start}-{start + 1}"


def leaving_day(day: date, grade: int, final_grade: int) -> date:
    """Return the end of the school year in which a student of ``grade`` leaves.

    :param day: a day on which the student is in ``grade``
    :param final_grade: last grade of the school
    """
    end = int(school_year_of(day)[5:]) + max(final_grade - grade, 0)
    return date(end, FIRST_MONTH - 1, 31)


def present_period(period: str, today: date) -> tuple[date, date]:
    """Return first and last day of what is reported on at ``today``: this week, or last month.

    :param period: ``week`` or ``month``
    """
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=6)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def missed_periods(period: str, today: date, since: date | None) -> list[tuple[date, date]]:
    """Return the periods before the present one that nobody was asked about, the oldest first.

    :param period: ``week`` or ``month``
    :param since: last day on which reports were opened; None: nothing was missed
    """
    periods: list[tuple[date, date]] = []
    start, _end = present_period(period, today)
    while since and len(periods) < MISSED[period]:
        day_before = start - timedelta(days=1)
        # the period before is what was present a while ago
        start, end = present_period(period, day_before if period == "week" else start)
        if end < since or present_period(period, since)[0] >= start:
            break
        periods.append((start, end))
    return periods[::-1]
