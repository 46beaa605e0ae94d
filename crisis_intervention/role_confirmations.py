"""Roles that open children's files count for those only whom a principal confirmed in them.

Rows of ``crisis.role.confirmation`` say who is confirmed in what; each is signed with the key of the
server. What signs stands here, in functions of a module: code that an administrator enters in Odoo
(server actions, computed fields) may call methods of models, and none of these.
"""

from odoo import fields
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import SQL

from .lib.effective_roles import effective, reached
from .roles import CONFIRMED, PRINCIPAL, TRIAGE, WORKERS
from .seal_keys import keyring
from .walls import is_loading

MODEL = "crisis.role.confirmation"
# States in which a role counts.
COUNTING = ("taken_over", "confirmed")
_SIGNED = ("user_id", "group_id", "company_id", "state", "way", "decided_by_id", "first_by_id")
# Tables that hold something to see: the first set-up is over as soon as one of them has a row.
_FILES = ("crisis_case", "crisis_concern", "crisis_student")


def guarded(env):
    """Return the roles that count only when they are confirmed: dict of id to XML id."""
    to_id = env["ir.model.data"]._xmlid_to_res_id
    return {id_: xml_id for xml_id in CONFIRMED if (id_ := to_id(xml_id))}


def carried(env):
    """Return dict of the groups that only a role brings along, to these roles."""
    to_id = env["ir.model.data"]._xmlid_to_res_id
    worker = to_id(TRIAGE)
    return {worker: frozenset(filter(None, map(to_id, WORKERS)))} if worker else {}


def effective_groups(env, stored):
    """Return dict of user id to the ids of the groups that count.

    :param stored: dict of user id to the ids of the groups that are given to that user
    """
    implied = env["res.groups"]._crisis_implied()
    roles, parts = guarded(env), carried(env)
    # only about these anything has to be looked up
    asked = [
        uid
        for uid, groups in stored.items()
        if not (roles.keys() | parts.keys()).isdisjoint(reached(groups, implied))
    ]
    known = confirmed(env, asked)
    return {
        uid: effective(groups, implied, roles.keys(), parts, known.get(uid, frozenset()))
        for uid, groups in stored.items()
    }


def confirmed(env, user_ids):
    """Return dict of user id to the roles (ids) in which this user is confirmed.

    Confirmed is who is so for one of the own schools; see ``closed_schools`` for the others.
    """
    result = {}
    for (uid, group), _schools, _own in _places(env, user_ids):
        result.setdefault(uid, set()).add(group)
    return result


def closed_schools(env, user_ids):
    """Return dict of user id to the own schools (ids) in which a role of this user still waits.

    Who is confirmed at one school and put into another one sees nothing of it before its principal
    has agreed.
    """
    result = {}
    for (uid, _group), schools, own in _places(env, user_ids):
        if not own <= schools:
            result.setdefault(uid, set()).update(own - schools)
    return result


def _places(env, user_ids):
    """Yield ((user id, role id), schools of the confirmation, schools of the user).

    Rows that the key of the server did not sign are none.
    """
    ids = [id_ for id_ in user_ids if isinstance(id_, int)]
    if not ids:
        return
    rows = env.execute_query_dict(
        SQL(
            "SELECT c.id, %s, c.date_decided, c.signature,"
            " ARRAY(SELECT cid FROM res_company_users_rel r WHERE r.user_id = c.user_id) AS own"
            " FROM crisis_role_confirmation c WHERE c.user_id = ANY(%s) AND c.state IN %s",
            SQL(", ").join(SQL.identifier("c", name) for name in _SIGNED),
            ids,
            COUNTING,
        )
    )
    places = {}
    for row in rows:
        if row["company_id"] in row["own"] and _verifies(env, row):
            key = (row["user_id"], row["group_id"])
            places.setdefault(key, (set(), set(row["own"])))[0].add(row["company_id"])
    for key, (schools, own) in places.items():
        yield key, schools, own


def _text(row):
    """Return what is signed of a row, which no other row can take over."""
    moment = row["date_decided"]
    parts = [row["id"], *(row[name] or 0 for name in _SIGNED)]
    parts.append(fields.Datetime.to_string(moment) if moment else "")
    return "crisis.role.confirmation|" + "|".join(map(str, parts))


