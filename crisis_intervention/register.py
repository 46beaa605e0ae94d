"""What is entered into the register: who read what, what was signed, what was found to be wrong.

Readings are collected while a request is served, and entered just before its answer leaves: on a
connection of their own to the primary database, in a transaction that takes the end of the chain,
continues it and is over. So readers do not wait for each other's requests, no row waits outside of the
chain, and where the register cannot be written nothing is shown. A request that is repeated may be
registered twice. What is to be entered is kept here: the queues of cursors, which any code may empty,
hold functions only that enter it, and requests enter it themselves.

Functions of a module: code that an administrator enters in Odoo (server actions, computed fields) may
call methods of models, and none of these.
"""

import logging
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial

from odoo import SUPERUSER_ID, api, fields
from odoo.http import request
from odoo.sql_db import Cursor
from odoo.tools import SQL
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from . import register_kept
from .lib.disclosure_chain import End, Row, chained
from .seal_keys import keyring, opening_keys
from .sealed_reading import reader

_logger = logging.getLogger(__name__)

MODEL = "crisis.disclosure"
# What a row says and is signed for, in this order, after its number.
CONTENT = (
    "kind",
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
    "text",
    "pages",
)
# The types of these columns.
_TYPES = ("varchar", "int", "timestamp", "varchar", "int", "varchar", "varchar", "varchar",
          "varchar", "int", "int", "int", "text", "int")  # fmt: skip
# What is found again is told of again after this time.
AGAIN = timedelta(days=7)
# How long somebody waits for the end of the chain, before the request is repeated or fails.
PATIENCE = "15s"
# Rows that are further beyond the end than this are no reason to go on from there.
LEAP = 1_000_000
# What the column of numbers holds.
MAX_NUMBER = 2**31 - 1
# Several readings of the same by one person within this time are one entry.
WINDOW = "1 hour"
# Of the advisory lock under which one transaction at a time looks at the end of the chain.
_LOCK = 0x63726973
# Database to the end of the chain as this process knows it: whoever finds it unchanged needs one
# statement only.
_ends = {}
# Database to the number of the last row that this process has seen committed.
_committed = {}
# A register that nobody has checked for longer is shown in red, and is an alarm.
LATE = timedelta(days=2)
# Seconds after which a process looks again, and first: jobs of a server that was started go on soon.
_LOOK = 3600
# Database to the moment (monotonic) from which this process looks again how old the last check is.
_looks = {}
# Of cursors of connections of our own.
_OWN = "crisis.own"
_way = ContextVar("crisis_reading_way", default=None)


class _Waiting(threading.local):
    """What a thread has to enter: dict of cursor to ``_Pending``."""

    def __init__(self):
        self.of = {}


_waiting = _Waiting()


class _Pending:
    """What a transaction has read, found and signed, and the environment in which it did."""

    def __init__(self, env):
        self.env = env
        # (user id, model, id, way) to names of fields
        self.readings = {}
        # dicts of columns
        self.entries = []
        # (model, id, nonce, id of the user)
        self.signatures = []
        # queue of the cursor to function; no partial ones, whose arguments show what they know
        self.hooks = {
            "precommit": lambda: _before_commit(self),
            # what was read stays so where the request ends with an error or is repeated
            "prerollback": lambda: _before_rollback(self),
            "postcommit": lambda: _after_commit(self),
        }

    def take(self):
        """Return the rows (dicts of columns) to enter now, and forget them."""
        readings, self.readings = self.readings, {}
        entries, self.entries = self.entries, []
        return [
            {
                "kind": "reading",
                "user_id": uid,
                "res_model": model,
                "res_id": id_,
                "field_names": ",".join(sorted(names)),
                "way": way,
            }
            for (uid, model, id_, way), names in sorted(readings.items())
        ] + entries


