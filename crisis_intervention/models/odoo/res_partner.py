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
    """External resources are contacts of a kind; addresses that reset passwords are watched."""

    _inherit = "res.partner"

    crisis_resource_kind = fields.Selection(
        RESOURCE_KINDS,
        string="Kind of Crisis Resource",
        index="btree_not_null",
        help="Offered for referrals and reports. Says nothing about any student.",
    )

    def write(self, vals):
        """Tell of a changed address: whoever has it gets the link that sets a new password."""
        result = super().write(vals)
        if "email" in vals:
            # sudo: res.users - whose account it is; nothing of it leaves the method
            users = self.sudo().user_ids
            users._tell_crisis_account({"email": vals["email"]})
        return result
