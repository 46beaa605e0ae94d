"""Signatures of what is submitted, signed and decided: what a record says, and its files.

Each is an HMAC by the key of the server over the content of one record and a nonce, in a row of
``crisis.signature``; the register is told of each nonce. What signs stands here, in functions of a
module: code that an administrator enters in Odoo may call methods of models, and none of these.

A record that is rightly no longer signed (a plan that is given back) keeps its row, which then says
so, signed as well: so neither can the row of an older signature be put back unnoticed, nor is a
process that ends between two commits mistaken for a deleted row.
"""

import logging
import time
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import register
from .lib.sealed import SealError
from .lib.signed_content import Finding, content_of, given_up, new_nonce, random_part
from .seal_keys import keyring
from .sealed_fields import Sealed
from .sealed_files import filing_into, opens
from .sealed_reading import acts_for_others, code_acts
from .walls import acts_past_modules, is_loading

_logger = logging.getLogger(__name__)

BATCH = 500
# Stands for the files of a record among the names of what is signed.
FILES = "_files"
# What reading raises where somebody wrote into a column what the system never writes.
DAMAGES = (ArithmeticError, RecursionError, TypeError, ValueError)
# (model, id) of records of which a change is under way, and models of which records are created.
_changing: ContextVar[frozenset] = ContextVar("crisis_changing", default=frozenset())
_beginning: ContextVar[frozenset] = ContextVar("crisis_beginning", default=frozenset())


class Row(NamedTuple):
    """What a record says now, and its signature.

    ``values``: None where a sealed text does not open; ``names``: what was signed, None where it is
    given up; ``nonce``: empty where there is no signature. ``readable``: False where the database
    holds what the system never writes; then nothing else is known.
    """

    id: int
    values: dict | None
    nonce: str
    names: list | None
    mac: str
    readable: bool = True

    @property
    def is_live(self):
        """Tell whether there is a signature that is not given up."""
        return bool(self.nonce and self.names is not None)


# ------------------------------------------------------------------ signing


@contextmanager
def changing(records, names=None):
    """Keep the signatures of ``records`` true to what is done to them inside.

    What is signed and unchanged until now is signed anew; what comes to be signed is signed. What was
    changed past the system is not: an alarm is raised, and nobody is stopped.

    :param names: fields that may change; by default, any
    :raises AccessError: code out of the database signs, or changes what is signed
    """
    if not records or (names is not None and records._signed_names().isdisjoint(names)):
        yield
        return
    # sudo: any kind of record - whether it is signed; nothing of it is returned
    own = records.sudo()
    by_code = _by_code(own)
    if not by_code:
        # what is done to a record while it is being changed is part of that change
        own = own.browse(id_ for id_ in own._ids if (own._name, id_) not in _changing.get())
    before = _signed(own)
    if by_code and before:
        _refuse(own.env)
    old = {row.id: row for row in _read(before)} if _keys(own.env) else {}
    with _taken_back(own.env, by_code), _added(_changing, {(own._name, id_) for id_ in own._ids}):
        yield
        _settle(own, old, by_code)


@contextmanager
def changing_lines(lines, vals):
    """Keep the signatures true of what ``lines`` belong to, while ``vals`` are written into them."""
    with ExitStack() as stack:
        for link, columns in lines._lines_of():
            if link in vals or not columns.isdisjoint(vals):
                # before what is not there is told from what is closed
                lines.check_access("write")
                # sudo: any kind of record - what lines belong to; nothing of it is returned
                owners = lines.sudo()[link]
                stack.enter_context(changing(owners | owners.browse(vals.get(link) or ())))
        yield


@contextmanager
def adding_lines(model, vals_list):
    """Keep the signatures true of what lines belong to that are created inside."""
    with ExitStack() as stack:
        for link, _columns in model._lines_of():
            # sudo: any kind of record - see above
            owners = model.sudo()[link]
            ids = {vals[link] for vals in vals_list if vals.get(link)}
            stack.enter_context(changing(owners.browse(ids)))
        yield


@contextmanager
def beginning(model):
    """Take what is created inside back where code out of the database may not create it.

    Yields a function that signs the records that were created, as far as they count as signed.

    :param model: empty records of the kind
    """
    if not model._signed_columns():
        yield lambda records: None
        return
    by_code = _by_code(model)
    with _taken_back(model.env, by_code), _added(_beginning, {model._name}):
        # sudo: any kind of record - whether it is signed; nothing of it is returned
        yield lambda records: _settle(records.sudo(), None, by_code)


