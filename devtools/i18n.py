"""``./dev i18n``: exports each addon's terms, merges them into its translation, finds the gaps."""

import os
import subprocess
import tempfile
from pathlib import Path

from .common import ROOT, TOOLS, DevError, addons, note
from .workshop import LANGUAGE, Workshop, opened


def main(check_only: bool) -> int:
    """Bring templates and translations up to date, or only check them.

    :return: 1 when a term has no Chinese, or (with ``check_only``) a file is out of date
    """
    with opened() as workshop:
        problems = check(workshop) if check_only else _update(workshop)
    for problem in problems:
        note(problem)
    return 1 if problems else 0


def check(workshop: Workshop) -> list[str]:
    """Return what is out of date or untranslated, without writing anything."""
    return _work(workshop, ["--check"])


def _update(workshop: Workshop) -> list[str]:
    """Write templates and translations; return what is untranslated."""
    return _work(workshop, [])


def _work(workshop: Workshop, options: list[str]) -> list[str]:
    """Export the terms from a database with the addons, and compare or merge them."""
    database = f"crisis_i18n_{os.getpid()}"
    log = workshop.logs / f"{database}.log"
    problems: list[str] = []
    workshop.copy(workshop.template(), database)
    try:
        workshop.install(log, database, addons())
        with tempfile.TemporaryDirectory() as folder:
            for name in addons():
                template = Path(folder) / f"{name}.pot"
                line = workshop.command("i18n")
                line = [*line[:4], "export", *line[4:], "-d", database, "-o", str(template), name]
                done = subprocess.run(
                    line,
                    env=workshop.environment(),
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode or not template.exists():
                    raise DevError(done.stderr[-2000:])
                problems += _merge(workshop, template, name, options)
    finally:
        workshop.drop(database)
    return problems


def _merge(workshop: Workshop, template: Path, name: str, options: list[str]) -> list[str]:
    """Run the merging in the environment that has the library for it."""
    folder = ROOT / name / "i18n"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(workshop.tools), str(TOOLS / "po_merge.py"), *options, str(template)]
        + [str(folder / f"{name}.pot"), str(folder / f"{LANGUAGE}.po")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise DevError(done.stderr[-2000:])
    return done.stdout.splitlines()
