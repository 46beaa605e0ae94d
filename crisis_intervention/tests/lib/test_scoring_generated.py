import os
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ...lib.instrument_check import check, reachable
from ...lib.instrument_definition import (
    Band,
    Condition,
    Definition,
    Item,
    Option,
    Person,
    Scale,
)
from ...lib.scoring import Scorer

EXAMPLES = 20_000 if os.environ.get("CRISIS_LONG_TESTS") else 600
LEVELS = ["blue", "yellow", "orange", "red"]
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def an_item(draw, number, earlier):
    """Return an item; its condition names items of ``earlier``."""
    kind = draw(st.sampled_from(["choice", "choice", "choice", "yes_no", "number", "text"]))
    options = ()
    if kind == "choice":
        scores = draw(
            st.sampled_from([(0, 1, 2, 3), (0, 1, 3, 5), (1, 2), (-1, 0.5, 2), (None, 1)])
        )
        options = tuple(Option(f"o{n}", score) for n, score in enumerate(scores))
    elif kind == "yes_no":
        options = (Option("Y", 1.0), Option("N", 0.0))
    asked = [item for item in earlier if item.options]
    condition = None
    if asked and draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(asked), min_size=1, max_size=2, unique=True))
        codes = [option.code for item in names for option in item.options]
        answers = draw(st.sets(st.sampled_from(codes), min_size=1))
        condition = Condition(tuple(item.code for item in names), frozenset(answers))
    flag_from = flag_level = None
    if draw(st.booleans()) and kind != "text":
        flag_level = draw(st.sampled_from(LEVELS))
        codes = ["1", "2"] if kind == "number" else [option.code for option in options]
        flag_from = draw(st.sampled_from(codes))
    ranged = kind == "number"
    return Item(
        code=f"i{number}",
        kind=kind,
        options=options,
        reverse=kind != "text" and draw(st.booleans()),
        weight=draw(st.sampled_from([1.0, 2.0, 0.5, 10.0])),
        low=0 if ranged else None,
        high=4 if ranged else None,
        condition=condition,
        flag_from=flag_from,
        flag_level=flag_level,
        flag_blank=bool(flag_level) and draw(st.booleans()),
    )


@st.composite
def a_scale(draw, number, items):
    """Return a scale of some of ``items``."""
    names = draw(st.lists(st.sampled_from(items), min_size=1, unique=True))
    table = ()
    if draw(st.integers(0, 4)) == 0:
        table = ((-50.0, 0.0, 40.0), (1.0, 3.0, 50.0), (4.0, 9.0, 61.5))
    return Scale(
        code=f"s{number}",
        items=tuple(item.code for item in names if item.kind != "text"),
        rule=draw(st.sampled_from(["sum", "mean", "count", "weighted"])),
        factor=draw(st.sampled_from([1.0, 4.0, 9.0])),
        threshold=draw(st.sampled_from([0.0, 1.0, 2.0])),
        missing_allowed=draw(st.integers(0, 2)),
        decimals=draw(st.integers(0, 2)),
        table=table,
        total=number == 0,
    )


@st.composite
def a_band(draw, scales):
    """Return a band for everybody or for some."""
    low = draw(st.one_of(st.none(), st.integers(-3, 20)))
    high = draw(st.one_of(st.none(), st.integers(-3, 60)))
    limit = st.one_of(st.none(), st.integers(5, 14))
    return Band(
        scale=draw(st.sampled_from(scales)).code,
        low=low,
        high=high,
        gender=draw(st.sampled_from([None, None, "male", "female"])),
        age_min=draw(limit),
        age_max=draw(limit),
        grade_min=draw(st.one_of(st.none(), st.integers(1, 6))),
        informant=draw(st.sampled_from([None, None, "parent"])),
        risk_level=draw(st.sampled_from([None, *LEVELS])),
        invalid=draw(st.integers(0, 9)) == 0,
    )


