from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrisisAppendOnly(models.AbstractModel):
    """An addition or correction to a locked record: signed by itself, never changed."""

    _name = "crisis.append.only"
    _description = "Append-only Addition"
    _inherit = ["crisis.confidential"]
    _order = "date, id"
    _rec_name = "date"

    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    text = fields.Text(required=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Add under one's own name and at the present time only."""
        if self.env.su:
            return super().create(vals_list)
        own = {"user_id": self.env.uid, "date": fields.Datetime.now()}
        values = [{**vals, **own} for vals in self._client_values(vals_list)]
        return super(CrisisAppendOnly, self._as_system()).create(values).with_env(self.env)

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change.

        :raises UserError: always
        """
        raise UserError(self.env._("An addition is never changed. Write another one."))

    @api.model
    def _signed_domain(self):
        """Count all as signed."""
        return Domain.TRUE

    def _attachments_locked(self):
        """Return the records whose attachments must stay as they are: all of them."""
        return self

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was written."""
        raise UserError(self.env._("Additions are never deleted."))
