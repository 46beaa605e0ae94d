"""Runs in Odoo's shell on a demo school: our addons are removed, first without the name, then with it.

Prints ``refused`` and ``removed``, each when it was so.
"""

from odoo.exceptions import UserError

modules = env["ir.module.module"].search(  # noqa: F821 - given by Odoo's shell
    [("state", "=", "installed"), ("name", "=like", "crisis%")]
)
try:
    modules.button_uninstall()
except UserError as error:
    print(f"refused: {error}")
env.cr.rollback()  # noqa: F821
name = env.company.name  # noqa: F821
modules.with_context(crisis_uninstall=name).button_immediate_uninstall()
print("removed")