@st.composite
def a_form(draw):
    """Return a definition, answers to it (some blank), and a person."""
    items = []
    for number in range(draw(st.integers(1, 8))):
        items.append(draw(an_item(number, items)))
    scales = [draw(a_scale(number, items)) for number in range(draw(st.integers(1, 3)))]
    bands = draw(st.lists(a_band(scales), max_size=5))
    answers = {}
    for item in items:
        if draw(st.integers(0, 4)) == 0:
            if draw(st.booleans()):
                answers[item.code] = draw(st.sampled_from([None, "", "  "]))
        elif item.kind == "number":
            answers[item.code] = draw(st.integers(0, 4))
        elif item.kind == "text":
            answers[item.code] = "some words"
        else:
            answers[item.code] = draw(st.sampled_from(item.options)).code
    person = Person(
        gender=draw(st.sampled_from([None, "male", "female"])),
        age=draw(st.one_of(st.none(), st.integers(4, 15))),
        grade=draw(st.one_of(st.none(), st.integers(1, 6))),
        informant=draw(st.sampled_from(["student", "parent"])),
    )
    return Definition(tuple(items), tuple(scales), tuple(bands)), answers, person


class Slow:
    """Scores by the book, one question at a time, in fractions; shares no code with the scorer."""

    def __init__(self, definition, answers, person):
        self.known = {item.code: item for item in definition.items}
        self.definition, self.person = definition, person
        self.answers = {
            code: answer
            for code, answer in answers.items()
            if answer is not None and str(answer).strip() != ""
        }

    def asked(self, code):
        """Tell whether an item is asked, by asking the items it depends on."""
        condition = self.known[code].condition
        if condition is None:
            return True
        for other in condition.items:
            if self.asked(other) and self.answers.get(other) in condition.answers:
                return True
        return False

    def worth(self, code, answer):
        """Return the score of an answer after reversal, None without one."""
        item = self.known[code]
        if item.kind == "text":
            return None
        if item.kind == "number":
            worths = [Fraction(item.low), Fraction(item.high)]
            worth = Fraction(answer)
        else:
            table = {o.code: Fraction(str(o.score)) for o in item.options if o.score is not None}
            if answer not in table:
                return None
            worths, worth = list(table.values()), table[answer]
        return min(worths) + max(worths) - worth if item.reverse else worth

    def flag(self, code):
        """Return "raised", "open" or None."""
        item = self.known[code]
        if item.flag_level is None or not self.asked(code):
            return None
        if code not in self.answers:
            return "raised" if item.flag_blank else "open"
        mine = self.worth(code, self.answers[code])
        limit = self.worth(code, item.flag_from)
        if limit is None:
            return "raised" if self.answers[code] == item.flag_from else None
        return "raised" if mine is not None and mine >= limit else None

    def raw(self, scale):
        """Return (raw score or None, number answered, number missing) of a scale."""
        asked = [code for code in scale.items if self.asked(code)]
        worths = {}
        for code in asked:
            if code in self.answers:
                worth = self.worth(code, self.answers[code])
                if worth is not None:
                    worths[code] = worth
        missing = len(asked) - len(worths)
        if not worths or missing > scale.missing_allowed:
            return None, len(worths), missing
        if scale.rule == "count":
            total = Fraction(len([w for w in worths.values() if w >= Fraction(scale.threshold)]))
        elif scale.rule == "weighted":
            total = sum(w * Fraction(self.known[c].weight) for c, w in worths.items())
        elif scale.rule == "mean":
            total = sum(worths.values()) / len(worths) * Fraction(scale.factor)
        else:
            total = sum(worths.values())
        grid = total * 10**scale.decimals
        rounded = grid.__floor__() + (1 if grid - grid.__floor__() >= Fraction(1, 2) else 0)
        return Fraction(rounded, 10**scale.decimals), len(worths), missing

    def band(self, scale, value):
        """Return the index of the first band that fits the score and the person."""
        for index, band in enumerate(self.definition.bands):
            if band.scale == scale.code and self._fits(band, value):
                return index
        return None

    def _fits(self, band, value):
        """Tell whether score and person lie in a band; what is not known lies in no limit."""
        person = self.person
        return (
            band.gender in (None, "", person.gender)
            and band.informant in (None, "", person.informant)
            and all(
                (low is None or (mine is not None and mine >= low))
                and (high is None or (mine is not None and mine <= high))
                for mine, low, high in (
                    (person.age, band.age_min, band.age_max),
                    (person.grade, band.grade_min, band.grade_max),
                    (value, band.low, band.high),
                )
            )
        )


