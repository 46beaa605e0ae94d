"""What only installing and updating modules may change: rights on our models, and our groups.

In Settings an administrator could give anybody an access right on our models, or switch a record rule
off. Whoever means to change them writes an addon, which whoever runs the server installs.
"""

from odoo.exceptions import AccessError

OWN = "crisis_intervention"


def is_loading(env):
    """Tell whether modules are being installed, updated or removed.

    By the state of the registry: a context key would be what a client sends.
    """
    return not env.registry.ready


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
