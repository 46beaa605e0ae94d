"""Tests of the rules of this house."""

import tempfile
import unittest
from pathlib import Path

from devtools import house
from devtools.common import ROOT, addons


class TestHouse(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self._write("core/__manifest__.py", "{'depends': ['mail']}")
        self._write("core/models/case.py", "class Case:\n    _name = 'a.case'\n")

    def _write(self, path: str, text: str) -> None:
        """Write a file of an addon."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def test_long_files(self):
        self.assertEqual(house.long_files(self.root), [])
        self._write("core/wizard/long.py", "\n" * (house.MOST_LINES + 1))
        [found] = house.long_files(self.root)
        self.assertTrue(found.startswith("core/wizard/long.py: 401 lines"))

    def test_one_model_in_one_class(self):
        self._write("core/models/part.py", "class Part:\n    _name = 'a.part'\n")
        self._write("core/models/x.py", "class X:\n    _name = 'b'\n    _inherit = ['a.part']\n")
        self.assertEqual(house.scattered_models(self.root), [])
        self._write("core/models/more.py", "class More:\n    _inherit = ['a.case']\n")
        [found] = house.scattered_models(self.root)
        self.assertIn("a.case stands in 2 classes", found)

    def test_another_addon_may_extend_a_model(self):
        self._write("more/__manifest__.py", "{'depends': ['core']}")
        self._write("more/models/more.py", "class More:\n    _inherit = 'a.case'\n")
        self.assertEqual(house.scattered_models(self.root), [])

    def test_imports_follow_the_manifests(self):
        self._write("more/__manifest__.py", "{'depends': ['core']}")
        self._write("more/models/more.py", "from odoo.addons.core.models import case\n")
        self._write("core/models/mail.py", "import odoo.addons.mail.models\n")
        self.assertEqual(house.imports_against_the_arrows(self.root), [])
        self._write("core/hooks.py", "def hook():\n    from odoo.addons.more import models\n")
        [found] = house.imports_against_the_arrows(self.root)
        self.assertEqual(found, "core/hooks.py:2 imports more, which core does not depend on")

    def test_the_search_for_circles_knows_every_addon(self):
        settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        for name in addons():
            self.assertEqual(settings.count(f'"{name}"'), 2, name)


if __name__ == "__main__":
    unittest.main()
