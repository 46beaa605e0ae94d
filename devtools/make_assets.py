"""Fed to Odoo's shell: builds the client's scripts and styles, so that no test waits for them."""

env = env  # noqa: F821 - given by the shell
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
