import logging

from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention import role_confirmations
from odoo.addons.crisis_intervention.models.privacy.crisis_role_confirmation import ACTIVITY
from odoo.addons.crisis_intervention.register import update_is_over

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Let everybody keep the roles they have, and list them to the principals to be confirmed once.

    Without the key of the server nothing can be signed, and everybody would be locked out: then the
    update ends with a sentence that says so, and the database stays as it was.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    if update_is_over(env, "19.0.3.0.0"):
        return
    roles = env["res.groups"].browse(role_confirmations.guarded(env))
    holders = roles.all_implied_by_ids.with_context(active_test=False).user_ids
    rows = role_confirmations.take_over(env, holders, state="taken_over")
    for row in rows.filtered("user_id.active"):
        row._plan_activity(ACTIVITY, row._deciders())
    _logger.info("Took over %s roles of %s people", len(rows), len(rows.user_id))
