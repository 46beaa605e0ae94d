from odoo import models

from ...sealed_reading import running_action


class IrActionsServer(models.Model):
    """Server actions, automation rules and scheduled actions get no sealed texts."""

    _inherit = "ir.actions.server"

    def _run(self, records, eval_context):
        """Tell that an action runs: whoever started it by chance is not its reader."""
        with running_action():
            return super()._run(records, eval_context)
