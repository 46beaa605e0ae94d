"""Reads what Odoo's test runner and loader wrote into their log: pure text work."""

import re
from dataclasses import dataclass, field

_SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading database")
# Odoo sums failures up twice more; each of them is logged and counted where it happened
_REPEATED = re.compile(r"Module \w+: \d+ failures, \d+ errors of|At least one test failed")
_HEAD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (\w+) \S+ (\S+?): (.*)$")
_TEST_LOGGERS = ("odoo.tests", ".tests.")
# the name of a test is TestClass.test_method; failures in setUpClass and the like have another
_FAILURE = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(\w+\.\w+|.+)")
_SKIPPED = re.compile(r"skipped (\w+\.\w+)?")
# A line of Odoo's detailed report: addon, file, class, method, seconds.
_DURATION = re.compile(
    r"^\t(\w+)\.((?:\w+\.)*test_\w+)\.([A-Z]\w*)\.(\w+): (-?[\d.]+)s \d+ queries$", re.MULTILINE
)


@dataclass
class Outcome:
    """What a log says: numbers of tests, and the blocks of text worth showing."""

    passed: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def fail(self, problem: str) -> None:
        """Count a failure."""
        self.failed += 1
        self.problems.append(problem)

    def add(self, other: "Outcome") -> None:
        """Count what another run says."""
        self.passed += other.passed
        self.failed += other.failed
        self.problems += other.problems
        self.skipped += other.skipped


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

    A test with several failing subtests is one failed test, and a skipped one has not passed.
    Errors that are logged outside of a failing test count as one failure each, and so does a run
    that never came to its summary.
    """
    outcome = Outcome()
    started = reported = described = skipped = summaries = 0
    failing = set()
    for level, logger, text in blocks(log):
        in_test = any(part in logger for part in _TEST_LOGGERS)
        if summary := _SUMMARY.search(text):
            summaries += 1
            failures, errors, tests = map(int, summary.groups())
            started += tests
            reported += failures + errors
        elif level in ("ERROR", "CRITICAL") and not _REPEATED.match(text):
            outcome.problems.append(text)
            failure = _FAILURE.match(text) if in_test else None
            if failure:
                described += 1
                failing.add((logger, failure[1]))
            elif not in_test:
                outcome.failed += 1
        elif in_test and (skip := _SKIPPED.match(text)):
            outcome.skipped.append(text)
            skipped += bool(skip[1])
    # what Odoo counts but does not describe has failed as well
    failed = len(failing) + max(reported - described, 0)
    outcome.failed += failed
    unstarted = sum(not re.fullmatch(r"\w+\.\w+", name) for _logger, name in failing)
    outcome.passed = max(started - skipped - failed + unstarted, 0)
    if not summaries:
        tail = "\n".join(log.splitlines()[-25:])
        outcome.fail(f"Odoo never finished its tests. The end of its log:\n{tail}")
    return outcome


def failures(log: str) -> dict[str, str]:
    """Return test to the text of its first failure; a test is ``/addon/…/file.py:Class.method``.

    A failure outside of a method has the class in place of both.
    """
    found: dict[str, str] = {}
    for level, logger, text in blocks(log):
        failure = _FAILURE.match(text) if any(part in logger for part in _TEST_LOGGERS) else None
        if level in ("ERROR", "CRITICAL") and failure:
            # setUpClass (odoo.addons.base.tests.test_it.TestIt)
            name = re.sub(r"^\w+ \((?:\w+\.)*(\w+)\)$", r"\1", failure[1])
            path = logger.removeprefix("odoo.addons.").replace(".", "/")
            found.setdefault(f"/{path}.py:{name}", text)
    return found


def durations(log: str) -> dict[str, dict[str, float]]:
    """Return file to test to seconds; preparing a class counts as a test of its own."""
    result: dict[str, dict[str, float]] = {}
    for addon, path, class_, method, seconds in _DURATION.findall(log):
        file = f"{addon}/tests/{path.replace('.', '/')}.py"
        result.setdefault(file, {})[f"{class_}.{method}"] = float(seconds)
    return result


def complaints(log: str) -> list[str]:
    """Return the warnings and errors of a log that should have none."""
    return [
        f"{level} {logger}: {text}"
        for level, logger, text in blocks(log)
        if level in ("WARNING", "ERROR", "CRITICAL")
    ]
