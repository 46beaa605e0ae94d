from odoo import fields, models


class CrisisConcernRestrict(models.TransientModel):
    """Makes a report restricted, because it is about a member of staff."""

    _name = "crisis.concern.restrict"
    _description = "Restrict a Report"
    _inherit = ["crisis.record"]

    concern_id = fields.Many2one("crisis.concern", required=True, ondelete="cascade")
    concerned_user_ids = fields.Many2many("res.users", string="Staff Concerned")

    def action_confirm(self):
        """Restrict the report and leave it: the user may not be allowed to see it any more.

        :return: action that shows the list of reports
        """
        self.ensure_one()
        self.concern_id._restrict(self.concerned_user_ids)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_concern_action"
            ),
            "target": "main",
        }
