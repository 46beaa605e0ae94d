from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Switch on the gate whose records come with this version; the stages are not updated.

    Gates were columns then; 19.0.2.0.0 makes rows of them.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    stage = env.ref("crisis_intervention.crisis_stage_verified", raise_if_not_found=False)
    if stage:
        cr.execute("UPDATE crisis_stage SET gate_assessment = TRUE WHERE id = %s", [stage.id])