@contextmanager
def _added(variable, more):
    """Add ``more`` to a set in a context variable, inside."""
    token = variable.set(variable.get() | more)
    try:
        yield
    finally:
        variable.reset(token)


@contextmanager
def filing(records):
    """Let our own code add files to records that are locked, and sign them anew."""
    with changing(records), filing_into(records):
        yield


@contextmanager
def _taken_back(env, by_code):
    """Leave nothing behind of what code out of the database does, where it is refused."""
    if by_code:
        with env.cr.savepoint():
            yield
    else:
        yield


def _by_code(records):
    """Tell whether code out of the database acts where it may not; that of demo data may."""
    env = records.env
    return not records._enters_code and (
        acts_past_modules(env) or (not is_loading(env) and acts_for_others(env))
    )


def _refuse(env):
    """Refuse what only people and the system itself do.

    :raises AccessError: always
    """
    raise AccessError(
        env._(
            "What is signed, submitted or decided is signed by people. Server actions, automation "
            "rules and other code entered in Odoo neither sign nor change it."
        )
    )


def _signed(records):
    """Return those of ``records`` that count as signed."""
    domain = records._signed_where()
    if domain.is_false():
        return records.browse()
    stored = records.browse(id_ for id_ in records._ids if isinstance(id_, int))
    return stored.filtered_domain(domain)


def _settle(records, old, by_code):
    """Sign ``records`` where they count as signed, after something was done to them.

    :param old: dict of id to ``Row`` of those that counted as signed before; None where all of them
        were created just now
    """
    env, model = records.env, records._name
    after = _signed(records)
    if not after and not old:
        return
    if by_code:
        _refuse(env)
    if not _keys(env):
        # nobody who helps a child is stopped by it; the check finds it unsigned
        return
    signed, given, counting = [], [], set(after._ids)
    rows = _read(records.browse(counting.union(old or ())))
    known = register.known_signatures(env, model, [row.id for row in rows])
    for row in rows:
        was = (old or {}).get(row.id)
        problem = _problem(env, model, row, was, known.get(row.id, ""))
        if problem:
            register.raise_alarm(env, problem, model, row.id)
            # its author says now what it says: it is signed all the same, but where a signature that
            # the register knows of stands there and tells what was done
            nonce = known.get(row.id, "")
            if problem != "unlocked" or (row.is_live and nonce):
                continue
            row = row._replace(nonce=nonce)
        if row.id not in counting:
            given += [row] if was.is_live else []
        elif not _is_said(env, was, row):
            signed.append(row)
    _store(env, model, signed, given)


def _is_said(env, was, row):
    """Tell whether the signature that a record had says what it says now.

    What an update finds unsigned is signed at its end.
    """
    if was is None:
        return False
    return was.values == row.values if was.is_live else is_loading(env) and not was.nonce


def _comes_to_be_signed(env, model, row, known):
    """Tell whether a record was rightly not signed until now: never, or its signature was given up.

    :param known: nonce that the register knows last
    """
    if not row.nonce:
        return not known
    return not row.is_live and row.nonce >= known and _verifies(env, model, row)


def _problem(env, model, row, was, known):
    """Return what is wrong with a record that was changed just now, "" where nothing is.

    :param was: its ``Row`` before, None where it did not count as signed
    :param known: nonce that the register knows last
    """
    if not row.readable:
        return "unreadable"
    if row.values is None:
        return "changed"
    if was is None:
        return "" if _comes_to_be_signed(env, model, row, known) else "unlocked"
    if row.nonce and row.nonce < known:
        return "replaced"
    if not was.is_live:
        return "" if is_loading(env) or model in _beginning.get() else "unsigned"
    return "" if _verifies(env, model, was) else "changed"


def _keys(env):
    """Return the keys of the server, None where it has none."""
    try:
        return keyring(env)
    except UserError:
        return None


def _store(env, model, signed, given=()):
    """Write signatures of ``signed`` rows, and that ``given`` ones are given up; tell the register."""
    if not signed and not given:
        return
    keys, now = keyring(env), time.time()
    rows = []
    for row in signed:
        nonce = new_nonce(now, row.nonce)
        mac = keys.sign(content_of(model, row.id, nonce, row.values))
        rows.append((model, row.id, nonce, ",".join(sorted(row.values)), mac))
    for row in given:
        nonce = new_nonce(now, row.nonce)
        rows.append((model, row.id, nonce, None, keys.sign(given_up(model, row.id, nonce))))
    env.cr.execute_values(
        "INSERT INTO crisis_signature (res_model, res_id, nonce, columns, mac) VALUES %s"
        " ON CONFLICT (res_model, res_id) DO UPDATE"
        " SET nonce = EXCLUDED.nonce, columns = EXCLUDED.columns, mac = EXCLUDED.mac",
        rows,
        page_size=len(rows),
    )
    register.note_signatures(env, [row[:3] for row in rows])


