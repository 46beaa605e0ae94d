"""Tests of the pinned requirements: ours are those that the manifests and the README name."""

import re
import unittest

from devtools.common import ROOT, TOOLS, addons, manifest


def _pins(kind: str) -> dict[str, str]:
    """Return package to version of a requirements file; every line pins one."""
    lines = (TOOLS / f"requirements-{kind}.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


class TestRequirements(unittest.TestCase):
    def test_ours_are_those_of_the_manifests(self):
        named = {
            package
            for name in addons()
            for package in manifest(name).get("external_dependencies", {}).get("python", ())
        }
        self.assertEqual(set(_pins("addons")), named)

    def test_the_readme_names_them(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        told = re.search(r"`pip install ([^`/]+)`", readme)[1].split()
        self.assertEqual(set(told), set(_pins("addons")))

    def test_one_package_has_one_version(self):
        versions = {}
        for kind in ("odoo", "addons", "tools"):
            for package, version in _pins(kind).items():
                self.assertEqual(versions.setdefault(package, version), version, package)


if __name__ == "__main__":
    unittest.main()
