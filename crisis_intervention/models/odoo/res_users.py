from odoo import models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools.i18n import format_list

from ...roles import PSYCHOLOGY, TRIAGE

STAFF_BY_DEFAULT = "crisis_intervention.staff_by_default"
HEAD_TEACHER = "crisis_intervention.group_head_teacher"


class ResUsers(models.Model):
    """Nobody leaves a role while children depend on this person in it."""

    _inherit = "res.users"

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
        if {"active", "group_ids", "company_ids"} & vals.keys():
            self._check_crisis_duties()
        return result

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
        return user.active and user.has_group(group) and companies <= user.company_ids
