"""Scoring of assessment instruments: definition and answers in, result out. Pure, no ORM.

An item is *hidden* when its condition is not met; it is neither scored nor missing. An item is
*missing* when it is asked, is no free text, and has no answer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from .instrument_definition import (
    Answer,
    Answers,
    Definition,
    Item,
    Person,
    Scale,
    effective_scores,
    flagging_answers,
)
from .risk import severity


@dataclass(frozen=True, slots=True)
class Score:
    """Result of one scale.

    ``value`` is what bands and people read (standard score where there is a table), ``raw`` the
    score before the table. ``band`` is an index into the definition's bands. ``why`` explains a
    missing value or band: ``missing``, ``not_asked``, ``no_standard``, ``no_band`` or None.
    """

    scale: str
    value: float | None
    raw: float | None
    answered: int
    missing: int
    band: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Result of one form; ``level`` is the highest proposed, None for none.

    ``open_flags`` are red-flag items without an answer: they need follow-up and are never a "no".
    """

    scores: tuple[Score, ...]
    flags: tuple[str, ...]
    open_flags: tuple[str, ...]
    missing: tuple[str, ...]
    hidden: tuple[str, ...]
    level: str | None
    valid: bool = True


@dataclass(frozen=True, slots=True)
class AnswerError:
    """Why an answer cannot stand: ``unknown_item``, ``unknown_answer``, ``number``, ``range``."""

    item: str
    code: str


def round_half_up(value: float, decimals: int) -> float:
    """Round as on paper: a half goes up. Python's own rounding would send it to the even digit."""
    shift: int = 10**decimals
    return math.floor(value * shift + 0.5 + 1e-9) / shift


