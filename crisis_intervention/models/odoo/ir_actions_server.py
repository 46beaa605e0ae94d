from odoo import models

from ...sealed_reading import code_has_run, running_action


class IrActionsServer(models.Model):
    """Server actions, automation rules and scheduled actions get no sealed texts."""

    _inherit = "ir.actions.server"

    def _run(self, records, eval_context):
        """Tell that an action runs: whoever started it by chance is not its reader.

        Code may leave something behind that runs later in the same transaction, so for that one no
        person is a reader any more.
        """
        with running_action():
            if self.state == "code":
                code_has_run(self.env.cr)
            return super()._run(records, eval_context)
