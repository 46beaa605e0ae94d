"""Reads what Odoo's test runner and loader wrote into their log: pure text work."""

import re
from dataclasses import dataclass, field

_SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading database")
_HEAD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (\w+) \S+ (\S+?): (.*)$")
_TEST_LOGGERS = ("odoo.tests", ".tests.")


@dataclass
class Outcome:
    """What a log says: number of tests, of failures, and the blocks of text worth showing."""

    tests: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> int:
        """Return the number of tests that passed."""
        return max(self.tests - self.failed, 0)


def blocks(log: str):
    """Yield (level, logger, text) of each log entry, with the lines that belong to it."""
    level, logger, lines = "", "", []
    for line in log.splitlines():
        head = _HEAD.match(line)
        if head:
            if lines:
                yield level, logger, "\n".join(lines)
            level, logger, lines = head[1], head[2], [head[3]]
        elif lines:
            lines.append(line)
    if lines:
        yield level, logger, "\n".join(lines)


def read_tests(log: str) -> Outcome:
    """Return the outcome of a test run.

    Errors that are logged outside of a failing test count as one failure each, and so does a run
    that never came to its summary.
    """
    outcome = Outcome()
    summaries = 0
    for level, logger, text in blocks(log):
        summary = _SUMMARY.search(text)
        if summary:
            summaries += 1
            failures, errors, tests = map(int, summary.groups())
            outcome.tests += tests
            outcome.failed += failures + errors
        elif level in ("ERROR", "CRITICAL"):
            outcome.problems.append(text)
            if not any(part in logger for part in _TEST_LOGGERS):
                outcome.failed += 1
                outcome.tests += 1
    if not summaries:
        outcome.tests += 1
        outcome.failed += 1
        tail = "\n".join(log.splitlines()[-25:])
        outcome.problems.append(f"Odoo never finished its tests. The end of its log:\n{tail}")
    return outcome


def complaints(log: str) -> list[str]:
    """Return the warnings and errors of a log that should have none."""
    return [
        f"{level} {logger}: {text}"
        for level, logger, text in blocks(log)
        if level in ("WARNING", "ERROR", "CRITICAL")
    ]
