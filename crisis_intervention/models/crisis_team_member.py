from odoo import fields, models

DUTIES = [
    ("chair", "Chair"),
    ("deputy", "Deputy chair"),
    ("command", "On-site command"),
    ("psychology", "Psychology"),
    ("medical", "Medical care"),
    ("security", "Security"),
    ("parents", "Contact with guardians"),
    ("communication", "Communication"),
    ("records", "Records"),
    ("member", "Member"),
]


class CrisisTeamMember(models.Model):
    """One person's duty in a team, with a stand-in."""

    _name = "crisis.team.member"
    _description = "Crisis Team Member"
    _order = "sequence, id"
    _rec_name = "user_id"

    team_id = fields.Many2one("crisis.team", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    duty = fields.Selection(DUTIES, required=True, default="member")
    user_id = fields.Many2one("res.users", string="Person", required=True, ondelete="restrict")
    stand_in_id = fields.Many2one("res.users", string="Stand-in", ondelete="restrict")
    phone = fields.Char(help="Number under which this person answers in an emergency.")
    company_id = fields.Many2one(related="team_id.company_id", store=True, index=True)

    _duty_uniq = models.Constraint(
        "UNIQUE (team_id, duty, user_id)", "This person has this duty in the team already."
    )
    _other_stand_in = models.Constraint(
        "CHECK(stand_in_id IS NULL OR stand_in_id <> user_id)",
        "Nobody stands in for themselves: choose another person.",
    )
