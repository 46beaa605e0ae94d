from odoo import SUPERUSER_ID, api, fields
from odoo.addons.crisis_intervention.models.privacy.crisis_access_grant import sign_given
from odoo.addons.crisis_intervention.register import update_is_over


def migrate(cr, version):
    """Sign the permissions to look that run: they were given before permissions were signed."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    if update_is_over(env, "19.0.3.0.0"):
        return
    for grant in env["crisis.access.grant"].search(
        [
            ("state", "=", "active"),
            ("is_emergency", "=", False),
            ("date_to", ">", fields.Datetime.now()),
        ]
    ):
        sign_given(grant)
