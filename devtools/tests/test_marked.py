"""Tests of what commands write into documents."""

import unittest

from devtools.common import DevError
from devtools.marked import fill


class TestMarked(unittest.TestCase):
    def test_what_stands_between_the_marks_is_replaced(self):
        text = "a\n<!-- table -->\nOUTDATED\n<!-- end of table -->\nb\n"
        written = fill(text, "table", "new")
        self.assertEqual(written, "a\n<!-- table -->\nnew\n<!-- end of table -->\nb\n")
        self.assertEqual(fill(written, "table", "new"), written)

    def test_missing_marks_are_told(self):
        for text in ("no marks", "<!-- table -->", "<!-- end of table -->"):
            with self.subTest(text=text), self.assertRaises(DevError):
                fill(text, "table", "new")


if __name__ == "__main__":
    unittest.main()
