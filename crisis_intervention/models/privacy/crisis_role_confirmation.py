from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ... import identity, role_confirmations
from ...identity import confirm_identity
from ...jobs import Job
from ...lib.effective_roles import reached
from ...roles import DISTRICT, MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY
from ...walls import called_by_data, is_loading

ACTIVITY = "crisis_intervention.mail_activity_role_confirmation"
OPEN_STATES = ("waiting", "taken_over")
# How many people are followed at once.
FOLLOWED = 200


class CrisisRoleConfirmation(models.Model):
    """One person in one role at one school, and whether a principal has confirmed it.

    What the system has not signed (see ``role_confirmations``) counts for nothing, so a row that
    somebody writes into the database, or changes there, opens nothing.
    """

    _name = "crisis.role.confirmation"
    _description = "Confirmed Role"
    _inherit = ["crisis.quiet.thread"]
    _order = "id desc"
    _rec_name = "group_id"
    _outlives_erasure = True

    user_id = fields.Many2one("res.users", string="Person", required=True, ondelete="cascade")
    login = fields.Char(related="user_id.login")
    two_factor = fields.Boolean(related="user_id.totp_enabled", string="Second Factor Set Up")
    group_id = fields.Many2one("res.groups", string="Role", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", string="School", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        [
            ("waiting", "Waits to be confirmed"),
            ("taken_over", "Counts, to be confirmed once"),
            ("confirmed", "Confirmed"),
            ("refused", "Refused"),
            ("ended", "Ended"),
        ],
        required=True,
        default="waiting",
        index=True,
    )
    way = fields.Selection(
        [
            ("person", "By a person"),
            ("set_up", "First principal, at the set-up"),
            ("system", "By whoever runs the server"),
        ],
        string="Confirmed How",
    )
    asked_by_id = fields.Many2one("res.users", string="Given By", ondelete="set null")
    first_by_id = fields.Many2one(
        "res.users",
        string="First Confirmation",
        ondelete="restrict",
        help="Where a school has no principal who could decide, two people confirm.",
    )
    decided_by_id = fields.Many2one("res.users", ondelete="restrict")
    date_decided = fields.Datetime(string="Decided On")
    signature = fields.Char()
    is_genuine = fields.Boolean(
        string="Signed",
        compute="_compute_is_genuine",
        help="The server has signed this row as it stands. What it has not signed does not count.",
    )
    may_decide = fields.Boolean(compute="_compute_may_decide", search="_search_may_decide")

    _live_uniq = models.UniqueIndex(
        "(user_id, group_id, company_id) WHERE state != 'ended'",
        "This role of this person stands in the list already.",
    )

    # two who set up at the same moment do not see each other
    _set_up_uniq = models.UniqueIndex(
        "(way) WHERE way = 'set_up'", "There is a first principal already, who confirms others."
    )

    def _compute_is_genuine(self):
        """Check the signatures."""
        for row in self:
            # sudo: crisis.role.confirmation - whether the signature fits
            row.is_genuine = role_confirmations.is_genuine(row.sudo())

    @api.depends_context("uid")
    def _compute_may_decide(self):
        """Tell the user what waits for the own decision."""
        for row in self:
            row.may_decide = row.state in OPEN_STATES and self.env.user in row._deciders()

    @api.model
    def _search_may_decide(self, operator, value):
        """Find what waits for the user."""
        if operator != "in":
            return NotImplemented
        # sudo: crisis.role.confirmation - filtered by the user's right to decide
        rows = self.sudo().search([("state", "in", OPEN_STATES)])
        mine = rows.filtered(lambda row: self.env.user in row._deciders())
        found = Domain("id", "in", mine.ids)
        return found if True in value else ~found

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: the system alone follows who is given which role.

        :raises AccessError: somebody else than the system
        """
        if not self.env.su:
            raise AccessError(self._kept_message())
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change, whoever asks for it.

        :raises AccessError: always
        """
        raise AccessError(self._kept_message())

    def _set(self, vals):
        """Write what the system keeps; without a signature it does not count."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        """Keep every row: what was decided stays known.

        Also "at uninstall", as that is a key of the context, which clients send.

        :raises AccessError: always, as long as the server serves
        """
        if not is_loading(self.env):
            raise AccessError(self._kept_message())

    def _kept_message(self):
        """Return what to say to somebody who would write here."""
        return self.env._("The list of confirmed roles is kept by the system alone.")

    # ------------------------------------------------------------------ who decides

    def _deciders(self):
        """Return who may decide about this role: never the person who holds it.

        The principals of the school; where there is none, psychology teachers and moral education
        of the school, and principals and district centres of other schools.
        """
        self.ensure_one()
        # sudo: res.company - who holds which role, to ask for the decision
        row = self.sudo()
        company = row.company_id
        principals = company._crisis_holders(PRINCIPAL) - row.user_id
        return principals or self._stand_ins(company) - row.user_id

    @api.model
    def _stand_ins(self, company):
        """Return who decides for ``company`` while it has no principal."""
        # sudo: res.groups - see _deciders
        holders = (self.env.ref(PRINCIPAL) | self.env.ref(DISTRICT)).sudo().all_user_ids
        return company._crisis_holders(PSYCHOLOGY, MORAL_EDUCATION) | holders.filtered("active")

    def _needs_two(self):
        """Tell whether two people have to confirm: no principal, and more than one who stands in."""
        principals = self.sudo().company_id._crisis_holders(PRINCIPAL) - self.sudo().user_id
        return not principals and len(self._deciders()) > 1

    # ------------------------------------------------------------------ decisions

    @confirm_identity
    def action_confirm(self):
        """Confirm that these people have these roles."""
        self._check_decider("action_confirm")
        # sudo: crisis.role.confirmation - nobody has the right to write; checked just above
        for row in self.sudo():
            if not row._needs_two() or _is_second(row):
                _decide(row, "confirmed")

    @confirm_identity
    def action_refuse(self):
        """Refuse: the role opens nothing, whatever the administrator has entered."""
        self._check_decider("action_refuse")
        # sudo: crisis.role.confirmation - nobody has the right to write; checked just above
        for row in self.sudo():
            _decide(row, "refused")
            # who is responsible for children in this role hands them over first
            row.user_id.with_env(self.env)._check_crisis_duties()

    def _check_decider(self, method):
        """Check that the person at the screen may decide about these rows now.

        :param str method: the button that was pressed
        :raises AccessError: these are not hers or his to decide
        :raises UserError: nobody has confirmed who is there; somebody else was faster
        """
        identity.require_pressed(self, method)
        self.check_access("read")
        self._lock_rows()
        self.invalidate_recordset(["state"])
        for row in self:
            if row.state not in OPEN_STATES:
                raise UserError(self.env._("This was decided already. Please reload."))
            if self.env.user not in row._deciders():
                raise AccessError(
                    self.env._(
                        "Roles are confirmed by the principal of the school, never by the person "
                        "who has them. Where a school has no principal, two of psychology "
                        "teachers, moral education, other principals and district centre confirm."
                    )
                )

    # ------------------------------------------------------------------ following the roles

    @api.model
    def _follow_roles(self, users, tell=True):
        """Let the rows follow which roles ``users`` have been given by whatever means.

        :param bool tell: ask those who decide, and register it
        """
        if not users:
            return
        # sudo: res.users, crisis.role.confirmation - the system follows all of them
        users = users.sudo().with_context(active_test=False)
        rows = self.sudo()
        implied = self.env["res.groups"]._crisis_implied()
        roles = role_confirmations.guarded(self.env)
        held = {
            (user.id, group, company)
            for user in users
            for group in reached(user.group_ids.ids, implied) & roles.keys()
            for company in user.company_ids.ids
        }
        live = rows.search([("user_id", "in", users.ids), ("state", "!=", "ended")])
        known = {(row.user_id.id, row.group_id.id, row.company_id.id): row for row in live}
        gone = rows.browse([row.id for key, row in known.items() if key not in held])
        new = rows.with_context(mail_create_nolog=True).create(
            [
                {
                    "user_id": user,
                    "group_id": group,
                    "company_id": company,
                    "asked_by_id": self.env.uid,
                }
                for user, group, company in sorted(held - known.keys())
            ]
        )
        if gone:
            gone._set({"state": "ended", "date_decided": fields.Datetime.now()})
            gone.flush_recordset()
            gone._end_activities()
            role_confirmations.forget(self.env)
        # demo data and updates of modules ask nobody; the scheduled action does so afterwards
        if tell and not is_loading(self.env):
            gone._tell("ended")
            (new - new._set_up())._ask()

    def _set_up(self):
        """Take the first principal of a database without asking anybody, as nobody is there yet.

        :return: the row of the first principal; none once the set-up is over
        """
        principal = self.env.ref(PRINCIPAL)
        first = self.filtered(
            lambda row: row.group_id == principal and row.company_id == row.user_id.company_id
        )[:1]
        if not first or role_confirmations.is_set_up(self.env):
            return self.browse()
        role_confirmations.sign(
            first, state="confirmed", way="set_up", date_decided=fields.Datetime.now()
        )
        first._tell("confirmed")
        return first

    def _ask(self):
        """Ask those who decide."""
        for row in self:
            row._plan_activity(ACTIVITY, row._deciders())
        self._tell("asked")

    def _tell(self, kind):
        """Register what happened to these roles, and tell every principal of the school."""
        self.env["crisis.role.event"]._enter(self, kind)

    @api.model
    def _tell_about(self, users, kind):
        """Register and tell what was done to the account of ``users`` by somebody else.

        :param str kind: a code of ``crisis.role.event``
        """
        if not users or is_loading(self.env):
            return
        # sudo: crisis.role.confirmation - whether one of them holds a role that opens files
        rows = self.sudo().search([("user_id", "in", users.ids), ("state", "!=", "ended")])
        once = {(row.user_id.id, row.company_id.id): row.id for row in rows}
        if once:
            self.sudo().browse(once.values())._tell(kind)

    @api.model
    def _tell_schools(self, kind, companies=None):
        """Register and tell what the user does that touches everybody at a school.

        :param str kind: a code of ``crisis.role.event``
        :param companies: the schools; by default all
        """
        domain = Domain("group_id", "=", self.env.ref(PRINCIPAL).id) & Domain(
            "state", "!=", "ended"
        )
        if companies is not None:
            domain &= Domain("company_id", "in", companies.ids)
        # sudo: crisis.role.confirmation - one row of each school, to tell its principals
        rows = self.sudo().search(domain)
        once = {row.company_id.id: row.id for row in rows}
        self.env["crisis.role.event"]._enter(rows.browse(once.values()), kind, self.env.user)

    @api.model
    def _cron_follow_roles(self):
        """Follow what changed past Odoo's forms, and remind of what waits."""
        waiting = [("state", "in", OPEN_STATES), ("activity_ids", "=", False)]
        with Job(self, "_cron_follow_roles", irreversible=False) as job:
            job.work(self._people_with_roles, self._follow_roles, size=FOLLOWED)
            job.work(
                lambda: self.search(waiting),
                lambda row: row._plan_activity(ACTIVITY, row._deciders()),
                part="remind",
            )

    @api.model
    def _people_with_roles(self):
        """Return all who have a role that opens files, or had one."""
        # sudo: res.users - all who have a role
        roles = self.env["res.groups"].sudo().browse(role_confirmations.guarded(self.env))
        users = roles.all_implied_by_ids.with_context(active_test=False).user_ids
        # sudo: crisis.role.confirmation - and all who had one
        return users | self.sudo().search([("state", "!=", "ended")]).user_id

    @api.model
    def _take_over(self, user_ids):
        """Confirm the roles of users (ids) for our demo data.

        :raises AccessError: something else asks; see ``role_confirmations.take_over``
        """
        if not called_by_data(self.env):
            raise AccessError(self._kept_message())
        role_confirmations.take_over(self.env, self.env["res.users"].browse(user_ids))


# Both sign. They are no methods, as code that an administrator enters may call methods.


def _is_second(row):
    """Keep the first of two confirmations by the user; tell whether this is the second one.

    :raises UserError: both would be by the same person
    """
    known = role_confirmations.is_genuine(row) and row.first_by_id
    if not known:
        role_confirmations.sign(row, first_by_id=row.env.uid)
        return False
    if known.id == row.env.uid:
        raise UserError(
            row.env._("You have confirmed this already. A second person has to do so as well.")
        )
    return True


def _decide(row, state):
    """Keep the decision of the user, who was checked, and tell of it."""
    role_confirmations.sign(
        row,
        state=state,
        way="person",
        decided_by_id=row.env.uid,
        date_decided=fields.Datetime.now(),
    )
    row._end_activities()
    row._tell(state)