def _pending(env):
    """Return what the transaction of ``env`` has to enter, and let it be entered when it ends."""
    cr = env.cr
    pending = _waiting.of.get(cr)
    if not pending:
        # sudo: register - written by the system alone, whoever reads
        pending = _waiting.of[cr] = _Pending(api.Environment(cr, SUPERUSER_ID, {}))
    for name, hook in pending.hooks.items():
        queue = getattr(cr, name)
        # for the first time, or after a rollback to a savepoint, or somebody has emptied the queue
        if hook not in queue._funcs:
            queue.add(hook)
    return pending


def enter_waiting(failed=False):
    """Enter what this thread has read, before the answer of a request leaves.

    If that fails, the request fails and nothing is shown.

    :param bool failed: the request has failed already
    """
    for cr, pending in list(_waiting.of.items()):
        (_before_rollback if failed or cr._closed else _before_commit)(pending)


def _before_commit(pending):
    """Enter what was read; if that fails, the transaction fails and nothing is shown."""
    rows = pending.take()
    if not rows:
        return
    try:
        _place_rows(pending.env, rows)
        with _connection(pending.env) as cr:
            if _OWN in cr.cache:
                rows += _overdue(cr)
            _enter(pending.env, cr, rows)
    except BaseException:
        # whoever catches this shows nothing either before it is entered
        pending.entries = rows + pending.entries
        raise


def _overdue(cr):
    """Return the row (dict of columns) of an alarm, in a list, where nobody checks the register.

    Looks once in a while only, as it is asked with each reading.
    """
    now = time.monotonic()
    if now < _looks.setdefault(cr.dbname, now + _LOOK):
        return []
    _looks[cr.dbname] = now + _LOOK
    # sudo: register - how old the last check is
    days = days_unchecked(api.Environment(cr, SUPERUSER_ID, {}))
    return [_alarm(f"unchecked:{fields.Date.today()}")] if days else []


def days_unchecked(env):
    """Return for how many days nobody has checked the register; 0 where that is not too long."""
    since = register_kept.newest(env).get("date")
    if not since:
        begun = genuine_rows(env.cr, opening_keys(env), ("begun", "closed"))
        since = begun[0]["date"] if begun else datetime.min
    age = fields.Datetime.now() - since
    return age.days if age > LATE else 0


def _before_rollback(pending):
    """Enter what was read before something failed; the answer tells of the failure."""
    _waiting.of.pop(pending.env.cr, None)
    pending.signatures.clear()
    _enter_late(pending)


def _after_commit(pending):
    """Enter what was signed, now that it is, and what left the queue by a rollback to a savepoint."""
    _waiting.of.pop(pending.env.cr, None)
    _enter_late(pending)


def _enter_late(pending):
    """Enter what is left of a transaction that is over, or has failed and answers no questions."""
    rows = pending.take()
    signatures, pending.signatures = pending.signatures, []
    if not rows and not signatures:
        return
    try:
        with _connection(pending.env) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if rows:
                _place_rows(env, rows)
                _enter(env, cr, rows)
            if signatures:
                enter_signatures(env, signatures)
    except Exception:  # pylint: disable=broad-exception-caught
        # the scheduled action enters what was signed
        _logger.exception("What a request had read or signed could not be registered yet")


@contextmanager
def _connection(env):
    """Give a cursor of its own to the primary database; what is done with it is committed."""
    if not env.registry.ready:
        # what is being installed or updated is not there for others yet
        yield env.cr
        return
    with env.registry.cursor() as cr:
        if isinstance(cr, Cursor):
            # what others have entered meanwhile is seen, and not refused
            cr.connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED)
            cr.cache[_OWN] = True
        yield cr


# ---------------------------------------------------------------------- what is noted


@contextmanager
def reading_by(way):
    """Name the way by which confidential fields are read inside; the outermost one counts.

    :param str way: a code of ``WAYS``
    """
    token = _way.set(_way.get() or way)
    try:
        yield
    finally:
        _way.reset(token)


def note_reading(env, uid, record, field_name, way=None):
    """Keep in mind that user ``uid`` reads a field; entered before the answer leaves.

    :param record: a record of one of our models
    :param field_name: name of the field, or "file" for an attachment
    :param str way: a code of ``WAYS``; by default the one of the call that is being served
    """
    key = (uid, record._name, record.id, way or _way.get() or "other")
    _pending(env).readings.setdefault(key, set()).add(field_name)


