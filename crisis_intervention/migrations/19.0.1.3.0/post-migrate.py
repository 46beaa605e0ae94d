from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Seal the confidential texts that were stored plain so far; fails without a key."""
    api.Environment(cr, SUPERUSER_ID, {})["crisis.seal"]._seal_plain()
