from odoo import api, fields, models
from odoo.exceptions import AccessError


class CrisisSignature(models.Model):
    """The signature of one record, by the server; see ``signatures``, which alone writes them.

    Nobody has a right to it. A row that somebody else writes does not verify; one that is taken
    away or exchanged for an older one is found, as the register knows the newest.
    """

    _name = "crisis.signature"
    _description = "Signature of a Record"
    _inherit = ["crisis.record"]
    _order = "id"
    _rec_name = "nonce"
    _outlives_erasure = True

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    nonce = fields.Char(required=True, help="Drawn for each signature; later ones are larger.")
    columns = fields.Char(help="What is signed; empty where the signature was given up.")
    mac = fields.Char(required=True, string="Signature")

    _record_uniq = models.Constraint("UNIQUE (res_model, res_id)", "This record is signed already.")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: the system signs, by no method of a model.

        :raises AccessError: always
        """
        raise AccessError(self._kept_message())

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change.

        :raises AccessError: always
        """
        raise AccessError(self._kept_message())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep every signature.

        :raises AccessError: always
        """
        raise AccessError(self._kept_message())

    def _kept_message(self):
        """Return what to say to somebody who would write here."""
        return self.env._("Signatures are written by the system alone.")
