from odoo import fields, models


class CrisisSignature(models.Model):
    """The signature of one record, by the server; see ``signatures``, which alone writes them.

    Nobody has a right to it. A row that somebody else writes does not verify; one that is taken
    away or exchanged for an older one is found, as the register knows the newest.
    """

    _name = "crisis.signature"
    _description = "Signature of a Record"
    _inherit = ["crisis.written.by.system"]
    _order = "id"
    _rec_name = "nonce"
    _outlives_erasure = True

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    nonce = fields.Char(required=True, help="Drawn for each signature; later ones are larger.")
    columns = fields.Char(help="What is signed; empty where the signature was given up.")
    mac = fields.Char(required=True, string="Signature")

    _record_uniq = models.Constraint("UNIQUE (res_model, res_id)", "This record is signed already.")
