from markupsafe import Markup
from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...roles import DISTRICT, PRINCIPAL
from ...signatures import leave_out


class IrModuleModule(models.Model):
    """Addons that are removed take their records along: not by accident, nor unseen."""

    _inherit = "ir.module.module"

    def module_uninstall(self):
        """Remove addons; what is signed is signed without their fields before."""
        leave_out(self.env, set(self.mapped("name")))
        return super().module_uninstall()

    def button_uninstall(self):
        """Remove addons; those with files that the school has to keep only by its name.

        All ways pass here. Principals and district centre are told by mail, as nothing else of the
        addons stays.

        :raises UserError: files have to be kept, and the name of the school was not typed
        """
        kept = self._crisis_kept()
        if kept:
            name = self.env.company.name
            if self.env.context.get("crisis_uninstall") != name:
                raise UserError(
                    "\n".join(
                        [
                            self.env._(
                                "With these addons, files would be lost that have to be kept:"
                            ),
                            *kept,
                            self.env._(
                                "Let them be exported or printed by those who may read them, and "
                                "keep a backup. Then remove the addons in Apps, and type the name "
                                "of the school there: %(name)s",
                                name=name,
                            ),
                        ]
                    )
                )
            self._crisis_tell_removal()
        return super().button_uninstall()

    def _crisis_kept(self):
        """Return sentences, one for each kind of file that would be lost and has to be kept."""
        own = self.env.ref("base.module_crisis_intervention")
        removed = self._origin | self._origin.downstream_dependencies()
        if not removed & (own | own.downstream_dependencies()):
            return []
        return [
            self.env._("%(kind)s: %(count)s", kind=kind, count=count)
            for kind, model, domain in self._crisis_keeping()
            # sudo: cases and others - their numbers only, as the dialog of Odoo tells of any model
            if (
                count := self.env[model].sudo().with_context(active_test=False).search_count(domain)
            )
        ]

    @api.model
    def _crisis_keeping(self):
        """Return (what, model, domain) of the files that have to be kept."""
        # no bare tuple after a sentence: Odoo's export of terms takes what stands in it for another
        return [
            (self.env._("Open cases"), "crisis.case", Domain("date_closed", "=", False)),
            (
                self.env._("Closed cases whose files are kept for years"),
                "crisis.case",
                Domain("date_closed", "!=", False) & Domain("date_destroyed", "=", False),
            ),
            (
                self.env._("Reports that nobody has decided on"),
                "crisis.concern",
                Domain("state", "=", "received"),
            ),
            (self.env._("Legal holds"), "crisis.legal.hold", Domain("state", "=", "active")),
            (
                self.env._("Emergencies under way"),
                "crisis.emergency",
                Domain("state", "=", "running"),
            ),
        ]

    @api.model
    def _crisis_tell_removal(self):
        """Tell principals and district centre by mail who removes the addons."""
        # sudo: res.company, mail.mail - every school's principals are told of it, without content
        own = self.sudo()
        schools = own.env["res.company"].search([])  # pylint: disable=no-search-all
        people = schools.browse().user_ids
        for school in schools:
            people |= school._crisis_holders(PRINCIPAL, DISTRICT)
        values = []
        for person in people.filtered("email"):
            env = self.with_context(lang=person.lang or self.env.lang).env
            sentence = env._(
                "%(user)s removes the crisis system with all its files from this database. If that "
                "was not agreed on with you, speak to the people who run the server now: a backup "
                "can still be restored.",
                user=self.env.user.name,
            )
            values.append(
                {
                    "subject": env._("The crisis system is being removed"),
                    "body_html": Markup("<p>%s</p>") % sentence,
                    "email_to": person.email_formatted,
                    "auto_delete": True,
                }
            )
        own.env["mail.mail"].create(values)
