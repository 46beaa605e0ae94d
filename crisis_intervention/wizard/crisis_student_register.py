from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.i18n import format_list

from ..roles import TRIAGE


class CrisisStudentRegister(models.TransientModel):
    """Registers contacts the school already has (OpenEduCat's students among them) as students."""

    _name = "crisis.student.register"
    _description = "Register Students from Contacts"
    _inherit = ["crisis.record"]

    partner_ids = fields.Many2many("res.partner", string="Contacts", required=True)
    class_id = fields.Many2one("crisis.class", required=True, ondelete="cascade")

    def action_register(self):
        """Create a linked student for each contact that is none yet.

        :return: action that shows the students of the chosen contacts
        :raises AccessError: the user may not keep the student directory
        :raises UserError: no contact is chosen
        """
        self.ensure_one()
        students = self.env["crisis.student"]
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You may not register students. Ask the moral education."))
        if not self.partner_ids:
            raise UserError(self.env._("Choose at least one contact."))
        company = self.class_id.company_id
        existing = students.with_context(active_test=False).search(
            [("partner_id", "in", self.partner_ids.ids), ("company_id", "=", company.id)]
        )
        new = self.partner_ids - existing.partner_id
        created = students._make(
            [
                {
                    "partner_id": partner.id,
                    "class_id": self.class_id.id,
                    "company_id": company.id,
                }
                for partner in new
            ]
        )
        message = self.env._("%(new)s students registered.", new=len(created))
        if existing:
            message += " " + self.env._(
                "Registered before and left as they are: %(names)s.",
                names=format_list(self.env, existing.mapped("name")),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "sticky": bool(existing),
                "next": {
                    **self.env["ir.actions.act_window"]._for_xml_id(
                        "crisis_intervention.crisis_student_action"
                    ),
                    "domain": [("id", "in", (existing | created).ids)],
                },
            },
        }
