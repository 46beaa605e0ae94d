"""Definition of an assessment instrument, as far as scoring needs it. Pure, no ORM.

It is built from a plain tree (see :func:`definition`), which both the records of an instrument and
its exchange file produce. The *effective* score of an answer is the one after reversal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

YES_NO = (("Y", 1.0), ("N", 0.0))
RULES = ("sum", "mean", "count", "weighted")
KINDS = ("choice", "yes_no", "number", "text")
INFORMANTS = [
    ("student", "Student"),
    ("parent", "Parent"),
    ("teacher", "Teacher"),
    ("psychologist", "Psychology teacher"),
]

# An instrument as a plain tree, see ``definition``.
Tree = dict[str, Any]
# Code of an option, number or text; None and "" are blank.
Answer = str | float | None
# Item code to answer.
Answers = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose: what stands on paper for it, and its score (None: not scored)."""

    code: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """The item is asked when any of ``items`` (earlier ones) was answered by one of ``answers``."""

    items: tuple[str, ...]
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``low`` and ``high`` limit numbers; ``flag_from`` is an answer (see Scorer)."""

    code: str
    kind: str = "choice"
    options: tuple[Option, ...] = ()
    reverse: bool = False
    weight: float = 1.0
    low: float | None = None
    high: float | None = None
    condition: Condition | None = None
    flag_from: str | None = None
    flag_level: str | None = None
    flag_blank: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """Total or subscale.

    ``sum`` and ``weighted`` count missing answers as 0, ``mean`` takes the mean of what is answered
    times ``factor`` (with the number of items as factor: a prorated sum), ``count`` counts the items
    whose effective score is at least ``threshold``. More than ``missing_allowed`` missing answers:
    no score. ``table`` turns the rounded raw score into a standard score: (low, high, standard).
    """

    code: str
    items: tuple[str, ...]
    rule: str = "sum"
    factor: float = 1.0
    threshold: float = 0.0
    missing_allowed: int = 0
    decimals: int = 0
    table: tuple[tuple[float, float, float], ...] = ()
    total: bool = False

    def standard(self, raw: float) -> float | None:
        """Return the score that bands and people read for a raw one, None where the table ends."""
        if not self.table:
            return raw
        return next((value for low, high, value in self.table if low <= raw <= high), None)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the form is about (age in full years) and who gave the answers."""

    gender: str | None = None
    age: int | None = None
    grade: int | None = None
    informant: str | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """What a range of scores means, ends included; None is open. ``invalid``: test again."""

    scale: str
    low: float | None = None
    high: float | None = None
    gender: str | None = None
    age_min: int | None = None
    age_max: int | None = None
    grade_min: int | None = None
    grade_max: int | None = None
    informant: str | None = None
    risk_level: str | None = None
    invalid: bool = False

    def covers(self, value: float) -> bool:
        """Tell whether ``value`` lies in the range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def fits(self, person: Person) -> bool:
        """Tell whether the band is for this person; what is unknown fits no limit."""
        return (
            (self.gender is None or self.gender == person.gender)
            and (self.informant is None or self.informant == person.informant)
            and _within(person.age, self.age_min, self.age_max)
            and _within(person.grade, self.grade_min, self.grade_max)
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """An instrument as far as scoring needs it."""

    items: tuple[Item, ...]
    scales: tuple[Scale, ...] = ()
    bands: tuple[Band, ...] = ()


def _within(value: int | None, low: int | None, high: int | None) -> bool:
    """Tell whether ``value`` respects the limits that are given."""
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def age_on(day: date | None, birth_date: date | None) -> int | None:
    """Return the age in full years on ``day``, None when a date is unknown."""
    if not birth_date or not day:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def effective_scores(item: Item) -> dict[str, float]:
    """Return option code to effective score, of the options that have one."""
    scores = {option.code: option.score for option in item.options if option.score is not None}
    if item.reverse and scores:
        ends = min(scores.values()) + max(scores.values())
        return {code: ends - score for code, score in scores.items()}
    return scores


def flagging_answers(item: Item) -> frozenset[str]:
    """Return the answers to choose from that raise the red flag of ``item``."""
    if not item.flag_from:
        return frozenset()
    scores = effective_scores(item)
    limit = scores.get(item.flag_from)
    if limit is None:
        return frozenset([item.flag_from])
    return frozenset(code for code, score in scores.items() if score >= limit)


def definition(tree: Tree) -> Definition:
    """Build a definition from the plain tree of an instrument; texts in it are left aside.

    :param tree: dict with lists ``options`` (default answers of choice items), ``items``, ``scales``
        and ``bands``, whose entries hold the names of the classes above as keys
    :return: the definition, unchecked (see ``instrument_check``)
    """
    default = _options(tree.get("options"))
    return Definition(
        tuple(_item(entry, default) for entry in tree.get("items", ())),
        tuple(_scale(entry) for entry in tree.get("scales", ())),
        tuple(Band(**_known(entry, Band)) for entry in tree.get("bands", ())),
    )


def _item(entry: Tree, default: tuple[Option, ...]) -> Item:
    """Return the item of a tree entry; ``default`` are the answers of choice items."""
    kind = entry.get("kind", "choice")
    options: tuple[Option, ...] = ()
    if kind == "choice":
        options = _options(entry.get("options")) or default
    elif kind == "yes_no":
        options = tuple(Option(*pair) for pair in YES_NO)
    condition = entry.get("condition")
    return Item(
        options=options,
        condition=Condition(tuple(condition["items"]), frozenset(condition["answers"]))
        if condition
        else None,
        **_known(entry, Item, skip=("options", "condition")),
    )


def _options(entries: Iterable[Tree] | None) -> tuple[Option, ...]:
    """Return the options of tree entries."""
    return tuple(Option(entry["code"], entry.get("score")) for entry in entries or ())


def _scale(entry: Tree) -> Scale:
    """Return the scale of a tree entry."""
    return Scale(
        items=tuple(entry.get("items", ())),
        table=tuple(tuple(row) for row in entry.get("table") or ()),
        **_known(entry, Scale, skip=("items", "table")),
    )


def _known(entry: Tree, cls: type[Item | Scale | Band], skip: tuple[str, ...] = ()) -> Tree:
    """Return what of ``entry`` is a field of ``cls``; a missing key keeps the default."""
    return {
        key: entry[key]
        for key in cls.__dataclass_fields__
        if key not in skip and entry.get(key) is not None
    }
