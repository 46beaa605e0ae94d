from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Give files an end that have none: cases closed before 19.0.1.3.0, which began to set it."""
    cases = api.Environment(cr, SUPERUSER_ID, {})["crisis.case"].with_context(active_test=False)
    for case in cases.search(
        [
            ("date_closed", "!=", False),
            ("date_destroyed", "=", False),
            ("date_retention", "=", False),
        ]
    ):
        case.date_retention = case._retention_end()
