import logging

from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention.register import (
    close_old_chain,
    note_event,
    update_is_over,
)
from odoo.addons.crisis_intervention.register_check import check_old_chain
from odoo.addons.crisis_intervention.signatures import sign_existing
from odoo.tools.sql import table_exists

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Check the register as it was, close it with a row that says so, and go on from there.

    What is wrong with it stops nothing: it becomes alarms. Then what was submitted, signed or decided
    before the server signed such records is signed as it stands.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    if update_is_over(env, "19.0.4.0.0"):
        return
    checked = check_old_chain(env)
    close_old_chain(env, checked)
    _logger.info("Register: %s rows taken over, %s faults", checked.count, len(checked.faults))
    take_printed(env)
    total = sign_existing(env)
    note_event(env, "updated", text="19.0.4.0.0", pages=total)
    _logger.info("Signed %s records", total)


def take_printed(env):
    """Enter what was printed into the register, and let the timeline follow it there."""
    if not table_exists(env.cr, "crisis_print_log"):
        return
    env.cr.execute("DELETE FROM crisis_chronology WHERE res_model = 'crisis.print.log'")
    env.cr.execute("SELECT case_id, user_id, date, text, pages FROM crisis_print_log ORDER BY id")
    for case_id, user_id, date, text, pages in env.cr.fetchall():
        case = env["crisis.case"].browse(case_id)
        note_event(env, "printed", case, user_id, date=date, text=text, pages=pages or 0)