def note_readings(env, records, field_names, way=None):
    """Keep in mind that somebody reads confidential fields, where no field does it by itself.

    Who has logged in, whatever user code has put into the environment.

    :param records: records of one of our models
    :param field_names: names of fields, or "file" for an attachment
    :param str way: see ``note_reading``
    """
    uid = reader(env)
    for record in records:
        for name in field_names:
            note_reading(env, uid, record, name, way)


def note_event(env, kind, record=None, uid=None, **columns):
    """Keep in mind that something happened; entered before the answer leaves.

    :param str kind: a code of ``KINDS``
    :param record: what it is about, a record of one of our models
    :param int uid: who did it; by default who is logged in
    :param columns: more columns of the row: text, pages, field_names, way
    """
    about = {"res_model": record._name, "res_id": record.id} if record else {}
    row = {"kind": kind, "user_id": uid or reader(env), **about, **columns}
    _pending(env).entries.append(row)


def raise_alarm(env, problem, model="", res_id=0, field=""):
    """Enter that something was changed outside of the system, and tell every principal, once.

    It is entered even when this transaction is rolled back, and stops nobody. Without a key nothing is
    entered: what is wrong is found again by the check of the night, when there is one.

    :param str problem: code of what was found
    :param str model: name of the model it was found in
    :param int res_id: id of the record
    :param str field: name of the field
    """
    if opening_keys(env).closed:
        return
    row = _alarm(problem, model, res_id, field)
    entries = _pending(env).entries
    if row not in entries:
        entries.append(row)


def _alarm(problem, model="", res_id=0, field=""):
    """Return the row (dict of columns) of an alarm."""
    return {
        "kind": "alarm",
        "user_id": SUPERUSER_ID,
        "res_model": model or None,
        "res_id": res_id or None,
        "field_names": field or None,
        "text": problem,
    }


def note_signatures(env, signatures):
    """Enter into the chain what was signed, as soon as this transaction is committed.

    :param signatures: list of (name of the model, id, nonce of the signature)
    """
    uid = reader(env)
    _pending(env).signatures += [(*signature, uid) for signature in signatures]


def enter_signatures(env, signatures):
    """Enter what was signed, on the connection of ``env``; what did not come about is left out.

    :param signatures: list of (name of the model, id, nonce of the signature, id of the user)
    :return: number of rows
    """
    stored = {
        (model, id_): (nonce, kind)
        for model, id_, nonce, kind in env.execute_query(
            SQL(
                "SELECT res_model, res_id, nonce,"
                " CASE WHEN columns IS NULL THEN 'given_up' ELSE 'signed' END"
                " FROM crisis_signature"
                " WHERE (res_model, res_id) IN %s",
                tuple({(model, id_) for model, id_, *_rest in signatures}),
            )
        )
    }
    rows = [
        {
            # giving a signature up is signed as well
            "kind": stored[model, id_][1],
            "user_id": uid,
            "res_model": model,
            "res_id": id_,
            "text": nonce,
        }
        # the last one of each record counts that was not taken back
        for (model, id_, nonce), uid in {tuple(rest): uid for *rest, uid in signatures}.items()
        if stored.get((model, id_), ("",))[0] == nonce
    ]
    if rows:
        _place_rows(env, rows)
        _enter(env, env.cr, rows)
    return len(rows)


def known_signatures(env, model, ids=None):
    """Return dict of record id to the nonce that the chain knows last.

    One that was given up has the nonce under which that is signed.

    :param str model: name of the model
    :param ids: list of ids of records; by default, of all
    """
    return dict(
        env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, text FROM crisis_disclosure"
                " WHERE kind IN ('signed', 'given_up') AND res_model = %s AND %s"
                " AND text IS NOT NULL ORDER BY res_id, number DESC",
                model,
                SQL("TRUE") if ids is None else SQL("res_id = ANY(%s)", ids),
            )
        )
    )


