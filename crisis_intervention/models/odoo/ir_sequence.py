from odoo import models


class IrSequence(models.Model):
    """Sequences of reference numbers leave nothing behind."""

    _inherit = "ir.sequence"

    def unlink(self):
        """Delete our sequences with their years.

        Odoo leaves the years to the database, which knows nothing of the PostgreSQL sequence that
        each of them has.
        """
        prefixes = self.env["crisis.numbering"]._prefixes()
        self.filtered(lambda sequence: sequence.code in prefixes).date_range_ids.unlink()
        return super().unlink()
