"""What only installing and updating modules may change: rights on our models, and our groups.

In Settings an administrator could give anybody an access right on our models, or switch a record rule
off. Whoever means to change them writes an addon, which whoever runs the server installs.
"""

import sys

from odoo.exceptions import AccessError
from odoo.tools import convert

from .sealed_reading import code_acts

OWN = "crisis_intervention"
# What carries out a <function> of a file of data, and what calls its method.
_FUNCTION = convert.xml_import._tag_function.__code__
_EVAL = convert._eval_xml.__code__


def is_loading(env):
    """Tell whether modules are being installed, updated or removed, and act by themselves.

    By the state of the registry: a context key would be what a client sends. Code out of the database
    (fields that an administrator computes) runs meanwhile as well, and is no module.
    """
    return not env.registry.ready and not acts_past_modules(env)


def acts_past_modules(env):
    """Tell whether code out of the database acts: not an action that our demo data runs."""
    return code_acts() and not (not env.registry.ready and _runs_demo_action())


def _runs_demo_action():
    """Tell whether a file of data of ours runs a server action that it has brought."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _FUNCTION:
            node = frame.f_locals["rec"]
            return node.get("model") == "ir.actions.server" and _is_ours(frame)
        frame = frame.f_back
    return False


def called_by_data(env):
    """Tell whether a <function> of a file of data of ours calls the method that asks, by itself."""
    frame = sys._getframe(2)
    return (
        not env.registry.ready
        and frame.f_code is _EVAL
        and frame.f_back.f_code is _FUNCTION
        and _is_ours(frame.f_back)
    )


def _is_ours(frame):
    """Tell whether a file of one of our addons is loaded by the importer of ``frame``."""
    return frame.f_locals["self"].module.startswith("crisis_")


def require_loading(env):
    """Refuse what only modules may change.

    :raises AccessError: the server serves
    """
    if not is_loading(env):
        raise AccessError(
            env._(
                "Access rights, record rules and roles of the crisis intervention system cannot be "
                "changed in Settings, by nobody. They come with the module: an addon that changes "
                "them is installed by whoever runs the server."
            )
        )


def ours(env, records):
    """Tell whether one of ``records`` came with the addon.

    :param records: groups, rights or rules with superuser rights
    """
    # sudo: ir.model.data - which module brought a record
    names = env["ir.model.data"].sudo()
    return bool(
        names.search_count(
            [
                ("module", "=", OWN),
                ("model", "=", records._name),
                ("res_id", "in", records.ids),
            ],
            limit=1,
        )
    )


def require_open(env, models, records=None):
    """Refuse a change of rights on our models, or of those that came with the addon.

    :param models: names of the models that the rights are about
    :param records: the rights themselves
    :raises AccessError: one of them is ours
    """
    if is_loading(env):
        return
    known = env["crisis.record"]._is_ours
    if any(known(name) for name in models) or (records and ours(env, records)):
        require_loading(env)
