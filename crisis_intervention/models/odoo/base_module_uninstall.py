from odoo import api, fields, models


class BaseModuleUninstall(models.TransientModel):
    """Asks for the name of the school before files are removed that have to be kept."""

    _inherit = "base.module.uninstall"

    crisis_kept = fields.Text(compute="_compute_crisis_kept")
    crisis_school = fields.Char(compute="_compute_crisis_kept")
    crisis_confirmation = fields.Char(string="Name of the School")

    @api.depends("module_ids")
    def _compute_crisis_kept(self):
        """Say what would be lost."""
        for wizard in self:
            wizard.crisis_kept = "\n".join(wizard.module_ids._crisis_kept())
            wizard.crisis_school = self.env.company.name

    def action_uninstall(self):
        """Hand on what was typed."""
        typed = (self.crisis_confirmation or "").strip()
        return super(
            BaseModuleUninstall, self.with_context(crisis_uninstall=typed)
        ).action_uninstall()
