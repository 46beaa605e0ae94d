"""Scripts of updates, run by tests on what they have prepared."""

from unittest.mock import patch

from odoo.modules.migration import load_script
from odoo.tools import file_path


def migrate(env, version, name):
    """Run one script as Odoo does while it updates the addon.

    :param str version: folder of the script, such as ``19.0.2.0.0``
    :param str name: file of the script without its end, such as ``pre-10-limits``
    """
    env.flush_all()
    path = file_path(f"crisis_intervention/migrations/{version}/{name}.py")
    with patch.object(env.registry, "ready", False):
        load_script(path, name).migrate(env.cr, version)
    env.invalidate_all()