def knows(env, user_ids):
    """Tell whether one of these users stands in the register.

    :param user_ids: list of ids
    """
    query = SQL("SELECT FROM crisis_disclosure WHERE user_id = ANY(%s) LIMIT 1", user_ids)
    env.cr.execute(query)
    return bool(env.cr.rowcount)


def bounded(moment):
    """Return SQL of a moment where Python can tell it, else NULL: somebody wrote it by SQL.

    Where a moment has to be, NULL is never what the system has written.

    :param SQL moment: a column of the database
    """
    return SQL("CASE WHEN %s BETWEEN '1000-01-01' AND '9000-01-01' THEN %s END", moment, moment)


def bounded_field(model, name, column):
    """Return SQL of a field of ``model``, see ``bounded``: a list opens whatever stands there."""
    field = model._fields.get(name)
    return bounded(column) if field and field.type == "datetime" else column


# ---------------------------------------------------------------------- what is entered


def begin(env):
    """Begin the register of a new database, so that its end is there from the first day.

    :raises UserError: the server has no key
    """
    keyring(env)
    # sudo: ir.config_parameter - a random id
    name = env["ir.config_parameter"].sudo().get_param("database.uuid")
    # one of the same name may have been there before
    _committed.pop(env.cr.dbname, None)
    note_event(env, "begun", text=name)
    _before_commit(_pending(env))


def update_is_over(env, version):
    """Tell whether the register is of 19.0.4.0.0 or later already; then an alarm is raised.

    What an update of before takes over, signs or seals as it finds it was done with it. Who has the
    database can set the version back and let it run again, over what was changed by SQL.

    :param str version: the folder of the script that asks
    """
    [[over]] = env.execute_query(
        SQL(
            "SELECT EXISTS (SELECT FROM crisis_disclosure"
            " WHERE kind != 'reading' OR signature IS NOT NULL)"
        )
    )
    if over:
        raise_alarm(env, f"update:{version}")
    return over


def close_old_chain(env, checked):
    """Take over the register from before 19.0.4.0.0: its last signed row says what was found.

    :param checked: ``register_check.Checked`` of the rows that are there
    """
    keys = keyring(env)
    if checked.count:
        # what is wrong was found just now, and is not found again at the first row
        _set_end(env.cr, keys, checked.end)
        problems = sorted({fault.problem for fault in checked.faults})
        note_event(env, "closed", text=", ".join(problems) or None, pages=checked.count)
    else:
        note_event(env, "begun")
    for fault in checked.faults:
        raise_alarm(env, f"{fault.problem}:{fault.number}")


def _enter(env, cr, rows):
    """Continue the chain with ``rows``.

    :param env: for messages; what is written goes through ``cr``
    :param rows: list of dicts of columns
    """
    keys = keyring(env)
    rows = _fresh(cr, keys, rows)
    if not rows:
        return
    contents = _contents(rows)
    end = _ends.get(cr.dbname)
    links = end and chained(end, contents, keys.sign)
    if not links or not _grow(cr, keys, end, links):
        end, problems = _taken_end(cr, keys)
        contents = _contents(_fresh(cr, keys, [_alarm(problem) for problem in problems])) + contents
        links = chained(end, contents, keys.sign)
        _set_end(cr, keys, links[-1].end)
        _insert(cr, links)
    _ends[cr.dbname] = links[-1].end
    if _OWN in cr.cache:
        cr.postcommit.add(partial(_committed.__setitem__, cr.dbname, links[-1].number))
    _follow(cr, rows, links)


def _fresh(cr, keys, rows):
    """Leave out alarms that stand in the register already: open ones, and those of the last days.

    What goes on is told of again after a week, as it may have been done once more.
    """
    alarms = [row for row in rows if row["kind"] == "alarm"]
    if not alarms:
        return rows
    names = ("text", "res_model", "res_id", "field_names")
    since = fields.Datetime.now() - AGAIN
    told, seen = told_alarms(cr, keys)
    known = {
        tuple(said[name] for name in names)
        for said in told
        if said["date"] > since or not seen.get(said["mark"])
    }
    return [
        row
        for row in rows
        if row["kind"] != "alarm" or tuple(row[name] for name in names) not in known
    ]


