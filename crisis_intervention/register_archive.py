"""Readings of years that are over: from the table of the register into sealed archives.

A part of an archive is a row of ``crisis.register.archive`` with its rows as they were, sealed in a
column that no field shows. It stands in the database and not among the files, so that rows leave the
table and stand in the archive in one and the same transaction. The chain knows each part by an event
of kind ``archived``, with a digest that goes on from the part before.

Functions of a module: code that an administrator enters in Odoo may call none of these.
"""

import re
from datetime import datetime
from functools import partial

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import register
from .lib.disclosure_chain import START, Fault
from .lib.register_parts import digest_of, packed, rows_of
from .lib.sealed import SealError
from .seal_keys import keyring

MODEL = "crisis.register.archive"
# Complete calendar years that stay in the table beside the running one. Whoever asks who has read
# something nearly always asks about this school year or the one before; both lie within.
YEARS_AT_HAND = 1
# Entries of one part: few enough that readers do not notice the moment in which they leave the table.
ENTRIES = 5000
# What an archived row holds, beside what it says.
PLACE = ("number", "hash", "signature", "id", "entry_id")
# Of the advisory lock under which one transaction at a time archives.
_LOCK = 0x63726974
_MOMENTS = ("date", "date_last")
# How an event tells of a part: name, number of rows, digest.
_TOLD = re.compile(r"(\d{4}/\d+):(\d+):([0-9a-f]{64})")


def cutoff():
    """Return the moment (UTC, naive) before which entries go into the archives."""
    return datetime(fields.Date.today().year - YEARS_AT_HAND, 1, 1)


# ---------------------------------------------------------------------- putting away


def waits(env, left=()):
    """Return the year of the oldest entry that waits to be archived, None where none does.

    :param left: numbers of rows that stay in the table
    """
    [[oldest]] = env.execute_query(
        SQL("SELECT min(d.date) FROM crisis_disclosure d WHERE %s", _due(cutoff(), left))
    )
    return oldest and oldest.year


def archive_part(env, left=()):
    """Put the oldest readings whose time is over into an archive: all of it, or nothing.

    :param left: numbers of rows that stay in the table, with all readings of their hour: what is
        wrong with them is found there
    :return: number of rows
    """
    keys = keyring(env)
    with register._connection(env) as cr:
        env = env(cr=cr, user=SUPERUSER_ID, context={})
        cr.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        year = waits(env, left)
        rows = _rows_of_year(env, year, left) if year else []
        if not rows:
            return 0
        before = events(env)
        parts = sum(name.startswith(f"{year}/") for name, _count, _digest in before)
        name = f"{year}/{parts + 1}"
        part = packed(before[-1][2] if before else START, rows)
        _insert(cr, name, year, part, keys.seal_file(part.content, _place(name)))
        text = f"{name}:{part.count}:{part.digest}"
        row = {"kind": "archived", "user_id": SUPERUSER_ID, "text": text}
        register._enter(env, cr, [row])
        cr.execute(
            "DELETE FROM crisis_disclosure WHERE number = ANY(%s)", [[r["number"] for r in rows]]
        )
        return part.count


def _due(before, left):
    """Return the condition (SQL) of entries ``d`` from before a moment, but for those ``left``."""
    return SQL(
        """d.kind = 'reading' AND d.entry_id IS NULL AND d.date < %s AND d.date > '1000-01-01'
           AND NOT EXISTS (SELECT FROM crisis_disclosure wrong
                            WHERE wrong.number = ANY(%s) AND d.id IN (wrong.id, wrong.entry_id))""",
        before,
        list(left),
    )