def _verifies(env, row):
    """Tell whether the server has signed this row.

    A server without a key believes the row: nobody shall be locked out because a key was lost, and
    without it no sealed text opens.
    """
    try:
        keys = keyring(env)
    except UserError:
        return True
    return keys.verifies(row["signature"] or "", _text(row))


def sign(rows, **vals):
    """Write ``vals`` into rows of confirmations and sign what they say from now on.

    :param rows: ``crisis.role.confirmation`` records; the caller has checked who decides
    :raises UserError: the server has no key
    """
    # sudo: crisis.role.confirmation - nobody has the right to write; callers have checked
    rows = rows.sudo()
    env = rows.env
    if vals:
        rows._set(vals)
    keys = keyring(env)
    for row in rows:
        row._set({"signature": keys.sign(_text(_told(row)))})
    rows.flush_recordset()
    forget(env)


def signed_before(env, after=0):
    """Return the ids of the confirmations behind ``after`` that an older key has signed."""
    found = env.execute_query(
        SQL(
            "SELECT id FROM crisis_role_confirmation WHERE id > %s"
            " AND signature IS NOT NULL AND NOT starts_with(signature, %s) ORDER BY id",
            after,
            f"{keyring(env).newest}:",
        )
    )
    return [id_ for [id_] in found]


def sign_anew(env, ids):
    """Sign confirmations with the newest key, so that the older may be taken away.

    :return: ids of what does not verify: it stays as it is
    """
    # sudo: crisis.role.confirmation - only what verifies is signed anew
    rows = env[MODEL].sudo().browse(ids)
    kept = rows.filtered(is_genuine)
    if kept:
        sign(kept)
    return (rows - kept).ids


def is_genuine(row):
    """Tell whether the server has signed this record as it stands."""
    return _verifies(row.env, {**_told(row), "signature": row.signature})


def _told(row):
    """Return what is signed of a record, as a row of the table."""
    told = {name: row[name].id if row._fields[name].relational else row[name] for name in _SIGNED}
    return {**told, "id": row.id, "date_decided": row.date_decided}


def forget(env):
    """Drop what is cached about groups of users, after a role was confirmed or ended."""
    env["res.users"].invalidate_model(["all_group_ids", "share"])
    env["res.groups"].invalidate_model(["all_user_ids"])
    env["ir.model.access"].call_cache_clearing_methods()
    env.registry.clear_cache()
    # others may have asked before the change was committed
    env.cr.postcommit.add(env.registry.clear_cache)


def is_set_up(env):
    """Tell whether the first set-up of this database is over, for good.

    It is as soon as there ever was a principal, or there is anything of a child. So nobody who takes
    the rows away, by whatever means, gets to begin anew in a database that holds files.
    """
    principal = env.ref(PRINCIPAL)
    # sudo: crisis.role.confirmation and files - whether there are any
    if (
        env[MODEL]
        .sudo()
        .search_count([("group_id", "=", principal.id), ("way", "!=", False)], limit=1)
    ):
        return True
    files = SQL(" UNION ALL ").join(
        SQL("(SELECT 1 FROM %s LIMIT 1)", SQL.identifier(table)) for table in _FILES
    )
    return bool(env.execute_query(files))


def take_over(env, users, state="confirmed", tell=True):
    """Confirm the roles that ``users`` have, by the system itself.

    For updates from before roles were confirmed, for whoever runs the server (a school that has no
    principal any more), for demo data and tests. No method of a model leads here while the server
    serves.

    :param bool tell: register it, and tell the principals
    :return: ``crisis.role.confirmation`` records
    """
    # sudo: crisis.role.confirmation - whoever runs programs on the server has the key
    env = env[MODEL].sudo().env
    env[MODEL]._follow_roles(users.with_env(env), tell=False)
    rows = env[MODEL].search(
        [("user_id", "in", users.ids), ("state", "in", ("waiting", *COUNTING))]
    )
    # also what was signed with a key that is lost
    rows = rows.filtered(lambda row: row.state == "waiting" or not is_genuine(row))
    if rows:
        sign(rows, state=state, way="system", date_decided=fields.Datetime.now())
        rows._end_activities()
        if tell and not is_loading(env):
            rows._tell("confirmed")
    return rows


def actor(env):
    """Return the id of who has logged in, whoever the code acts as; None where nobody has."""
    return request.session.uid if request else None
