from odoo import api, fields, models
from odoo.exceptions import UserError


class CrisisCaseRecord(models.AbstractModel):
    """A record below a case: about its student, in its school."""

    _name = "crisis.case.record"
    _description = "Record of a Case"
    _inherit = ["crisis.kept.record"]
    _check_company_auto = True

    # no check_company: the school is that of the case, and nobody could be chosen before it is known
    case_id = fields.Many2one("crisis.case", required=True, index=True, ondelete="restrict")
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

    # No constraint: Odoo runs those as superuser, for whom the system's own records pass.

    @api.model_create_multi
    def create(self, vals_list):
        """Begin records of open cases; reopening a case says why."""
        records = super().create(vals_list)
        if not self.env.su:
            records._check_case_runs()
        return records

    def write(self, vals):
        """Fill in; a record goes to no closed case either."""
        result = super().write(vals)
        if "case_id" in vals and not self.env.su:
            self._check_case_runs()
        return result

    def _check_case_runs(self):
        """Refuse to go on with records of closed cases.

        :raises UserError: a case is closed
        """
        # sudo: crisis.case - whether it is open, nothing else
        if any(record.sudo().case_id.date_closed for record in self):
            raise UserError(
                self.env._("This case is closed. Reopen it first, and say why it is reopened.")
            )
