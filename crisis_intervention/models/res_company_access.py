from odoo import fields, models


class ResCompany(models.Model):
    """A school: how long permissions to look last, and when people confirm who they are."""

    _inherit = "res.company"

    crisis_grant_hours = fields.Integer(
        string="Longest Permission (hours)",
        default=14 * 24,
        help="The longest time for which anybody may be allowed to look into a case.",
    )
    crisis_emergency_hours = fields.Integer(
        string="Emergency Access (hours)",
        default=4,
        help="How long a case stays open that somebody opened because of a danger to life.",
    )
    crisis_identity_minutes = fields.Integer(
        string="Confirm Identity After (minutes)",
        default=10,
        help="Reading with a permission, exports of a person's data and approvals of destruction "
        "ask for the password again after this time; ten minutes at most.",
    )

    _crisis_grant_range = models.Constraint(
        "CHECK(crisis_grant_hours BETWEEN 1 AND 2160)",
        "The longest permission is 1 hour to 90 days.",
    )
    _crisis_emergency_range = models.Constraint(
        "CHECK(crisis_emergency_hours BETWEEN 1 AND 24)",
        "An emergency access lasts 1 to 24 hours.",
    )
    _crisis_identity_range = models.Constraint(
        "CHECK(crisis_identity_minutes BETWEEN 1 AND 10)",
        "Identity is confirmed for 1 to 10 minutes.",
    )
