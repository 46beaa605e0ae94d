from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Write the timeline: so far a query over all kinds of records, from now on a table."""
    api.Environment(cr, SUPERUSER_ID, {})["crisis.chronology"]._write_anew()
