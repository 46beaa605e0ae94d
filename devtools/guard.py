"""``./dev guard``: which methods of Odoo our addons override, kept by their upgrade guard."""

import ast
import json
import os
from collections import defaultdict

from .common import ROOT, TOOLS, DevError, addons, note
from .marked import fill
from .workshop import opened

FILE = "tests/odoo/upgrade_guard.json"
DOCUMENT = ROOT / "docs/ARCHITECTURE.md"
MARK = "overrides"
# What more classes override is everyday, and told by the number of classes.
SHOWN = 3


def main(accept: bool) -> int:
    """Print the table of overrides; with ``accept``, first note what Odoo's methods say now."""
    if accept:
        _accept()
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(fill(text, MARK, table()), encoding="utf-8")
    note(table())
    return 0


def check(_workshop: object = None) -> list[str]:
    """Return what is out of date in the document, without writing anything."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return [] if text == fill(text, MARK, table()) else [f"{DOCUMENT.name}: ./dev guard --accept"]


def _accept() -> None:
    """Let Odoo, on a fresh database with our addons, write the files of the upgrade guard.

    :raises DevError: it did not come to its end
    """
    database = f"crisis_guard_{os.getpid()}"
    with opened() as workshop:
        log = workshop.logs / f"{database}.log"
        workshop.copy(workshop.template(), database)
        try:
            workshop.install(log, database, addons())
            with (TOOLS / "guard_accept.py").open(encoding="utf-8") as script:
                workshop.call(log, "shell", "-d", database, "--no-http", stdin=script)
        finally:
            workshop.drop(database)
    if "accepted" not in log.read_text(encoding="utf-8").splitlines():
        raise DevError(f"The upgrade guard failed, see {log}")


def table() -> str:
    """Return the table of overrides in Markdown: our class, what for, the methods of Odoo."""
    common, rows = [], defaultdict(list)
    for name in addons():
        path = ROOT / name / FILE
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for method, entry in kept.items():
            file, called = method.split(": ")
            told = f"`{entry['model']}` `{called.rsplit('.', 1)[1]}` ({file})"
            if len(entry["ours"]) > SHOWN:
                common.append(f"- {told}: {len(entry['ours'])} classes")
            else:
                for place in entry["ours"]:
                    rows[place].append(told)
    lines = ["| ours | what for | of Odoo |", "| --- | --- | --- |"]
    for place, methods in sorted(rows.items()):
        lines.append(f"| {place.split(': ')[0]} | {_why(place)} | {', '.join(methods)} |")
    return "\n".join([*lines, "", "Overridden for rules of single models:", "", *common])


def _why(place: str) -> str:
    """Return the first line of the docstring of a class."""
    file, name = place.split(": ")
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return (ast.get_docstring(node) or "").split("\n")[0]
    return ""
