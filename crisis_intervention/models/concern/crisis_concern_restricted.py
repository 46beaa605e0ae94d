from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...roles import PRINCIPAL, TRIAGE
from .crisis_concern_duty import TRIAGE_ACTIVITY


class CrisisConcernRestricted(models.AbstractModel):
    """Reports about members of staff: for the principal alone, never for those they are about."""

    _name = "crisis.concern.restricted"
    _description = "Restricted Report"

    restricted = fields.Boolean(
        string="About a Member of Staff",
        help="Then only the principal sees the report, and never the person it is about. One about "
        "the principal goes to whom the settings of the school name, else to the district centre.",
    )
    about_principal = fields.Boolean(
        string="About the Principal",
        compute="_compute_about_principal",
        store=True,
        readonly=True,
        groups=TRIAGE,
        help="Open to the person named for that in the settings, and to the district centre.",
    )

    @api.depends("restricted", "concerned_user_ids")
    def _compute_about_principal(self):
        """Keep what the role was when the report was made: it does not move with the role."""
        for concern in self:
            principals = concern.company_id._crisis_holders(PRINCIPAL)
            concern.about_principal = concern.restricted and bool(
                principals & concern.concerned_user_ids
            )

    @api.model_create_multi
    def create(self, vals_list):
        """File reports; one that names somebody changes what is closed to that person."""
        concerns = super().create(vals_list)
        if any(vals.get("concerned_user_ids") for vals in vals_list):
            self.env["crisis.concerned"]._forget()
        return concerns

    def write(self, vals):
        """Change reports; what led to a case already is taken from whoever is named now."""
        result = super().write(vals)
        if "concerned_user_ids" in vals:
            self.env["crisis.concerned"]._forget()
        if {"concerned_user_ids", "case_ids"} & vals.keys():
            # sudo: crisis.concern - the cases, from which those concerned are shut out
            self.sudo().case_ids.with_env(self.env)._shut_out()
        return result

    def _restricted_duty_users(self):
        """Return who is told of this restricted report."""
        self.ensure_one()
        principals = self.company_id._crisis_holders(PRINCIPAL)
        if principals & self.concerned_user_ids:
            return self.company_id._crisis_instead_of_principals(self.concerned_user_ids)
        return principals

    @api.constrains("restricted", "concerned_user_ids", "reporter_id")
    def _check_somebody_sees_it(self):
        """Refuse a restricted report that no principal could read: it would be lost."""
        # sudo: crisis.concern - a fresh report about staff may be unreadable for its checker
        for concern in self.sudo():
            concerned = concern.concerned_user_ids
            if concerned and not concern.restricted:
                raise ValidationError(
                    self.env._(
                        "A report that names the staff concerned is restricted: tick About a "
                        "Member of Staff, or take the names out."
                    )
                )
            if concern.reporter_id in concerned:
                raise ValidationError(
                    self.env._("You cannot report on yourself here. Speak to the principal.")
                )
            if concern.restricted and not concern._restricted_duty_users() - concerned:
                raise ValidationError(
                    self.env._(
                        "No principal of this school could read this report, so nothing was "
                        "saved. Report it to the education bureau or the district centre "
                        "directly, or call 12345; in danger call 110."
                    )
                )

    def _check_stays_restricted(self, vals):
        """Let only the principal open a restricted report again.

        :raises AccessError: somebody else tries
        """
        opens = "restricted" in vals and not vals["restricted"]
        if opens and not self.env.su and not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("Only the principal opens a restricted report again."))
        if vals.get("concerned_user_ids") and not self.env.su:
            self._check_may_name()

    def _check_may_name(self):
        """Let the principal alone name staff once a report has led to a case.

        It closes the case to whoever is named. Where all principals are concerned already, those
        who decide on reports do it.

        :raises AccessError: the user is not the principal
        """
        # sudo: crisis.concern - whether it led to a case, and whom it is about
        for concern in self.sudo().filtered("case_ids"):
            principals = concern.company_id._crisis_holders(PRINCIPAL) - concern.concerned_user_ids
            if principals and self.env.user not in principals:
                raise AccessError(
                    self.env._(
                        "This report has led to a case, and naming a member of staff closes the "
                        "case to that person: the principal does this. Speak to the principal."
                    )
                )

    def _restrict(self, concerned):
        """Make reports restricted, and take them off everybody's list but the principals'.

        :param concerned: ``res.users`` the reports are about; may be empty
        :raises AccessError: the user does not decide on these reports
        """
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You do not decide on reports."))
        self.check_access("write")
        if concerned:
            self._check_may_name()
        # sudo: crisis.concern - right checked above; the user may not read the result any more
        concerns = self.sudo()
        concerns.write(
            {"restricted": True, "concerned_user_ids": [(4, user.id) for user in concerned]}
        )
        concerns._end_activities(TRIAGE_ACTIVITY)
        concerns.filtered(lambda concern: concern.state == "received")._tell_duty()

    def action_restrict(self):
        """Open the dialog that makes the report restricted."""
        self.ensure_one()
        return self.env["crisis.concern.restrict"]._action_form(
            name=self.env._("About a Member of Staff"),
            target="new",
            context={"default_concern_id": self.id},
        )
