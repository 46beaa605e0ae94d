"""Who gets sealed texts opened: the person who has logged in in the browser, and nobody else.

Programs do not: neither keys for the API nor XML-RPC, the shell or scheduled actions, whatever
``sudo()`` or ``with_user()`` say; and nothing that is evaluated (server actions, automation rules,
formulas, templates) gets a text for the person in whose request it happens to run. Our own code
opens texts beside that only inside of ``opening``, for a reason that stands in ``BLOCKS``.
"""

import builtins
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from weakref import WeakSet

import odoo.modules.module
from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError
from odoo.fields import Field
from odoo.http import Request, request
from odoo.service.model import call_kw
from odoo.tools.misc import Callbacks


class Block(NamedTuple):
    """Why our own code opens texts.

    ``for_person``: the texts are shown to a person, so there has to be one, and the reading is
    registered; otherwise nothing of them leaves the block but what ``why`` says.
    """

    why: str
    for_person: bool = False


BLOCKS = {
    "permission": Block("The reading room shows what a permission to look opens.", True),
    "copy": Block("The copy that a guardian has a right to; granted, and made by a person.", True),
    "document": Block("Documents show what the one who prints them may read.", True),
    "signing": Block("Whether what has to be written is written."),
    "scoring": Block("Answers become a result; those that do not count are left out."),
    "release": Block("The summary for the team goes from one sealed field into another."),
    "files": Block("A file is sealed anew for its record, or with a new key."),
    "history": Block(
        "An earlier text goes from one sealed field into another, for the same people."
    ),
    "leaving": Block("What a closed page sends is added to what somebody else saved meanwhile."),
    "dialog": Block("A dialog hands on what was typed to the record it is about."),
}


class _Open(NamedTuple):
    """A block that runs, and how much evaluated code had called it."""

    block: Block
    document: bool
    evaluated: int


_block: ContextVar[_Open | None] = ContextVar("crisis_opening", default=None)
# How many server actions run, one inside of the other.
_actions: ContextVar[int] = ContextVar("crisis_actions", default=0)
# Requests in which code out of the database has run, and threads in which it has without one.
_after_code: WeakSet = WeakSet()
# What runs that was left in a queue of a transaction, and what serves the call of a client.
_HOOKS = Callbacks.run.__code__
_CALL = call_kw.__code__
# A field that follows another one would keep a copy of what it shows.
_FOLLOWS = Field._compute_related.__code__
# Odoo's module of automation rules, and what stands between it and a field.
_RULES = "odoo.addons.base_automation."
_BETWEEN = ("odoo.orm.", "odoo.addons.crisis_intervention.sealed_")


@contextmanager
def opening(name):
    """Let our own code open sealed texts inside, for a reason that stands in ``BLOCKS``.

    Callers have checked the reader. What is evaluated inside still gets nothing.
    """
    document = name == "document"
    token = _block.set(_Open(BLOCKS[name], document, _evaluated(document)))
    try:
        yield
    finally:
        _block.reset(token)


@contextmanager
def running_action():
    """Tell that a server action runs inside: it gets no texts for the person who started it."""
    token = _actions.set(_actions.get() + 1)
    try:
        yield
    finally:
        _actions.reset(token)


def code_runs():
    """Tell that code out of the database runs: what it leaves behind may act in the same request.

    For all of the request and all cursors: such code opens others, and commits.
    """
    _after_code.add(_served())


def code_has_run():
    """Tell whether code out of the database has run in this request, or in this thread without one."""
    return _served() in _after_code


def _served():
    """Return the request that is being served, without one the thread."""
    return request._get_current_object() if request else threading.current_thread()


def typed(dialog, name):
    """Return what was typed into a field of ``dialog``, for what the dialog carries out.

    A function, as code of server actions can call what hangs on models.
    """
    with opening("dialog"):
        return dialog[name]


def _evaluated(document=False):
    """Return how many callers are code out of the database, and fields that follow others.

    Such code has built-in functions of its own, also where it is called later; that of templates
    has its global names for them, and is left out in documents.
    """
    count, frame = 0, sys._getframe(1)
    while frame is not None:
        own = frame.f_builtins
        if own is not builtins.__dict__:
            count += not (document and own is frame.f_globals)
        elif frame.f_code is _FOLLOWS:
            count += 1
        frame = frame.f_back
    return count


