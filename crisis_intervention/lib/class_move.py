"""Moving the classes of a school up, as a plan: pure, no ORM."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from . import school_year

# Classes are moved in the summer holidays, or in the first weeks after them.
SEASON = (7, 8, 9)


@dataclass(frozen=True)
class Class:
    """A class as it is now."""

    id: int
    grade: int
    name: str
    year: str


@dataclass(frozen=True)
class Plan:
    """What a move would do; ``clashes`` are classes that stand where others would move to."""

    from_year: str
    to_year: str
    moving: tuple[Class, ...]
    leaving: tuple[Class, ...]
    clashes: tuple[Class, ...]


def plan(classes: Iterable[Class], final_grade: int) -> Plan | None:
    """Return how the classes of the oldest year that still runs move up; None without classes.

    :param final_grade: the last grade of the school, whose classes leave
    """
    present = sorted(classes, key=lambda each: (each.grade, each.name, each.id))
    if not present:
        return None
    from_year = min(each.year for each in present)
    to_year = school_year.following(from_year)
    now = [each for each in present if each.year == from_year]
    moving = tuple(each for each in now if each.grade < final_grade)
    places = {(each.grade + 1, each.name) for each in moving}
    there = (each for each in present if each.year == to_year)
    return Plan(
        from_year,
        to_year,
        moving,
        tuple(each for each in now if each.grade >= final_grade),
        tuple(each for each in there if (each.grade, each.name) in places),
    )


def year_to_move_into(day: date) -> str | None:
    """Return the school year into which classes move up on ``day``; None outside of the season."""
    return f"{day.year}-{day.year + 1}" if day.month in SEASON else None


def highest_first(grades: Iterable[int]) -> Sequence[int]:
    """Return the order in which grades move, so that no two classes meet on the way."""
    return sorted(set(grades), reverse=True)
