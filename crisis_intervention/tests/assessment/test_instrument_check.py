from odoo.tests import BaseCase, tagged

from ...lib.instrument_check import check
from ...lib.instrument_definition import definition
from ...lib.transcription import transcribe

CHOICE = [{"code": "0", "score": 0.0}, {"code": "1", "score": 1.0}, {"code": "2", "score": 2.0}]


def tree(**changes):
    """Return a sound instrument of two items, with parts replaced."""
    return {
        "options": CHOICE,
        "items": [{"code": "1", "kind": "choice"}, {"code": "2", "kind": "choice"}],
        "scales": [{"code": "total", "rule": "sum", "items": ["1", "2"], "total": True}],
        "bands": [
            {"scale": "total", "low": 0.0, "high": 2.0},
            {"scale": "total", "low": 3.0, "high": 4.0, "risk_level": "blue"},
        ],
        **changes,
    }


def item(**changes):
    """Return the sound instrument with its second item changed."""
    return tree(items=[{"code": "1", "kind": "choice"}, {"code": "2", "kind": "choice", **changes}])


def scale(**changes):
    """Return the sound instrument with its scale changed, without bands."""
    return tree(scales=[{"code": "total", "rule": "sum", "items": ["1", "2"], **changes}], bands=[])


def bands(*rows):
    """Return the sound instrument with bands of (low, high) and further properties."""
    return tree(
        bands=[
            {"scale": "total", "low": float(low), "high": float(high), **more}
            for low, high, more in rows
        ]
    )


GIRLS, BOYS = {"gender": "female"}, {"gender": "male"}
CASES = [
    (tree(items=[], scales=[], bands=[]), "no_items", ("items", 0)),
    (item(code="1"), "duplicate_code", ("items", 1)),
    (item(kind="drawing"), "unknown_kind", ("items", 1)),
    (tree(options=CHOICE[:1], scales=[], bands=[]), "no_options", ("items", 0)),
    (tree(options=[*CHOICE, CHOICE[0]]), "duplicate_option", ("items", 0)),
    (item(kind="number", low=3.0, high=1.0), "number_range", ("items", 1)),
    (item(kind="number", reverse=True), "reverse_range", ("items", 1)),
    (
        item(reverse=True, options=[{"code": str(n), "score": float(n)} for n in (0, 1, 3, 5)]),
        "reverse_scores",
        ("items", 1),
    ),
    (item(condition={"items": ["3"], "answers": ["1"]}), "condition_item", ("items", 1)),
    (item(condition={"items": ["2"], "answers": ["1"]}), "condition_item", ("items", 1)),
    (item(condition={"items": ["1"], "answers": ["9"]}), "condition_answer", ("items", 1)),
    (item(flag_from="1"), "flag_level", ("items", 1)),
    (item(flag_from="9", flag_level="red"), "flag_answer", ("items", 1)),
    (item(flag_level="red"), "flag_answer", ("items", 1)),
    (item(flag_from="0", flag_level="red"), "flag_always", ("items", 1)),
    (item(flag_from="1", flag_level="purple"), "unknown_level", ("items", 1)),
    (
        tree(scales=[{"code": c, "items": ["1"], "total": True} for c in "ab"], bands=[]),
        "two_totals",
        ("scales", 1),
    ),
    (
        tree(scales=[{"code": "a", "items": ["1"]}, {"code": "a", "items": ["2"]}], bands=[]),
        "duplicate_code",
        ("scales", 1),
    ),
    (scale(rule="product"), "unknown_rule", ("scales", 0)),
    (scale(items=[]), "scale_empty", ("scales", 0)),
    (scale(items=["1", "7"]), "scale_item", ("scales", 0)),
    (scale(items=["1", "1"]), "scale_item_twice", ("scales", 0)),
    (item(kind="text"), "scale_unscored", ("scales", 0)),
    (item(kind="number"), "scale_unscored", ("scales", 0)),
    (scale(rule="mean", factor=-1.0), "factor", ("scales", 0)),
    (scale(missing_allowed=2), "missing_allowed", ("scales", 0)),
    (scale(decimals=9), "decimals", ("scales", 0)),
    (scale(table=[(3.0, 1.0, 5.0)]), "table_range", ("scales", 0)),
    (scale(table=[(0.0, 2.0, 5.0), (2.0, 4.0, 6.0)]), "table_overlap", ("scales", 0)),
    (scale(table=[(0.0, 2.0, 5.0)]), "table_hole", ("scales", 0)),
    (
        tree(
            items=[{"code": str(n), "kind": "choice", "weight": 2.0**n} for n in range(40)],
            scales=[{"code": "a", "rule": "weighted", "items": [str(n) for n in range(40)]}],
            bands=[],
        ),
        "too_many_scores",
        ("scales", 0),
    ),
    (tree(bands=[{"scale": "other", "low": 0.0, "high": 4.0}]), "band_scale", ("bands", 0)),
    (bands((4, 0, {})), "band_range", ("bands", 0)),
    (bands((0, 4, {"age_min": 9, "age_max": 6})), "band_range", ("bands", 0)),
    (bands((0, 4, {"risk_level": "purple"})), "unknown_level", ("bands", 0)),
    (bands((0, 2, {}), (2, 4, {})), "band_overlap", ("bands", 1)),
    (bands((0, 2, {}), (4, 4, {})), "band_hole", ("scales", 0)),
    (bands((0, 4, {}), (9, 12, {})), "band_unreachable", ("bands", 1)),
    (bands((0, 4, GIRLS), (0, 2, BOYS)), "band_hole", ("scales", 0)),
    (bands((0, 4, GIRLS), (0, 4, {})), "band_overlap", ("bands", 1)),
    (
        bands((0, 4, {"age_max": 9}), (0, 4, {"age_min": 9})),
        "band_overlap",
        ("bands", 1),
    ),
    (
        bands(*[(0, 4, {"age_min": n, "grade_min": n}) for n in range(0, 300, 3)]),
        "too_many_bands",
        ("scales", 0),
    ),
    (bands((0, 2, {"grade_max": 3}), (3, 4, {"grade_max": 2})), "band_hole", ("scales", 0)),
]


