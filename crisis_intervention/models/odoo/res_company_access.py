from odoo import fields, models

from ..privacy.crisis_erasure import NOTHING


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

    crisis_request_days = fields.Integer(
        string="Answer Requests Within (days)",
        default=15,
        help="How long the answer to a guardian may take who wants to see, correct or erase what "
        "is kept. The law says in time and names no figure; fifteen days is a default of this "
        "system.",
    )
    crisis_anonymous_student_id = fields.Many2one(
        "crisis.student",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Stands in for students whose files were destroyed.",
    )

    _crisis_request_range = models.Constraint(
        "CHECK(crisis_request_days BETWEEN 1 AND 60)",
        "Requests are answered within 1 to 60 days.",
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

    def _crisis_anonymous_student(self):
        """Return the student of this school who is nobody; makes one the first time."""
        self.ensure_one()
        # sudo: crisis.student - made by the system, holds nothing
        company = self.sudo()
        if not company.crisis_anonymous_student_id:
            company.crisis_anonymous_student_id = (
                self.env["crisis.student"]
                .sudo()
                .create({"name": NOTHING, "company_id": self.id, "active": False})
            )
        return company.crisis_anonymous_student_id