def _rows_of_year(env, year, left):
    """Return the oldest entries of a year and the readings of their hour, as dicts of columns."""
    names = (*PLACE, *register.CONTENT)
    found = env.execute_query(
        SQL(
            """WITH due AS (SELECT d.id FROM crisis_disclosure d
                             WHERE %s ORDER BY d.number LIMIT %s)
               SELECT %s FROM crisis_disclosure r
                WHERE r.kind = 'reading'
                  AND (r.id IN (SELECT id FROM due) OR r.entry_id IN (SELECT id FROM due))
                ORDER BY r.number""",
            _due(datetime(year + 1, 1, 1), left),
            ENTRIES,
            SQL(", ").join(SQL.identifier("r", name) for name in names),
        )
    )
    return [dict(zip(names, values, strict=True)) for values in found]


def _insert(cr, name, year, part, sealed):
    """Write a part."""
    cr.execute(
        """INSERT INTO crisis_register_archive
                  (name, year, date, first_number, last_number, count, digest, size, content,
                   create_uid, create_date, write_uid, write_date)
           VALUES (%(name)s, %(year)s, %(now)s, %(first)s, %(last)s, %(count)s, %(digest)s,
                   %(size)s, %(content)s, %(uid)s, %(now)s, %(uid)s, %(now)s)""",
        {
            "name": name,
            "year": year,
            "now": fields.Datetime.now(),
            "first": part.first,
            "last": part.last,
            "count": part.count,
            "digest": part.digest,
            "size": len(sealed),
            "content": sealed,
            "uid": SUPERUSER_ID,
        },
    )


def sealed_before(env, after=0):
    """Return, as a list, the id of the next part behind ``after`` that an older key has sealed."""
    found = env.execute_query(
        SQL(
            "SELECT id FROM crisis_register_archive WHERE id > %s"
            " AND NOT starts_with(encode(substring(content FROM 1 FOR 64), 'escape'), %s)"
            " ORDER BY id LIMIT 1",
            after,
            f"crisis-sealed:1:{keyring(env).newest}:",
        )
    )
    return [id_ for [id_] in found]


def seal_anew(env, ids):
    """Seal parts with the newest key.

    :return: ids of what no key opens: it stays as it is
    """
    broken = []
    found = env.execute_query(
        SQL(
            "SELECT id, name FROM crisis_register_archive WHERE id = ANY(%s)"
            " ORDER BY id FOR UPDATE SKIP LOCKED",
            list(ids),
        )
    )
    for id_, name in found:
        try:
            sealed = keyring(env).seal_file(content_of(env, name), _place(name))
        except SealError:
            broken.append(id_)
        else:
            env.cr.execute(
                "UPDATE crisis_register_archive SET content = %s, size = %s WHERE id = %s",
                [sealed, len(sealed), id_],
            )
    return broken


# ---------------------------------------------------------------------- reading


def _place(name):
    """Return what the content of a part is bound to."""
    return f"{MODEL}.{name}"


def content_of(env, name):
    """Return the content of a part, opened.

    It is for no person yet: callers check the reader and give out what that person may see.

    :raises SealError: it is not what this server has sealed, or is missing
    """
    env.cr.execute("SELECT content FROM crisis_register_archive WHERE name = %s", [name])
    found = env.cr.fetchone()
    return keyring(env).open_file(bytes(found[0] or b"") if found else b"", _place(name))


def events(env):
    """Return what the chain knows of parts, in their order: list of (name, count, digest)."""
    found = env.execute_query(
        SQL("SELECT text FROM crisis_disclosure WHERE kind = 'archived' ORDER BY number")
    )
    told = (_TOLD.fullmatch(text or "") for [text] in found)
    # whatever reads otherwise was changed, and is found as such
    return [(match[1], int(match[2]), match[3]) for match in told if match]