@dataclass(slots=True)
class Scorer:
    """Scores forms of one definition.

    A red flag is raised by an answer whose effective score is at least that of ``flag_from``; where
    the answers have no scores, by exactly that answer; by numbers from ``flag_from`` on (downwards
    where the item is reversed).
    """

    definition: Definition
    _items: dict[str, Item] = field(init=False, repr=False)
    _offered: dict[str, frozenset[str]] = field(init=False, repr=False)
    _scores: dict[str, dict[str, float]] = field(init=False, repr=False)
    _flags: dict[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._items = {item.code: item for item in self.definition.items}
        self._offered = {
            item.code: frozenset(option.code for option in item.options)
            for item in self.definition.items
        }
        self._scores = {item.code: effective_scores(item) for item in self.definition.items}
        self._flags = {
            item.code: flagging_answers(item) for item in self.definition.items if item.flag_level
        }

    def check(self, answers: Answers) -> list[AnswerError]:
        """Return what is wrong with ``answers``; an empty list means that they can be scored."""
        return [
            AnswerError(code, fault)
            for code, answer in answers.items()
            if (fault := self._fault(code, answer))
        ]

    def _fault(self, code: str, answer: Answer) -> str | None:
        """Return the code of what is wrong with the answer to an item, None when it can stand."""
        item = self._items.get(code)
        if item is None:
            return "unknown_item"
        if not _given(answer):
            return None
        if item.kind == "number":
            return _number_fault(item, answer)
        offered = self._offered[code]
        if not isinstance(answer, str) or (offered and answer not in offered):
            return "unknown_answer"
        return None

    def hidden(self, answers: Answers) -> set[str]:
        """Return the codes of the items that are not asked."""
        hidden: set[str] = set()
        for item in self.definition.items:
            condition = item.condition
            if condition and not any(
                code not in hidden and answers.get(code) in condition.answers
                for code in condition.items
            ):
                hidden.add(item.code)
        return hidden

    def score(self, answers: Answers, person: Person) -> Result:
        """Score one form.

        :param answers: item code to option code, number or text; absent, None and "" are blank
        :param person: decides between bands
        :return: the result; never raises for answers that :meth:`check` accepts
        """
        hidden = self.hidden(answers)
        values: dict[str, float] = {}
        flags, open_flags, missing, levels = [], [], [], []
        for item in self.definition.items:
            if item.code in hidden:
                continue
            answer = answers.get(item.code)
            if _given(answer):
                value = self._value(item, answer)
                if value is not None:
                    values[item.code] = value
                raised = item.flag_level and self._raises(item, answer)
            else:
                if item.kind != "text":
                    missing.append(item.code)
                raised = item.flag_level and item.flag_blank
                if item.flag_level and not raised:
                    open_flags.append(item.code)
            if raised:
                flags.append(item.code)
                levels.append(item.flag_level)
        scores = [self._scale(scale, values, hidden, person) for scale in self.definition.scales]
        bands = [self.definition.bands[score.band] for score in scores if score.band is not None]
        valid = not any(band.invalid for band in bands)
        if valid:
            levels += [band.risk_level for band in bands if band.risk_level]
        return Result(
            scores=tuple(scores),
            flags=tuple(flags),
            open_flags=tuple(open_flags),
            missing=tuple(missing),
            hidden=tuple(code for code in self._items if code in hidden),
            level=max(levels, key=severity, default=None),
            valid=valid,
        )

    def _value(self, item: Item, answer: str | float) -> float | None:
        """Return the effective score of an answer, None where it is not scored."""
        if item.kind != "number":
            return self._scores[item.code].get(answer) if isinstance(answer, str) else None
        number = float(answer)
        # a reversed number has both ends, see instrument_check
        return (item.low or 0) + (item.high or 0) - number if item.reverse else number

    def _raises(self, item: Item, answer: str | float) -> bool:
        """Tell whether an answer raises the red flag of its item."""
        if item.kind != "number":
            return answer in self._flags[item.code]
        if not item.flag_from:  # only leaving it open is a flag
            return False
        number, limit = float(answer), float(item.flag_from)
        return number <= limit if item.reverse else number >= limit

    def _scale(
        self,
        scale: Scale,
        values: Mapping[str, float],
        hidden: set[str],
        person: Person,
    ) -> Score:
        """Score one scale and find its band."""
        asked = [code for code in scale.items if code not in hidden]
        answered = [code for code in asked if code in values]
        missing = len(asked) - len(answered)
        if not answered or missing > scale.missing_allowed:
            why = "missing" if asked else "not_asked"
            return Score(scale.code, None, None, len(answered), missing, why=why)
        raw = round_half_up(self._raw(scale, answered, values), scale.decimals)
        value = scale.standard(raw)
        if value is None:
            return Score(scale.code, None, raw, len(answered), missing, why="no_standard")
        own = [(i, b) for i, b in enumerate(self.definition.bands) if b.scale == scale.code]
        band = next((i for i, b in own if b.fits(person) and b.covers(value)), None)
        unfit = "no_band" if own and band is None else None
        return Score(scale.code, value, raw, len(answered), missing, band, unfit)

    def _raw(self, scale: Scale, answered: list[str], values: Mapping[str, float]) -> float:
        """Return the score before rounding and table."""
        if scale.rule == "count":
            return float(sum(values[code] >= scale.threshold for code in answered))
        if scale.rule == "weighted":
            return sum(values[code] * self._items[code].weight for code in answered)
        total = sum(values[code] for code in answered)
        return total / len(answered) * scale.factor if scale.rule == "mean" else total


def _given(answer: Answer) -> TypeGuard[str | float]:
    """Tell whether something was answered."""
    return answer is not None and (not isinstance(answer, str) or bool(answer.strip()))


def _number_fault(item: Item, answer: Answer) -> str | None:
    """Return the code of what is wrong with the answer to an item that asks for a number."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return "number"
    if not math.isfinite(answer):
        return "number"
    below = item.low is not None and answer < item.low
    above = item.high is not None and answer > item.high
    return "range" if below or above else None
