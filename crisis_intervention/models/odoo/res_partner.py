from odoo import fields, models

RESOURCE_KINDS = [
    ("hospital", "Hospital"),
    ("district", "District centre"),
    ("police", "Police"),
    ("court", "Court or procuratorate"),
    ("social", "Social work or civil affairs"),
    ("education", "Education authority"),
    ("hotline", "Hotline"),
]


class ResPartner(models.Model):
    """External resources that students are referred to are contacts of a kind."""

    _inherit = "res.partner"

    crisis_resource_kind = fields.Selection(
        RESOURCE_KINDS,
        string="Kind of Crisis Resource",
        index="btree_not_null",
        help="Offered for referrals and reports. Says nothing about any student.",
    )
