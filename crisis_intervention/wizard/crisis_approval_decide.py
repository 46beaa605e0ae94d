from odoo import fields, models
from odoo.exceptions import UserError

# Records that this dialog decides on, besides those with an approval.
DECIDED = (
    "crisis.access.grant",
    "crisis.guardian.waiver",
    "crisis.plan",
    "crisis.referral",
    "crisis.school.return",
)

# Duties of which somebody decides, with a reason, that they do not hold here.
WAIVED = ("crisis.mandatory.report", "crisis.emergency")


class CrisisApprovalDecide(models.TransientModel):
    """Asks for the words that go with a decision: approve, refuse, or not to report by law."""

    _name = "crisis.approval.decide"
    _description = "Decide on an Approval"
    _inherit = ["crisis.record"]

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(string="About", model_field="res_model", required=True)
    decision = fields.Selection(
        [("approve", "Approve"), ("refuse", "Give back")], default="approve", required=True
    )
    comment = fields.Text(help="Kept with the decision for good.")

    def _record(self):
        """Return the record to decide on, as the user may read it.

        :raises UserError: it is none of those that are decided on
        """
        self.ensure_one()
        if self.res_model not in (*DECIDED, *WAIVED):
            raise UserError(self.env._("There is nothing to decide on here."))
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        return record

    def action_confirm(self):
        """Carry the decision out."""
        record = self._record()
        if record._name in WAIVED:
            record._waive(self.comment)
        elif self.decision == "approve":
            record.action_approve(self.comment)
        else:
            record.action_refuse(self.comment)
        return {"type": "ir.actions.act_window_close"}
