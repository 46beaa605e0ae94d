from odoo import api, fields, models
from odoo.exceptions import UserError


class CrisisCaseRecord(models.AbstractModel):
    """A record below a case: about its student, in its school."""

    _name = "crisis.case.record"
    _description = "Record of a Case"
    _inherit = ["crisis.kept.record"]
    _check_company_auto = True

    case_id = fields.Many2one(
        "crisis.case", required=True, index=True, ondelete="restrict", check_company=True
    )
    student_id = fields.Many2one(
        related="case_id.student_id", store=True, index=True, precompute=True
    )
    class_id = fields.Many2one(related="case_id.class_id", related_sudo=False)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )

    @api.model
    def _search_display_name(self, operator, value):
        """Find records by reference, or by the student."""
        domain = super()._search_display_name(operator, value)
        by_text = operator in ("ilike", "like") and isinstance(value, str) and value
        # the district centre knows no students
        if by_text and self.env["crisis.student"].has_access("read"):
            return domain | fields.Domain("student_id", operator, value)
        return domain

    @api.constrains("case_id")
    def _check_case_open(self):
        """Refuse to begin records of closed cases: reopening says why."""
        # sudo: crisis.case - whether it is open, nothing else
        if not self.env.su and any(record.sudo().case_id.date_closed for record in self):
            raise UserError(
                self.env._("This case is closed. Reopen it first, and say why it is reopened.")
            )
