from odoo import api, fields, models

from ...sealed_fields import SealedText


class CrisisTextVersion(models.Model):
    """A confidential text of a case as it was before somebody replaced it: kept, sealed, signed.

    Read by those who read the text of now, and registered like it. See ``text_versions.keep``.
    """

    _name = "crisis.text.version"
    _description = "Earlier Version of a Text"
    _inherit = ["crisis.append.only"]
    _order = "date desc, id desc"
    # whoever replaces a text: also programs, and what an administrator lets run
    _enters_code = True

    case_id = fields.Many2one("crisis.case", required=True, ondelete="cascade", index=True)
    # the register tells of whom somebody has read
    student_id = fields.Many2one(
        related="case_id.student_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    field_name = fields.Selection("_selection_field_name", string="Text Of", readonly=True)
    date = fields.Datetime(string="Replaced On")
    user_id = fields.Many2one(string="Replaced By")
    text = SealedText(required=True)

    @api.model
    def _selection_field_name(self):
        """Return the texts whose earlier versions are kept."""
        case = self.env["crisis.case"]
        return [(n, case._fields[n]._description_string(self.env)) for n in case._kept_texts]