@tagged("post_install", "-at_install")
class TestScoringGenerated(BaseCase):
    """The scorer against an independent, slow one, on generated instruments and answers."""

    @SETTINGS
    @given(a_form())
    def test_against_the_slow_one(self, form):
        definition, answers, person = form
        slow = Slow(definition, answers, person)
        scorer = Scorer(definition)
        self.assertEqual(scorer.check(answers), [])
        result = scorer.score(answers, person)
        codes = [item.code for item in definition.items]
        self.assertEqual(list(result.hidden), [c for c in codes if not slow.asked(c)])
        self.assertEqual(list(result.flags), [c for c in codes if slow.flag(c) == "raised"])
        self.assertEqual(list(result.open_flags), [c for c in codes if slow.flag(c) == "open"])
        self.assertEqual(
            list(result.missing),
            [
                item.code
                for item in definition.items
                if item.kind != "text" and slow.asked(item.code) and item.code not in slow.answers
            ],
        )
        bands = []
        for scale, score in zip(definition.scales, result.scores, strict=True):
            raw, answered, missing = slow.raw(scale)
            self.assertEqual((score.answered, score.missing), (answered, missing))
            value = raw
            if raw is not None and scale.table:
                rows = [Fraction(std) for low, high, std in scale.table if low <= raw <= high]
                value = rows[0] if rows else None
            self._assert_close(score.raw, raw)
            self._assert_close(score.value, value)
            band = None if value is None else slow.band(scale, value)
            self.assertEqual(score.band, band)
            if band is not None:
                bands.append(definition.bands[band])
        levels = [slow.known[code].flag_level for code in result.flags]
        self.assertEqual(result.valid, not [band for band in bands if band.invalid])
        if result.valid:
            levels += [band.risk_level for band in bands if band.risk_level]
        highest = max((LEVELS.index(level) for level in levels), default=None)
        self.assertEqual(result.level, None if highest is None else LEVELS[highest])

    def _assert_close(self, value, exact):
        """Compare a score with an exact fraction."""
        if exact is None:
            self.assertIsNone(value)
        else:
            self.assertAlmostEqual(value, float(exact), places=6)

    @SETTINGS
    @given(st.data())
    def test_what_is_published_has_one_band_for_every_score(self, data):
        """Try all answers of small instruments: reachable scores are those, each in one band."""
        items = tuple(
            Item(
                code=str(number),
                options=tuple(Option(str(score), float(score)) for score in scores),
                reverse=reverse,
            )
            for number, (scores, reverse) in enumerate(
                data.draw(
                    st.lists(
                        st.tuples(st.sampled_from([(0, 1), (0, 1, 2), (1, 3, 5)]), st.booleans()),
                        min_size=1,
                        max_size=4,
                    )
                )
            )
        )
        scale = Scale(
            code="total",
            items=tuple(item.code for item in items),
            rule=data.draw(st.sampled_from(["sum", "mean", "count", "weighted"])),
            factor=4.0,
            threshold=1.0,
            missing_allowed=data.draw(st.integers(0, len(items) - 1)),
        )
        cuts = sorted(data.draw(st.sets(st.integers(0, 20), max_size=3)))
        edges = [-1, *cuts, 99]
        bands = tuple(
            Band("total", low=low + 1, high=high)
            for low, high in zip(edges, edges[1:], strict=False)
        )
        definition = Definition(items, (scale,), bands)
        scores = {
            score
            for answers in self._all_answers(items)
            if (score := Scorer(definition).score(answers, Person()).scores[0].value) is not None
        }
        self.assertEqual(reachable(scale, {item.code: item for item in items}), scores)
        reached = {i for i, band in enumerate(bands) if any(band.covers(s) for s in scores)}
        problems = check(definition)
        self.assertEqual(
            {p.place[1] for p in problems if p.code == "band_unreachable"},
            set(range(len(bands))) - reached,
        )
        self.assertFalse([p for p in problems if p.code in ("band_hole", "band_overlap")])

    def _all_answers(self, items):
        """Yield every way to answer ``items``, blanks included."""
        if not items:
            yield {}
            return
        for rest in self._all_answers(items[1:]):
            yield rest
            for option in items[0].options:
                yield {**rest, items[0].code: option.code}
