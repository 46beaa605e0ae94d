"""Asks people to confirm who they are before they see or do what is most sensitive.

Odoo's own identity check (password, or whatever a module such as auth_passkey adds) with the
minutes of the school. Odoo itself accepts a confirmation for ten minutes, so that a school may
choose a shorter time and never a longer one. A key for the API is no person at a screen: without a
session that was confirmed, these methods refuse.
"""

import time
from functools import wraps

from odoo.addons.base.models.res_users import check_identity
from odoo.exceptions import AccessError, UserError
from odoo.http import request

KEY = "identity-check-last"


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


def require_pressed(env, model, *methods):
    """Refuse everybody but a person who has pressed a button and confirmed who it is.

    A button counts only: code that an administrator has entered and that somebody sets off
    unwittingly comes by another call, and what acts in another's name is not who has logged in.

    :param str model: name of the model with the button
    :param methods: names of the methods that the button calls
    :raises UserError: it is a program, or somebody acts for another
    """
    buttons = {(model, method) for method in methods} | {("res.users.identitycheck", "run_check")}
    session = request.session if request else None
    if (
        not session
        or session.uid != env.uid
        or request.env.uid != env.uid
        or (request.params.get("model"), request.params.get("method")) not in buttons
        or not is_confirmed(env)
    ):
        raise UserError(
            env._("This is decided by a person at the own screen, with the own password.")
        )


def confirm_identity(method):
    """Let the button ``method`` ask for the password, unless it was given just now."""
    checked = check_identity(method)

    @wraps(method)
    def wrapped(self, *args, **kwargs):
        if request and not is_confirmed(self.env):
            # forget an older confirmation, which Odoo would accept a little longer
            request.session[KEY] = 0
        return checked(self, *args, **kwargs)

    # what Odoo's dialog asks for before it calls the method again
    wrapped.__has_check_identity = True
    return wrapped
