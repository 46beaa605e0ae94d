from odoo import api, fields, models

from ..roles import TRIAGE


class CrisisTeam(models.Model):
    """A standing group of the school: the leading group, or those on duty for new reports."""

    _name = "crisis.team"
    _description = "Crisis Team"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [("leading", "Leading group"), ("duty", "On duty for reports")],
        required=True,
        default="leading",
        help="The leading group directs the work. Members of the duty team are told at once of "
        "every new concern report.",
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", string="School", required=True, default=lambda self: self.env.company
    )
    member_ids = fields.One2many("crisis.team.member", "team_id", string="Members", copy=True)
    note = fields.Text(translate=True)
    active = fields.Boolean(default=True)

    @api.model
    def _duty_users(self, companies):
        """Return who is on duty for new reports.

        :param companies: ``res.company`` records
        :return: dict of company to ``res.users``: active members of its duty teams who hold a
            role that decides on reports; companies without any are missing
        """
        # sudo: crisis.team.member - reporters need to alert people, not to read the team
        members = (
            self.env["crisis.team.member"]
            .sudo()
            .search(
                [
                    ("team_id.kind", "=", "duty"),
                    ("team_id.active", "=", True),
                    ("team_id.company_id", "in", companies.ids),
                ]
            )
        )
        result = {}
        for member in members:
            user = member.user_id
            if user.active and user.has_groups(TRIAGE):
                company = member.team_id.company_id
                result[company] = result.get(company, self.env["res.users"]) | user
        return result
