"""Fed to Odoo's shell: lets the upgrade guard keep what our addons override now."""

from odoo.addons.crisis_intervention.tests import upgrade_guard

upgrade_guard.accept(env.registry)  # noqa: F821 - given by Odoo's shell
print("accepted")
