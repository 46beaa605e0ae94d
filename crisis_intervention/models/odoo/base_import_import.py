from odoo import models


class BaseImportImport(models.TransientModel):
    """Class lists are imported whole: Odoo would commit them in batches of 2,000 rows."""

    _inherit = "base_import.import"

    def parse_preview(self, options, count=10):
        """Do not announce batches for class lists, so that the client sends one request."""
        return super().parse_preview(self._whole_file(options), count=count)

    def execute_import(self, fields, columns, options, dryrun=False):
        """Import a class list in one transaction, or nothing of it."""
        return super().execute_import(fields, columns, self._whole_file(options), dryrun=dryrun)

    def _whole_file(self, options):
        """Return ``options`` without the batch limit when students are imported."""
        if self.res_model != "crisis.student":
            return options
        return {key: value for key, value in options.items() if key != "limit"}
