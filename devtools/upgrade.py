"""``./dev upgrade-check``: a demo school of a release, updated with the code of now.

The update has to leave no warning, and every record, column and XML id of ours as it was, but for
the migrations named in ``MIGRATED``.
"""

import csv
import io
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from .common import CACHE, ROOT, TOOLS, DevError, Step, addons, digest, locked, note
from .results import complaints
from .workshop import LANGUAGE, Workshop, opened

# Release to what differs after the update to the next one, and why: names of differences, with * for
# any text. An older release meets the differences of all that came after it.
MIGRATED: dict[str, dict[str, str]] = {
    "19.0.1.0.0": {},
    "19.0.1.1.0": {
        "crisis_assessment.answers": "confidential texts are sealed",
        "crisis_case.background": "confidential texts are sealed",
    },
    "19.0.1.3.0": {
        "ir.model.access *": "what three roles had one by one is given to their common group",
        "res_groups rows": "the technical group of case workers",
        "crisis_stage.gate_*": "gates are rows of a stage",
        "crisis_session.disclosure": "is confidentiality_exception now, sealed anew",
        "mail_message rows": "Odoo writes down that a scheduled action was made",
        "ir_rule rows": "unused case numbers are those of the own schools",
        "*crisis_cron_seal_register*": "closing the register's chain is not called sealing any more",
    },
    "19.0.2.0.0": {
        "crisis_session.summary": "released summaries are sealed",
        "crisis_medical_record.finding": "medical findings are sealed",
        "crisis_medical_record.treatment": "medical findings are sealed",
        "crisis_mandatory_report.facts": "facts of mandatory reports are sealed",
        "ir_rule rows": "notifications, appointments, reports about principals, confirmed roles, register of roles",
        "mail_activity rows": "roles that everybody has kept are listed to the principals once",
        "mail_message rows": "Odoo writes down that a scheduled action was made",
        "crisis_disclosure.number": "rows that waited for the chain are chained by the update",
        "crisis_disclosure.hash": "rows that waited for the chain are chained by the update",
    },
    "19.0.3.0.0": {
        "*crisis_cron_close_register*": "the register is looked after, its chain is always closed",
        "crisis_disclosure rows": "the chain of before is closed by a row that says so",
        "*crisis_print_log*": "what was printed stands in the register",
        "ir_model_access rows": "what was printed stands in the register",
        "ir_rule rows": "what was printed stands in the register",
        "ir.model crisis_intervention.model_crisis_disclosure_chain": "the chain is no model any more",
        "mail_message rows": "Odoo writes down that a scheduled action was made",
    },
    "19.0.4.0.0": {
        "mail_message rows": "Odoo writes down that a scheduled action was made",
        "ir_model_access rows": "earlier versions of texts are read by those who read the texts",
        "ir_rule rows": "earlier versions of texts, and moves of classes, are those of the own schools",
    },
}
# Every update writes these.
_LOG_COLUMNS = {"write_date", "write_uid"}
# XML ids of how a model is made up; what is stored shows in its table.
_SCHEMA = (
    "ir.model.fields",
    "ir.model.fields.selection",
    "ir.model.constraint",
    "ir.model.relation",
    "ir.model.inherit",
)

# Tables of the same, of which we have columns.
_SCHEMA_TABLES = ("ir_model_data", "ir_model_fields")


@dataclass
class Snapshot:
    """What a database holds of our addons.

    ``tables`` is name of a table to key of a row (its id) to column to text; ``xml_ids`` is XML id
    to (model, id).
    """

    tables: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    xml_ids: dict[str, tuple[str, str]] = field(default_factory=dict)


def releases() -> dict[str, str]:
    """Return the versions that were released, the oldest first, with their commits."""
    return json.loads((TOOLS / "releases.json").read_text(encoding="utf-8"))


def main(release: str | None, keep: bool) -> int:
    """Update a demo school of ``release``, the last one by default, and print what is wrong.

    :param keep: keep the updated database
    """
    release = release or list(releases())[-1]
    with opened() as workshop:
        problems = check(workshop, release, keep)
    for problem in problems:
        note(problem)
    note(f"{release}: " + (f"{len(problems)} problems" if problems else "updates cleanly"))
    return 1 if problems else 0


