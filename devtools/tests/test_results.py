import unittest

from devtools.results import complaints, read_tests

_LINE = "2026-09-01 08:00:00,000 12 {level} db {logger}: {text}\n"


def _log(*entries):
    return "".join(_LINE.format(level=lv, logger=lg, text=tx) for lv, lg, tx in entries)


class TestResults(unittest.TestCase):
    def test_counts_passed_and_failed(self):
        log = _log(
            (
                "ERROR",
                "odoo.addons.x.tests.test_y",
                "FAIL: TestY.test_z\nTraceback\nAssertionError",
            ),
            (
                "ERROR",
                "odoo.tests.result",
                "1 failed, 1 error(s) of 9 tests when loading database 'd'",
            ),
        )
        outcome = read_tests(log)
        self.assertEqual((outcome.passed, outcome.failed), (7, 2))
        self.assertIn("AssertionError", outcome.problems[0])

    def test_failing_subtests_are_one_failed_test(self):
        logger = "odoo.addons.x.tests.test_y"
        log = _log(
            ("ERROR", logger, "FAIL: Subtest TestY.test_z (role='a')\nAssertionError"),
            ("ERROR", logger, "FAIL: Subtest TestY.test_z (role='b')\nAssertionError"),
            ("ERROR", "odoo.tests.result", "2 failed, 0 error(s) of 4 tests when loading database"),
        )
        outcome = read_tests(log)
        self.assertEqual((outcome.passed, outcome.failed), (3, 1))
        self.assertEqual(len(outcome.problems), 2)

    def test_failing_class_set_up_takes_no_test_away(self):
        log = _log(
            ("ERROR", "odoo.addons.x.tests.test_y", "ERROR: setUpClass (odoo.addons.x.tests.Y)"),
            ("ERROR", "odoo.tests.result", "0 failed, 1 error(s) of 4 tests when loading database"),
        )
        outcome = read_tests(log)
        self.assertEqual((outcome.passed, outcome.failed), (4, 1))

    def test_skipped_has_not_passed_and_is_shown(self):
        reason = "skipped TestY.test_tour : Chrome executable not found"
        log = _log(
            ("INFO", "odoo.addons.x.tests.test_y", reason),
            ("INFO", "odoo.tests.result", "0 failed, 0 error(s) of 4 tests when loading database"),
        )
        outcome = read_tests(log)
        self.assertEqual((outcome.passed, outcome.failed), (3, 0))
        self.assertEqual(outcome.skipped, [reason])

    def test_sums_of_failures_are_not_failures(self):
        log = _log(
            ("ERROR", "odoo.addons.x.tests.test_y", "FAIL: TestY.test_z\nAssertionError"),
            ("ERROR", "odoo.modules.loading", "Module x: 1 failures, 0 errors of 2 tests"),
            ("ERROR", "odoo.modules.loading", "At least one test failed when loading the modules."),
            ("ERROR", "odoo.tests.result", "1 failed, 0 error(s) of 2 tests when loading database"),
        )
        outcome = read_tests(log)
        self.assertEqual((outcome.passed, outcome.failed), (1, 1))
        self.assertEqual(len(outcome.problems), 1)

    def test_error_outside_of_a_test_counts(self):
        log = _log(
            ("ERROR", "odoo.http", "boom"),
            (
                "INFO",
                "odoo.tests.result",
                "0 failed, 0 error(s) of 3 tests when loading database 'd'",
            ),
        )
        outcome = read_tests(log)
        self.assertEqual((outcome.passed, outcome.failed), (3, 1))

    def test_a_run_without_summary_has_failed(self):
        outcome = read_tests(_log(("CRITICAL", "odoo.service.server", "Failed to initialize")))
        self.assertEqual(outcome.passed, 0)
        self.assertGreaterEqual(outcome.failed, 1)

    def test_complaints_are_warnings_and_errors(self):
        log = _log(("INFO", "a", "fine"), ("WARNING", "b", "hm\nmore"), ("ERROR", "c", "no"))
        self.assertEqual(complaints(log), ["WARNING b: hm\nmore", "ERROR c: no"])
