from odoo import api, models


class CrisisInstrumentPart(models.AbstractModel):
    """Whatever belongs to an instrument changes only while that is a draft."""

    _name = "crisis.instrument.part"
    _description = "Part of an Instrument"
    _inherit = ["crisis.record"]

    @api.model_create_multi
    def create(self, vals_list):
        """Add parts to drafts.

        :raises UserError: the instrument is published
        """
        parts = super().create(vals_list)
        parts.instrument_id._check_draft()
        return parts

    def write(self, vals):
        """Change parts of drafts.

        :raises UserError: the instrument is published
        """
        self.instrument_id._check_draft()
        result = super().write(vals)
        self.instrument_id._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        """Keep the parts of published instruments."""
        self.instrument_id._check_draft()
