"""Tests of the access matrix in docs."""

import unittest

from devtools import matrix


class TestMatrix(unittest.TestCase):
    def test_condensed(self):
        for cells, text in (
            ({"own_class": "-", "other_class": "-"}, "–"),
            ({"own_class": "x", "other_class": "x"}, "–"),
            ({"own_class": "RW", "other_class": "R", "other_school": "x"}, "R · RW class"),
            ({"own_class": "R", "other_class": "x", "medical": "x"}, "R class"),
            ({"own_class": "CWR", "other_class": "RWC"}, "RWC"),
            (
                {"own": "RW", "own_class": "R", "other_class": "x", "medical": "x"},
                "RW own · R class",
            ),
            ({"general": "R", "own_school": "RWC", "other_school": "x"}, "R · RWC school"),
            ({"own_report": "RC", "others_report": "x", "restricted": "x"}, "RC own"),
            ({"referred_here": "R", "other_class": "x"}, "R referred"),
        ):
            with self.subTest(cells=cells):
                self.assertEqual(matrix.condensed(cells), text)

    def test_every_model_and_role_has_a_cell(self):
        lines = matrix.table().splitlines()
        self.assertEqual(len({line.count("|") for line in lines}), 1)
        self.assertGreater(len(lines), 40)
        source = matrix._load()
        documented = {role for role, _title in matrix.COLUMNS}
        self.assertEqual(set(source.ROLES) - documented, {"nobody", "administrator"})


if __name__ == "__main__":
    unittest.main()
