from odoo import models


class ResGroups(models.Model):
    """Roles taken away from the side of the group are checked like those of the user form."""

    _inherit = "res.groups"

    def write(self, vals):
        """Refuse to take a role from somebody who still has duties in it.

        :raises UserError: somebody still owns open cases or classes
        """
        touched = {"user_ids", "implied_ids", "implied_by_ids"} & vals.keys()
        # sudo: res.groups - members in schools the administrator does not see are checked as well
        members = self.sudo()
        before = members.all_user_ids if touched else self.env["res.users"]
        result = super().write(vals)
        if touched:
            (before - members.all_user_ids).with_env(self.env)._check_crisis_duties()
        return result