def told_alarms(cr, keys):
    """Return the alarms of the register, and who has seen which.

    Rows that somebody has planted silence nothing, see ``genuine_rows``.

    :return: list of dicts of columns, with ``id`` and ``mark`` (place and link, by which one is said
        to be seen); dict of mark to the set of schools (ids, None) that have seen it
    """
    alarms, seen = [], {}
    for said in genuine_rows(cr, keys, ("alarm", "seen")):
        if said["kind"] == "alarm":
            alarms.append(said)
        else:
            seen.setdefault(said["text"], set()).add(said["company_id"])
    return alarms, seen


def genuine_rows(cr, keys, kinds):
    """Return the rows of some kinds that this server has signed, in the order of their numbers.

    Where a key is not known any more, rows from before the last change of keys count.

    :param kinds: tuple of codes of ``KINDS``, none of them "reading"
    :return: list of dicts of columns, with ``id``, and ``mark``: place and link
    """
    names = ("id", "number", "hash", "signature", *CONTENT)
    cr.execute(
        SQL(
            "SELECT %s FROM crisis_disclosure WHERE kind IN %s AND kind != 'reading'"
            # what is no date would stop it here
            " AND number > 0 AND date BETWEEN '2000-01-01' AND '2999-12-31' ORDER BY number",
            SQL(", ").join(map(SQL.identifier, names)),
            (*kinds, "key"),
        )
    )
    rows = []
    for values in cr.fetchall():
        said = dict(zip(names, values, strict=True))
        row = Row(said["number"], said["hash"], said["signature"] or "",
                  tuple(said[name] for name in CONTENT))  # fmt: skip
        said["mark"] = row.end.signed_text()
        rows.append((keys.tells(row.signature, row.signed_text()), said))
    changed = max(
        (said["number"] for fits, said in rows if fits and said["kind"] == "key"), default=0
    )
    return [
        said
        for fits, said in rows
        if said["kind"] in kinds and (fits or (fits is None and said["number"] < changed))
    ]


def last_change_of_keys(cr, keys):
    """Return the number of the row that tells of the last change of keys, 0 where there is none."""
    return max((said["number"] for said in genuine_rows(cr, keys, ("key",))), default=0)


def _contents(rows):
    """Return what rows (dicts of columns) say, as tuples."""
    http = request.httprequest if request else None
    common = {
        "date": fields.Datetime.now(),
        "ip": http.remote_addr if http else None,
        "device": http.user_agent.string[:250] if http else None,
        "way": "other",
    }
    return [tuple({**common, **row}.get(name) for name in CONTENT) for row in rows]


def _values(links):
    """Return SQL of the rows (``lib.disclosure_chain.Row``) as a list of VALUES."""
    return SQL(", ").join(
        SQL("%s", (link.number, link.hash, link.signature, *link.content)) for link in links
    )


def _insertion(links, condition):
    """Return the statement that adds rows, where ``condition`` (SQL) holds."""
    columns = SQL(", ").join(map(SQL.identifier, CONTENT))
    return SQL(
        """INSERT INTO crisis_disclosure
                  (number, hash, signature, %(columns)s, entry_id)
           SELECT v.number, v.hash, v.signature, %(typed)s,
                  CASE WHEN v.kind = 'reading' THEN
                  (SELECT first.id FROM crisis_disclosure first
                    WHERE first.res_model = v.res_model
                      AND first.res_id = v.res_id::int
                      AND first.user_id = v.user_id::int
                      AND first.way = v.way
                      AND first.field_names = v.field_names
                      AND first.kind = 'reading'
                      AND first.entry_id IS NULL
                      AND first.date > v.date::timestamp - %(window)s::interval
                    ORDER BY first.id LIMIT 1) END
             FROM (VALUES %(values)s) AS v (number, hash, signature, %(columns)s)
            WHERE %(condition)s""",
        columns=columns,
        typed=SQL(", ").join(
            SQL("%s::%s", SQL.identifier("v", name), SQL(type_))
            for name, type_ in zip(CONTENT, _TYPES, strict=True)
        ),
        values=_values(links),
        window=WINDOW,
        condition=condition,
    )