@tagged("post_install", "-at_install")
class TestInstrumentCheck(BaseCase):
    """What keeps an instrument from being published, each with its place."""

    def test_sound_ones(self):
        for sound in (
            tree(),
            bands((0, 4, GIRLS), (0, 1, BOYS), (2, 4, BOYS)),
            bands((0, 4, {"age_max": 9}), (0, 4, {"age_min": 12})),
            bands((0, 4, {"informant": "parent"})),
            scale(rule="mean", factor=3.0, missing_allowed=1, decimals=1),
            scale(table=[(0.0, 2.0, 50.0), (3.0, 4.0, 61.5)]),
        ):
            with self.subTest(bands=sound["bands"]):
                self.assertEqual(check(definition(sound)), [])

    def test_faults(self):
        for faulty, code, place in CASES:
            with self.subTest(code=code, place=place):
                problems = check(definition(faulty))
                self.assertIn((code, place), [(p.code, p.place) for p in problems])


@tagged("post_install", "-at_install")
class TestTranscription(BaseCase):
    """Rows typed from paper."""

    def setUp(self):
        super().setUp()
        self.form = definition(
            {
                "options": CHOICE,
                "items": [
                    {"code": "1", "kind": "choice"},
                    {"code": "2", "kind": "yes_no"},
                    {"code": "3", "kind": "text"},
                    {
                        "code": "4",
                        "kind": "choice",
                        "condition": {"items": ["2"], "answers": ["Y"]},
                    },
                ],
            }
        )
        self.number = definition(
            {
                "options": CHOICE,
                "items": [
                    {"code": "1", "kind": "choice"},
                    {"code": "2", "kind": "number", "low": 0.0, "high": 12.0},
                ],
            }
        )

    def test_good_rows(self):
        for row, answers in (
            ("1Y2", {"1": "1", "2": "Y", "4": "2"}),
            ("1 y 2", {"1": "1", "2": "Y", "4": "2"}),
            ("1，y、2", {"1": "1", "2": "Y", "4": "2"}),
            (" -N- ", {"2": "N"}),
            ("0－—", {"1": "0"}),
        ):
            with self.subTest(row=row):
                self.assertEqual(transcribe(self.form, row), (answers, []))
        self.assertEqual(transcribe(self.number, "1 10"), ({"1": "1", "2": 10.0}, []))

    def test_errors(self):
        for form, row, error in (
            (self.form, "1Y", ("count", 0, "3", "2")),
            (self.form, "1Y22", ("count", 0, "3", "4")),
            (self.form, "7Y1", ("answer", 1, "1", "7")),
            (self.form, "1X1", ("answer", 2, "2", "X")),
            (self.form, "1N1", ("not_asked", 3, "4", "1")),
            (self.number, "1 x", ("answer", 2, "2", "x")),
            (self.number, "1 13", ("range", 2, "2", "13.0")),
            (self.number, "110", ("count", 0, "2", "1")),
        ):
            with self.subTest(row=row):
                _answers, errors = transcribe(form, row)
                self.assertEqual([(e.code, e.position, e.item, e.typed) for e in errors], [error])
