from odoo.tools import SQL
from odoo.tools.sql import table_exists

# Dialogs whose texts were stored plain; nobody waits for one over an update.
DIALOGS = (
    "crisis_access_review",
    "crisis_approval_decide",
    "crisis_assessment_decide",
    "crisis_assessment_transcribe_line",
    "crisis_case_change_wizard",
    "crisis_concern_triage",
    "crisis_emergency_witness",
)


def migrate(cr, version):
    """Take away what was typed into dialogs: from now on it is sealed there as well."""
    for table in DIALOGS:
        if table_exists(cr, table):
            cr.execute(SQL("TRUNCATE %s CASCADE", SQL.identifier(table)))
