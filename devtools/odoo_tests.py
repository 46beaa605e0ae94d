"""``./dev test --odoo``: Odoo's own tests, with our addons and without; shows what only ours break."""

import os
import time

from .common import Step, addons, note
from .results import Outcome, failures, read_tests
from .testrun import finished, start
from .workshop import Workshop, opened

# Whose tests are run, after installation, in English.
MODULES = ("base", "base_import", "calendar", "mail", "portal", "web")
# Tests at installation run while our addons are not loaded, on a database that is theirs already.
POST_INSTALL = "-at_install"
# Tests that our addons are meant to break, and why.
MEANT = {
    "/base/tests/test_res_users.py:TestUsers2.test_default_groups": (
        "every colleague may report, so new users have that group"
    ),
    "/base/tests/test_res_users.py:TestUsers2.test_write_group_ids_performance": (
        "roles have to be confirmed, which is looked up when groups change"
    ),
}


def main(what: str | None, keep: bool) -> int:
    """Run the tests on two databases side by side, and print the closing line.

    What fails with our addons only is run once more alone, as some of Odoo's tests fail by chance.

    :param what: test tags of Odoo in place of all tests of ``MODULES``
    :param keep: keep the database with our addons
    :return: exit code: 0 when our addons break nothing
    """
    tags = what or ",".join([*(f"/{name}" for name in MODULES), POST_INSTALL])
    base = f"crisis_odoo_{os.getpid()}"
    databases = [f"{base}_without", f"{base}_with"]
    with opened() as workshop:
        try:
            _prepare(workshop, databases)
            (_none, plain), (outcome, ours) = _run(workshop, databases, tags)
            only = {name: text for name, text in ours.items() if name not in plain}
            if only:
                [(_again, ours)] = _run(workshop, databases[1:], ",".join(sorted(only)))
        finally:
            workshop.drop(databases[0])
            if keep:
                note(f"Kept: database {databases[1]}")
            else:
                workshop.drop(databases[1])
    broken = {name: text for name, text in ours.items() if name in only}
    unmeant = {name: text for name, text in broken.items() if name not in MEANT}
    for name, text in sorted(unmeant.items()):
        note(f"\n{name}\n{text}")
    for title, names in (
        ("Fail without our addons as well", plain),
        ("Failed once only, not alone", only.keys() - broken.keys()),
        ("Meant to fail with our addons", broken.keys() & MEANT.keys()),
    ):
        for name in sorted(names):
            note(f"{title}: {name}. {MEANT.get(name, '')}".rstrip())
    note(f"\n{outcome.passed} passed, {len(unmeant)} failed")
    return 0 if outcome.passed and not unmeant else 1


def _prepare(workshop: Workshop, databases: list[str]) -> None:
    """Make two databases that differ by our addons."""
    template = workshop.template(*MODULES, language="")
    for database in databases:
        workshop.copy(template, database)
    with Step("Our addons"):
        workshop.install(workshop.logs / f"{databases[1]}.log", databases[1], addons())


def _run(
    workshop: Workshop, databases: list[str], tags: str
) -> list[tuple[Outcome, dict[str, str]]]:
    """Run tests on each database, side by side; return the outcome and what fails of each."""
    stamp = int(time.time())
    logs = [workshop.logs / f"{database}-{stamp}.log" for database in databases]
    with Step(f"{tags[:200]} on {len(databases)} databases (logs: {', '.join(map(str, logs))})"):
        finished(
            [start(workshop, log, name, tags) for log, name in zip(logs, databases, strict=True)],
            logs,
        )
    texts = [log.read_text(encoding="utf-8") for log in logs]
    return [(read_tests(text), failures(text)) for text in texts]
