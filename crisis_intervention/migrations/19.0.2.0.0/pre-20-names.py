from odoo.tools.sql import column_exists, rename_column

# The job that closes the chain of the register: names of its data, and of what it calls.
JOB = ("crisis_cron_seal_register", "crisis_cron_close_register")
CALL = ("model._cron_seal()", "model._cron_close_chain()")
# The exception to secrecy of a session.
FIELD = ("disclosure", "confidentiality_exception")


def migrate(cr, version):
    """Keep what got another name in this version."""
    rename_job(cr)
    rename_field(cr)


def rename_job(cr):
    """Let the job that closes the chain go on; updates leave jobs alone."""
    cr.execute(
        """UPDATE ir_act_server SET code = %s
            WHERE code = %s AND id IN (
                  SELECT c.ir_actions_server_id FROM ir_cron c
                    JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = c.id
                   WHERE d.module = 'crisis_intervention' AND d.name = %s)""",
        [CALL[1], CALL[0], JOB[0]],
    )
    # the server action behind it has a name that begins the same
    cr.execute(
        """UPDATE ir_model_data SET name = replace(name, %s, %s)
            WHERE module = 'crisis_intervention' AND starts_with(name, %s)""",
        [*JOB, JOB[0]],
    )


def rename_field(cr):
    """Rename the column; what is sealed in it for the old name is sealed anew afterwards."""
    before, now = FIELD
    if not column_exists(cr, "crisis_session", before):
        return
    rename_column(cr, "crisis_session", before, now)
    cr.execute(
        "UPDATE ir_model_fields SET name = %s WHERE model = 'crisis.session' AND name = %s",
        [now, before],
    )
    cr.execute(
        """UPDATE ir_model_data SET name = %s
            WHERE module = 'crisis_intervention' AND name = %s""",
        [f"field_crisis_session__{now}", f"field_crisis_session__{before}"],
    )
