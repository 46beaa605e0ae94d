"""What people are told instead of an error of the database: one sentence, without what it holds.

Errors of PostgreSQL name tables and constraints, and show rows. They stop here: what the ORM
explains goes by ``sentence``, what reaches the end of a request by ``in_plain_words``.
"""

import psycopg2
from odoo import SUPERUSER_ID, api
from odoo.exceptions import ConcurrencyError, UserError
from odoo.orm.models import get_columns_from_sql_diagnostics
from odoo.tools.i18n import format_list
from psycopg2 import errors

CONFLICTS = (
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.SerializationFailure,
    ConcurrencyError,
)


def owner(model, error):
    """Return the model that an error of the database is about, ``model`` where nobody knows."""
    table = error.diag.table_name
    if not table or table == model._table:
        return model
    names = (name for name, other in model.env.registry.items() if other._table == table)
    return model.env[next(names, model._name)]


def is_of_ours(model, error):
    """Tell whether an error is about a table of ours, or of a model of Odoo that we extend."""
    about, table = owner(model, error), error.diag.table_name
    if not table or about._table == table:
        return any(
            cls.__module__.startswith("odoo.addons.crisis_") and cls._name == about._name
            for cls in type(about).mro()
            if "_name" in vars(cls) or "_inherit" in vars(cls)
        )
    # a table of links, of no model
    ours = model.env.registry["crisis.record"]
    return any(
        field.type == "many2many" and field.store and field.relation == table
        for known in model.env.registry.values()
        if issubclass(known, ours)
        for field in known._fields.values()
    )


def sentence(model, error):
    """Return what to say for an error that no constraint has a sentence for.

    :param model: any model, with a cursor that works
    """
    if not isinstance(error, psycopg2.IntegrityError):
        return _explained(model.env, error)
    about = owner(model, error)
    env, known = about.env, about._table == error.diag.table_name
    kind = env["ir.model"]._get(about._name).name if known else ""
    columns = get_columns_from_sql_diagnostics(env.cr, error.diag, check_registry=True)
    labels = [about._fields[n]._description_string(env) for n in columns if n in about._fields]
    label = format_list(env, labels) if known else ""
    if isinstance(error, errors.ForeignKeyViolation):
        if not label:
            return env._(
                "This is still used by other records, or leads to one that was deleted meanwhile. "
                "Archive what is used instead of deleting it; otherwise reload and choose again."
            )
        return env._(
            "A record of the kind “%(kind)s” leads to this as its “%(field)s”, so it is archived "
            "instead of deleted. If you were saving, what you chose as “%(field)s” was deleted "
            "meanwhile: reload and choose again.",
            kind=kind,
            field=label,
        )
    if isinstance(error, errors.NotNullViolation) and label:
        return env._("“%(field)s” of “%(kind)s” must be filled in.", field=label, kind=kind)
    if isinstance(error, errors.UniqueViolation):
        if not label:
            return env._("This is there already. Reload, and go on with what you find.")
        return env._(
            "“%(kind)s” with the same “%(field)s” is there already. Reload, and go on with that one.",
            kind=kind,
            field=label,
        )
    return env._(
        "Something of what was entered is not possible here. Nothing was saved: look through what "
        "you have entered, correct it, and save again."
    )


def _explained(env, error):
    """Return the sentence for any error of the database, or of two people at once."""
    if isinstance(error, CONFLICTS):
        return env._(
            "Somebody else saved this at the same moment. Nothing of yours is lost: press the "
            "button again."
        )
    if isinstance(error, psycopg2.IntegrityError):
        return env["base"]._sql_error_to_message(error)
    if isinstance(error, psycopg2.DataError):
        return env._(
            "Something of what was entered is not possible here. Nothing was saved: look through "
            "what you have entered, correct it, and save again."
        )
    if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
        return env._(
            "The database does not answer just now. Nothing of yours is lost: wait a minute, then "
            "press the button again."
        )
    return env._(
        "The system has made a mistake, and nothing was saved. Tell whoever runs the server at what "
        "time it happened."
    )


def in_plain_words(error, registry, uid=None, lang=None):
    """Return the error that leaves the server: of one of the database a sentence for people.

    :param error: what a request has raised, after Odoo has repeated it
    :param uid: id of the user in whose language it is told where ``lang`` is none
    :return: ``error`` itself, or a ``UserError``; neither leads on to an error of the database
    """
    if not isinstance(error, (psycopg2.Error, ConcurrencyError)):
        _cut(error)
        return error
    try:
        # the cursor of the request may be closed, or its transaction broken
        with registry.cursor() as cr:
            env = api.Environment(cr, uid or SUPERUSER_ID, {})
            if lang != "en_US" and not (lang and env["res.lang"]._get_data(code=lang)):
                lang = env.user.lang
            return UserError(_explained(env(context={"lang": lang}), error))
    except psycopg2.Error:
        # the language of users stands in the database
        return UserError("The database does not answer / 数据库暂时没有响应，请稍后再试。")


def _cut(error):
    """Let an error no longer lead to one of the database: clients are sent what it came from."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for name in ("__cause__", "__context__"):
            if isinstance(getattr(error, name), psycopg2.Error):
                setattr(error, name, None)
        error = error.__cause__ or error.__context__
