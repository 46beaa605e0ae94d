from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention.register import update_is_over


def migrate(cr, version):
    """Let what waits for a decision be approved as it stands: from now on a digest says what was asked.

    What was approved before has none, as nobody knows any more what stood there.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    if update_is_over(env, "19.0.4.0.0"):
        return
    for name in env.registry.descendants(["crisis.approval.mixin"], "_inherit"):
        if env.registry[name]._abstract:
            continue
        kind = env[name].with_context(active_test=False)
        for record in kind.search([("state", "=", "waiting"), ("asked_digest", "=", False)]):
            record._set({"asked_digest": record._content_digest()})
