"""What the log tells about records of ours: which table or model, which error and where; no value.

Odoo logs whole queries with what was written, texts of errors, what was searched for in addresses, and
with ``--log-level=debug`` all that is called and asked of the database. Each line is judged as it comes
to be, before any handler sees it; lines of other modules stay as they are.
"""

import logging
import re
import sys
import traceback

from odoo.models import MetaModel

# Tables and models in which words of ours stand beside those of others.
_SHARED = (
    "base_import.import",
    "bus.bus",
    "calendar.event",
    "ir.attachment",
    "ir.logging",
    "mail.activity",
    "mail.mail",
    "mail.message",
    "mail.tracking.value",
)
_OURS = re.compile(
    r"\bcrisis[._]\w+(?:\.\w+)*|\b(?:{})\b".format(
        "|".join(re.escape(name).replace(r"\.", "[._]") for name in _SHARED)
    )
)
_MODULE = "odoo.addons.crisis_"
# Overrides of Odoo's own code, which stand in the way of everybody's records.
_EVERYBODYS = ".models.odoo."
_QUERIES = "odoo.sql_db"
_CALLS = "odoo.service.model"
# What the ORM says about conditions, texts that it has cleaned, and caches.
_WORDS = ("odoo.domains", "odoo.fields", "odoo.api")
# Lines about scheduled actions name them by what stands in their form.
_JOBS = "odoo.addons.base.models.ir_cron"
_ACCESS = "werkzeug"
# Parts of an address behind which a file is named, and what follows a question mark.
_FILE = re.compile(r"(/web/(?:content|image)/[^/?\s]+/)[^?\s\"]*")
_ASKED = re.compile(r"\?[^\s\"#]*")
_TOKEN = re.compile(r"((?:access_|csrf_)?token=)[^&\s\"]+")
# Addresses under which records of ours are asked for, whatever else stands in them.
_PATHS = re.compile(r"crisis|/web/(?:content|image|dataset|export)|/odoo\b|/report/|/mail/|/json/")
# What of a traceback tells the place: so many frames at most.
_FRAMES = 60


def install():
    """Judge every line of the log from now on; may be called again."""
    factory = logging.getLogRecordFactory()
    if not getattr(factory, "crisis_quiet", False):

        def quiet(*args, **kwargs):
            return quieted(factory(*args, **kwargs))

        quiet.crisis_quiet = True
        logging.setLogRecordFactory(quiet)


def quieted(record):
    """Return a line of the log without values of records of ours.

    A line that cannot be judged tells its place only: the log never stops what is being done.
    """
    try:
        _quiet(record)
    except Exception:  # pylint: disable=broad-exception-caught
        _say(record, "(a line that cannot be judged is left out)")
        record.exc_info = None
    return record


def _quiet(record):
    if record.name == _ACCESS or record.name.startswith("odoo.service.server"):
        _quiet_access(record)
    elif record.name.startswith(_QUERIES):
        _quiet_query(record)
    elif record.name.startswith(_CALLS):
        _quiet_call(record)
    elif record.name in _WORDS and _is_our_stack(sys._getframe(2)):
        _quiet_words(record)
    _quiet_errors(record)


def _say(record, text):
    """Let a line say ``text``."""
    record.msg, record.args = "%s", (text,)


def _quiet_access(record):
    """Leave out of an address what was asked for, and names of files."""
    text = record.getMessage()
    if not _PATHS.search(text):
        return
    shorter = _TOKEN.sub(r"\1…", _ASKED.sub("?…", _FILE.sub(r"\1…", text)))
    if shorter != text:
        _say(record, shorter)


def _quiet_query(record):
    """Tell of a query about tables of ours which they are, and what the error is."""
    text = record.getMessage()
    tables = sorted(set(_OURS.findall(text)))
    # people are looked for by what our records say, such as a telephone number
    if not tables and not ("query" in text and _is_our_stack(sys._getframe(2))):
        return
    errors = [_kind(arg) for arg in _args(record) if isinstance(arg, BaseException)]
    first = text.split(None, 2)
    words = " ".join(first[:2]) if text.startswith("bad query") else "query"
    shown = ", ".join(_only_names(tables))
    _say(record, f"{words} about {shown}{': ' if errors else ''}{', '.join(errors)}")


