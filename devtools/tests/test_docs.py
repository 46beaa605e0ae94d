import ast
import re
import unittest

from devtools.common import ROOT

_NAMED = re.compile(r"`(test_\w+)(?:\.py)?`")
_DOCS = (
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)


class TestDocs(unittest.TestCase):
    """What the documentation names as proof is there."""

    def test_named_tests_exist(self):
        known = set()
        for path in ROOT.rglob("test_*.py"):
            known.add(path.stem)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            known |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        named = {
            (doc, name)
            for doc in _DOCS
            for name in _NAMED.findall((ROOT / doc).read_text(encoding="utf-8"))
        }
        self.assertGreater(len(named), 40)
        self.assertEqual(sorted(each for each in named if each[1] not in known), [])

    def test_what_is_not_found_is_named(self):
        """What the forgery suite does not find stands among the threats."""
        source = ROOT / "crisis_intervention/tests/privacy/test_forgery.py"
        tree = ast.parse(source.read_text(encoding="utf-8"))
        [value] = [
            node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and node.targets[0].id == "NOT_FOUND"
        ]
        threats = (ROOT / "docs/THREATS.md").read_text(encoding="utf-8")
        for words in ast.literal_eval(value).values():
            self.assertIn(words, threats)
