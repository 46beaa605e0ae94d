"""Who gets sealed texts opened: the person who has logged in in the browser, and nobody else.

Programs do not: neither keys for the API nor XML-RPC, the shell or scheduled actions, whatever
``sudo()`` or ``with_user()`` say; and nothing that is evaluated (server actions, automation rules,
formulas, templates) gets a text for the person in whose request it happens to run. Our own code
opens texts beside that only inside of ``opening``, for a reason that stands in ``BLOCKS``.
"""

import builtins
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from weakref import WeakSet

import odoo.modules.module
from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError
from odoo.fields import Field
from odoo.http import Request, request


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
    "dialog": Block("A dialog hands on what was typed to the record it is about."),
}


class _Open(NamedTuple):
    """A block that runs, and how much evaluated code had called it."""

    block: Block
    document: bool
    evaluated: int


_block: ContextVar[_Open | None] = ContextVar("crisis_opening", default=None)
_in_action = ContextVar("crisis_in_action", default=False)
# Cursors in whose transaction code out of the database has run.
_after_code: WeakSet = WeakSet()
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
    token = _in_action.set(True)
    try:
        yield
    finally:
        _in_action.reset(token)


def code_has_run(cr):
    """Tell that code out of the database has run in the transaction of ``cr``."""
    _after_code.add(cr)
    cr.postcommit.add(lambda: _after_code.discard(cr))
    cr.postrollback.add(lambda: _after_code.discard(cr))


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
    """Tell whether code out of the database acts: not what it left behind, nor our own jobs.

    A scheduled action is code as well; where it does no more than to call a job of one of our
    addons, that is what acts.
    """
    jobs, callee, frame = 0, None, sys._getframe(1)
    while frame is not None:
        if frame.f_builtins is not builtins.__dict__:
            if not _is_job(callee):
                return True
            jobs += 1
        callee, frame = frame, frame.f_back
    return _in_action.get() and not jobs


def _is_job(frame):
    """Tell whether a frame is that of a job of ours."""
    module = frame.f_globals.get("__name__", "") if frame else ""
    return module.startswith("odoo.addons.crisis_") and frame.f_code.co_name.startswith("_cron_")


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
        _by_code(env) and not (block and not block.block.for_person)
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
    if uid is None or _by_code(env) or _evaluated(bool(block and block.document)):
        raise AccessError(_refusal(env, field._description_string(env)))
    shown_anyway = block and not block.document
    if not shown_anyway and (env.su or uid != env.uid):
        # neither sudo() nor with_user() opens a sealed text for the one who asks
        own = record.with_user(uid).sudo(False)
        own._check_field_access(field, "read")
        own.check_access("read")
    return uid


def _by_code(env):
    """Tell whether an action runs, or code of one has run in this transaction."""
    return _in_action.get() or env.cr in _after_code


def _refusal(env, label):
    """Return what programs are told."""
    return env._(
        "“%(field)s” is sealed. It opens for a person who has logged in in the browser, not for "
        "programs, keys or automatic actions.",
        field=label,
    )