def check(workshop: Workshop, release: str | None = None, keep: bool = False) -> list[str]:
    """Return what is wrong after the update of a release."""
    release = release or list(releases())[-1]
    released = addons(_source(release))
    before = _released(workshop, release)
    database = f"crisis_upgrade_{os.getpid()}"
    log = workshop.logs / f"{database}.log"
    workshop.copy(before, database)
    try:
        with Step(f"Update of a school of {release} (log: {log})"):
            new = set(addons()) - set(released)
            code = workshop.call(
                log,
                "server",
                *("-d", database, "-u", ",".join(released), "-i", ",".join(sorted(new))),
                *("--stop-after-init", "--no-http", "--max-cron-threads=0"),
            )
        found = complaints(log.read_text(encoding="utf-8"))
        if code or found:
            return [f"exit code {code}, log {log}", *found]
        states = [snapshot(workshop, name, released) for name in (before, database)]
        differences = unexpected(list(compare(*states)), MIGRATED[release], _later(release))
        return [*differences, *_broken_rules(workshop, database)]
    finally:
        if keep:
            note(f"Kept: database {database}, beside {before}")
        else:
            workshop.drop(database)


def _broken_rules(workshop: Workshop, database: str) -> list[str]:
    """Run ``stored_rules.py`` in Odoo's shell; return which stored records break which rules of now."""
    log = workshop.logs / f"{database}-rules.log"
    with (TOOLS / "stored_rules.py").open(encoding="utf-8") as script:
        options = ("-d", database, "--no-http", "--log-level=warn")
        workshop.call(log, "shell", *options, stdin=script)
    lines = log.read_text(encoding="utf-8").splitlines()
    counted = [line for line in lines if line.startswith("checked: ")]
    if not counted or counted == ["checked: 0"]:
        return ["the check of the stored rules broke:", *lines[-5:]]
    return [line for line in lines if line.startswith("problem: ")]


def _later(release: str) -> dict[str, str]:
    """Return what differs, and why, after the updates of the releases that followed ``release``."""
    steps = list(releases())
    return {
        name: why
        for step in steps[steps.index(release) + 1 :]
        for name, why in MIGRATED[step].items()
    }