def _grow(cr, keys, end, links):
    """Add rows where the chain still ends as this process knows it, in one statement.

    :param end: the known end
    :return: whether it was so
    """
    new = links[-1].end
    cr.execute(
        SQL(
            """SET LOCAL lock_timeout = %s;
               WITH grown AS (
                   UPDATE crisis_disclosure_head SET count = %s, hash = %s, signature = %s
                    WHERE id = 1 AND count = %s AND hash = %s
                      AND %s = (SELECT d.hash FROM crisis_disclosure d WHERE d.number = %s)
                      AND NOT EXISTS (SELECT FROM crisis_disclosure d WHERE d.number > %s)
                RETURNING 1)
               %s""",
            PATIENCE,
            new.number,
            new.hash,
            keys.sign(new.signed_text()),
            end.number,
            end.hash,
            end.hash,
            end.number,
            end.number,
            _insertion(links, SQL("EXISTS (SELECT FROM grown)")),
        )
    )
    return cr.rowcount > 0


def _taken_end(cr, keys):
    """Take the end of the chain, so that nobody else adds to it, and check it.

    :return: ``End`` to continue from, and the list of what is wrong with it
    """
    head = _locked_head(cr)
    if not head:
        # somebody has taken the end away, or the register begins: there is no row to lock
        cr.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        head = _locked_head(cr)
    # a number that leaves no room for others would keep everybody from reading
    cr.execute(
        "SELECT number, hash FROM crisis_disclosure WHERE number < %s ORDER BY number DESC LIMIT 1",
        [min(head[0] if head else MAX_NUMBER, MAX_NUMBER - 2 * LEAP) + LEAP],
    )
    last = End(*(cr.fetchone() or ()))
    end, problems = _compared(keys, head, last)
    known = _committed.get(cr.dbname, 0) if _OWN in cr.cache else 0
    if known > max(end.number, last.number):
        # what this process has entered itself is gone, and with it the end that said so
        problems.append(f"older:{known}")
        _committed.pop(cr.dbname)
    return end, problems


def _compared(keys, head, last):
    """Compare the end that is kept with the last row.

    :param head: (count, hash, signature), None where there is none
    :return: see ``_taken_end``
    """
    if not head:
        # a register begins with its first row, which says so
        return last, [f"no_head:{last.number}"] if last.number else []
    end = End(*head[:2])
    if not keys.verifies(head[2], end.signed_text()):
        return last, [f"head:{last.number}"]
    if last.number < end.number:
        # the gap stays, as it tells what is missing
        return end, [f"tail:{last.number}"]
    if last.number > end.number:
        return last, [f"beyond:{end.number}"]
    if last.hash != end.hash:
        return end, [f"changed:{end.number}"]
    return end, []


def _locked_head(cr):
    """Return (count, hash, signature) of the end, so that nobody else changes it; None without one."""
    cr.execute(
        "SELECT count, hash, signature FROM crisis_disclosure_head WHERE id = 1 FOR NO KEY UPDATE"
    )
    return cr.fetchone()


def _set_end(cr, keys, end):
    """Keep and sign the end of the chain; the caller has taken it."""
    cr.execute(
        """INSERT INTO crisis_disclosure_head (id, count, hash, signature)
           VALUES (1, %(count)s, %(hash)s, %(signature)s)
           ON CONFLICT (id) DO UPDATE
           SET count = %(count)s, hash = %(hash)s, signature = %(signature)s""",
        {
            "count": end.number,
            "hash": end.hash,
            "signature": keys.sign(end.signed_text()),
        },
    )


