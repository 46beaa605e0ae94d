from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...lib.school_limits import within
from ...role_confirmations import closed_schools
from ...roles import DISTRICT, PRINCIPAL, TRIAGE
from ..privacy.crisis_erasure import NOTHING


class ResCompany(models.Model):
    """A school (or the district centre): settings of the crisis system."""

    _inherit = "res.company"

    crisis_final_grade = fields.Integer(
        string="Final Grade",
        default=6,
        help="Students of this grade leave the school at the end of the school year: "
        "6 for most primary schools, 5 where primary school takes five years.",
    )
    crisis_triage_hours = fields.Integer(
        string="Hours to Triage",
        default=24,
        help="A concern report without danger to life is decided within this many hours. "
        "With danger to life the response standard of the red level holds.",
    )
    crisis_district_id = fields.Many2one(
        "res.company",
        string="District Centre",
        help="The centre of the district in this system. It is told when a red case of this "
        "school stands still, and reads cases only that are referred to it.",
    )
    crisis_report_principal_user_id = fields.Many2one(
        "res.users",
        string="Reports about the Principal",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Decides on reports about the principal, e.g. a vice principal with a role that decides on "
        "reports. Without a name they go to the district centre, else to another principal.",
    )
    crisis_quiet_from = fields.Float(
        string="Quiet From",
        default=22.0,
        help="Reminders of missed deadlines wait until the quiet hours are over. Red ones never do.",
    )
    crisis_quiet_to = fields.Float(string="Quiet Until", default=6.5)
    crisis_retention_years = fields.Integer(
        string="Years Files Are Kept",
        default=3,
        help="Years after the student leaves the school. No national figure exists; three years "
        "is the shortest time the law names for records of processing.",
    )
    crisis_week_report = fields.Boolean(
        string="Weekly Zero Report",
        default=True,
        help="Head teachers say once a week whether there is anything to report, by one click.",
    )
    crisis_month_report = fields.Boolean(string="Monthly Report", default=False)
    crisis_ack_minutes = fields.Integer(
        string="Minutes to Acknowledge",
        default=3,
        help="In an emergency the stand-in is called when somebody with a duty does not answer "
        "within this time.",
    )
    crisis_places = fields.Text(
        string="Places",
        help="What the start of an emergency offers as places, one per line.",
    )
    crisis_report_phone_hours = fields.Integer(
        string="Hours to Report by Phone",
        default=2,
        help="Serious events are told to the education authority by phone within 2 hours in most "
        "districts, within 1 hour in some.",
    )
    crisis_report_written_hours = fields.Integer(
        string="Hours to Report in Writing",
        default=24,
        help="The written report follows within 24 hours in most districts, within 8 in some.",
    )
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
    crisis_two_factor = fields.Boolean(
        string="Second Factor for Roles With Files",
        default=True,
        help="Who has a role that opens children's files signs in with the app on the phone, or, "
        "without one, with a code by e-mail, as soon as the server can send mail.",
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

    _crisis_quiet_range = models.Constraint(
        "CHECK(crisis_quiet_from >= 0 AND crisis_quiet_from < 24 "
        "AND crisis_quiet_to >= 0 AND crisis_quiet_to < 24)",
        "Quiet hours lie between 0:00 and 23:59.",
    )
    _crisis_emergency_times_range = models.Constraint(
        within("crisis_ack_minutes", "crisis_report_phone_hours", "crisis_report_written_hours"),
        "Times of emergencies: 1 to 60 minutes to acknowledge, 1 to 48 hours by phone, 1 to 240 "
        "hours in writing.",
    )
    _crisis_retention_range = models.Constraint(
        within("crisis_retention_years"), "Files are kept for 1 to 100 years."
    )
    _crisis_final_grade_range = models.Constraint(
        within("crisis_final_grade"), "The final grade is a number from 1 to 12."
    )
    _crisis_triage_hours_range = models.Constraint(
        within("crisis_triage_hours"), "The time to triage is 1 to 240 hours."
    )
    _crisis_request_range = models.Constraint(
        within("crisis_request_days"), "Requests are answered within 1 to 60 days."
    )
    _crisis_grant_range = models.Constraint(
        within("crisis_grant_hours"), "The longest permission is 1 hour to 90 days."
    )
    _crisis_emergency_access_range = models.Constraint(
        within("crisis_emergency_hours"), "An emergency access lasts 1 to 24 hours."
    )
    _crisis_identity_range = models.Constraint(
        within("crisis_identity_minutes"), "Identity is confirmed for 1 to 10 minutes."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create companies, each with its own reference numbers."""
        companies = super().create(vals_list)
        self.env["crisis.numbering"]._prepare(companies)
        return companies

    def write(self, vals):
        """Change settings; principals are told when no second factor is demanded any more."""
        asked = "crisis_two_factor" in vals and not vals["crisis_two_factor"]
        schools = self.filtered("crisis_two_factor") if asked else self.browse()
        result = super().write(vals)
        if schools:
            self.env["crisis.role.confirmation"]._tell_schools("setting", schools)
        return result

    def _crisis_place_names(self):
        """Return the places that the start of an emergency offers, in the user's language."""
        self.ensure_one()
        # sudo: res.company - a list of rooms, for every member of staff
        own = self.sudo().crisis_places or self.env._(
            "Classroom\nCorridor or stairs\nRoof or window\nToilet\nPlayground\nCanteen\n"
            "School gate\nOutside the school"
        )
        return [line.strip() for line in own.splitlines() if line.strip()]

    def _crisis_holders(self, *groups):
        """Return the active users of this school who hold one of ``groups`` (XML ids)."""
        # sudo: res.groups - who must be told; nothing else leaves the method
        users = self.env["res.users"].sudo()
        for group in groups:
            users |= self.env.ref(group).sudo().all_user_ids
        users = users.filtered(lambda user: user.active and self in user.company_ids)
        several = users.filtered(lambda user: len(user.company_ids) > 1)
        closed = closed_schools(self.env, several.ids)
        return users.filtered(lambda user: self.id not in closed.get(user.id, ()))

    def _crisis_instead_of_principals(self, concerned):
        """Return the users who get a report about a principal of this school.

        The person named in the settings, else the district centre, else another principal.

        :param concerned: ``res.users`` whom the report is about
        """
        self.ensure_one()
        # sudo: res.company - who must be told; nothing else leaves the method
        company = self.sudo()
        deciders = self._crisis_holders(*TRIAGE.split(","))
        district = company.crisis_district_id
        return (
            company.crisis_report_principal_user_id & deciders - concerned
            or (district and district._crisis_holders(DISTRICT) - concerned)
            or self._crisis_holders(PRINCIPAL) - concerned
        )

    @api.constrains("crisis_report_principal_user_id")
    def _check_crisis_report_principal(self):
        """Demand somebody who can decide on reports."""
        for company in self:
            user = company.crisis_report_principal_user_id
            if user and not user._holds(TRIAGE, company):
                raise ValidationError(
                    self.env._(
                        "Reports about the principal go to a person of this school who decides on "
                        "reports: give this person such a role first."
                    )
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
