from odoo.tools import SQL

from .register import begin
from .signatures import renew_loaded


def post_init_hook(env):
    """Begin the register, and prepare existing schools and colleagues.

    Without the key of the server the register cannot begin, and the addon is not installed.
    Gives every company its reference numbers, and every internal user the duty to report. Odoo's
    own administrator is left out: who runs the server has no business in a child's file. So are
    those who already have a role, as district centre and configurator do not report.
    """
    begin(env)
    env["crisis.numbering"]._prepare(env["res.company"].search([]))
    staff = env.ref("crisis_intervention.group_staff")
    roles = env["res.groups"].search(
        [("privilege_id.category_id", "=", staff.privilege_id.category_id.id)]
    )
    colleagues = env["res.users"].search([("share", "=", False)])
    staff.user_ids |= colleagues.filtered(lambda user: not user.all_group_ids & roles)
    # demo data was dated back by SQL
    renew_loaded(env)


def uninstall_hook(env):
    """Take along what Odoo does not remove by itself: nothing of ours stays but the people."""
    _remove_appointments(env)
    _empty_tables(env)
    _forget_names(env)
    env.cr.execute("DROP TABLE IF EXISTS crisis_disclosure_head, crisis_register_night")


def _remove_appointments(env):
    """Remove the appointments of sessions, which bear their numbers."""
    events = env["calendar.event"].with_context(active_test=False)
    events.search([("crisis_own", "=", True)]).unlink()


def _names(env):
    """Return the names of our models."""
    return [name for name in env.registry if env["crisis.record"]._is_ours(name)]


def _empty_tables(env):
    """Empty our tables before Odoo drops them.

    Odoo removes what our files brought one by one, and each would meet the records that refer to it.
    """
    env.flush_all()
    ours = [env[name]._table for name in _names(env)]
    env.cr.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s)"
        " AND relnamespace = current_schema::regnamespace",
        [ours],
    )
    tables = [table for [table] in env.cr.fetchall()]
    env.cr.execute(
        "SELECT k.conname, t.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid"
        " WHERE k.contype = 'f' AND k.confrelid = ANY(%s::regclass[])",
        [tables],
    )
    for name, table in env.cr.fetchall():
        env.cr.execute(
            SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name))
        )
    env.cr.execute(SQL("TRUNCATE %s", SQL(", ").join(map(SQL.identifier, tables))))
    env.invalidate_all()


def _forget_names(env):
    """Remove what Odoo would keep: names of constraints on its tables and of fields of its parts."""
    env.cr.execute(
        """DELETE FROM ir_model_constraint c USING ir_module_module m
            WHERE m.id = c.module AND m.name = 'crisis_intervention' AND c.type = 'f'"""
    )
    env.cr.execute(
        """DELETE FROM ir_model_data d
            WHERE d.module != 'crisis_intervention' AND (d.model, d.res_id) IN (
                  SELECT 'ir.model.fields.selection', s.id FROM ir_model_fields_selection s
                    JOIN ir_model_fields f ON f.id = s.field_id WHERE f.model = ANY(%(ours)s)
                   UNION ALL
                  SELECT 'ir.model.inherit', i.id FROM ir_model_inherit i
                    JOIN ir_model m ON m.id = i.model_id WHERE m.model = ANY(%(ours)s))""",
        {"ours": _names(env)},
    )
    # what was told to browsers; it would be gone after a day
    env.cr.execute("DELETE FROM bus_bus WHERE message LIKE '%crisis%'")
