"""Runs the tests of ``lib`` without a database: ``python crisis_intervention/tests/lib [name ...]``.

Odoo must be importable. Of this addon only what the tests import is loaded, so that a module of
``lib`` that needs the ORM is found out.
"""

import sys
import unittest
from importlib import import_module
from pathlib import Path
from types import ModuleType

NAME = "odoo.addons.crisis_intervention"
ADDON = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run the tests of this folder, or those of the modules named on the command line."""
    for name, folder in ((NAME, ADDON), (f"{NAME}.tests", ADDON / "tests")):
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    names = sys.argv[1:] or sorted(path.stem for path in ADDON.glob("tests/lib/test_*.py"))
    modules = [import_module(f"{NAME}.tests.lib.{name}") for name in names]
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromModule, modules))
    sys.exit(not unittest.TextTestRunner().run(suite).wasSuccessful())


if __name__ == "__main__":
    main()