def signed_before(env, model, after=0):
    """Return the ids of a batch of records of ``model`` that an older key has signed.

    :param int after: id of the last one of the batch before
    """
    found = env.execute_query(
        SQL(
            "SELECT res_id FROM crisis_signature WHERE res_model = %s AND res_id > %s"
            " AND NOT starts_with(mac, %s) ORDER BY res_id LIMIT %s",
            model,
            after,
            f"{keyring(env).newest}:",
            BATCH,
        )
    )
    return [id_ for [id_] in found]


def sign_anew(env, model, ids):
    """Sign records of ``model`` with the newest key; nonces stay.

    :return: ids of what does not verify: it stays as it is
    """
    keys = keyring(env)
    # sudo: any kind of record - what it says is signed, and not returned
    rows = _read(env[model].sudo().browse(ids))
    genuine = {row.id: row for row in rows if _verifies(env, model, row)}
    if genuine:
        env.cr.execute_values(
            "UPDATE crisis_signature s SET mac = v.mac"
            " FROM (VALUES %s) AS v (res_model, res_id, mac)"
            " WHERE s.res_model = v.res_model AND s.res_id = v.res_id",
            [(model, id_, keys.sign(_text(model, row))) for id_, row in genuine.items()],
            page_size=len(genuine),
        )
    return [id_ for id_ in ids if id_ not in genuine]


def sign_existing(env):
    """Sign what counts as signed and never was, for updates; may be repeated.

    What the register knows as signed before is not, and an alarm: somebody took its signature away.

    :return: number of records
    """
    if code_acts():
        _refuse(env)
    total = 0
    for model in _kinds(env):
        for batch in _batches(env, model):
            # what does not open cannot be signed: the check tells of it
            rows = [row for row in _read(batch) if not row.nonce and row.values is not None]
            known = register.known_signatures(env, model, [row.id for row in rows])
            for id_ in known:
                register.raise_alarm(env, "unlocked", model, id_)
            rows = [row for row in rows if row.id not in known]
            _store(env, model, rows)
            total += len(rows)
    return total


def leave_out(env, modules):
    """Sign anew what verifies, without the fields that addons take along as they are removed.

    :param modules: set of the names of these addons
    :raises AccessError: the server serves
    """
    for model in _kinds(env):
        columns = env[model]._signed_columns()
        gone = {name for name in columns if modules.issuperset(env[model]._fields[name]._modules)}
        if not gone or env[model]._original_module in modules or not _keys(env):
            continue
        if not is_loading(env):
            _refuse(env)
        for batch in _batches(env, model):
            _store(
                env,
                model,
                [
                    row._replace(values={n: v for n, v in row.values.items() if n not in gone})
                    for row in _read(batch)
                    if row.is_live and not gone.isdisjoint(row.names) and _verifies(env, model, row)
                ],
            )


def renew_loaded(env):
    """Sign anew what demo data has dated back by SQL, while the addon is installed.

    What the register knows already, an installation has not brought.

    :raises AccessError: the server serves
    """
    if not is_loading(env):
        _refuse(env)
    for model in _kinds(env):
        for batch in _batches(env, model):
            known = register.known_signatures(env, model, batch.ids)
            rows = [row for row in _read(batch) if row.id not in known and row.values is not None]
            _store(env, model, [row for row in rows if not _verifies(env, model, row)])


# ------------------------------------------------------------------ reading


def _kinds(env):
    """Return the names of the kinds of which records are signed."""
    kinds = env["crisis.record"]._kinds()
    return [name for name in kinds if not env[name]._signed_where().is_false()]


def _batches(env, model):
    """Yield all records of ``model`` that count as signed, some hundreds at a time."""
    # sudo: any kind of record - all of them are checked or signed; nothing of them is returned
    records = env[model].sudo().with_context(active_test=False)
    last, domain = 0, records._signed_where()
    while batch := records.search([("id", ">", last), *domain], order="id", limit=BATCH):
        last = batch[-1].id
        yield batch


def _read(records):
    """Return a ``Row`` for each of ``records``, by one query, past the cache of the ORM.

    What cannot even be read, as somebody wrote it by SQL, keeps nobody from reading the others.
    """
    try:
        return _rows(records)
    except DAMAGES:
        if len(records) > 1:
            half = len(records) // 2
            return _read(records[:half]) + _read(records[half:])
        _logger.exception("What the database holds of %s cannot be read", records)
        return [Row(records.id, None, "", None, "", readable=False)]