def _insert(cr, links):
    """Add rows; the caller has taken the end."""
    cr.execute(_insertion(links, SQL("TRUE")))


def _follow(cr, rows, links):
    """Let the timeline tell of what was printed."""
    numbers = [link.number for link in links if link.content[CONTENT.index("kind")] == "printed"]
    if numbers:
        env = api.Environment(cr, SUPERUSER_ID, {})
        cr.execute("SELECT id FROM crisis_disclosure WHERE number = ANY(%s)", [numbers])
        env["crisis.chronology"]._bring_up_to_date(
            {(MODEL, "res_id"): [id_ for [id_] in cr.fetchall()]}
        )


def sign_end_anew(env):
    """Sign the end of the chain with the newest key, so that an older one may be taken away.

    Whatever is wrong with it stays so and is an alarm: it is never signed as it is found.
    """
    keys = keyring(env)
    env.cr.execute("SELECT signature FROM crisis_disclosure_head WHERE id = 1")
    found = env.cr.fetchone()
    if found and found[0].startswith(f"{keys.newest}:"):
        return
    with _connection(env) as cr:
        _ends.pop(cr.dbname, None)
        rows = [{"kind": "key", "user_id": SUPERUSER_ID, "text": keys.newest}]
        _enter(env, cr, rows)


# ---------------------------------------------------------------------- where it belongs

# Additions and the record that they add to.
PARENTS = ("session_id", "assessment_id")


def _place_rows(env, rows):
    """Fill in case, student and school of what rows are about, with one query.

    :param rows: list of dicts of columns
    """
    ids = {}
    for row in rows:
        model = row.get("res_model")
        if model in env and env["crisis.record"]._is_ours(model) and env[model]._auto:
            ids.setdefault(model, set()).add(row["res_id"] or 0)
    if not ids:
        return
    found = env.execute_query(
        SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s, t.id, %s FROM %s t WHERE t.id = ANY(%s)",
                model,
                place_of(env, model),
                SQL.identifier(env[model]._table),
                sorted(ids[model]),
            )
            for model in sorted(ids)
        )
    )
    places = {(model, id_): place for model, id_, *place in found}
    for row in rows:
        place = places.get((row.get("res_model"), row.get("res_id")))
        if place:
            found = zip(("case_id", "student_id", "company_id"), place, strict=True)
            # what is known already stays
            row.update({name: id_ for name, id_ in found if not row.get(name)})


def place_of(env, model):
    """Return SQL of case, student and school of a record of ``model`` with the alias t."""
    known = env[model]._fields
    if model == "crisis.case":
        return SQL("t.id AS case_id, t.student_id, t.company_id")
    if model == "crisis.student":
        return SQL("NULL::int AS case_id, t.id AS student_id, t.company_id")
    if model == "crisis.concern" or ("concern_id" in known and "case_id" not in known):
        concern = SQL.identifier("id" if model == "crisis.concern" else "concern_id")
        school = SQL("t.company_id") if known["company_id"].store else SQL("NULL::int")
        return SQL(
            "(SELECT min(r.case_id) FROM crisis_case_concern_rel r WHERE r.concern_id = t.%s)"
            " AS case_id, NULL::int AS student_id, %s AS company_id",
            concern,
            school,
        )
    parent = next((name for name in PARENTS if name in known), None)
    if parent:
        table = SQL.identifier(env[known[parent].comodel_name]._table)
        column = SQL.identifier(parent)
        return SQL(
            "(SELECT p.case_id FROM %(table)s p WHERE p.id = t.%(column)s) AS case_id, "
            "(SELECT p.student_id FROM %(table)s p WHERE p.id = t.%(column)s) AS student_id, "
            "t.company_id",
            table=table,
            column=column,
        )
    parts = [
        SQL("t.%s", SQL.identifier(name))
        if name in known and known[name].store
        else SQL("NULL::int AS %s", SQL.identifier(name))
        for name in ("case_id", "student_id", "company_id")
    ]
    return SQL(", ").join(parts)
