from contextlib import ExitStack

from odoo import api, models

from ... import signatures


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Contacts are merged by SQL, also in signed records: these are signed as they are afterwards."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys_generic(self, model, src_records, dst_record):
        """Keep the signatures true of records that name one of ``src_records``."""
        with ExitStack() as stack:
            for records in signatures.naming(src_records):
                stack.enter_context(signatures.changing(records))
            return super()._update_foreign_keys_generic(model, src_records, dst_record)