def compare(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield the name of each difference, and a line that tells of it.

    What is new after the update is no difference, but rows of a table that was there.
    """
    for table, rows in before.tables.items():
        if table in after.tables:
            yield from _compare_rows(table, rows, after.tables[table])
        else:
            yield table, f"{table}: the table with {len(rows)} rows is gone"
    for xml_id, (model, number) in before.xml_ids.items():
        now = after.xml_ids.get(xml_id)
        if now != (model, number):
            told = "is another record" if now else "is gone"
            yield f"{model} {xml_id}", f"{xml_id} ({model}) {told}"


def _compare_rows(table: str, rows: dict, now: dict) -> Iterator[tuple[str, str]]:
    """Yield the differences between the rows of one table."""
    if lost := rows.keys() - now.keys():
        yield f"{table} rows", f"{table}: {len(lost)} of {len(rows)} rows are gone"
    if new := now.keys() - rows.keys():
        yield f"{table} rows", f"{table}: {len(new)} rows more than {len(rows)}"
    kept = sorted(rows.keys() & now.keys(), key=lambda key: (len(key), key))
    for column in sorted(rows[kept[0]] if kept else ()):
        name = f"{table}.{column}"
        if column not in now[kept[0]]:
            yield name, f"{name}: the column is gone"
        elif changed := [key for key in kept if rows[key][column] != now[key][column]]:
            was, is_now = rows[changed[0]][column], now[changed[0]][column]
            example = f"{changed[0]}: {was[:60]!r}, now {is_now[:60]!r}"
            yield name, f"{name}: {len(changed)} of {len(kept)} differ, such as {example}"


def unexpected(
    differences: list[tuple[str, str]], migrated: dict[str, str], later: dict[str, str]
) -> list[str]:
    """Return the lines of differences that no migration explains, and migrations without any.

    :param migrated: what the update of this release changes
    :param later: what those of later ones change, which this one may not have had yet
    """
    lines = [
        told
        for name, told in differences
        if not any(fnmatch(name, pattern) for pattern in (*migrated, *later))
    ]
    return lines + [
        f"{pattern}: named as migrated ({reason}), but does not differ"
        for pattern, reason in migrated.items()
        if not any(fnmatch(name, pattern) for name, _told in differences)
    ]


def snapshot(workshop: Workshop, database: str, names: list[str]) -> Snapshot:
    """Return what the addons called ``names`` hold in a database."""
    modules = ", ".join(f"'{name}'" for name in names)
    columns = _rows(
        workshop,
        database,
        f"""SELECT c.table_name AS table, string_agg(quote_ident(c.column_name), ', ') AS columns
              FROM ir_model_fields f
              JOIN ir_model_data d ON d.model = 'ir.model.fields' AND d.res_id = f.id
              JOIN information_schema.columns c ON c.column_name = f.name
               AND c.table_name = replace(f.model, '.', '_')
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE d.module IN ({modules}) AND f.store AND t.table_type = 'BASE TABLE'
               AND NOT EXISTS (SELECT 1 FROM ir_model m WHERE m.model = f.model AND m.transient)
          GROUP BY c.table_name""",
    )
    links = _rows(
        workshop,
        database,
        f"""SELECT DISTINCT f.relation_table AS table, f.column1, f.column2
              FROM ir_model_fields f
              JOIN ir_model_data d ON d.model = 'ir.model.fields' AND d.res_id = f.id
              JOIN information_schema.tables t ON t.table_name = f.relation_table
             WHERE d.module IN ({modules}) AND f.ttype = 'many2many'""",
    )
    result = Snapshot()
    for row in columns:
        if row["table"] in _SCHEMA_TABLES:
            continue
        found = _rows(workshop, database, f'SELECT id, {row["columns"]} FROM "{row["table"]}"')
        result.tables[row["table"]] = {
            values.pop("id"): {k: v for k, v in values.items() if k not in _LOG_COLUMNS}
            for values in found
        }
    for row in links:
        query = f'SELECT {row["column1"]} AS a, {row["column2"]} AS b FROM "{row["table"]}"'
        pairs = _rows(workshop, database, query)
        result.tables[row["table"]] = {f"{pair['a']}-{pair['b']}": {} for pair in pairs}
    result.xml_ids = {
        row["xml_id"]: (row["model"], row["res_id"])
        for row in _rows(
            workshop,
            database,
            f"""SELECT module || '.' || name AS xml_id, model, res_id FROM ir_model_data
                 WHERE module IN ({modules}) AND model NOT IN {_SCHEMA}""",
        )
    }
    return result


def _rows(workshop: Workshop, database: str, query: str) -> list[dict[str, str]]:
    """Return the rows of a query, as column to text."""
    options = ("-Xq", "-v", "ON_ERROR_STOP=1", "-d", database)
    text = workshop.server.call("psql", *options, "-c", f"COPY ({query}) TO STDOUT CSV HEADER")
    return list(csv.DictReader(io.StringIO(text)))


def in_history(release: str) -> bool:
    """Tell whether the commit of a release is there."""
    return not _git("cat-file", "-e", f"{releases()[release]}^{{commit}}").returncode


def _source(release: str) -> Path:
    """Return the folder with the addons of a release, taken out of the history.

    :raises DevError: the release or the history is not there
    """
    commit = releases().get(release)
    if not commit:
        raise DevError(f"No release {release}; there are {', '.join(releases())}.")
    folder = CACHE / f"release-{release}-{digest(commit)}"
    with locked(f"release-{release}"):
        if not folder.exists():
            if not in_history(release):
                raise DevError(
                    f"Release {release} (commit {commit[:12]}) is not in the history here: "
                    "git fetch --unshallow, or work in a full clone."
                )
            archive = _git("archive", commit).stdout
            # it gets its name when it is complete
            unpacking = folder.with_name(f"{folder.name}.unpacking")
            unpacking.mkdir(exist_ok=True)
            subprocess.run(["tar", "-x", "-C", unpacking], input=archive, check=True)
            unpacking.rename(folder)
    return folder


def _git(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run(["git", *args], cwd=ROOT, capture_output=True, check=False)


def _released(workshop: Workshop, release: str) -> str:
    """Return the name of a demo school of a release, made on the first use."""
    folder = _source(release)
    template = workshop.template(demo=True)
    name = f"crisis_release_{digest(folder.name, template)}"
    with locked(name):
        if name not in workshop.databases():
            building = f"{name}_building"
            workshop.copy(template, building)
            path = ",".join(map(str, [*workshop.odoo.addons, folder]))
            options = ("--with-demo", f"--load-language={LANGUAGE}", f"--addons-path={path}")
            with Step(f"Demo school of {release}"):
                workshop.install(workshop.logs / f"{name}.log", building, addons(folder), *options)
                workshop.rename(building, name)
    return name
