from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Event

_lt = LazyTranslate(__name__)


class CrisisApproval(models.Model):
    """One line of the log of an approval: asked, approved, refused, withdrawn; never changed."""

    _name = "crisis.approval"
    _description = "Approval"
    _inherit = ["crisis.append.only"]

    decision = fields.Selection(
        [
            ("asked", "Asked for"),
            ("approved", "Approved"),
            ("refused", "Given back"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
    )
    text = fields.Text(string="Comment", required=False)
    digest = fields.Char(
        readonly=True,
        help="SHA-256 of all that was asked for, or decided on: fields, lines and files. Asked for "
        "and approved are the same.",
    )
    case_id = fields.Many2one("crisis.case", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="About", model_field="res_model", required=True, readonly=True, index=True
    )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (Event("approval", _lt("Approval"), "date", "user_id", icon="fa-gavel"),)

    def _timeline_detail(self):
        """Return what was decided."""
        return dict(self._fields["decision"]._description_selection(self.env))[self.decision]
