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
    """Take along what Odoo does not remove by itself: the end of the chain, a check under way."""
    env.cr.execute("DROP TABLE IF EXISTS crisis_disclosure_head, crisis_register_night")
