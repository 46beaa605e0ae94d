from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention.register import update_is_over
from odoo.addons.crisis_intervention.sealing import seal_plain
from odoo.tools import SQL


def migrate(cr, version):
    """Seal texts and files that were stored plain so far; fails without a key.

    In batches, and what is sealed already is left alone: an update that was broken off goes on.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    if update_is_over(env, "19.0.3.0.0"):
        return
    seal_plain(env)
    # what Odoo keeps of the contents of text files, to search for it
    cr.execute(
        SQL(
            "UPDATE ir_attachment SET index_content = NULL"
            " WHERE index_content IS NOT NULL AND res_model = ANY(%s)",
            env["crisis.seal"]._models_with_files(),
        )
    )
