from odoo import fields, models

from ...roles import MORAL_EDUCATION, PRINCIPAL
from .crisis_measure import KINDS

RESPONSIBLE = [
    ("owner", "Owner of the case"),
    ("head_teacher", "Head teacher"),
    ("school_doctor", "School doctor"),
    ("security_officer", "Security officer"),
    ("moral_education", "Moral education director"),
    ("principal", "Principal"),
]


class CrisisPlanTemplateLine(models.Model):
    """One measure of a template."""

    _name = "crisis.plan.template.line"
    _description = "Measure of a Plan Template"
    _inherit = ["crisis.record"]
    _order = "sequence, id"
    _rec_name = "title"

    template_id = fields.Many2one(
        "crisis.plan.template", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(KINDS, required=True, default="counselling")
    title = fields.Char(string="Measure", required=True, translate=True)
    method = fields.Text(string="How", translate=True)
    responsible = fields.Selection(RESPONSIBLE, required=True, default="owner")
    days = fields.Integer(string="Due After (days)", default=7)

    def _person(self, case):
        """Return who is responsible in ``case``; its owner where the school has nobody else."""
        self.ensure_one()
        company = case.company_id
        groups = {
            "school_doctor": "crisis_intervention.group_school_doctor",
            "security_officer": "crisis_intervention.group_security_officer",
            "moral_education": MORAL_EDUCATION,
            "principal": PRINCIPAL,
        }
        if self.responsible == "head_teacher":
            # sudo: crisis.class - who leads the class
            found = case.sudo().class_id.head_teacher_ids.filtered("active")
        elif self.responsible in groups:
            found = company._crisis_holders(groups[self.responsible])
        else:
            found = case.user_id
        return (found - case._concerned())[:1] or case.user_id
