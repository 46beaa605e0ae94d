from odoo.addons.crisis_intervention.lib.disclosure_chain import START, link
from odoo.tools import SQL
from odoo.tools.sql import table_exists

# What a row said before this version.
CONTENT = ("user_id", "date", "res_model", "res_id", "field_names", "way", "ip", "device",
           "case_id", "student_id", "company_id", "entry_id")  # fmt: skip
# The job that closed the chain: names of its data, and of what it calls.
JOB = ("crisis_cron_close_register", "crisis_cron_watch_register")
# What showed the printed files, which stand in the register now.
RENAMED = {
    "crisis_print_log_action": "crisis_disclosure_action_printed",
    "crisis_print_log_menu": "crisis_disclosure_menu_printed",
}
CALL = ("model._cron_close_chain()", "model._cron_watch()")


def migrate(cr, version):
    """Let the register stand by itself: no foreign keys, no rows outside of the chain."""
    # the register came with 19.0.1.3.0
    if table_exists(cr, "crisis_disclosure"):
        drop_keys(cr)
        mark_missing_end(cr)
        chain_waiting(cr)
    rename_job(cr)
    for names in RENAMED.items():
        cr.execute(
            "UPDATE ir_model_data SET name = %s WHERE module = 'crisis_intervention' AND name = %s",
            names[::-1],
        )


def drop_keys(cr):
    """Drop what ties the register to other tables; what it tells of may be locked, or gone."""
    cr.execute(
        "SELECT conname FROM pg_constraint"
        " WHERE conrelid = 'crisis_disclosure'::regclass AND contype = 'f'"
    )
    for [name] in cr.fetchall():
        cr.execute(SQL("ALTER TABLE crisis_disclosure DROP CONSTRAINT %s", SQL.identifier(name)))


def mark_missing_end(cr):
    """Put an end that nobody has signed where rows were chained and their end is gone.

    Once those that waited are chained, the end of the update could not tell it any more.
    """
    cr.execute(
        """INSERT INTO crisis_disclosure_head (id, count, hash, signature)
           SELECT 1, number, hash, '' FROM crisis_disclosure
            WHERE number > 0 ORDER BY number DESC LIMIT 1
           ON CONFLICT (id) DO NOTHING"""
    )


def chain_waiting(cr):
    """Close the chain over the rows of the last minutes, as the version before would have done.

    Its signed end stays where it was: it is checked at the end of the update.
    """
    cr.execute(
        "SELECT number, hash FROM crisis_disclosure WHERE number > 0 ORDER BY number DESC LIMIT 1"
    )
    number, previous = cr.fetchone() or (0, START)
    columns = SQL(", ").join(map(SQL.identifier, CONTENT))
    cr.execute(
        SQL(
            "SELECT id, %s FROM crisis_disclosure WHERE coalesce(number, 0) = 0 ORDER BY id",
            columns,
        )
    )
    done = []
    for id_, *content in cr.fetchall():
        number += 1
        previous = link(previous, (number, *content))
        done.append((id_, number, previous))
    if done:
        cr.execute_values(
            "UPDATE crisis_disclosure d SET number = v.number, hash = v.hash"
            " FROM (VALUES %s) AS v (id, number, hash) WHERE d.id = v.id",
            done,
        )


def rename_job(cr):
    """Let the job that closed the chain look after the register; updates leave jobs alone."""
    cr.execute(
        """UPDATE ir_act_server SET code = %s
            WHERE code = %s AND id IN (
                  SELECT c.ir_actions_server_id FROM ir_cron c
                    JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = c.id
                   WHERE d.module = 'crisis_intervention' AND d.name = %s)""",
        [CALL[1], CALL[0], JOB[0]],
    )
    cr.execute(
        """UPDATE ir_model_data SET name = replace(name, %s, %s)
            WHERE module = 'crisis_intervention' AND starts_with(name, %s)""",
        [*JOB, JOB[0]],
    )
