"""Versions of long texts: who saves one has read what stands there.

A version is a keyed digest of what the column holds: of a sealed text that is its ciphertext, which
is another one each time. So a version tells nothing of a text, cannot be computed by a client, and
changes with every way a text is written. Whoever reads a text reads its version along
(``text_versions``), and sends it back in the context when saving another text.
"""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime, hmac

from .sealed_fields import check_replaceable
from .sealed_reading import opening

# What the client has read: dict of model to dict of id to dict of field to version.
READ = "crisis_texts_read"
# The page is being closed: nobody is there to choose between two texts.
LEAVING = "crisis_texts_leaving"


def held(records, names, lock=False):
    """Return what the columns of texts hold: dict of id to dict of column to value.

    :param records: stored records of one model
    :param names: names of fields of text; who wrote the record last is returned as well
    :param bool lock: keep others from writing them until the end of the transaction. Waits for
        whoever does so just now; Odoo then repeats the request, which finds the newer text
    """
    records.flush_recordset()
    columns = [name for name in ("write_uid", "write_date") if records._log_access]
    rows = records.env.execute_query_dict(
        SQL(
            "SELECT id, %s FROM %s WHERE id = ANY(%s) ORDER BY id %s",
            SQL(", ").join(SQL.identifier(name) for name in [*names, *columns]),
            SQL.identifier(records._table),
            list(records.ids),
            SQL("FOR NO KEY UPDATE") if lock else SQL(),
        )
    )
    return {row.pop("id"): row for row in rows}


def version(env, model, name, id_, value):
    """Return the version of a text, as its column holds it."""
    place = (model, name, id_, value or "")
    return hmac(env(su=True), "crisis_text_version", place)[:32]


def versions(records, names):
    """Return dict of id to dict of field to version."""
    env, model = records.env, records._name
    return {
        id_: {name: version(env, model, name, id_, row[name]) for name in names}
        for id_, row in held(records, names).items()
    }


def versions_read(records):
    """Return what the client says it has read of ``records``: dict of id to dict, for any context."""
    sent = records.env.context.get(READ)
    of_model = sent.get(records._name) if isinstance(sent, dict) else None
    if not isinstance(of_model, dict):
        return {}
    # JSON knows no numbers as keys
    found = {id_: of_model.get(str(id_), of_model.get(id_)) for id_ in records.ids}
    return {id_: value for id_, value in found.items() if isinstance(value, dict)}


def is_leaving(env):
    """Tell whether a client says that its page is being closed."""
    return bool(env.context.get(LEAVING))


def stale(records, names):
    """Return which texts somebody else has written since the client read them; locks the records.

    :param names: names of the texts that the client sends
    :return: dict of (id, name of the field) to the row of ``held``
    """
    read = versions_read(records)
    found = {}
    for id_, row in held(records, names, lock=True).items():
        for name in names:
            known = read.get(id_, {}).get(name)
            now = version(records.env, records._name, name, id_, row[name])
            # over nothing everybody may write who did not look
            if known != now and (row[name] or known):
                found[id_, name] = row
    return found


def refusal(records, found):
    """Return the error that refuses a save: for the web client it names records and fields.

    The text that stands there is not told here: whoever may read it reads it, as always.

    :param found: what ``stale`` has returned
    """
    env, read = records.env, versions_read(records)
    conflicts = [
        {
            "model": records._name,
            "id": id_,
            "field": name,
            # sudo: res.users - the name of whoever saved the record that the client writes
            "by": env["res.users"].sudo().browse(row.get("write_uid") or ()).name or "",
            "at": row.get("write_date") and format_datetime(env, row["write_date"]) or "",
            "own": row.get("write_uid") == env.uid,
        }
        for (id_, name), row in found.items()
    ]
    [first, *_more] = conflicts
    label = records._fields[first["field"]]._description_string(env)
    if first["field"] not in read.get(first["id"], {}):
        message = env._(
            "“%(field)s” holds a text that you have not read, so it is not written over. Reload, "
            "and write into the text that stands there. A program sends the version that it has "
            "read (field “text_versions”) in the context, as “%(key)s”.",
            field=label,
            key=READ,
        )
    else:
        message = env._(
            "%(name)s saved “%(field)s” on %(moment)s while you were writing, so yours is not "
            "written over it. Copy your text, reload, and bring the two together.",
            name=first["by"],
            field=label,
            moment=first["at"],
        )
    error = UserError(message)
    error.context = {"crisis_stale_texts": conflicts}
    return error


def together(record, name, mine):
    """Return what stands there now, and below it what was typed before the page was closed.

    Nobody is there to choose, so nothing of either is left out.
    """
    env = record.env
    # sudo: added to what stands there, in the same field; nothing is shown to who writes
    with opening("leaving"):
        theirs = record.sudo()[name] or ""
    if not mine or mine in theirs:
        return theirs
    heading = env._(
        "— %(name)s, %(moment)s: written at the same time —",
        name=env.user.name,
        moment=format_datetime(env, fields.Datetime.now()),
    )
    return "\n\n".join(part for part in (theirs, heading, mine) if part)


def keep(records, vals):
    """Keep the texts that ``vals`` replace, sealed, with who replaces them and when.

    :param records: of one model, before they are written
    :raises UserError: a text cannot be opened: nothing is written over it
    """
    kept = []
    for name in [name for name in records._kept_texts if name in vals]:
        check_replaceable(records._fields[name], records)
        for record in records.sudo():
            # sudo: from one sealed field into another, which the same persons read
            with opening("history"):
                text = record[name]
            if text and text != vals[name]:
                kept.append({"case_id": record.id, "field_name": name, "text": text})
    if kept:
        # sudo: crisis.text.version - written here only, nobody has the right to write it directly
        records.env["crisis.text.version"].sudo().create(kept)
