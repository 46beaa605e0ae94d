from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Event

_lt = LazyTranslate(__name__)


class CrisisPrintLog(models.Model):
    """One line for each printing of a whole case file: who, when, what; never changed."""

    _name = "crisis.print.log"
    _description = "Printed Case File"
    _inherit = ["crisis.append.only"]
    _order = "date desc, id desc"
    _outlives_erasure = True

    case_id = fields.Many2one("crisis.case", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    text = fields.Text(
        string="Documents", readonly=True, help="References of the documents that were printed."
    )
    pages = fields.Integer(readonly=True, aggregator=None)

    @api.model
    def _log(self, case, codes, pages):
        """Register that the user has printed the file of ``case``.

        :param codes: references of the documents in it
        :param int pages: how many pages it has
        """
        # sudo: crisis.print.log - nobody has the right to write it directly; references only
        self.sudo().create(
            {
                "case_id": case.id,
                "user_id": self.env.uid,
                "text": ", ".join(codes),
                "pages": pages,
            }
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (Event("printed", _lt("Case file printed"), "date", "user_id", icon="fa-print"),)
