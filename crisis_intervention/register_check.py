"""Whether the register is what the system has written: the chain, its archives, what it hides, what
is known outside; and whether signed records are what was signed.

Functions of a module; they write nothing.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from odoo.tools import SQL

from . import signatures
from .lib.disclosure_chain import START, End, Fault, Row, Walk
from .lib.register_parts import merged
from .register import CONTENT, WINDOW, bounded, last_change_of_keys
from .register_anchors import known_outside
from .register_archive import archived_link, check_parts
from .seal_keys import keyring

# What rows from before 19.0.4.0.0 say, which are not signed by themselves.
OLD_CONTENT = (
    "user_id",
    "date",
    "res_model",
    "res_id",
    "field_names",
    "way",
    "ip",
    "device",
    "case_id",
    "student_id",
    "company_id",
    "entry_id",
)
BATCH = 5000
# Faults of single rows, which stay where they are.
_OF_ROWS = ("changed", "missing", "linked", "entry", "archive")
# What makes readings of one hour the same one.
SAME = ("user_id", "res_model", "res_id", "field_names", "way", "kind")


@dataclass
class Checked:
    """What checking the register found.

    :ivar count: rows seen, archives included
    :ivar end: the last row
    :ivar faults: list of ``Fault``
    :ivar anchors: how many ends known outside were compared
    :ivar anchored: number of the last of them
    :ivar archives: how many parts of archives are as they were
    """

    count: int = 0
    end: End = End()
    faults: list[Fault] = field(default_factory=list)
    anchors: int = 0
    anchored: int = 0
    archives: int = 0


def check_chain(env, anchors=None):
    """Check the whole register, as the transaction of ``env`` sees it.

    :param anchors: dict of number to link known outside; by default those of the file of this server
    :return: ``Checked``
    """
    anchors, missed = outside(env) if anchors is None else (anchors, [])
    walk = new_walk(env, anchors)
    parts, faults = check_parts(env)
    walk.see(rows_behind(env, 0, parts))
    return finished(env, walk, anchors, faults + missed, len(parts))


def new_walk(env, anchors):
    """Return a ``Walk`` along the register.

    :param anchors: dict of number to link known outside
    """
    keys = keyring(env)
    return Walk(keys.tells, anchors, last_change_of_keys(env.cr, keys))


def rows_behind(env, number, parts=()):
    """Yield the rows behind a number, in the order of their numbers.

    :param parts: of archives, see ``register_archive.check_parts``
    """
    sources = [(first, partial(_archived, open_rows, number)) for first, open_rows in parts]
    table = (number + 1, partial(_rows, env, number))
    yield from merged([table, *sources], attrgetter("number"))


def finished(env, walk, anchors, faults, archives=0, first=0):
    """Compare what a walk has seen with the end that is kept, and look for what stands beside it.

    :param anchors: dict of number to link known outside
    :param faults: list of ``Fault`` that were found beside the walk
    :param int archives: how many parts of archives are as they were
    :param int first: look for readings that are hidden behind this number
    :return: ``Checked``
    """
    env.cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head WHERE id = 1")
    found = env.cr.fetchone()
    head = End(*found[:2]) if found else None
    walk.finish(head, bool(head) and keyring(env).verifies(found[2], head.signed_text()))
    faults = [*faults, *walk.faults, *_unnumbered(env), *_hidden(env, first)]
    anchored = max(anchors, default=0)
    return Checked(walk.count, walk.end, faults, len(anchors), anchored, archives)


def check_behind(env, said, asked=None):
    """Check what was entered since an earlier check, which has seen everything up to there.

    Archives are left to the next one; readings of the last days are in none.

    :param said: dict of ``register_kept.SAID``
    :param asked: dict of number to link of more rows that are known outside, wherever they stand
    :return: ``Checked``
    """
    known, missed = outside(env)
    base = End(said["last_number"], said["last_link"])
    asked = {base.number: base.hash} | (asked or {})
    faults = [
        Fault("older", n)
        for n, expected in sorted(asked.items())
        if n <= base.number and _link_of(env, n) != expected
    ]
    later = {n: link_ for n, link_ in (known | asked).items() if n > base.number}
    walk = new_walk(env, later)
    walk.go_on({"end": base, "count": said["row_count"], "signed": True, "sound": True,
                "faults": _stays(said)})  # fmt: skip
    walk.see(rows_behind(env, base.number))
    return finished(env, walk, known, faults + missed, first=base.number)


def _stays(said):
    """Return what an earlier check has found in rows that are not looked at again."""
    return [
        (found["problem"], found["number"], found["last"])
        for found in json.loads(said["findings"])
        if found["problem"] in _OF_ROWS and "model" not in found
    ]


def _link_of(env, number):
    """Return the link of a row, from the table or an archive; None where there is none."""
    rows = env.execute_query(SQL("SELECT hash FROM crisis_disclosure WHERE number = %s", number))
    return rows[0][0] if rows else archived_link(env, number)


def outside(env, path=None):
    """Return what the file of anchors knows, and what is wrong with that file.

    :param Path path: by default the file of this server
    :return: (dict of number to link, list of ``Fault``)
    """
    try:
        known, lost = known_outside(env, path)
    except OSError:
        return {}, [Fault("anchors_file")]
    return known, [Fault("anchors", lost)] if lost else []


def check_records(env, files=False):
    """Check signed records.

    :param bool files: open their files as well
    :return: list of findings, each with ``problem``, ``model``, ``res_id`` and ``field``
    """
    return signatures.check_all(env, files)


def check_old_chain(env):
    """Check the register as a version before 19.0.4.0.0 has left it.

    What that one had not chained yet stands behind its signed end.

    :return: ``Checked``
    """
    keys = keyring(env)
    walk, links = Walk(keys.tells), {0: START}
    for rows in _batches(env):
        walk.see(rows)
        links |= {row.number: row.hash for row in rows}
    env.cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head WHERE id = 1")
    found = env.cr.fetchone()
    if found:
        end = End(*found[:2])
        if not found[2]:
            # the first script of the update has found none
            walk.faults.append(Fault("no_head", end.number))
        elif not keys.verifies(found[2], end.signed_text()):
            walk.faults.append(Fault("head", end.number))
        elif end.number > walk.end.number:
            walk.faults.append(Fault("tail", walk.end.number, end.number))
        elif links.get(end.number) != end.hash:
            walk.faults.append(Fault("head", end.number))
    return Checked(walk.count, walk.end, walk.faults)


def _batches(env, after=0):
    """Yield lists of ``Row`` behind a number in the order of their numbers."""
    names = (*CONTENT, "entry_id")
    columns = SQL(", ").join(
        bounded(SQL.identifier(name)) if name == "date" else SQL.identifier(name) for name in names
    )
    while True:
        found = env.execute_query(
            SQL(
                "SELECT number, hash, signature, %s FROM crisis_disclosure WHERE number > %s"
                " ORDER BY number LIMIT %s",
                columns,
                after,
                BATCH,
            )
        )
        if not found:
            return
        yield [
            _row(number, hash_, signature, dict(zip(names, values, strict=True)))
            for number, hash_, signature, *values in found
        ]
        after = found[-1][0]


def _rows(env, after=0):
    """Yield ``Row`` s of the table behind a number in the order of their numbers."""
    for rows in _batches(env, after):
        yield from rows


def _archived(open_rows, after):
    """Yield ``Row`` s of a part of an archive behind a number."""
    for said in open_rows():
        if said["number"] > after:
            yield _row(said["number"], said["hash"], said["signature"], said)


def _row(number, hash_, signature, said):
    """Return a ``Row``, of this version or one before.

    :param said: dict of columns
    """
    content = CONTENT if signature or said["kind"] != "reading" else OLD_CONTENT
    return Row(number, hash_ or "", signature or "", tuple(said[name] for name in content))


def _unnumbered(env):
    """Find rows that stand outside of the chain."""
    [[count]] = env.execute_query(
        SQL("SELECT count(*) FROM crisis_disclosure WHERE coalesce(number, 0) < 1")
    )
    return [Fault("unnumbered", 0, count)] if count else []


def _hidden(env, first=0):
    """Find readings that a list would not show, as they stand behind one that is not the same.

    :param int first: only those behind this number
    """
    same = SQL(" OR ").join(
        SQL("%s IS DISTINCT FROM %s", SQL.identifier("d", name), SQL.identifier("e", name))
        for name in SAME
    )
    rows = env.execute_query(
        SQL(
            """SELECT d.number FROM crisis_disclosure d
                 LEFT JOIN crisis_disclosure e ON e.id = d.entry_id
                WHERE d.entry_id IS NOT NULL AND d.number > %(first)s
                  AND (e.id IS NULL OR e.entry_id IS NOT NULL OR %(same)s
                       OR (%(later)s - %(earlier)s
                           BETWEEN - %(window)s::interval AND %(window)s::interval) IS NOT TRUE)
                ORDER BY d.number""",
            first=first,
            same=same,
            later=bounded(SQL.identifier("d", "date")),
            earlier=bounded(SQL.identifier("e", "date")),
            window=WINDOW,
        )
    )
    return [Fault("entry", number) for [number] in rows]
