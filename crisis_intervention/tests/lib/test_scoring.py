from odoo.tests import BaseCase, tagged

from ...lib.instrument_check import check
from ...lib.instrument_definition import Person, definition
from ...lib.instrument_exchange import SHIPPED, load
from ...lib.scoring import Scorer, round_half_up
from ...lib.transcription import transcribe


def shipped(code):
    """Return the tree of an instrument of the addon."""
    tree, faults = load((SHIPPED / f"{code}.xml").read_bytes())
    assert not faults, faults
    return tree


def options(*scores):
    """Return options whose codes are their scores."""
    return [{"code": str(score), "score": float(score)} for score in scores]


def items(count, **changes):
    """Return choice items 1 to ``count``; ``changes`` names what differs, by ``i1``, ``i2``, ..."""
    return [
        {"code": str(number), "kind": "choice", **changes.get(f"i{number}", {})}
        for number in range(1, count + 1)
    ]


def numbers(*parts):
    """Return item codes of numbers and (first, last) ranges."""
    codes = []
    for part in parts:
        first, last = part if isinstance(part, tuple) else (part, part)
        codes += [str(number) for number in range(first, last + 1)]
    return codes


# Not free to ship; here as test vectors only (structure and key, no wording).
SCARED = {
    "options": options(0, 1, 2),
    "items": items(41),
    "scales": [
        {"code": "total", "items": numbers((1, 41))},
        {"code": "panic", "items": numbers(1, 6, 9, 12, 15, 18, 19, 22, 24, 27, 30, 34, 38)},
        {"code": "general", "items": numbers(5, 7, 14, 21, 23, 28, 33, 35, 37)},
        {"code": "separation", "items": numbers(4, 8, 13, 16, 20, 25, 29, 31)},
        {"code": "social", "items": numbers(3, 10, 26, 32, 39, 40, 41)},
        {"code": "school", "items": numbers(2, 11, 17, 36)},
    ],
}
_KIND = (1, 2, 4, 7, 8, 9, 11, 12, 13, 16)
DSRSC = {
    "options": options(0, 1, 2),
    "items": items(
        18,
        **{f"i{number}": {"reverse": True} for number in _KIND},
        i10={"flag_from": "1", "flag_level": "orange"},
    ),
    "scales": [{"code": "total", "items": numbers((1, 18))}],
}
MHT = {
    "items": [{"code": str(number), "kind": "yes_no"} for number in range(1, 101)],
    "scales": [
        {
            "code": "total",
            "total": True,
            "items": numbers((1, 81), 83, 85, 87, 89, 91, 93, 95, 97, 99),
        },
        {"code": "validity", "items": numbers(*range(82, 101, 2))},
        {"code": "study", "items": numbers((1, 15))},
    ],
    "bands": [
        {"scale": "total", "low": 0, "high": 55},
        {"scale": "total", "low": 56, "high": 64, "risk_level": "yellow"},
        {"scale": "total", "low": 65, "high": 90, "risk_level": "orange"},
        {"scale": "validity", "low": 0, "high": 6},
        {"scale": "validity", "low": 7, "high": 10, "invalid": True},
        {"scale": "study", "low": 0, "high": 7},
        {"scale": "study", "low": 8, "high": 15, "risk_level": "yellow"},
    ],
}

# Worked examples: instrument, informant, row of answers, values of its scales, level, red flags.
VECTORS = [
    ("phq_9", "student", "101010001", {"total": 4}, "orange", ["9"]),
    ("phq_a", "student", "001111000", {"total": 4}, None, []),
    ("gad_7", "student", "0110110", {"total": 4}, None, []),
    ("asq", "student", "NNNN-", {"total": 0}, None, []),
    (
        "psc_17",
        "parent",
        "11100110101010102",
        {"total": 11, "internalizing": 5, "attention": 6, "externalizing": 0},
        "yellow",
        [],
    ),
    (
        "psc_35",
        "parent",
        "1" * 27 + "0" * 8,
        {"total": 27, "attention": 5, "internalizing": 5, "externalizing": 1},
        "yellow",
        [],
    ),
    ("ces_dc", "student", "0" * 20, {"total": 12}, None, []),
    ("cries_8", "student", "31311331", {"total": 16, "intrusion": 12, "avoidance": 4}, None, []),
    (
        "cries_13",
        "student",
        "3133131333131",
        {"total": 29, "intrusion": 12, "avoidance": 8, "arousal": 9, "intrusion_avoidance": 20},
        "yellow",
        [],
    ),
    ("who_5", "student", "33333", {"total": 60}, None, []),
    (
        SCARED,
        None,
        "1" * 24 + "0" * 17,
        {"total": 24, "panic": 9, "general": 5, "separation": 5, "social": 2, "school": 3},
        None,
        [],
    ),
    (DSRSC, None, "220200222022200200", {"total": 0}, None, []),
    (
        MHT,
        None,
        "Y" * 8 + "N" * 92,
        {"total": 8, "validity": 0, "study": 8},
        "yellow",
        [],
    ),
]