def check_parts(env):
    """Compare the parts with what the chain knows of them.

    :return: (list of (first number, function that opens the rows) of those that are as they were,
        list of ``Fault``)
    """
    stored = {
        name: (year, first)
        for name, year, first in env.execute_query(
            SQL("SELECT name, year, first_number FROM crisis_register_archive")
        )
    }
    sources, faults, previous = [], [], START
    for name, count, digest in events(env):
        place = stored.pop(name, None)
        if place and _is_as_it_was(env, name, count, previous, digest):
            sources.append((place[1], partial(_rows_in, env, name)))
        else:
            faults.append(Fault("archive", int(name.partition("/")[0])))
        previous = digest
    # what the chain knows nothing of
    faults += [Fault("archive", year) for year, _first in stored.values()]
    return sources, faults


def _is_as_it_was(env, name, count, previous, digest):
    """Tell whether a part is the one that the chain knows."""
    try:
        content = content_of(env, name)
    except SealError:
        return False
    return digest_of(previous, content) == (digest, count)


def _rows_in(env, name):
    """Yield the rows of a part as dicts of columns."""
    yield from rows_of(content_of(env, name))


def archived_link(env, number):
    """Return the link of a row in an archive, None where it is in none that can be opened."""
    found = env.execute_query(
        SQL(
            "SELECT name FROM crisis_register_archive WHERE %s BETWEEN first_number AND last_number",
            number,
        )
    )
    for [name] in found:
        try:
            row = next(rows_of(content_of(env, name), ("number", number)), None)
        except SealError:
            continue
        if row:
            return row["hash"]
    return None


def past_readings(env, case):
    """Return the archived readings of a case, as new records of the register, one line per hour.

    Callers have checked that the user may know who has seen the case. Parts that cannot be opened
    are left out; checking the register finds them.

    :param case: one ``crisis.case``
    """
    rows = []
    for name, _count, _digest in events(env):
        try:
            rows += rows_of(content_of(env, name), ("case_id", case.id))
        except SealError:
            continue
    repeats = {}
    for row in rows:
        repeats.setdefault(row["entry_id"] or row["id"], []).append(row)
    entries = [row for row in rows if not row["entry_id"]]
    return shown_to_reader(
        env,
        [
            {
                **row,
                "read_count": len(repeats[row["id"]]),
                "date_last": max(again["date"] for again in repeats[row["id"]]),
            }
            for row in entries
        ],
    )


def shown_to_reader(env, rows):
    """Return archived rows as new records of the register, as far as the user would see them there.

    :param rows: dicts of columns
    """
    kind = env[register.MODEL]
    entries = kind.concat(
        *(
            kind.new(
                {
                    **{name: row[name] for name in (*register.CONTENT, "number")},
                    **{n: row[n] for n in ("read_count",) if n in row},
                    **{n: datetime.fromisoformat(row[n]) for n in _MOMENTS if n in row},
                }
            )
            for row in rows
            if row["company_id"] in env.companies.ids
        )
    )
    closed = env["crisis.concerned"]._domain(register.MODEL, "read")
    return entries.filtered_domain(Domain.TRUE if closed is None else closed)


def downloaded(archive):
    """Return what the user may have of an archive, and register that.

    Of rows that the user would not see in the register only number, link and signature are in it.

    :param archive: ``crisis.register.archive`` record
    :return: (JSON lines compressed with gzip, name of the file)
    :raises AccessError: the user is no principal
    :raises UserError: it cannot be opened
    """
    archive.ensure_one()
    archive._check_download()
    env = archive.env
    try:
        rows = list(rows_of(content_of(env, archive.name)))
    except SealError:
        raise UserError(
            env._(
                "This archive cannot be opened: it was changed outside of the system, or its key is "
                "missing. Ask whoever runs the server."
            )
        ) from None
    shown = set(shown_to_reader(env, rows).mapped("number"))
    rest = ("number", "hash", "signature")
    register.note_event(
        env,
        "reading",
        archive,
        field_names="file",
        way="file",
        # it stands in the register of the school for which it was downloaded
        company_id=env.company.id,
    )
    told = [row if row["number"] in shown else {name: row[name] for name in rest} for row in rows]
    return packed("", told).content, f"register-{archive.name.replace('/', '-')}.jsonl.gz"
