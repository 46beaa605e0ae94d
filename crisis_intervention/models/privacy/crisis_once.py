from odoo import api, fields, models

from ... import once


class CrisisOnce(models.Model):
    """That one thing was done; see ``once``, which alone writes here. It names nobody and nothing."""

    _name = "crisis.once"
    _description = "Done Once"
    _inherit = ["crisis.written.by.system"]
    _order = "id"
    _rec_name = "key"
    _outlives_erasure = True

    key = fields.Char(required=True, help="Digest of who did what kind of thing, by which token.")
    content = fields.Char(help="Whether the same was sent again.")
    res_id = fields.Integer(string="Became", aggregator=None)
    date = fields.Datetime(required=True, index=True)

    _key_uniq = models.Constraint("UNIQUE (key)", "This was done already.")

    @api.autovacuum
    def _forget(self):
        """Take away what no client repeats any more."""
        once.forget(self.env)
