"""Definition of an assessment instrument, as far as scoring needs it. Pure, no ORM.

It is built from a plain tree (see :func:`definition`), which both the records of an instrument and
its exchange file produce. The *effective* score of an answer is the one after reversal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

YES_NO = (("Y", 1.0), ("N", 0.0))
RULES = ("sum", "mean", "count", "weighted")
KINDS = ("choice", "yes_no", "number", "text")


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


def effective_scores(item: Item) -> dict[str, float]:
    """Return option code to effective score, of the options that have one."""
    scores = {option.code: option.score for option in item.options if option.score is not None}
    if item.reverse and scores:
        ends = min(scores.values()) + max(scores.values())
        return {code: ends - score for code, score in scores.items()}
    return scores


def flagging_answers(item: Item) -> frozenset[str]:
    """Return the answers to choose from that raise the red flag of ``item``."""
    scores = effective_scores(item)
    limit = scores.get(item.flag_from)
    if limit is None:
        return frozenset([item.flag_from]) if item.flag_from else frozenset()
    return frozenset(code for code, score in scores.items() if score >= limit)


def definition(tree: Mapping) -> Definition:
    """Build a definition from the plain tree of an instrument; texts in it are left aside.

    :param tree: dict with lists ``options`` (default answers of choice items), ``items``, ``scales``
        and ``bands``, whose entries hold the names of the classes above as keys
    :return: the definition, unchecked (see ``instrument_check``)
    """
    default = _options(tree.get("options"))
    items = []
    for entry in tree.get("items", ()):
        kind = entry.get("kind", "choice")
        options = _options(entry.get("options")) or default
        if kind == "yes_no":
            options = tuple(Option(*pair) for pair in YES_NO)
        condition = entry.get("condition")
        items.append(
            Item(
                options=options if kind in ("choice", "yes_no") else (),
                condition=condition
                and Condition(tuple(condition["items"]), frozenset(condition["answers"])),
                **_known(entry, Item, skip=("options", "condition")),
            )
        )
    scales = [
        Scale(
            items=tuple(entry.get("items", ())),
            table=tuple(tuple(row) for row in entry.get("table") or ()),
            **_known(entry, Scale, skip=("items", "table")),
        )
        for entry in tree.get("scales", ())
    ]
    bands = [Band(**_known(entry, Band)) for entry in tree.get("bands", ())]
    return Definition(tuple(items), tuple(scales), tuple(bands))


def _options(entries: Iterable[Mapping] | None) -> tuple[Option, ...]:
    """Return the options of tree entries."""
    return tuple(Option(entry["code"], entry.get("score")) for entry in entries or ())


def _known(entry: Mapping, cls: type, skip: tuple[str, ...] = ()) -> dict:
    """Return what of ``entry`` is a field of ``cls``; a missing key keeps the default."""
    return {
        key: entry[key]
        for key in cls.__dataclass_fields__
        if key not in skip and entry.get(key) is not None
    }
