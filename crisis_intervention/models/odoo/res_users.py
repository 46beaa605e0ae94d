from odoo import api, fields, models, tools
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools.i18n import format_list

from ... import register, role_confirmations, signatures
from ...roles import PSYCHOLOGY, TRIAGE

STAFF_BY_DEFAULT = "crisis_intervention.staff_by_default"
HEAD_TEACHER = "crisis_intervention.group_head_teacher"
# What somebody else may change of an account to get in by it, and what the register calls it.
_ACCOUNT = {
    "password": "password",
    "new_password": "password",
    "login": "login",
    "email": "login",
    "totp_secret": "two_factor",
    "active": "active",
}


class ResUsers(models.Model):
    """Roles that open children's files count when confirmed; nobody leaves one with duties in it."""

    _inherit = "res.users"

    crisis_role_hint = fields.Char(compute="_compute_crisis_role_hint", compute_sudo=True)

    @api.depends("group_ids.all_implied_ids", "company_ids")
    def _compute_all_group_ids(self):  # pylint: disable=missing-return
        """Leave out what only a role opens that no principal has confirmed.

        Here, where Odoo evaluates groups, whatever way the role came: the form, an import, a copy, a
        group that implies it, the database.
        """
        super()._compute_all_group_ids()
        stored = {user._origin.id or user: user.group_ids._origin.ids for user in self}
        counting = role_confirmations.effective_groups(self.env, stored)
        for user in self:
            held = counting[user._origin.id or user]
            user.all_group_ids = user.all_group_ids.filtered(
                lambda group, held=held: group._origin.id in held
            )

    def _search_all_group_ids(self, operator, value):
        """Find the users for whom groups count."""
        raw = super()._search_all_group_ids(operator, value)
        groups = self.env["res.groups"].sudo()
        if operator in ("any", "not any") and isinstance(value, Domain):
            value = groups.search(value).ids
            operator = "in" if operator == "any" else "not in"
        if operator not in ("in", "not in") or groups._crisis_touched().isdisjoint(value):
            return raw
        # sudo: res.users - which groups count for them; the caller's own search filters again
        found = self.sudo().with_context(active_test=False)
        found = found.search([("group_ids.all_implied_ids", "in", list(value))], order="id")
        counting = role_confirmations.effective_groups(
            self.env, {user.id: user.group_ids.ids for user in found}
        )
        ids = [uid for uid, held in counting.items() if not held.isdisjoint(value)]
        return [("id", operator, ids)]

    @tools.ormcache("self.id")
    def _get_company_ids(self):
        """Leave out schools whose principal has not agreed to the role of this user yet."""
        # sudo: res.company - the own ones, cached for everybody who asks
        ids = super(ResUsers, self.sudo())._get_company_ids()
        if len(ids) < 2:
            return ids
        closed = role_confirmations.closed_schools(self.env, self.ids).get(self.id, ())
        return tuple(id_ for id_ in ids if id_ not in closed)

    def _mfa_type(self):
        """Demand a second factor of who has a role with files: without an app, a code by mail.

        Where the server has no way to send mail, nobody is locked out; the principal sees in the list
        of roles who has set up no app.
        """
        known = super()._mfa_type()
        if known is not None or not self._needs_second_factor():
            return known
        # sudo: ir.mail_server - whether there is one
        return "totp_mail" if self.env["ir.mail_server"].sudo().search_count([], limit=1) else None

    def _needs_second_factor(self):
        """Tell whether a school of this user demands a second factor, and a code could arrive."""
        # sudo: res.users - roles, schools and address of who is signing in
        user = self.sudo()
        roles = role_confirmations.guarded(self.env).keys()
        return (
            bool(user.email)
            and not roles.isdisjoint(user._get_group_ids())
            and any(user.company_ids.mapped("crisis_two_factor"))
        )

    @api.depends("group_ids", "company_ids")
    def _compute_crisis_role_hint(self):
        """Tell the administrator which roles wait for the principal, and at which school."""
        rows = self.env["crisis.role.confirmation"].search(
            [("user_id", "in", self._origin.ids), ("state", "in", ("waiting", "refused"))]
        )
        for user in self:
            waiting = rows.filtered(lambda row, id_=user._origin.id: row.user_id.id == id_)
            roles = [f"{row.group_id.name} ({row.company_id.name})" for row in waiting]
            user.crisis_role_hint = bool(roles) and self.env._(
                "Does not count before the principal has confirmed it: %(roles)s",
                roles=format_list(self.env, roles),
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Create users; roles that open children's files wait for the principal."""
        users = super().create(vals_list)
        self.env["crisis.role.confirmation"]._follow_roles(users)
        return users

    def _default_groups(self):
        """Give new colleagues the duty to report, unless the setting says otherwise.

        Not through Odoo's group of default rights, because its members, the administrator among
        them, would get the role as well.
        """
        groups = super()._default_groups()
        # sudo: ir.config_parameter - one switch, read by whoever creates users
        if self.env["ir.config_parameter"].sudo().get_param(STAFF_BY_DEFAULT):
            groups |= self.env.ref("crisis_intervention.group_staff")
        return groups

    def write(self, vals):
        """Refuse to archive people, or to move them to other schools, before a handover.

        :raises UserError: somebody still owns open cases or classes
        """
        result = super().write(vals)
        self._tell_crisis_account(vals)
        if {"group_ids", "company_ids", "role"} & vals.keys():
            self.env["crisis.role.confirmation"]._follow_roles(self)
        if {"active", "group_ids", "company_ids"} & vals.keys():
            self._check_crisis_duties()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_authors(self):
        """Keep who wrote what is signed: the name is part of it.

        :raises UserError: one of these users wrote a record that is signed
        """
        if signatures.has_authors(self):
            raise UserError(
                self.env._(
                    "Records of the crisis intervention system that are signed or submitted name "
                    "this user as their author. Archive the user instead."
                )
            )

    def _tell_crisis_account(self, vals):
        """Tell the principals where somebody else gets a hold on an account with a role."""
        kinds = {_ACCOUNT[name] for name in _ACCOUNT.keys() & vals.keys()}
        if vals.get("totp_secret"):
            kinds.discard("two_factor")
        if kinds:
            here = role_confirmations.actor(self.env)
            others = self.filtered(lambda user: user.id != here)
            for kind in sorted(kinds):
                self.env["crisis.role.confirmation"]._tell_about(others, kind)

    def _check_crisis_duties(self):
        """Check that these users may still do what they are responsible for.

        :raises UserError: a user is archived or lost the role, but owns open cases or classes
        :raises RedirectWarning: the same, for those who may hand over; leads to the wizard
        """
        # sudo: crisis.case, crisis.class - only whether anything is left; administrators who may
        # not read cases learn no more than that
        open_cases = self.env["crisis.case"].sudo()
        classes = self.env["crisis.class"].sudo()
        left = self.browse()
        for user, companies in self._crisis_cases_companies(open_cases).items():
            if not user._holds(PSYCHOLOGY, companies):
                left |= user
        for field, group in (
            ("head_teacher_ids", HEAD_TEACHER),
            ("psychology_teacher_id", PSYCHOLOGY),
        ):
            for user, companies in self._crisis_classes_companies(classes, field).items():
                if not user._holds(group, companies):
                    left |= user
        for user, companies in self._crisis_measures_companies().items():
            if not user._holds("crisis_intervention.group_staff", companies):
                left |= user
        if not left:
            return
        message = self.env._(
            "%(names)s still has open cases, measures or classes in the crisis intervention "
            "system. They need a new owner first: psychology teacher, moral education director or principal "
            "hand them over under Crisis Intervention > Configuration > Handover.",
            names=format_list(self.env, left.mapped("name")),
        )
        if self.env.user.has_groups(TRIAGE):
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_handover_action"
            )
            raise RedirectWarning(message, action, self.env._("Hand over"))
        raise UserError(message)

    def _crisis_cases_companies(self, cases):
        """Return dict of user (among ``self``) to the companies of the open cases owned."""
        rows = cases._read_group(
            [("user_id", "in", self.ids), ("date_closed", "=", False)],
            ["user_id"],
            ["company_id:recordset"],
        )
        return {user.sudo(False): companies for user, companies in rows}

    def _crisis_measures_companies(self):
        """Return dict of user (among ``self``) to the companies of the measures still to do."""
        # sudo: crisis.measure - see _check_crisis_duties
        rows = (
            self.env["crisis.measure"]
            .sudo()
            ._read_group(
                [
                    ("user_id", "in", self.ids),
                    ("state", "in", ["todo", "doing"]),
                    ("case_id.date_closed", "=", False),
                ],
                ["user_id"],
                ["company_id:recordset"],
            )
        )
        return {user.sudo(False): companies for user, companies in rows}

    def _crisis_classes_companies(self, classes, field):
        """Return dict of user (among ``self``) to the companies of active classes led."""
        # people just archived would be left out of many2many fields otherwise
        rows = classes.with_context(active_test=False)._read_group(
            [(field, "in", self.ids), ("active", "=", True)], [field], ["company_id:recordset"]
        )
        return {user.sudo(False): companies for user, companies in rows if user in self}

    def _holds(self, group, companies):
        """Tell whether this user is active, holds ``group`` and works in all ``companies``."""
        # sudo: res.users - role and schools of the user, nothing leaves the method
        user = self.sudo()
        schools = set(user._get_company_ids())
        return user.active and user.has_group(group) and schools.issuperset(companies.ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_the_register(self):
        """Keep the names of those who have read: whoever reads is not to be made nobody.

        :raises UserError: one of them stands in the register
        """
        if register.knows(self.env, self.ids):
            raise UserError(
                self.env._(
                    "Who stands in the register of disclosures is archived, never deleted: the "
                    "register has to tell who has read what."
                )
            )
