from odoo import api, models, tools

from ... import role_confirmations
from ...lib.effective_roles import reached
from ...walls import is_loading, ours, require_loading, require_open

# What makes up a group; of ours it comes with the module.
_MADE_OF = {"implied_ids", "model_access", "rule_groups", "share"}


class ResGroups(models.Model):
    """Roles count for whom they are confirmed; taken away from the group's side they are checked."""

    _inherit = "res.groups"

    @api.model_create_multi
    def create(self, vals_list):
        """Create groups; who is given a role by it waits for the principal."""
        groups = super().create(vals_list)
        groups._require_open_rules(self.env["ir.rule"].sudo())
        self._follow_crisis_roles(groups.with_context(active_test=False).user_ids)
        return groups

    def write(self, vals):
        """Refuse to take a role from somebody who still has duties in it.

        :raises UserError: somebody still owns open cases or classes
        :raises AccessError: it would change what one of our groups opens
        """
        if _MADE_OF & vals.keys():
            self._require_foreign()
        # sudo: ir.rule - which rules a group has, to compare
        rules = self.sudo().rule_groups
        touched = {"user_ids", "implied_ids", "implied_by_ids"} & vals.keys()
        # sudo: res.groups - members in schools the administrator does not see are checked as well
        members = self.sudo().with_context(active_test=False)
        before = members.all_user_ids if touched else self.env["res.users"]
        given = members.all_implied_by_ids.user_ids if touched else before
        result = super().write(vals)
        if "rule_groups" in vals:
            self._require_open_rules(rules)
        if touched:
            given |= members.all_implied_by_ids.user_ids
            self._follow_crisis_roles(given)
            (before - members.all_user_ids).with_env(self.env)._check_crisis_duties()
        return result

    def unlink(self):
        """Keep the groups that the addon brought; not by ``ondelete``, which a context skips.

        :raises AccessError: one of these is
        """
        self._require_foreign()
        return super().unlink()

    def _require_foreign(self):
        """Refuse to touch what makes up a group that the addon brought.

        :raises AccessError: one of these is
        """
        if not is_loading(self.env) and ours(self.env, self):
            require_loading(self.env)

    def _require_open_rules(self, before):
        """Refuse to give groups rules on our models, or to take those away.

        :param before: ``ir.rule`` records that they had
        :raises AccessError: the rules differ in one of ours
        """
        after = self.sudo().rule_groups
        changed = (before | after) - (before & after)
        require_open(self.env, changed.model_id.mapped("model"), changed)

    def _follow_crisis_roles(self, users):
        """Let the confirmations follow the roles of ``users``."""
        if users:
            self.env["crisis.role.confirmation"]._follow_roles(users)

    @api.model
    @tools.ormcache(cache="groups")
    def _crisis_implied(self):
        """Return dict of group (id) to those that it implies directly."""
        implied = {}
        for group, other in self.env.execute_query(
            tools.SQL("SELECT gid, hid FROM res_groups_implied_rel ORDER BY gid, hid")
        ):
            implied.setdefault(group, []).append(other)
        return implied

    @api.model
    def _crisis_touched(self):
        """Return the groups (ids) that somebody may have by a role alone, roles included."""
        roles = {
            *role_confirmations.guarded(self.env),
            *role_confirmations.carried(self.env),
        }
        return reached(roles, self._crisis_implied())

    @api.depends("all_implied_by_ids.user_ids")
    def _compute_all_user_ids(self):  # pylint: disable=missing-return
        """Leave those out whose role nobody has confirmed."""
        super()._compute_all_user_ids()
        touched = self._crisis_touched()
        for group in self.filtered(lambda group: group._origin.id in touched):
            id_ = group._origin.id
            # sudo: res.users - which groups count for them
            users = group.all_user_ids.sudo()
            held = users.filtered(lambda user, id_=id_: id_ in user.all_group_ids._origin._ids)
            group.all_user_ids = group.all_user_ids.browse(held._ids)

    def _search_all_user_ids(self, operator, value):
        """Find the groups that count for users."""
        if operator not in ("in", "not in"):
            return super()._search_all_user_ids(operator, value)
        # sudo: res.users - which groups count for them
        users = self.env["res.users"].sudo().browse(id_ for id_ in value if id_)
        return [("id", operator, users.all_group_ids.ids)]
