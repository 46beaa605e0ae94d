import re

from odoo import models

from ...sealed_reading import code_runs, running_action

# What a scheduled action does that only calls a job.
JOB = re.compile(r"\s*model\._cron_\w+\(\)\s*")


class IrActionsServer(models.Model):
    """Server actions, automation rules and scheduled actions get no sealed texts."""

    _inherit = "ir.actions.server"

    def _run(self, records, eval_context):
        """Tell that an action runs: whoever started it by chance is not its reader.

        Code may leave something behind that runs later in the same request, so for that one no
        person is a reader any more.
        """
        with running_action():
            if self._runs_code():
                code_runs()
            return super()._run(records, eval_context)

    def _runs_code(self):
        """Tell whether something is evaluated that could leave something behind."""
        if self.state == "code":
            return not JOB.fullmatch(self.code or "")
        return self.evaluation_type == "equation"
