from odoo import api, fields, models

from ...roles import TRIAGE
from .crisis_team_member import DUTIES, NEEDED_DUTIES


class CrisisTeam(models.Model):
    """A standing group of the school: the leading group, or those on duty for new reports."""

    _name = "crisis.team"
    _description = "Crisis Team"
    _inherit = ["crisis.record"]
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
    gaps = fields.Char(
        string="Without a Person",
        compute="_compute_gaps",
        help="Duties that nobody has, or whose person left or has no role in this system any more.",
    )
    stand_in_gaps = fields.Char(
        string="Without a Stand-in",
        compute="_compute_gaps",
        help="Duties for which nobody is called when the person does not answer.",
    )

    @api.depends("kind", "member_ids.duty", "member_ids.user_id", "member_ids.stand_in_id")
    @api.depends_context("lang")
    def _compute_gaps(self):
        """Name the duties of a leading group for which nobody would come."""
        labels = dict(
            self.env["crisis.team.member"]._fields["duty"]._description_selection(self.env)
        )
        order = [code for code, _label in DUTIES if code in NEEDED_DUTIES]
        for team in self:
            team.gaps = team.stand_in_gaps = False
            if team.kind != "leading":
                continue
            # sudo: res.users - whether the people can be reached, nothing leaves the method
            members = team.sudo().member_ids
            manned = set(members.filtered(lambda m: m._reachable(m.user_id)).mapped("duty"))
            doubled = set(members.filtered(lambda m: m._reachable(m.stand_in_id)).mapped("duty"))
            missing = [labels[code] for code in order if code not in manned]
            single = [labels[code] for code in order if code in manned - doubled]
            team.gaps = ", ".join(missing) or False
            team.stand_in_gaps = ", ".join(single) or False

    @api.model
    def _emergency_members(self, company):
        """Return the members of the leading groups of ``company``: whom an emergency alerts."""
        # sudo: crisis.team.member - whoever starts an emergency alerts all of them
        return (
            self.env["crisis.team.member"]
            .sudo()
            .search(
                [
                    ("team_id.kind", "=", "leading"),
                    ("team_id.active", "=", True),
                    ("team_id.company_id", "=", company.id),
                ]
            )
        )

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
