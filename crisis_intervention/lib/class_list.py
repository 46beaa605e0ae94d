"""Checks the rows of a class list before anything is written: pure, no ORM.

A row is one student; further guardians of the same student follow in rows whose student columns
are empty, as Odoo's import reads them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from . import cn_identity

GUARDIAN = "guardian_ids/"
_FALSE = {"", "0", "false", "no", "n", "否"}


@dataclass(frozen=True)
class Fault:
    """One wrong cell: row index (0 is the first row of data), column, code of what is wrong."""

    row: int
    column: str
    code: str


@dataclass(frozen=True)
class Known:
    """What the school already has, for comparison.

    ``classes`` maps each class text of the file to the number of classes it may mean;
    ``selections`` maps a column to the accepted texts in lower case.
    """

    numbers: Collection[str]
    national_numbers: Collection[str]
    classes: dict[str, int]
    selections: dict[str, Collection[str]]


def student_rows(fields: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Yield the rows that begin a student; the others only add a guardian to the one before."""
    own = [position for position, field in enumerate(fields) if not field.startswith(GUARDIAN)]
    for number, row in enumerate(rows):
        if number == 0 or any(row[position] for position in own):
            yield row


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text) is not None
    except ValueError:
        return False


def _duplicates(column: str, known: Collection[str]) -> Callable[[int, str], Iterator[Fault]]:
    """Return a check that remembers values: double in the file, or known already."""
    seen: set[str] = set()

    def check(row: int, value: str) -> Iterator[Fault]:
        if value in seen:
            yield Fault(row, column, "double")
        elif value in known:
            yield Fault(row, column, "known")
        seen.add(value)

    return check


def check(fields: Sequence[str], rows: Sequence[Sequence[str]], known: Known) -> list[Fault]:
    """Return all faults of a class list, in the order of its rows.

    :param fields: field path of each column, such as ``name`` or ``guardian_ids/phone``
    :param rows: texts, one per column
    :param known: what the school already has
    """
    index = {field: position for position, field in enumerate(fields)}
    number_check = _duplicates("student_number", known.numbers)
    national_check = _duplicates("national_number", known.national_numbers)
    faults: list[Fault] = []
    primaries = 0
    for row, cells in enumerate(rows):
        values = {field: str(cells[position] or "").strip() for field, position in index.items()}
        student = {f: v for f, v in values.items() if not f.startswith(GUARDIAN) and v}
        guardian = {f: v for f, v in values.items() if f.startswith(GUARDIAN) and v}
        if student or row == 0:
            primaries = 0
            faults += _check_student(row, values, known)
            if values.get("student_number"):
                faults += number_check(row, values["student_number"])
            if values.get("national_number"):
                faults += national_check(row, values["national_number"])
        if guardian:
            faults += _check_guardian(row, values, known)
            primaries += values.get(f"{GUARDIAN}is_primary", "").lower() not in _FALSE
            if primaries == 2:
                faults.append(Fault(row, f"{GUARDIAN}is_primary", "second_primary"))
    return faults


def _check_student(row: int, values: dict[str, str], known: Known) -> Iterator[Fault]:
    """Check the student's own columns of one row."""
    if not values.get("name"):
        yield Fault(row, "name", "missing")
    national = values.get("national_number")
    if national and not cn_identity.is_national_number(national):
        yield Fault(row, "national_number", "invalid")
    birth = values.get("birth_date")
    if birth and not _is_date(birth):
        yield Fault(row, "birth_date", "date")
    gender = values.get("gender")
    if gender and gender.lower() not in known.selections["gender"]:
        yield Fault(row, "gender", "choice")
    class_text = values.get("class_id")
    if class_text and known.classes[class_text] != 1:
        yield Fault(row, "class_id", "several" if known.classes[class_text] else "unknown")


def _check_guardian(row: int, values: dict[str, str], known: Known) -> Iterator[Fault]:
    """Check the guardian columns of one row."""
    for column in ("name", "phone"):
        if not values.get(GUARDIAN + column):
            yield Fault(row, GUARDIAN + column, "missing")
    for column in ("phone", "phone_secondary"):
        phone = values.get(GUARDIAN + column)
        if phone and not cn_identity.is_phone(phone):
            yield Fault(row, GUARDIAN + column, "phone")
    relation = values.get(f"{GUARDIAN}relation")
    if relation and relation.lower() not in known.selections[f"{GUARDIAN}relation"]:
        yield Fault(row, f"{GUARDIAN}relation", "choice")
