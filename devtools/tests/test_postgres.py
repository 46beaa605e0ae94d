import re
import unittest

from devtools.common import ROOT
from devtools.postgres import QUIET


class TestQuiet(unittest.TestCase):
    """The embedded server logs no values; the manual says the same to whoever runs another one."""

    def test_as_in_the_manual(self):
        manual = (ROOT / "crisis_intervention/readme/CONFIGURE.md").read_text(encoding="utf-8")
        told = dict(re.findall(r"^ {7}(log_\w+) = (\S+)$", manual, re.MULTILINE))
        self.assertEqual(told, QUIET)
