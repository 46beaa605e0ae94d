from odoo.addons.crisis_intervention.lib.school_limits import LIMITS
from odoo.tools import SQL
from odoo.tools.sql import column_exists


def migrate(cr, version):
    """Bring the figures of schools into range before their constraints come (back)."""
    bring_into_range(cr)


def bring_into_range(cr):
    """Put figures beyond their limits at the nearest limit.

    The times of emergencies were not checked in 19.0.1.3.0: two constraints had one name.
    """
    for name, (low, high) in LIMITS.items():
        if column_exists(cr, "res_company", name):
            cr.execute(
                SQL(
                    "UPDATE res_company SET %(column)s = greatest(%(low)s, least(%(high)s, %(column)s))"
                    " WHERE %(column)s NOT BETWEEN %(low)s AND %(high)s",
                    column=SQL.identifier(name),
                    low=low,
                    high=high,
                )
            )
