"""``./dev backup``, ``restore`` and ``drill``: a database with files, ends of the register and keys.

A backup is a folder. The keys lie in a file beside it, as they have to be kept elsewhere: the folder
alone opens nothing, and the keys alone are of no use. Database and files are Odoo's own ``db dump``.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from .common import CACHE, DevError, Step, note
from .serve import DEMO, prepare
from .verify import arguments
from .workshop import SEAL_KEYS, Workshop, opened

ARCHIVE, ANCHORS, MANIFEST = "odoo.zip", "anchors.txt", "manifest.json"
# Ends that the server has kept outside of the database, in a file by the name of the database.
_ANCHOR_FOLDER = "crisis_anchors"


@dataclass
class Report:
    """What a restore has shown: (what was looked at, what was found, whether it is well)."""

    lines: list[tuple[str, str, bool]] = field(default_factory=list)

    def add(self, what: str, found: str, is_well: bool) -> None:
        """Write a line, and show it."""
        self.lines.append((what, found, is_well))
        note(f"{'✓' if is_well else '✗'} {what}: {found}")

    @property
    def is_well(self) -> bool:
        """Tell whether something was looked at, and all of it is well."""
        return bool(self.lines) and all(is_well for _what, _found, is_well in self.lines)


def backup_main(database: str | None, folder: str | None) -> int:
    """Back up the demo school, or another database of this machine."""
    with opened() as workshop:
        if not database:
            prepare(workshop, DEMO, reset=False)
        path = back_up(workshop, database or DEMO, Path(folder or CACHE / "backups").resolve())
    note(
        f"\n{path}\n{keys_of(path)}\nKeep the keys apart from the folder, and both off this machine."
    )
    return 0


def restore_main(path: str, database: str | None, keys: str | None, copy: bool) -> int:
    """Restore a backup under a new name, and check it.

    :param copy: neutralized: a copy to test with, which sends nothing
    """
    folder = Path(path).resolve()
    with opened() as workshop:
        name = database or f"{_read(folder)['database']}_restored"
        report = restore(workshop, folder, name, Path(keys).resolve() if keys else None, copy)
    note(f"\n{name}: " + ("restored, all is well" if report.is_well else "restored, and NOT well"))
    return 0 if report.is_well else 1


def drill_main() -> int:
    """Back up and restore the demo school as in an emergency, and print the form of the drill."""
    with opened() as workshop:
        prepare(workshop, DEMO, reset=False)
        report = drill(workshop, DEMO)
    return 0 if report.is_well else 1


def drill(workshop: Workshop, database: str) -> Report:
    """Back up ``database``, restore it beside with the keys of the backup only, and check it.

    That nothing opens without the keys is part of it. What it makes is removed at the end.
    """
    begin = time.monotonic()
    folder = CACHE / "drills" / f"{os.getpid()}"
    name = f"crisis_drill_{os.getpid()}"
    try:
        path = back_up(workshop, database, folder)
        saved = time.monotonic()
        report = restore(workshop, path, name)
        took = time.monotonic()
        other = {SEAL_KEYS: "other:" + "A" * 43 + "="}
        done = _verify(workshop, name, path, other)
        report.add(
            "Without the keys",
            "nothing opens" if done.returncode else "it opens",
            bool(done.returncode),
        )
    finally:
        workshop.drop(name)
        shutil.rmtree(folder, ignore_errors=True)
    note(_form(report, saved - begin, took - saved))
    return report


def _form(report: Report, saving: float, restoring: float) -> str:
    """Return the form of a drill, filled in as far as a program can."""
    lines = [
        "",
        "Restore drill " + datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        f"  Backup took {saving:.0f} s, restore and check {restoring:.0f} s",
        *(
            f"  [{'x' if is_well else ' '}] {what}: {found}"
            for what, found, is_well in report.lines
        ),
        "  Where the folder lay: ____________   where the keys lay: ____________",
        "  Who fetched them: ____________   how long that took: ____________",
        "  Carried out by: ____________   seen by: ____________",
    ]
    return "\n".join(lines)


def back_up(workshop: Workshop, database: str, folder: Path) -> Path:
    """Back up a database; it may be in use.

    :return: the folder of the backup
    :raises DevError: there is no such database, or Odoo failed
    """
    if database not in workshop.databases():
        raise DevError(f"There is no database {database}.")
    stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    path = folder / f"{database}-{stamp}"
    # it gets its name when it is complete
    building = path.with_name(f"{path.name}.unfinished")
    building.mkdir(parents=True, mode=0o700)
    with Step(f"Backup of {database}"):
        before = counts(workshop, database)
        _odoo(workshop, "dump", database, str(building / ARCHIVE))
        after = counts(workshop, database)
        anchors = workshop.data_dir / _ANCHOR_FOLDER / f"{_uuid(workshop, database)}.txt"
        (building / ANCHORS).write_text(
            anchors.read_text(encoding="utf-8") if anchors.exists() else "", encoding="utf-8"
        )
        manifest = {
            "database": database,
            "made": stamp,
            "counts": {table: [before.get(table, 0), after[table]] for table in after},
            "sha256": {name: _sha256(building / name) for name in (ARCHIVE, ANCHORS)},
        }
        (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        keys = keys_of(path)
        keys.touch(mode=0o600)
        keys.write_text(workshop.environment()[SEAL_KEYS], encoding="utf-8")
        building.rename(path)
    return path


def restore(
    workshop: Workshop, folder: Path, database: str, keys: Path | None = None, copy: bool = False
) -> Report:
    """Restore a backup under the name ``database``, and check it.

    :param keys: file with the keys, where it does not lie beside the folder
    :param copy: neutralized
    :raises DevError: the database is there already, the backup is damaged, or Odoo failed
    """
    manifest = _read(folder)
    if database in workshop.databases():
        raise DevError(f"There is a database {database} already: name another one (--database).")
    for name, digest in manifest["sha256"].items():
        if _sha256(folder / name) != digest:
            raise DevError(f"{folder / name} is damaged or was changed: take another backup.")
    keys = keys or keys_of(folder)
    if not keys.exists():
        raise DevError(f"The keys are missing: name their file (--keys); {keys} is not there.")
    with Step(f"Restore of {folder.name} as {database}"):
        options = ("--neutralize",) if copy else ()
        _odoo(workshop, "load", *options, database, str(folder / ARCHIVE))
    report = Report()
    _compare(report, manifest["counts"], counts(workshop, database), copy)
    missing = _missing_files(workshop, database)
    report.add("Files of the file store that are missing", str(len(missing)), not missing)
    done = _verify(
        workshop, database, folder, {SEAL_KEYS: keys.read_text(encoding="utf-8").strip()}
    )
    # what is to be read comes last, behind what Odoo logs
    said = " | ".join(done.stdout.strip().splitlines()[-12:])
    report.add(
        "Register, signed records, sealed texts", said or done.stderr[-500:], not done.returncode
    )
    if copy:
        running = workshop.server.query(
            "SELECT cron_name FROM ir_cron WHERE active AND id NOT IN (SELECT res_id"
            " FROM ir_model_data WHERE module = 'base' AND name = 'autovacuum_job')"
            " UNION ALL SELECT name FROM ir_mail_server WHERE active AND smtp_host != 'invalid'"
            " UNION ALL SELECT 'an alarm without an answer' FROM crisis_emergency_alert"
            " WHERE date_acknowledged IS NULL",
            database,
        )
        report.add("What would send or ask", ", ".join(running) or "nothing", not running)
    return report


def _compare(report: Report, saved: dict, now: dict[str, int], copy: bool) -> None:
    """Compare the numbers of rows: a database in use may have grown while it was saved."""
    changed = {"ir_mail_server", "mail_push_device", "ir_config_parameter"} if copy else set()
    wrong = [
        f"{table}: {now.get(table, 0)} of {before}"
        for table, (before, after) in saved.items()
        if not min(before, after) <= now.get(table, 0) <= max(before, after)
        and table not in changed
    ]
    found = ", ".join(wrong) or f"{sum(now.values())} in {len(now)} tables, as saved"
    report.add("Rows", found, not wrong)


def counts(workshop: Workshop, database: str) -> dict[str, int]:
    """Return table to number of its rows."""
    tables = workshop.server.query(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
        database,
    )
    counting = (f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables)
    rows = workshop.server.query(" UNION ALL ".join(counting), database)
    return {table: int(count) for table, count in (row.split("|", 1) for row in rows)}


def keys_of(folder: Path) -> Path:
    """Return the file with the keys of a backup."""
    return folder.with_name(f"{folder.name}.keys")


def _missing_files(workshop: Workshop, database: str) -> list[str]:
    """Return the files that the database names and the file store does not hold."""
    names = workshop.server.query(
        "SELECT DISTINCT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL", database
    )
    store = workshop.filestore(database)
    return [name for name in names if not (store / name).is_file()]


def _verify(
    workshop: Workshop, database: str, folder: Path, keys: dict[str, str]
) -> subprocess.CompletedProcess:
    """Check the register against the ends of the backup, files and texts, with ``keys``."""
    options = arguments(database, str(folder / ANCHORS), None, True, False)
    return subprocess.run(
        workshop.own_command("crisis_verify", *options, "--texts"),
        env={**workshop.environment(), **keys},
        capture_output=True,
        text=True,
        check=False,
    )


def _odoo(workshop: Workshop, *args: str) -> None:
    """Run Odoo's ``db`` command.

    :raises DevError: it failed
    """
    _name, dash_c, path = workshop.command("db")[-3:]
    command = [*workshop.command("db")[:-2], dash_c, path, *args]
    programs = workshop.server.programs
    environment = workshop.environment()
    if programs:
        environment["PATH"] = f"{programs}:{environment['PATH']}"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DevError("Odoo failed:\n" + done.stderr[-2000:])


def _uuid(workshop: Workshop, database: str) -> str:
    """Return what the file with the ends of this database's register is called."""
    [found] = workshop.server.query(
        "SELECT coalesce((SELECT text FROM crisis_disclosure WHERE kind IN ('begun', 'named')"
        " AND text IS NOT NULL ORDER BY number LIMIT 1),"
        " (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'))",
        database,
    )
    return found


def _read(folder: Path) -> dict:
    """Return the manifest of a backup.

    :raises DevError: this is no backup
    """
    path = folder / MANIFEST
    if not path.exists():
        raise DevError(f"{folder} is no backup of ./dev backup.")
    return json.loads(path.read_text(encoding="utf-8"))


def _sha256(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()
