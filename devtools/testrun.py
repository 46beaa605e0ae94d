"""``./dev test``: Odoo's test runner on fresh databases, and the checks around it.

All tests are split by files over two databases, which run side by side; how long each file took is
known from ``test_durations.json``, which ``./dev test --record`` writes.
"""

import json
import os
import subprocess
from pathlib import Path

from . import checks
from .common import TOOLS, DevError, Step, addons, note
from .results import Outcome, durations, read_tests
from .split import gaps, split
from .workshop import Workshop, free_port, opened

DURATIONS = TOOLS / "test_durations.json"
SIDE_BY_SIDE = 2


def main(
    what: str | None, long: bool, extra: tuple[str, str] | None, keep: bool, record: bool
) -> int:
    """Run the tests and print the closing line ``N passed, N failed``, whatever happens.

    :param what: Odoo test tag, test module such as ``test_case``, or None for everything
    :param long: also what takes long (many seeds, many records)
    :param extra: folder and name of another addon to test on top
    :param keep: keep the databases of the tests
    :param record: write how long each file took
    :return: exit code: 0 when all passed and there was something to pass
    """
    if long:
        os.environ["CRISIS_LONG_TESTS"] = "1"
    tests, around = Outcome(), Outcome()
    try:
        with opened(Path(extra[0]) if extra else None) as workshop:
            names = [*addons(), *([extra[1]] if extra else [])]
            if what:
                tests = _some(workshop, names, what, keep)
            else:
                with checks.beside(workshop, around):
                    tests = _all(workshop, names, keep, record)
    except DevError as error:
        tests.fail(str(error))
    if not tests.passed and not tests.failed:
        note("\nNo test was run" + (f": nothing is called {what}." if what else "."))
    for text in [*tests.problems, *around.problems, *tests.skipped, *around.skipped]:
        note(f"\n{text}")
    failed = tests.failed + around.failed
    note(f"\n{tests.passed + around.passed} passed, {failed} failed")
    return 0 if tests.passed and not failed else 1


def _some(workshop: Workshop, names: list[str], what: str, keep: bool) -> Outcome:
    """Install the addons on a fresh database with the tests of ``what`` on."""
    database = f"crisis_test_{os.getpid()}"
    log = workshop.logs / f"test-{os.getpid()}.log"
    workshop.copy(workshop.template(), database)
    try:
        with Step(f"Tests of {what} (log: {log})"):
            tags = _tags(what, names, workshop.own_folders)
            process = start(workshop, log, database, tags, "-i", ",".join(names))
            return finished([process], [log])[0]
    finally:
        _dispose(workshop, database, keep)


def _tags(what: str, names: list[str], folders: list[Path]) -> str:
    """Return Odoo's test tags for what the developer asked for.

    :param folders: folders that the addons called ``names`` are in
    """
    if what.startswith(("/", ":", "-")):
        return what
    if what[0].isupper():
        return f":{what}"
    found = {file for file in _files(names, folders) if Path(file).stem == Path(what).stem}
    return ",".join(f"/{file}" for file in sorted(found)) or what


def _files(names: list[str], folders: list[Path]) -> list[str]:
    """Return the files with tests of the addons, such as ``addon/tests/room/test_it.py``."""
    return sorted(
        str(file.relative_to(folder))
        for folder in folders
        for name in names
        for file in (folder / name / "tests").rglob("test_*.py")
    )


def _all(workshop: Workshop, names: list[str], keep: bool, record: bool) -> Outcome:
    """Install the addons once, then run the tests on copies of that database, side by side."""
    base = f"crisis_test_{os.getpid()}"
    files = _files(names, workshop.own_folders)
    known = json.loads(DURATIONS.read_text(encoding="utf-8")) if DURATIONS.exists() else {}
    parts = split(files, known, SIDE_BY_SIDE)
    databases = [f"{base}_{number}" for number in range(1, len(parts) + 1)]
    logs = [workshop.logs / f"test-{os.getpid()}-{n}.log" for n in range(len(parts) + 1)]
    try:
        outcome = _prepare(workshop, names, base, logs[0])
        if outcome.failed:
            # what is not installed well cannot be tested
            return outcome
        for database in databases:
            workshop.copy(base, database)
        with Step(f"Tests on {len(parts)} databases (logs: {', '.join(map(str, logs[1:]))})"):
            processes = [
                start(workshop, log, database, ",".join(f"/{file}" for file in part))
                for log, database, part in zip(logs[1:], databases, parts, strict=True)
            ]
            for one in finished(processes, logs[1:]):
                outcome.add(one)
    finally:
        workshop.drop(base)
        for database in databases:
            _dispose(workshop, database, keep)
    took = [durations(log.read_text(encoding="utf-8")) for log in logs]
    # a run that broke has no report, and has failed already
    for gap in gaps(files, took) if all(took[1:]) else ():
        outcome.fail(gap)
    if record:
        _record(took)
    return outcome


def _prepare(workshop: Workshop, names: list[str], database: str, log: Path) -> Outcome:
    """Install the addons with the tests that run on installation, and build the client's assets."""
    workshop.copy(workshop.template(), database)
    with Step("Database of the tests"):
        tags = ",".join([*(f"/{name}" for name in names), "-post_install"])
        process = start(workshop, log, database, tags, "-i", ",".join(names))
        [outcome] = finished([process], [log])
        # once, instead of once for each copy
        with (TOOLS / "make_assets.py").open(encoding="utf-8") as script:
            assets = log.with_suffix(".assets.log")
            workshop.call(assets, "shell", "-d", database, "--no-http", stdin=script)
    return outcome


def start(workshop: Workshop, log: Path, database: str, tags: str, *options: str):
    """Start Odoo with tests on a database."""
    return workshop.start(
        log,
        "server",
        *("-d", database, "--stop-after-init", "--max-cron-threads=0", *options),
        *("--test-enable", f"--test-tags={tags}", "--log-handler=odoo.tests.stats:DEBUG"),
        f"--http-port={free_port()}",
    )


def finished(processes: list[subprocess.Popen], logs: list[Path]) -> list[Outcome]:
    """Wait for runs of tests, and return their outcomes; when interrupted, end them."""
    try:
        codes = [process.wait() for process in processes]
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    outcomes = []
    for code, log in zip(codes, logs, strict=True):
        outcome = read_tests(log.read_text(encoding="utf-8"))
        if code and not outcome.failed:
            outcome.fail(f"Odoo ended with exit code {code}, see {log}")
        outcomes.append(outcome)
    return outcomes


def _dispose(workshop: Workshop, database: str, keep: bool) -> None:
    """Drop a database, or say that it is kept."""
    if keep:
        note(f"Kept: database {database}")
    else:
        workshop.drop(database)


def _record(took: list[dict[str, dict[str, float]]]) -> None:
    """Write how long each file took, in seconds."""
    seconds = {file: round(sum(tests.values()), 1) for part in took for file, tests in part.items()}
    text = json.dumps(dict(sorted(seconds.items())), indent=4)
    DURATIONS.write_text(f"{text}\n", encoding="utf-8")
