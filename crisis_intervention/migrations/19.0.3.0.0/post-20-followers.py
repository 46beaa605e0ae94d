import logging

from odoo import SUPERUSER_ID, api

_logger = logging.getLogger(__name__)
BATCH = 10_000


def migrate(cr, version):
    """Remove the followers of our records: every employee could read who follows what."""
    kind = api.Environment(cr, SUPERUSER_ID, {})["crisis.record"]
    cr.execute("SELECT DISTINCT res_model FROM mail_followers")
    names = [name for (name,) in cr.fetchall() if kind._is_ours(name)]
    count = 0
    while names:
        cr.execute(
            "DELETE FROM mail_followers WHERE id IN "
            "(SELECT id FROM mail_followers WHERE res_model = ANY(%s) LIMIT %s)",
            [names, BATCH],
        )
        count += cr.rowcount
        if cr.rowcount < BATCH:
            break
    _logger.info("Removed %s followers of records", count)