@tagged("post_install", "-at_install")
class TestScoring(BaseCase):
    """Scoring of known instruments, against examples worked out by hand."""

    def _score(self, instrument, row, **person):
        """Score a row typed from paper."""
        tree = shipped(instrument) if isinstance(instrument, str) else instrument
        known = definition(tree)
        answers, errors = transcribe(known, row)
        self.assertFalse(errors)
        return Scorer(known).score(answers, Person(**person))

    def test_worked_examples(self):
        for instrument, informant, row, values, level, flags in VECTORS:
            with self.subTest(instrument=instrument if isinstance(instrument, str) else values):
                result = self._score(instrument, row, informant=informant, age=12)
                self.assertEqual({s.scale: s.value for s in result.scores}, values)
                self.assertEqual(result.level, level)
                self.assertEqual(list(result.flags), flags)
                self.assertFalse(result.missing)

    def test_teacher_and_parent_have_their_own_cut_off(self):
        row = "1" * 15 + "00"
        parent = self._score("psc_17", row, informant="parent").scores[0]
        teacher = self._score("psc_17", row, informant="teacher").scores[0]
        self.assertEqual((parent.value, teacher.value), (15, 15))
        bands = definition(shipped("psc_17")).bands
        self.assertEqual(bands[parent.band].risk_level, "yellow")
        self.assertIsNone(bands[teacher.band].risk_level)

    def test_every_boundary_of_every_shipped_band(self):
        """Each total score of a shipped instrument falls into exactly the band that names it."""
        for code, high in (("phq_9", 27), ("gad_7", 21), ("ces_dc", 60)):
            known = definition(shipped(code))
            scorer = Scorer(known)
            best = [0 if item.reverse else 3 for item in known.items]
            for total in range(high + 1):
                answers, left = {}, total
                for item, top in zip(known.items, best, strict=True):
                    gain = min(3, left)
                    left -= gain
                    answers[item.code] = str(gain if top else 3 - gain)
                score = scorer.score(answers, Person(informant="student")).scores[0]
                with self.subTest(code=code, total=total):
                    self.assertEqual(score.value, total)
                    band = known.bands[score.band]
                    self.assertTrue(band.low <= total <= band.high)

    def test_blanks(self):
        for instrument, row, value in (
            ("phq_9", "1-1111111", 9),  # 8 answered, 8 × 9 / 8
            ("phq_9", "1-111111-", 9),
            ("phq_9", "2-111111-", 10),  # 8 × 9 / 7 = 10.29
            ("phq_9", "1-11111--", None),
            ("psc_17", "11111---111111111", 14),
            ("psc_17", "1111----111111111", None),
            ("gad_7", "111111-", None),
        ):
            with self.subTest(instrument=instrument, row=row):
                score = self._score(instrument, row, informant="parent").scores[0]
                self.assertEqual(score.value, value)
                self.assertEqual(score.why, "missing" if value is None else None)

    def test_an_open_red_flag_item_is_no_no(self):
        result = self._score("phq_9", "00000000-")
        self.assertEqual((result.flags, result.open_flags), ((), ("9",)))

    def test_a_number_that_is_a_flag_only_when_it_is_left_open(self):
        item = {"code": "1", "kind": "number", "flag_level": "red", "flag_blank": True}
        scorer = Scorer(definition({"items": [{**item, "low": 0.0, "high": 9.0}]}))
        self.assertFalse(check(scorer.definition))
        for answers, flags in (({"1": 7}, ()), ({}, ("1",))):
            with self.subTest(answers=answers):
                self.assertEqual(scorer.score(answers, Person()).flags, flags)

    def test_asq(self):
        for row, value, level, flags, open_flags in (
            ("NNNN-", 0, None, "", ""),
            ("YNNNN", 1, "orange", "1", ""),
            ("NNNRN", 1, "orange", "4", ""),
            ("NYNNY", 11, "red", "25", ""),
            ("YYYYY", 14, "red", "12345", ""),
            ("NNYN-", None, "red", "35", ""),  # the fifth question is open after a yes
            ("-NNN-", None, None, "", "1"),  # incomplete is not negative
        ):
            with self.subTest(row=row):
                result = self._score("asq", row)
                self.assertEqual(result.scores[0].value, value)
                self.assertEqual(result.level, level)
                self.assertEqual("".join(result.flags), flags)
                self.assertEqual("".join(result.open_flags), open_flags)

    def test_invalid_answers_propose_nothing_but_flags(self):
        odd = "Y" * 70 + "NYNYNYNYNYNY" + "NY" * 9
        result = self._score(MHT, odd)
        self.assertEqual(result.scores[1].value, 10)
        self.assertFalse(result.valid)
        self.assertIsNone(result.level)

    def test_high_is_good_where_it_is(self):
        for row, band in (("11111", 0), ("22222", 1), ("32222", 1), ("33322", 2)):
            with self.subTest(row=row):
                self.assertEqual(self._score("who_5", row).scores[0].band, band)

    def test_unknown_age_has_no_norm(self):
        row = "1" * 30 + "0" * 5
        scores = {s.scale: s for s in self._score("psc_35", row, informant="parent").scores}
        self.assertEqual((scores["total"].band, scores["total"].why), (None, "no_band"))
        known = self._score("psc_35", row, informant="parent", age=5).scores[0]
        self.assertEqual(known.value, 30)
        self.assertIsNotNone(known.band)

    def test_half_goes_up(self):
        for value, decimals, rounded in ((2.5, 0, 3), (3.5, 0, 4), (1.005, 2, 1.01), (-0.5, 0, 0)):
            self.assertEqual(round_half_up(value, decimals), rounded)

    def test_shipped_files(self):
        """Fourteen instruments; what is published by others comes without its wording."""
        own = {"crisis_risk_rating", "interview_record", "return_readiness", "teacher_observation"}
        paths = sorted(SHIPPED.glob("*.xml"))
        self.assertEqual(len(paths), 14)
        for path in paths:
            tree = shipped(path.stem)
            with self.subTest(code=path.stem):
                self.assertEqual(path.stem, tree["code"])
                worded = {"text" in item for item in tree["items"]}
                self.assertEqual(worded, {path.stem in own})
                self.assertEqual(tree.get("needs_wording", False), path.stem not in own)
                self.assertEqual(set(tree["name"]), {"en_US", "zh_CN"})
                self.assertIn(
                    "诊断" if path.stem != "asq" else "阴性", tree["description"]["zh_CN"]
                )
                self.assertTrue(tree["source"])
