from datetime import timedelta

from odoo import fields, models

from ...lib.risk import RISK_LEVELS


class CrisisPlanTemplate(models.Model):
    """Goals and measures to begin a plan with, or duties that start with a category."""

    _name = "crisis.plan.template"
    _description = "Plan Template"
    _inherit = ["crisis.record"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", string="School", ondelete="cascade", index=True, help="Empty: all schools."
    )
    category_ids = fields.Many2many("crisis.category", string="For These Categories")
    min_level = fields.Selection(RISK_LEVELS, string="From This Level On")
    starts_with_case = fields.Boolean(
        string="Start With the Case",
        help="Its measures begin as soon as a case gets one of the categories: duties that the "
        "law gives the school. They are due within days, and no plan decides on them.",
    )
    goals = fields.Text(translate=True)
    line_ids = fields.One2many("crisis.plan.template.line", "template_id", copy=True)
    source = fields.Text(translate=True, help="Law or plan that asks for it.")
    active = fields.Boolean(default=True)

    def _measure_values(self, case):
        """Return the values of this template's measures for ``case``, without the case."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        return [
            {
                "kind": line.kind,
                "title": line.title,
                "method": line.method,
                "user_id": line._person(case).id,
                "date_due": today + timedelta(days=line.days),
            }
            for line in self.line_ids
        ]
