from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention.sealing import seal_plain


def migrate(cr, version):
    """Seal the confidential texts that were stored plain so far; fails without a key."""
    seal_plain(api.Environment(cr, SUPERUSER_ID, {}))
