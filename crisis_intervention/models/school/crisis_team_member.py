from odoo import fields, models

from ...roles import STAFF

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
# What a leading group must have a person for, or an emergency finds nobody.
NEEDED_DUTIES = (
    *("chair", "command", "psychology", "medical", "security"),
    *("parents", "communication", "records"),
)


class CrisisTeamMember(models.Model):
    """One person's duty in a team, with a stand-in."""

    _name = "crisis.team.member"
    _description = "Crisis Team Member"
    _inherit = ["crisis.record"]
    _order = "sequence, id"
    _rec_name = "user_id"

    team_id = fields.Many2one("crisis.team", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    duty = fields.Selection(DUTIES, required=True, default="member")
    user_id = fields.Many2one("res.users", string="Person", required=True, ondelete="restrict")
    stand_in_id = fields.Many2one("res.users", string="Stand-in", ondelete="restrict")
    phone = fields.Char(help="Number under which this person answers in an emergency.")
    stand_in_phone = fields.Char(help="Number under which the stand-in answers.")
    company_id = fields.Many2one(related="team_id.company_id", store=True, index=True)

    _duty_uniq = models.Constraint(
        "UNIQUE (team_id, duty, user_id)", "This person has this duty in the team already."
    )
    _other_stand_in = models.Constraint(
        "CHECK(stand_in_id IS NULL OR stand_in_id <> user_id)",
        "Nobody stands in for themselves: choose another person.",
    )

    def _reachable(self, user):
        """Tell whether ``user`` can be alerted: active, of this school, with a role here."""
        return (
            bool(user)
            and user.active
            and self.company_id.id in user._get_company_ids()
            and user.has_group(STAFF)
        )