def _rows(records):
    """Return a ``Row`` for each of ``records``.

    :raises Exception: one of ``DAMAGES``, where a column holds what no value of Python is
    """
    if not records:
        return []
    records.flush_recordset()
    env, columns = records.env, records._signed_columns()
    for name in records._signed_lines:
        env[records._fields[name].comodel_name].flush_model()
    env["ir.attachment"].flush_model()
    rows = env.execute_query_dict(
        SQL(
            "SELECT t.id, %s, ARRAY(SELECT coalesce(a.res_field, '') || ' ' ||"
            " coalesce(a.crisis_seal_id, '') FROM ir_attachment a"
            " WHERE a.res_model = %s AND a.res_id = t.id) AS %s, s.nonce AS %s, s.columns AS %s,"
            " s.mac AS %s FROM %s t LEFT JOIN crisis_signature s"
            " ON s.res_model = %s AND s.res_id = t.id WHERE t.id IN %s ORDER BY t.id",
            SQL(", ").join(_column(records, name) for name in columns),
            records._name,
            *map(SQL.identifier, (FILES, "_nonce", "_columns", "_mac")),
            SQL.identifier(records._table),
            records._name,
            records._ids,
        )
    )
    return [_row(records, row, columns) for row in rows]


def _column(records, name):
    """Return what is selected of ``t`` for a field of ``records``."""
    field, alias = records._fields[name], SQL.identifier(name)
    if field.type == "many2many":
        return SQL(
            "ARRAY(SELECT r.%s FROM %s r WHERE r.%s = t.id ORDER BY 1) AS %s",
            SQL.identifier(field.column2),
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
            alias,
        )
    if field.type == "one2many":
        said = (SQL("%s, %s", n, SQL.identifier("l", n)) for n in records._signed_lines[name])
        return SQL(
            "ARRAY(SELECT jsonb_build_object(%s)::text FROM %s l WHERE %s = t.id ORDER BY l.id)"
            " AS %s",
            SQL(", ").join(said),
            SQL.identifier(records.env[field.comodel_name]._table),
            SQL.identifier("l", field.inverse_name),
            alias,
        )
    return SQL.identifier("t", name)


def _row(records, row, columns):
    """Return what the database holds of one record as a ``Row``."""
    values = {name: row[name] for name in columns}
    files = (each.partition(" ") for each in row[FILES])
    values[FILES] = sorted([field, random_part(seal)] for field, _space, seal in files)
    names = row["_columns"]
    return Row(
        row["id"],
        _opened(records, row["id"], values),
        row["_nonce"] or "",
        names.split(",") if names else None,
        row["_mac"] or "",
    )


def _opened(records, id_, values):
    """Return ``values`` with sealed texts as they were typed, None where one does not open.

    Past the fields, so that nobody is registered as a reader: nothing of it leaves this module.
    """
    for name, value in values.items():
        field = records._fields.get(name)
        if value and isinstance(field, Sealed):
            try:
                values[name] = keyring(records.env).open(value, *field._places(id_))
            except SealError:
                return None
    return values


def _text(model, row):
    """Return what the signature of ``row`` has to be one of, None where that is not to be had."""
    if not row.nonce or row.names is None:
        return row.nonce and given_up(model, row.id, row.nonce)
    if row.values is None or not row.values.keys() >= set(row.names):
        return None
    return content_of(model, row.id, row.nonce, {name: row.values[name] for name in row.names})


def _verifies(env, model, row):
    """Tell whether the server has signed what this record says."""
    try:
        text = _text(model, row)
    except DAMAGES:
        return False
    return bool(text) and keyring(env).verifies(row.mac, text)


def naming(named):
    """Yield the records that are signed and name one of ``named``, of one kind each.

    :param named: records of any model
    """
    env = named.env
    for model in _kinds(env):
        # sudo: any kind of record - which name them; they are signed anew, and not returned to users
        records = env[model].sudo().with_context(active_test=False)
        links = [
            name
            for name in records._signed_columns()
            if records._fields[name].type == "many2one"
            and records._fields[name].comodel_name == named._name
        ]
        if links:
            leads = Domain.OR(Domain(name, "in", named.ids) for name in links)
            yield records.search(leads & records._signed_where())