def _only_names(found):
    """Return those of ``found`` that are names of tables and models: anybody can type such a word."""
    return [name for name in found if _is_known(name)] or ["records of the crisis system"]


def _is_known(name):
    return name.replace("_", ".") in _SHARED or name in _known_names()


def _known_names():
    """Return the names of all tables and models of ours that are loaded."""
    names = set()
    for module, classes in MetaModel._module_to_models__.items():
        if module.startswith("crisis_"):
            models = {getattr(cls, "_name", None) for cls in classes} - {None}
            names |= models | {model.replace(".", "_") for model in models}
    return names


def _quiet_call(record):
    """Tell of a call of ours the method, not what it is called with."""
    args = _args(record)
    if not args or not (_is_ours(args[0]) or _OURS.search(record.getMessage())):
        return
    if len(args) == 3 and not isinstance(args[0], BaseException):
        record.args = (*args[:2], "…")


def _quiet_words(record):
    """Leave out what is said about a condition, or a text."""
    if _args(record):
        record.args = tuple("…" for _arg in _args(record))
    else:
        _say(record, "(what it says is left out)")


def _quiet_errors(record):
    """Tell of errors that are about records of ours their kind and place."""
    args = _args(record)
    caught = record.exc_info[1] if record.exc_info and record.exc_info[1] else None
    told = [arg for arg in (record.msg, *args) if isinstance(arg, BaseException)]
    if not any(_concerns(error) for error in (caught, *told) if error):
        return
    if isinstance(record.msg, BaseException):
        _say(record, _kind(record.msg))
    elif record.name != _JOBS:
        record.args = tuple(_quiet_arg(arg) for arg in args)
        if not record.args and _OURS.search(str(record.msg)):
            record.msg = "(what it says is left out)"
    if caught:
        record.exc_text = _places(caught)
        record.exc_info = None


def _args(record):
    """Return what is put into a line."""
    if isinstance(record.args, dict):
        return tuple(record.args.values())
    return record.args if isinstance(record.args, tuple) else ()


def _quiet_arg(arg):
    """Return what a line about an error may tell of what is put into it."""
    if isinstance(arg, BaseException):
        return _kind(arg)
    return arg if isinstance(arg, int | float) or _is_record(arg) else "…"


def _kind(error):
    """Return the kind of an error, and the constraint that it names."""
    diagnosis = getattr(error, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None)
    return type(error).__name__ + (f" ({constraint})" if constraint else "")


def _concerns(error):
    """Tell whether an error, or one that led to it, is about records of ours."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if _OURS.search(str(error)) or any(
            _is_our_frame(frame) for frame, _line in traceback.walk_tb(error.__traceback__)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_our_stack(frame):
    """Tell whether one of the next callers works on records of ours."""
    for _step in range(_FRAMES):
        if frame is None:
            return False
        if _is_our_frame(frame):
            return True
        frame = frame.f_back
    return False


def _is_our_frame(frame):
    """Tell whether a frame is code of ours, or of others at work on records of ours."""
    module = frame.f_globals.get("__name__", "")
    if module.startswith(_MODULE) and _EVERYBODYS not in module:
        return True
    known = frame.f_locals
    return any(_is_ours(known.get(name)) for name in ("self", "model", "records", "recs", "record"))


def _is_record(value):
    return hasattr(type(value), "_name") and hasattr(type(value), "_ids")


def _is_ours(value):
    """Tell whether ``value`` is records of ours, or the name of their model."""
    name = value if isinstance(value, str) else getattr(type(value), "_name", None)
    return isinstance(name, str) and (name.startswith("crisis.") or name in _SHARED)


def _places(error):
    """Return a traceback without what the errors say: their kinds and places."""
    parts, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        lines = [
            f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in frames
        ]
        parts.append(f"Traceback, without what it says:\n{''.join(lines)}{_kind(error)}")
        error = error.__cause__ or error.__context__
    return "\n\n".join(reversed(parts))
