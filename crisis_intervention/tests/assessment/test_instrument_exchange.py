from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ...lib.instrument_exchange import dump, load

GOOD = b"""<?xml version='1.0' encoding='UTF-8'?>
<instrument format="1" code="mood" version="1" kind="questionnaire" informants="student parent" \
age-min="8" needs-wording="true">
  <name lang="en_US">Mood</name>
  <name lang="zh_CN">\xe6\x83\x85\xe7\xbb\xaa</name>
  <source>Own</source>
  <options>
    <option code="0" score="0">
      <label>no</label>
    </option>
    <option code="1" score="1.5"/>
    <option code="2" score="3"/>
  </options>
  <items>
    <item code="1" kind="choice" reverse="true" weight="2" flag-from="1" flag-level="red" \
flag-blank="true">
      <topic>first</topic>
    </item>
    <item code="2" kind="yes_no">
      <condition items="1" answers="1 2"/>
    </item>
    <item code="3" kind="number" low="0" high="2"/>
    <item code="4" kind="choice">
      <option code="a" score="0"/>
      <option code="b"/>
    </item>
  </items>
  <scales>
    <scale code="total" total="true" rule="sum" missing-allowed="1" items="1 3">
      <name>total</name>
      <standard low="0" high="5" value="40"/>
    </scale>
  </scales>
  <bands>
    <band scale="total" low="40" high="40" gender="male" informant="parent" risk-level="blue">
      <name>x</name>
    </band>
  </bands>
</instrument>
"""
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE instrument [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>
<instrument>&f;</instrument>
"""
EXTERNAL = b"""<!DOCTYPE instrument [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<instrument>&x;</instrument>
"""

# what XML can hold, with something to read in it
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
    | st.sampled_from("\t\n\r<&>\"'\u3000情"),
    min_size=1,
    max_size=12,
).filter(lambda words: words.strip() and not set(words) & {"\ufffe", "\uffff"})
SAID = st.fixed_dictionaries({"": WORDS}) | st.fixed_dictionaries(
    {"en_US": WORDS}, optional={"zh_CN": WORDS, "de_DE": WORDS}
)
CODE = st.text("abcXYZ019_.-情", min_size=1, max_size=6)
NUMBER = st.floats(-1e15, 1e15, allow_nan=False) | st.sampled_from([1e-5, 1 / 3, 2.5, 1e15])
LEVEL = st.sampled_from(["blue", "yellow", "orange", "red"])
INFORMANTS = ("student", "parent", "teacher", "psychologist")
LIMITS = dict.fromkeys(("age_min", "age_max", "grade_min", "grade_max"), st.integers(0, 1000))


def but(default):
    """Return numbers other than ``default``, which stands neither in tree nor file."""
    return NUMBER.filter(lambda value: value != default)


@st.composite
def an_item(draw, code, earlier):
    """Return an item whose condition names items of ``earlier``."""
    kind = draw(st.sampled_from(["choice", "yes_no", "number", "text"]))
    item = draw(
        st.fixed_dictionaries(
            {"code": st.just(code), "kind": st.just(kind)},
            optional={
                "section": SAID,
                "topic": SAID,
                "text": SAID,
                "weight": but(1),
            },
        )
    )
    if kind == "choice":
        first, second = draw(st.lists(CODE, min_size=2, max_size=2, unique=True))
        label = draw(SAID)
        item["options"] = [{"code": first, "score": 0.5, "label": label}, {"code": second}]
    if kind == "number":
        item |= {"low": draw(st.sampled_from([-1.5, 0.0])), "high": 4.0}
    if kind in ("yes_no", "number") and draw(st.booleans()):
        item["reverse"] = True
    if draw(st.booleans()):
        item |= {"flag_level": draw(LEVEL), "flag_blank": True}
    asked = [other["code"] for other in earlier if other["kind"] == "yes_no"]
    if asked and draw(st.booleans()):
        item["condition"] = {"items": asked, "answers": ["N", "Y"]}
    return item


@st.composite
def a_tree(draw):
    """Return the tree of an instrument that may be published."""
    tree = draw(
        st.fixed_dictionaries(
            {
                "code": CODE,
                "version": CODE,
                "kind": st.sampled_from(["questionnaire", "rating", "checklist", "interview"]),
                "name": SAID,
            },
            optional={
                "description": SAID,
                "source": WORDS,
                "needs_wording": st.just(True),
                **LIMITS,
            },
        )
    )
    chosen = draw(st.sets(st.sampled_from(INFORMANTS), min_size=1))
    tree["informants"] = [informant for informant in INFORMANTS if informant in chosen]
    items = tree["items"] = []
    for code in draw(st.lists(CODE, min_size=1, max_size=4, unique=True)):
        items.append(draw(an_item(code, items)))
    scored = [item["code"] for item in items if item["kind"] in ("yes_no", "number")]
    if scored:
        scale = {"code": draw(CODE), "items": scored, "name": draw(SAID)}
        scale["rule"] = draw(st.sampled_from(["sum", "count"]))
        scale |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "total": st.just(True),
                    "factor": but(1),
                    "threshold": but(0),
                    "decimals": st.integers(1, 3),
                    "table": st.just([(-1e6, 1e6, 0.00001)]),
                },
            )
        )
        if len(scored) > 1 and draw(st.booleans()):
            scale["missing_allowed"] = 1
        band = {"scale": scale["code"], "low": -1e6, "high": 1e6, "name": draw(SAID)}
        band |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "risk_level": LEVEL,
                    "informant": st.sampled_from(INFORMANTS),
                    "invalid": st.just(True),
                    "recommendation": SAID,
                },
            )
        )
        tree |= {"scales": [scale], "bands": [band]}
    return tree


@tagged("post_install", "-at_install")
class TestInstrumentExchange(BaseCase):
    """The exchange file of an instrument: what it holds, and what is refused."""

    def _refused(self, data):
        """Return (line, code) of each fault of a file that must be refused."""
        tree, faults = load(data)
        self.assertIsNone(tree)
        self.assertTrue(faults)
        return [(fault.line, fault.code) for fault in faults]

    def _line(self, text):
        """Return the line of the good file that holds ``text``."""
        before = GOOD[: GOOD.index(text)]
        return before.count(b"\n") + 1

    def test_there_and_back(self):
        tree, faults = load(GOOD)
        self.assertEqual(faults, [])
        self.assertEqual(dump(tree), GOOD)
        self.assertEqual(load(dump(tree))[0], tree)

    def test_tree(self):
        tree, _faults = load(GOOD)
        self.assertEqual(tree["name"], {"en_US": "Mood", "zh_CN": "情绪"})
        self.assertEqual(tree["informants"], ["student", "parent"])
        self.assertEqual(tree["items"][1]["condition"], {"items": ["1"], "answers": ["1", "2"]})
        self.assertEqual(tree["options"][1], {"code": "1", "score": 1.5})
        self.assertEqual(tree["scales"][0]["table"], [(0.0, 5.0, 40.0)])
        self.assertNotIn("weight", tree["items"][1])

    def test_canonical_form(self):
        loose = GOOD.replace(b'score="0"', b'score="0.00"', 1).replace(b"\n    ", b"\n\n")
        loose = loose.replace(b"student parent", b"parent student")
        loose = loose.replace(b'rule="sum"', b'rule="sum" decimals="0"')
        tree, faults = load(loose)
        self.assertEqual(faults, [])
        self.assertEqual(dump(tree), GOOD)

    @settings(
        max_examples=300,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(a_tree())
    def test_any_tree_there_and_back(self, tree):
        data = dump(tree)
        read, faults = load(data)
        self.assertEqual(faults, [])
        self.assertEqual(read, tree)
        self.assertEqual(dump(read), data)

    def test_spaces_around_tokens(self):
        loose = GOOD.replace(b'kind="questionnaire"', b'kind=" questionnaire "')
        loose = loose.replace(b'gender="male"', b'gender=" male "')
        tree, faults = load(loose)
        self.assertEqual(faults, [])
        self.assertEqual(dump(tree), GOOD)

    def test_broken_xml(self):
        broken = GOOD.replace(b"</items>", b"</item>")
        self.assertEqual(self._refused(broken), [(self._line(b"</items>"), "not_xml")])
        self.assertEqual(self._refused(b"")[0][1], "not_xml")
        self.assertEqual(self._refused(b"PK\x03\x04")[0][1], "not_xml")

    def test_entities(self):
        self.assertEqual(self._refused(BOMB), [(2, "doctype")])
        self.assertEqual(self._refused(EXTERNAL), [(1, "doctype")])
        declared = GOOD.replace(b"<instrument", b"<!DOCTYPE instrument>\n<instrument", 1)
        self.assertEqual(self._refused(declared), [(2, "doctype")])
        later = GOOD.replace(b"<instrument", b"\n\n<!DOCTYPE instrument>\n<instrument", 1)
        self.assertEqual(self._refused(later), [(4, "doctype")])
        other = EXTERNAL.decode().encode("utf-16")
        self.assertEqual(self._refused(other), [(1, "doctype")])

    def test_size(self):
        self.assertEqual(self._refused(GOOD + b" " * 50_000_000), [(0, "too_large")])

    def test_unknown_parts(self):
        for old, new, code in (
            (b"<topic>first</topic>", b"<topic>first</topic><script/>", "schema"),
            (b'kind="yes_no"', b'kind="yes_no" colour="red"', "schema"),
            (b'kind="yes_no"', b'kind="drawing"', "schema"),
            (b'score="1.5"', b'score="much"', "schema"),
            (b'score="1.5"', b'score="NaN"', "schema"),
            (b'weight="2"', b'weight="' + b"9" * 400 + b'"', "schema"),
            (b'lang="zh_CN"', b'lang=" zh_CN "', "schema"),
            (b'code="4"', b'code="4\xe3\x80\x80"', "schema"),
            (b'risk-level="blue"', b'risk-level="purple"', "schema"),
            (b'<name lang="en_US">Mood</name>\n', b"\n", "text_lang"),
        ):
            with self.subTest(new=new):
                line, found = self._refused(GOOD.replace(old, new, 1))[0]
                self.assertEqual(found, code)
                at = self._line(old) + (1 if code == "text_lang" else 0)
                self.assertIn(line, (at, at - 1), "the element, or the one that holds it")

    def test_schema_fault_of_the_root(self):
        faults = self._refused(GOOD.replace(b'code="mood"', b'code="mo od"'))
        self.assertEqual(set(faults), {(self._line(b"<instrument"), "schema")})

    def test_faults_of_the_definition(self):
        for old, new, code, at in (
            (b'low="40" high="40"', b'low="41" high="41"', "band_hole", b"<scale "),
            (b'<item code="2"', b'<item code="1"', "duplicate_code", b'<item code="2"'),
            (b'score="1.5"', b'score="1"', "reverse_scores", b'<item code="1"'),
            (b'items="1 3"', b'items="1 9"', "scale_item", b"<scale "),
            (b'items="1 3"', b'items="1 4"', "scale_unscored", b"<scale "),
            (b'flag-from="1"', b'flag-from="7"', "flag_answer", b'<item code="1"'),
            (b'answers="1 2"', b'answers="8"', "condition_answer", b'<item code="2"'),
            (b'<band scale="total"', b'<band scale="other"', "band_scale", b"<band "),
        ):
            with self.subTest(code=code):
                self.assertIn((self._line(at), code), self._refused(GOOD.replace(old, new, 1)))
