"""The checks around the tests: life cycle, demo data, translations, documents, wheels, update."""

import json
import os
import re
import subprocess
import tempfile
import threading
import unittest
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from . import backup, guard, i18n, matrix, upgrade
from .common import ROOT, TOOLS, DevError, Step, addons, run
from .results import Outcome, complaints, read_tests
from .workshop import LANGUAGE, Workshop, free_port

# What dump_canaries.py writes into fields that are sealed, and into one that is not.
SEALED, OPEN = "SEALEDCANARY", "OPENCANARY"
# Tables with more rows after the addons were removed than before they came, and why.
LEFT = {
    "base_language_install": "a language was loaded",
    "bus_bus": "Odoo deletes it after a day",
    "ir_attachment": "the picture of the second school's contact",
    "ir_cron_trigger": "Odoo deletes it after a week",
    "mail_mail": "principals are told",
    "mail_message": "principals are told; the contact of the second school",
    "mail_tracking_value": "the language of Odoo's contacts",
    "orm_signaling_registry": "Odoo's own",
    "res_groups_users_rel": "Odoo gives its administrator the rights on appointments",
    "res_lang_install_rel": "a language was loaded",
    "res_partner": "the contact of the second school, whose company Odoo removes",
}
# Where our name stays, and why.
MENTIONED = {
    "ir_model_data.name": "the addon and its category in Odoo's list of addons",
    "ir_module_category.name": "Odoo's list of addons",
    **{
        f"ir_module_module.{column}": "Odoo's list of addons"
        for column in ("name", "summary", "shortdesc", "description", "author", "icon", "website")
    },
    "mail_mail.body_html": "principals are told",
    "mail_message.subject": "principals are told",
    "bus_bus.channel": "the name of the database",
}
# The demo school has more texts in sealed fields than that.
FEWEST_TEXTS = 40


@contextmanager
def beside(workshop: Workshop, outcome: Outcome):
    """Run the checks in a thread, each counted as one test, and wait for them at the end."""
    given_up = threading.Event()
    thread = threading.Thread(target=_run, args=(workshop, outcome, given_up))
    thread.start()
    try:
        yield
    except BaseException:
        given_up.set()
        raise
    finally:
        thread.join()


def _run(workshop: Workshop, outcome: Outcome, given_up: threading.Event) -> None:
    """Run the checks one after the other until ``given_up``."""
    checks: list[tuple[str, Callable[[Workshop], list[str]]]] = [
        ("devtools' own tests", _own_tests),
        ("install, upgrade and uninstall leave a clean log", _life_cycle),
        ("demo data in Chinese leaves a clean log, a backup holds nothing sealed", _demo),
        ("translations are complete", i18n.check),
        ("the access matrix in docs is up to date", matrix.check),
        ("the table of overrides in docs is up to date", guard.check),
        ("a new kind of record needs no line of the core", _proof),
        ("wheels hold the whole addon", _wheels),
    ]
    # each release takes a minute: the older ones are tried when there is time
    releases = list(upgrade.releases())
    for release in releases if os.environ.get("CRISIS_LONG_TESTS") else releases[-1:]:
        if upgrade.in_history(release):
            checks.append(
                (
                    f"a school of {release} is updated without loss",
                    partial(upgrade.check, release=release),
                )
            )
        else:
            outcome.skipped.append(
                f"the update of {release}: its commit is not in the history here"
            )
    for name, check in checks:
        if given_up.is_set():
            return
        try:
            with Step(name):
                problems = check(workshop)
        except Exception as error:  # a check that breaks has failed, and the others go on
            problems = [f"{type(error).__name__}: {error}"]
        if problems:
            outcome.fail(f"FAIL: {name}\n" + "\n".join(problems))
        else:
            outcome.passed += 1


def _own_tests(_workshop: Workshop) -> list[str]:
    """Run the unit tests of this package."""
    suite = unittest.defaultTestLoader.discover(str(TOOLS / "tests"), top_level_dir=str(ROOT))
    result = unittest.TestResult()
    suite.run(result)
    if not result.testsRun:
        return ["no test found"]
    return [trace for _test, trace in [*result.failures, *result.errors]]


