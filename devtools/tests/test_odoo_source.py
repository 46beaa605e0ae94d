"""Tests of the pinned package of Odoo."""

import gzip
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from devtools import odoo_source
from devtools.common import DevError


class TestOdooSource(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_pinned_version_is_asked_for(self):
        offered = ["19.0.9", odoo_source.VERSION]
        self.assertEqual(odoo_source.wanted(offered, False), f"odoo-19={odoo_source.VERSION}")

    def test_a_mirror_that_went_on_is_told_with_the_ways_on(self):
        with self.assertRaises(DevError) as failure:
            odoo_source.wanted(["19.0.9"], False)
        for text in ("19.0.9", odoo_source.VERSION, "--newer-odoo", "DEBIAN_MIRROR", "ODOO_HOME"):
            self.assertIn(text, str(failure.exception))
        self.assertEqual(odoo_source.wanted(["19.0.9"], True), "odoo-19")

    def test_another_file_is_refused(self):
        package = self.folder / "odoo-19.deb"
        package.write_bytes(b"not Odoo")
        with self.assertRaises(DevError):
            odoo_source.verify(package)

    def test_what_is_unpacked_is_read_from_the_package(self):
        self.assertEqual(odoo_source._unpacked(self.folder), "")
        changes = self.folder / "usr/share/doc/odoo-19/changelog.Debian.gz"
        changes.parent.mkdir(parents=True)
        changes.write_bytes(gzip.compress(b"odoo (19.0.1+dfsg-2) unstable; urgency=medium\n"))
        self.assertEqual(odoo_source._unpacked(self.folder), "", "not yet complete")
        (self.folder / ".unpacked").touch()
        self.assertEqual(odoo_source._unpacked(self.folder), "19.0.1+dfsg-2")

    def test_another_version_is_fetched_anew(self):
        with (
            patch.object(odoo_source, "CACHE", self.folder),
            patch.object(odoo_source, "_unpacked", return_value="18.0.0"),
            patch.object(odoo_source, "_fetch") as fetch,
            patch.object(odoo_source, "_describe"),
            patch.object(odoo_source, "Step"),
            patch.object(odoo_source, "locked"),
            patch.dict("os.environ", {"ODOO_HOME": "", odoo_source.NEWER: ""}),
        ):
            odoo_source.get()
        fetch.assert_called_once_with(self.folder / "odoo", False)


if __name__ == "__main__":
    unittest.main()