def has_authors(users):
    """Tell whether one of ``users`` wrote a record of a kind that is signed."""
    env = users.env
    found = SQL(" UNION ALL ").join(
        SQL(
            "(SELECT 1 FROM %s WHERE create_uid = ANY(%s) LIMIT 1)",
            SQL.identifier(env[model]._table),
            users.ids,
        )
        for model in _kinds(env)
    )
    return bool(env.execute_query(found))


# ------------------------------------------------------------------ checking


def check(env, model, files=False):
    """Look for what was done to signed records of ``model`` past the system.

    Yields a list of ``Finding`` s, which may be empty, after each batch of some hundred records, with
    the same number of queries each.

    :param bool files: open each file as well, which takes its time
    """
    known = register.known_signatures(env, model)
    seen = set()
    for batch in _batches(env, model):
        seen.update(batch._ids)
        findings = [
            Finding(problem, model, row.id)
            for row in _read(batch)
            if (problem := _seen(env, model, row, known.get(row.id)))
        ]
        yield findings + (_broken_files(batch) if files else [])
    # sudo: any kind of record - ids only
    records = env[model].sudo()
    beside = sorted({*_signed_once(env, model), *filter(known.get, known)} - seen)
    for start in range(0, len(beside), BATCH):
        ids = beside[start : start + BATCH]
        rows = {row.id: row for row in _read(records.browse(ids))}
        yield [
            Finding(problem, model, id_)
            for id_ in ids
            if (problem := _unseen(env, model, rows.get(id_), known.get(id_)))
        ]


def check_all(env, files=False):
    """Return all ``Finding`` s about all kinds of record."""
    kinds = _kinds(env)
    return [found for model in kinds for batch in check(env, model, files) for found in batch]


def enter_late(env):
    """Enter signatures that the register has not got to know, as a process ended too early.

    Nonces of a record grow, so an older signature that somebody has put back is none of them.

    :return: number of signatures
    """
    unknown = {}
    for model, id_ in env.execute_query(
        SQL(
            "SELECT s.res_model, s.res_id FROM crisis_signature s WHERE NOT EXISTS ("
            "SELECT FROM crisis_disclosure d WHERE d.kind IN ('signed', 'given_up')"
            " AND d.res_model = s.res_model AND d.res_id = s.res_id AND d.text >= s.nonce)"
        )
    ):
        unknown.setdefault(model, []).append(id_)
    total = 0
    for model in unknown.keys() & set(_kinds(env)):
        for start in range(0, len(unknown[model]), BATCH):
            # sudo: any kind of record - whether the server has signed it; nothing is returned
            records = env[model].sudo().browse(unknown[model][start : start + BATCH])
            late = [row for row in _read(records) if _verifies(env, model, row)]
            register.note_signatures(env, [(model, row.id, row.nonce) for row in late])
            total += len(late)
    return total


def _signed_once(env, model):
    """Return the ids of all records of ``model`` that have a row."""
    rows = env.execute_query(SQL("SELECT res_id FROM crisis_signature WHERE res_model = %s", model))
    return [id_ for [id_] in rows]


def _seen(env, model, row, known):
    """Return what is wrong with a record that counts as signed, "" where nothing is.

    :param known: nonce that the register knows last
    """
    if not row.readable:
        return "unreadable"
    if not row.is_live:
        return "unlocked" if known and not row.nonce else "unsigned"
    if not _verifies(env, model, row):
        return "changed"
    return "replaced" if known and row.nonce < known else ""


def _unseen(env, model, row, known):
    """Return what is wrong with one that was signed once and does not count as signed now."""
    if row is None:
        return "gone"
    if not row.readable:
        return "unreadable"
    if row.is_live or not row.nonce or not _verifies(env, model, row):
        return "unlocked"
    return "replaced" if known and row.nonce < known else ""


def _broken_files(records):
    """Return ``Finding`` s of files of ``records`` that are missing or do not open."""
    env = records.env
    # sudo: ir.attachment - whether they open; nothing of them is returned
    files = env["ir.attachment"].sudo()
    found = files._search(
        [
            ("res_model", "=", records._name),
            ("res_id", "in", records.ids),
            ("res_field", "in", [False, *records._fields]),
            ("file_size", ">", 0),
        ],
        order="id",
    )
    return [
        Finding("changed", records._name, res_id, field or "file")
        for id_, res_id, field in env.execute_query(found.select("id", "res_id", "res_field"))
        if not _opens(files.browse(id_))
    ]


def _opens(file):
    """Tell whether an attachment opens, whatever somebody wrote into its columns."""
    try:
        return opens(file)
    except DAMAGES:
        return False
