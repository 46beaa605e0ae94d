"""What is wrong with the definition of an instrument, before it is published. Pure, no ORM.

Holes and overlaps of bands are looked for among the scores that answers can really produce, for
every kind of person the bands distinguish. A conditional item counts as asked or not asked,
whatever the items before it say, so a few scores that cannot occur may be demanded as well.
"""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise, product
from typing import Any

from .instrument_definition import (
    KINDS,
    RULES,
    Band,
    Definition,
    Item,
    Person,
    Scale,
    effective_scores,
    flagging_answers,
)
from .risk import SEVERITY
from .scoring import round_half_up

# A form of 100 items with several missing answers allowed has about 5,000.
MANY_SUMS = 50_000

# Norms by gender and every grade or year of age make a few hundred kinds of people.
MANY_PEOPLE = 5_000
MANY_CHECKS = 5_000_000

# Code of a fault, and what it names.
Fault = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: ``code``, the place (``items``, ``scales``, ``bands`` and index), what it names."""

    code: str
    place: tuple[str, int]
    details: dict[str, Any] = field(default_factory=dict, hash=False)


def check(definition: Definition) -> list[Problem]:
    """Return all faults of ``definition``, in the order of the form; [] means it may be published."""
    problems = [
        *_doubles("items", [item.code for item in definition.items]),
        *_doubles("scales", [scale.code for scale in definition.scales]),
        *_items(definition),
        *_scales(definition),
    ]
    # ranges are only worth a look when the scores they are about can be worked out
    return problems or list(_bands(definition))


def _doubles(part: str, codes: list[str]) -> Iterator[Problem]:
    """Find codes used twice."""
    seen = set()
    for index, code in enumerate(codes):
        if code in seen:
            yield Problem("duplicate_code", (part, index), {"code": code})
        seen.add(code)


def _items(definition: Definition) -> Iterator[Problem]:
    """Check items, their answers, conditions and red flags."""
    if not definition.items:
        yield Problem("no_items", ("items", 0))
    earlier: dict[str, Item] = {}
    for index, item in enumerate(definition.items):
        for code, details in (*_answers(item), *_flag(item), *_condition(item, earlier)):
            yield Problem(code, ("items", index), {"code": item.code, **details})
        earlier[item.code] = item


def _answers(item: Item) -> Iterator[Fault]:
    """Check kind, options and reversal of one item."""
    if item.kind not in KINDS:
        yield "unknown_kind", {"kind": item.kind}
    if item.kind == "choice" and len(item.options) < 2:
        yield "no_options", {}
    for option, count in Counter(option.code for option in item.options).items():
        if count > 1:
            yield "duplicate_option", {"option": option}
    if item.low is not None and item.high is not None and item.low >= item.high:
        yield "number_range", {}
    if item.reverse and item.kind == "number":
        if item.low is None or item.high is None:
            yield "reverse_range", {}
    elif item.reverse:
        own = sorted(o.score for o in item.options if o.score is not None)
        # 0, 1, 3, 5 turned round would be scores no answer has
        if not own or sorted(effective_scores(item).values()) != own:
            yield "reverse_scores", {}


def _condition(item: Item, earlier: dict[str, Item]) -> Iterator[Fault]:
    """Check what the condition of one item names.

    :param earlier: the items before it, by code
    """
    if not item.condition:
        return
    for code in item.condition.items:
        asked = earlier.get(code)
        if asked is None:
            yield "condition_item", {"item": code}
        elif not item.condition.answers & {o.code for o in asked.options}:
            yield "condition_answer", {"item": code}


def _flag(item: Item) -> Iterator[Fault]:
    """Check the red flag of one item."""
    if not item.flag_level:
        if item.flag_from or item.flag_blank:
            yield "flag_level", {}
        return
    if item.flag_level not in SEVERITY:
        yield "unknown_level", {"level": item.flag_level}
    if not item.flag_from:
        if not item.flag_blank:
            yield "flag_answer", {}
    elif item.kind == "number":
        try:
            float(item.flag_from)
        except ValueError:
            yield "flag_answer", {}
    elif item.flag_from not in {option.code for option in item.options}:
        yield "flag_answer", {}
    elif len(flagging_answers(item)) == len(item.options):
        # "No" flagged with the lower score would flag "Yes" as well
        yield "flag_always", {}


def _scales(definition: Definition) -> Iterator[Problem]:
    """Check scales: rules, items that have scores, tables."""
    items = {item.code: item for item in definition.items}
    totals = [index for index, scale in enumerate(definition.scales) if scale.total]
    for index in totals[1:]:
        yield Problem("two_totals", ("scales", index))
    for index, scale in enumerate(definition.scales):
        for code, details in _scale(scale, items):
            yield Problem(code, ("scales", index), {"code": scale.code, **details})


def _scale(scale: Scale, items: dict[str, Item]) -> Iterator[Fault]:
    """Check one scale."""
    if scale.rule not in RULES:
        yield "unknown_rule", {"rule": scale.rule}
    yield from _scale_items(scale, items)
    if scale.rule == "mean" and scale.factor <= 0:
        yield "factor", {}
    if not 0 <= scale.missing_allowed < max(len(scale.items), 1):
        yield "missing_allowed", {}
    if not 0 <= scale.decimals <= 3:
        yield "decimals", {}
    yield from _table(scale)


def _scale_items(scale: Scale, items: dict[str, Item]) -> Iterator[Fault]:
    """Check that a scale is made of items that have scores, each once."""
    if not scale.items:
        yield "scale_empty", {}
    for code, count in Counter(scale.items).items():
        if code not in items:
            yield "scale_item", {"item": code}
        elif count > 1:
            yield "scale_item_twice", {"item": code}
        elif _possible(items[code]) is None:
            yield "scale_unscored", {"item": code}


def _table(scale: Scale) -> Iterator[Fault]:
    """Check that the lines of a table run forwards and lie side by side."""
    rows = sorted(scale.table)
    for low, high, _standard in rows:
        if low > high:
            yield "table_range", {"low": low, "high": high}
    for (_low, high, _standard), (following, *_rest) in pairwise(rows):
        if following <= high:
            yield "table_overlap", {"low": following}


def _possible(item: Item) -> set[float] | None:
    """Return the effective scores an answer can have; None when the item cannot be in a scale.

    A number counts in whole steps from ``low`` to ``high``.
    """
    if item.kind == "number":
        if item.low is None or item.high is None or item.high - item.low > 1000:
            return None
        return {item.low + step for step in range(int(item.high - item.low) + 1)}
    scores = effective_scores(item)
    return set(scores.values()) if len(scores) == len(item.options) and scores else None


def reachable(scale: Scale, items: dict[str, Item]) -> set[float] | None:
    """Return every raw score of ``scale`` that some set of answers produces.

    :param items: item code to item
    :return: the scores; None when there are more than ``MANY_SUMS`` ways to come to them, as weights
        such as 1, 2, 4, 8, ... give, which would keep the server busy for minutes
    """
    sums = {(0, 0, 0.0)}  # items asked, of them missing, sum so far
    for code in scale.items:
        item = items[code]
        gains = {_gain(scale, item, score) for score in _possible(item) or ()}
        reached: set[tuple[int, int, float]] = set()
        for asked, missing, total in sums:
            reached.update((asked + 1, missing, round(total + gain, 6)) for gain in gains)
            if missing < scale.missing_allowed:
                reached.add((asked + 1, missing + 1, total))
            if item.condition:
                reached.add((asked, missing, total))
        sums = reached
        if len(sums) > MANY_SUMS:
            return None
    scores = set()
    for asked, missing, total in sums:
        if asked - missing:
            mean = total / (asked - missing) * scale.factor
            scores.add(round_half_up(mean if scale.rule == "mean" else total, scale.decimals))
    return scores


def _gain(scale: Scale, item: Item, score: float) -> float:
    """Return what an answer with this effective score adds to the scale."""
    if scale.rule == "count":
        return float(score >= scale.threshold)
    return score * item.weight if scale.rule == "weighted" else score


def _bands(definition: Definition) -> Iterator[Problem]:
    """Check bands: scales, levels, limits, then overlaps, holes and bands no score reaches."""
    items = {item.code: item for item in definition.items}
    scales = {scale.code: (index, scale) for index, scale in enumerate(definition.scales)}
    faulty = False
    for index, band in enumerate(definition.bands):
        for code in _band(band, scales):
            faulty = True
            yield Problem(code, ("bands", index), {"scale": band.scale})
    for code, (index, scale) in scales.items():
        raw = reachable(scale, items)
        if raw is None:
            yield Problem("too_many_scores", ("scales", index), {"code": code})
            continue
        standard = {score: scale.standard(score) for score in raw}
        lacking = [score for score, value in standard.items() if value is None]
        if lacking:
            yield Problem("table_hole", ("scales", index), {"code": code, "score": min(lacking)})
        elif not faulty:
            own = [(i, b) for i, b in enumerate(definition.bands) if b.scale == code]
            values = sorted({value for value in standard.values() if value is not None})
            yield from _ranges(index, scale, own, values)


def _band(band: Band, scales: Container[str]) -> Iterator[str]:
    """Check one band by itself."""
    if band.scale not in scales:
        yield "band_scale"
    for low, high in (
        (band.low, band.high),
        (band.age_min, band.age_max),
        (band.grade_min, band.grade_max),
    ):
        if low is not None and high is not None and low > high:
            yield "band_range"
    if band.risk_level and band.risk_level not in SEVERITY:
        yield "unknown_level"


def _ranges(
    index: int, scale: Scale, bands: list[tuple[int, Band]], values: list[float]
) -> Iterator[Problem]:
    """Demand exactly one band for each score, for every kind of person that has bands at all."""
    reached: set[int] = set()
    overlaps: set[tuple[int, float]] = set()
    holes = []
    people = list(islice(_people([band for _index, band in bands]), MANY_PEOPLE + 1))
    if len(people) > MANY_PEOPLE or len(people) * len(bands) * len(values) > MANY_CHECKS:
        yield Problem("too_many_bands", ("scales", index), {"code": scale.code})
        return
    for person in people:
        mine = [(i, band) for i, band in bands if band.fits(person)]
        if not mine:
            continue
        for value in values:
            covering = [i for i, band in mine if band.covers(value)]
            reached.update(covering)
            if not covering:
                holes.append(value)
            overlaps.update((i, value) for i in covering[1:])
    for i in sorted({i for i, _value in overlaps}):
        value = min(value for j, value in overlaps if j == i)
        yield Problem("band_overlap", ("bands", i), {"scale": scale.code, "score": value})
    if holes:
        yield Problem("band_hole", ("scales", index), {"code": scale.code, "score": min(holes)})
    for i, _band in bands:
        if i not in reached:
            yield Problem("band_unreachable", ("bands", i), {"scale": scale.code})


def _people(bands: list[Band]) -> Iterator[Person]:
    """Yield one person for each combination of properties that the bands tell apart."""
    genders = {band.gender for band in bands if band.gender} and ("male", "female")
    informants = {band.informant for band in bands if band.informant}
    ages = {limit for b in bands for limit in (b.age_min, b.age_max) if limit is not None}
    grades = {limit for b in bands for limit in (b.grade_min, b.grade_max) if limit is not None}
    for gender, age, grade, informant in product(
        genders or (None,),
        {limit + step for limit in ages for step in (-1, 0, 1)} or (None,),
        {limit + step for limit in grades for step in (-1, 0, 1)} or (None,),
        informants or (None,),
    ):
        yield Person(gender, age, grade, informant)
