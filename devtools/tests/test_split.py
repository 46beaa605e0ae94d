"""Tests of the two lists of test files."""

import unittest

from devtools.common import ROOT, addons
from devtools.results import durations
from devtools.split import gaps, split
from devtools.testrun import _files


class TestSplit(unittest.TestCase):
    def test_the_lists_together_are_all_files(self):
        files = _files(addons(), [ROOT])
        self.assertGreater(len(files), 30)
        for count in (1, 2, 3):
            parts = split(files, {files[0]: 100, files[1]: 1}, count)
            self.assertEqual(len(parts), count)
            self.assertEqual(sorted(sum(parts, [])), files)

    def test_they_take_equally_long(self):
        seconds = {"a": 100, "b": 60, "c": 50, "d": 10}
        self.assertEqual(split(list(seconds), seconds, 2), [["a", "d"], ["b", "c"]])
        # one that is not known counts as an average one
        parts = split([*seconds, "new"], seconds, 2)
        self.assertEqual(parts, [["a", "c"], ["b", "new", "d"]])

    def test_every_test_runs_exactly_once(self):
        runs = [{"a": {"A.test_1": 1, "A.test_2": 1}}, {"b": {"B.test_1": 1}}]
        self.assertEqual(gaps(["a", "b"], runs), [])
        self.assertEqual(gaps(["a", "b"], [*runs, runs[1]]), ["b: B.test_1 ran 2 times"])
        [gap] = gaps(["a", "b", "c"], runs)
        self.assertIn("c: no test ran", gap)

    def test_durations_are_read_from_odoos_report(self):
        log = (
            "2026-09-01 08:00:00,000 12 DEBUG db odoo.tests.stats: Detailed Tests Report:\n"
            "\tcore: 12.00s 90 queries\n"
            "\tcore.care.test_plan.TestPlan: 5.00s 40 queries\n"
            "\tcore.care.test_plan.TestPlan.setUpClass: 2.00s 10 queries\n"
            "\tcore.care.test_plan.TestPlan.test_sent: 3.00s 30 queries\n"
            "\tcore.test_pure.TestPure.setUpClass: -2228985.22s 3 queries\n"
            "\tcore.test_pure.TestPure.tearDownClass: 2228989.22s 3 queries\n"
            "\tcore.test_pure.TestPure.test_it: 7.00s 0 queries\n"
        )
        self.assertEqual(
            durations(log),
            {
                "core/tests/care/test_plan.py": {
                    "TestPlan.setUpClass": 2.0,
                    "TestPlan.test_sent": 3.0,
                },
                # tests that set the clock make their classes begin and end at other times
                "core/tests/test_pure.py": {
                    "TestPure.setUpClass": -2228985.22,
                    "TestPure.tearDownClass": 2228989.22,
                    "TestPure.test_it": 7.0,
                },
            },
        )


if __name__ == "__main__":
    unittest.main()
