from odoo import api, fields, models
from odoo.exceptions import UserError

from ..identity import deciding
from ..sealed_fields import SealedText
from ..sealed_reading import typed


class CrisisApprovalDecide(models.TransientModel):
    """Asks for the words that go with a decision: approve, refuse, or waive a duty."""

    _name = "crisis.approval.decide"
    _description = "Decide on an Approval"
    _inherit = ["crisis.confidential"]

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(string="About", model_field="res_model", required=True)
    decision = fields.Selection(
        [("approve", "Approve"), ("refuse", "Give back")], default="approve", required=True
    )
    comment = SealedText(help="Kept with the decision for good.")
    waives = fields.Boolean(compute="_compute_waives")
    digest = fields.Char(
        compute="_compute_digest",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="What was there to read when this was opened.",
    )

    @api.depends("res_model")
    def _compute_waives(self):
        """Tell duties that are waived from records that are approved."""
        for wizard in self:
            wizard.waives = wizard._is_a("crisis.waivable")

    @api.depends("res_model", "res_id")
    def _compute_digest(self):
        """Remember what is there to read; for a duty that is waived, nothing."""
        for wizard in self:
            approved = wizard._is_a("crisis.approval.mixin")
            wizard.digest = approved and wizard._record().content_digest

    @api.model
    def _action_about(self, record, digest=False):
        """Return the window action that opens this dialog about ``record``.

        :param str digest: what of it the user has read
        """
        record.ensure_one()
        context = {"default_res_model": record._name, "default_res_id": record.id}
        if digest:
            context["default_digest"] = digest
        return self._action_form(name=record.display_name, target="new", context=context)

    def _record(self):
        """Return the record to decide on, as the user may read it.

        :raises UserError: it is none of those that are decided on
        """
        self.ensure_one()
        if not (self.waives or self._is_a("crisis.approval.mixin")):
            raise UserError(self.env._("There is nothing to decide on here."))
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        return record

    def _is_a(self, mixin):
        """Tell whether the record is of a kind that inherits ``mixin`` (a name)."""
        kind = self.env.registry.get(self.res_model or "")
        return bool(kind) and issubclass(kind, self.env.registry[mixin])

    def action_confirm(self):
        """Carry the decision out."""
        record = self._record()
        comment = typed(self, "comment")
        with deciding(record):
            if self.waives:
                record._waive(comment)
            elif self.decision == "approve":
                record.action_approve(comment, self.digest)
            else:
                record.action_refuse(comment, self.digest)
        return {"type": "ir.actions.act_window_close"}