def _life_cycle(workshop: Workshop) -> list[str]:
    """Install without demo data, upgrade, uninstall: no warning, no error."""
    database = f"crisis_cycle_{os.getpid()}"
    names = ",".join(addons())
    common = ("-d", database, "--stop-after-init", "--no-http", "--max-cron-threads=0")
    problems = []
    workshop.copy(workshop.template(), database)
    try:
        for step, command in (
            ("install", ("server", *common, "-i", names)),
            ("upgrade", ("server", *common, "-u", names)),
            ("uninstall", ("module", "uninstall", "-d", database, *addons())),
        ):
            log = workshop.logs / f"{database}-{step}.log"
            code = _call(workshop, log, command)
            found = complaints(log.read_text(encoding="utf-8"))
            if code or found:
                problems += [f"{step} (exit code {code}, log {log}):", *found]
        left = workshop.server.query(
            "SELECT relname FROM pg_class WHERE relname LIKE 'crisis%' "
            "UNION SELECT code FROM ir_sequence WHERE code LIKE 'crisis%'",
            database,
        )
        if left:
            problems.append("left behind by uninstall: " + ", ".join(left))
    finally:
        workshop.drop(database)
    return problems


def _call(workshop: Workshop, log: Path, command: tuple[str, ...]) -> int:
    """Run one of Odoo's commands; those with subcommands take the configuration behind them."""
    if command[0] != "module":
        return workshop.call(log, *command)
    line = workshop.command(command[0])
    line = [*line[:4], command[1], *line[4:], *command[2:]]
    with log.open("w", encoding="utf-8") as output:
        return subprocess.run(
            line,
            env=workshop.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _demo(workshop: Workshop) -> list[str]:
    """Install with demo data and in Chinese: no warning, no error, a consistent school; dump it."""
    database = f"crisis_demo_{os.getpid()}"
    log = workshop.logs / f"{database}.log"
    workshop.copy(workshop.template(demo=True), database)
    try:
        code = workshop.call(
            log,
            "server",
            *("-d", database, "-i", ",".join(addons()), "--with-demo", "--stop-after-init"),
            *("--no-http", "--max-cron-threads=0", f"--load-language={LANGUAGE}"),
        )
        found = complaints(log.read_text(encoding="utf-8"))
        if code or found:
            return [f"exit code {code}, log {log}", *found]
        return [
            *_demo_faults(workshop, database),
            *_drill(workshop, database),
            *_dump(workshop, database),
            *_removal(workshop, database),
        ]
    finally:
        workshop.drop(database)


def _dump(workshop: Workshop, database: str) -> list[str]:
    """Write canaries into all that is sealed; look for them and the demo's texts in a backup.

    That is a dump of the database, and its files.
    """
    log = workshop.logs / f"{database}-dump.log"
    with (TOOLS / "dump_canaries.py").open(encoding="utf-8") as script:
        workshop.call(log, "shell", "-d", database, "--no-http", stdin=script)
    said = log.read_text(encoding="utf-8")
    counts = re.search(r"canaries: (\d+) of (\d+), (\d+) files", said)
    if not counts or counts[1] != counts[2] or "0" in (counts[1], counts[3]):
        return [f"not every sealed field and file got a canary, see {log}"]
    texts = [json.loads(text) for text in re.findall(r"^text: (.*)$", said, re.MULTILINE)]
    if len(texts) < FEWEST_TEXTS:
        return [f"the demo school holds {len(texts)} sealed texts only, see {log}"]
    dump = workshop.server.call("pg_dump", database)
    problems = _plain_texts("the dump", dump.encode(), [SEALED, *texts])
    if OPEN not in dump:
        problems.append("the dump lacks what is not sealed, so it proves nothing")
    files = [path.read_bytes() for path in workshop.filestore(database).rglob("*")
             if path.is_file()]  # fmt: skip
    if not any(OPEN.encode() in content for content in files):
        problems.append("the file store lacks what is not sealed, so it proves nothing")
    # compressed or not: what is written down is searched as it is
    return problems + _plain_texts("the file store", b"\0".join(files), [SEALED, *texts])


def _drill(workshop: Workshop, database: str) -> list[str]:
    """Back up and restore the demo school; return what is not well."""
    report = backup.drill(workshop, database)
    return [] if report.is_well else [f"the restore drill: {report.lines}"]


def _removal(workshop: Workshop, database: str) -> list[str]:
    """Remove our addons from the demo school; return what stays of them, next to its template."""
    log = workshop.logs / f"{database}-uninstall.log"
    with (TOOLS / "uninstall.py").open(encoding="utf-8") as script:
        workshop.call(log, "shell", "-d", database, "--no-http", stdin=script)
    said = log.read_text(encoding="utf-8")
    problems = complaints(said)
    if "refused: " not in said or "removed" not in said.splitlines():
        problems.append(f"without the name it has to be refused, with it done, see {log}")
    before, after = (
        backup.counts(workshop, name) for name in (workshop.template(demo=True), database)
    )
    problems += [
        f"left behind: {after[table]} rows of {table}, {before.get(table, 0)} before"
        for table in after
        if after[table] > before.get(table, 0) and table not in LEFT
    ]
    return problems + [
        f"left behind: our name in {place} ({count} rows)"
        for place, count in _mentions(workshop, database).items()
        if place not in MENTIONED
    ]


def _mentions(workshop: Workshop, database: str) -> dict[str, str]:
    """Return table and column to number of rows whose text names us."""
    columns = workshop.server.query(
        "SELECT table_name || '|' || column_name FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        " AND c.data_type IN ('text', 'character varying', 'json', 'jsonb')",
        database,
    )
    searching = (
        f"SELECT '{table}.{column}', count(*) FROM \"{table}\""
        f" WHERE \"{column}\"::text LIKE '%crisis%' HAVING count(*) > 0"
        for table, column in (name.split("|") for name in columns)
    )
    rows = workshop.server.query(" UNION ALL ".join(searching), database)
    return dict(row.split("|", 1) for row in rows)


def _plain_texts(where: str, content: bytes, texts: list[str]) -> list[str]:
    """Return which of ``texts`` stand in ``content``."""
    return [f"a sealed text stands in {where}: {text[:80]}" for text in texts
            if text.encode() in content]  # fmt: skip


def _demo_faults(workshop: Workshop, database: str) -> list[str]:
    """Run ``demo_check.py`` in Odoo's shell; return what it finds, or the end of what it said."""
    log = workshop.logs / f"{database}-check.log"
    with (TOOLS / "demo_check.py").open(encoding="utf-8") as script:
        options = ("-d", database, "--no-http", "--log-level=warn")
        workshop.call(log, "shell", *options, stdin=script)
    lines = log.read_text(encoding="utf-8").splitlines()
    if "checked" not in lines:
        return ["the check of the demo data broke:", *lines[-5:]]
    return [line for line in lines if line.startswith("problem: ")]


def _proof(workshop: Workshop) -> list[str]:
    """Run the tests of the proof addon, which brings a kind of record of its own."""
    database = f"crisis_proof_{os.getpid()}"
    log = workshop.logs / f"{database}.log"
    workshop.copy(workshop.template(), database)
    try:
        code = workshop.call(
            log,
            "server",
            *("-d", database, "-i", "crisis_proof", "--stop-after-init", "--max-cron-threads=0"),
            *("--test-enable", "--test-tags=/crisis_proof", f"--http-port={free_port()}"),
            f"--addons-path={workshop.addons_path},{TOOLS / 'addons'}",
        )
    finally:
        workshop.drop(database)
    tests = read_tests(log.read_text(encoding="utf-8"))
    if code or tests.failed or not tests.passed:
        return [f"exit code {code}, {tests.passed} passed, log {log}", *tests.problems]
    return []


def _wheels(workshop: Workshop) -> list[str]:
    """Build each addon as a wheel, and compare its files with those of the folder."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for name in addons():
            command = [workshop.tools, "-m", "pip", "wheel", "--no-deps", "--quiet"]
            command += ["--no-build-isolation", "--wheel-dir", folder, ROOT / name]
            done = subprocess.run(
                list(map(str, command)), capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise DevError(done.stderr[-2000:])
            wheel = next(Path(folder).glob(f"odoo_addon_{name}-*.whl"), None)
            if not wheel:
                problems.append(f"{name}: no wheel odoo_addon_{name}-….whl was built")
                continue
            with zipfile.ZipFile(wheel) as archive:
                inside = set(archive.namelist())
            listed = run(["git", "ls-files", name], "git ls-files", cwd=ROOT).stdout.split()
            problems += [
                f"{wheel.name} lacks {path}"
                for path in listed
                if Path(path).name != "pyproject.toml" and f"odoo/addons/{path}" not in inside
            ]
    return problems
