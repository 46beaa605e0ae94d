"""School years of Chinese schools: pure calendar facts, no ORM.

A school year is written as its two calendar years, such as ``2026-2027``. It begins on 1 September
at most schools; as classes are set up in the holidays before, the new year counts from 1 August.
"""

import re
from datetime import date

FIRST_MONTH = 8
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
