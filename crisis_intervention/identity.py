"""Asks people to confirm who they are before they see or do what is most sensitive.

Odoo's own identity check (password, or whatever a module such as auth_passkey adds) with the
minutes of the school. Odoo itself accepts a confirmation for ten minutes, so that a school may
choose a shorter time and never a longer one. A key for the API is no person at a screen: without a
session that was confirmed, these methods refuse.
"""

import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

from odoo.addons.base.models.res_users import check_identity
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .sealed_reading import code_acts, code_has_run, person

KEY = "identity-check-last"
PRESSED = "crisis_pressed"
_decided = ContextVar("crisis_decided", default=None)


def is_confirmed(env):
    """Tell whether the user of this request has just confirmed who he or she is."""
    # sudo: res.company - one figure
    limit = time.time() - env.company.sudo().crisis_identity_minutes * 60
    return bool(request) and request.session.get(KEY, 0) > limit


def require_confirmed(env):
    """Refuse what needs a confirmed identity.

    :raises AccessError: says what to do
    """
    if not is_confirmed(env):
        raise AccessError(
            env._("Confirm first that it is you: close this page and use the button again.")
        )


def require_person(env):
    """Refuse what only a person does who has logged in, in the own name.

    :raises AccessError: somebody acts for another, or code out of the database does or may
    """
    if person(env) != env.uid or code_acts() or code_has_run():
        raise AccessError(env._("This is decided by a person at the own screen."))


def _called():
    """Return (model, method, set of ids) that the client calls in this request, or None."""
    params = request.params if request else {}
    args = params.get("args")
    if not isinstance(args, list) or not args or not isinstance(args[0], list):
        return None
    return params.get("model"), params.get("method"), frozenset(args[0])


def require_pressed(records, method):
    """Refuse everybody but a person who has pressed a button and confirmed who it is.

    The button of these records counts only, pressed in this request or, where the password was asked
    for in between, in the one before. Code that an administrator has entered and that somebody sets
    off unwittingly comes by another call, and what acts in another's name is not who has logged in.

    :param records: those whose button it is
    :param str method: what the button calls
    :raises UserError: it is a program, or somebody acts for another
    """
    env = records.env
    called = _called()
    if called and called[:2] == ("res.users.identitycheck", "run_check"):
        model, name, ids = request.session.get(PRESSED) or (None, None, ())
        called = (model, name, frozenset(ids))
    if (
        not called
        or request.session.uid != env.uid
        or request.env.uid != env.uid
        or called[:2] != (records._name, method)
        or not called[2].issuperset(records.ids)
        or not is_confirmed(env)
    ):
        raise UserError(
            env._("This is decided by a person at the own screen, with the own password.")
        )


@contextmanager
def deciding(record):
    """Let what stands inside decide about ``record`` for the person who has pressed a dialog.

    The outermost one counts: what code of others begins meanwhile is no decision of a person.
    """
    token = _decided.set(_decided.get() or (record._name, record.id))
    try:
        yield
    finally:
        _decided.reset(token)


def require_decided(record):
    """Refuse decisions that no person takes who has logged in and pressed a button for this record.

    As ``require_pressed``, also for buttons of the dialog of decisions, without the password.

    :raises UserError: it is a program, or somebody acts for another
    """
    env = record.env
    called = _called()
    dialog = ("crisis.approval.decide", "action_confirm")
    if (
        not called
        or request.session.uid != env.uid
        or request.env.uid != env.uid
        or not (
            (called[:2] == (record._name, "action_approve") and record.id in called[2])
            or (called[:2] == dialog and _decided.get() == (record._name, record.id))
        )
    ):
        raise UserError(env._("This is decided by a person at the own screen."))


def confirm_identity(method):
    """Let the button ``method`` ask for the password, unless it was given just now."""
    checked = check_identity(method)

    @wraps(method)
    def wrapped(self, *args, **kwargs):
        if request and not is_confirmed(self.env):
            # forget an older confirmation, which Odoo would accept a little longer
            request.session[KEY] = 0
            # what was pressed, for after the password; from the client's own call only
            if _called() == (self._name, method.__name__, frozenset(self.ids)):
                request.session[PRESSED] = [self._name, method.__name__, self.ids]
        return checked(self, *args, **kwargs)

    # what Odoo's dialog asks for before it calls the method again
    wrapped.__has_check_identity = True
    return wrapped
