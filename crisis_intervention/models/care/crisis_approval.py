from odoo import fields, models


class CrisisApproval(models.Model):
    """One line of the log of an approval: asked, approved, refused; never changed."""

    _name = "crisis.approval"
    _description = "Approval"
    _inherit = ["crisis.append.only"]

    decision = fields.Selection(
        [("asked", "Asked for"), ("approved", "Approved"), ("refused", "Given back")],
        required=True,
        readonly=True,
    )
    text = fields.Text(string="Comment", required=False)
    case_id = fields.Many2one("crisis.case", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="About", model_field="res_model", required=True, readonly=True, index=True
    )