def code_acts():
    """Tell whether code out of the database acts, or what stands in a queue of a transaction.

    Our own code leaves nothing in such queues that signs, so whatever does was left there by others.
    A scheduled action is code as well; where it does no more than to call a job of one of our
    addons, that is what acts.
    """
    jobs, callee, frame = 0, None, sys._getframe(1)
    while frame is not None:
        if frame.f_code is _HOOKS:
            return True
        if frame.f_builtins is not builtins.__dict__:
            if not _is_job(callee, frame):
                return True
            jobs += 1
        callee, frame = frame, frame.f_back
    # an action around the job may have left something behind
    return _actions.get() > jobs


def acts_for_others(env):
    """Tell whether it may be what code has left behind that acts, in somebody's name.

    After such code has run, only a person acts who has logged in, by a call of a model of ours that
    is still being served; without a request a job of ours, as the user that it runs as.
    """
    if not code_has_run():
        return False
    callee, frame = None, sys._getframe(1)
    if not request:
        while frame is not None and not (callee and _is_job(callee, frame)):
            callee, frame = frame, frame.f_back
        job = callee.f_locals["self"].env.uid if frame else None
        return env.uid not in (job, _tested(env))
    while frame is not None and frame.f_code is not _CALL:
        frame = frame.f_back
    called = frame.f_locals["model"]._name if frame else ""
    # the password stands between some buttons of ours and what they do
    ours = called == "res.users.identitycheck" or env["crisis.record"]._is_ours(called)
    return not ours or person(env) != env.uid


def _is_job(frame, caller):
    """Tell whether a frame is that of a job of ours, and ``caller`` code that only calls it."""
    module = frame.f_globals.get("__name__", "") if frame else ""
    name = frame.f_code.co_name if frame else ""
    return (
        module.startswith("odoo.addons.crisis_")
        and name.startswith("_cron_")
        and caller.f_builtins is not builtins.__dict__
        and caller.f_code.co_names == ("model", name)
    )


def noted_for_rules():
    """Tell whether Odoo's automation rules take a value down.

    Before anybody writes, they note what is there, and hand it to the code of rules. They get
    nothing: a refusal would keep people from writing.
    """
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(_BETWEEN):
            return name.startswith(_RULES)
        frame = frame.f_back
    return False


def person(env):
    """Return the id of the person who has logged in and waits for this answer, or None."""
    if not request:
        return _tested(env)
    if not isinstance(request._get_current_object(), Request) or request.env is None:
        return None
    uid = request.session.uid
    # Odoo's own user is nobody, and one whom a key or a route without login lets in is no person
    # at a screen
    if not uid or uid == SUPERUSER_ID or uid != request.env.uid:
        return None
    if request.httprequest.headers.get("Authorization", "").lower().startswith("bearer"):
        return None
    return uid


def reader(env):
    """Return the id of who is registered: whoever has logged in, also with a key, or Odoo itself.

    Never the user of ``env`` alone, as code names whom it likes.
    """
    if not request:
        return _tested(env) or SUPERUSER_ID
    uid = request.env.uid if request.env is not None else None
    # XML-RPC checks a password by itself
    return uid or getattr(threading.current_thread(), "uid", None) or SUPERUSER_ID


def _tested(env):
    """Return whom the test that runs just now calls its reader; there is none without tests."""
    test = odoo.modules.module.current_test
    reader = getattr(test, "_crisis_reader", None) if test else None
    return (reader(env) or None) if reader else None


def check_draft(env, label):
    """Check that what a form that is being filled in holds may be opened.

    :raises AccessError: evaluated code asks for it
    """
    block = _block.get()
    if _evaluated(bool(block and block.document)) > (block.evaluated if block else 0) or (
        _by_code() and not (block and not block.block.for_person)
    ):
        raise AccessError(_refusal(env, label))


def check_person(record, field):
    """Return for whom ``field`` of a stored ``record`` is opened, None for our own code.

    :raises AccessError: there is nobody, or nobody who may read it
    """
    block, env = _block.get(), record.env
    if block and not block.block.for_person:
        if _evaluated() > block.evaluated:
            raise AccessError(_refusal(env, field._description_string(env)))
        return None
    uid = person(env)
    if uid is None or _by_code() or _evaluated(bool(block and block.document)):
        raise AccessError(_refusal(env, field._description_string(env)))
    shown_anyway = block and not block.document
    if not shown_anyway and (env.su or uid != env.uid):
        # neither sudo() nor with_user() opens a sealed text for the one who asks
        own = record.with_user(uid).sudo(False)
        own._check_field_access(field, "read")
        own.check_access("read")
    return uid


def _by_code():
    """Tell whether an action runs, or code of one has run in this request."""
    return _actions.get() or code_has_run()


def _refusal(env, label):
    """Return what programs are told."""
    return env._(
        "“%(field)s” is sealed. It opens for a person who has logged in in the browser, not for "
        "programs, keys or automatic actions.",
        field=label,
    )
