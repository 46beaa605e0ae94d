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
