from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...lib import cn_identity
from ...lib.declarations import Excerpt
from ...roles import HISTORY
from ...sealed_files import ConfidentialBinary

RELATIONS = [
    ("father", "Father"),
    ("mother", "Mother"),
    ("grandparent_paternal", "Paternal grandparent"),
    ("grandparent_maternal", "Maternal grandparent"),
    ("step_parent", "Step-parent"),
    ("relative", "Other relative"),
    ("foster", "Foster parent or institution"),
    ("other", "Other"),
]


class CrisisGuardian(models.Model):
    """Who answers for a student at home, how to reach them, and what they consented to."""

    _name = "crisis.guardian"
    _inherit = ["crisis.confidential"]
    _description = "Guardian"
    _order = "student_id, is_primary desc, id"
    _rec_names_search = ["name", "phone", "phone_secondary"]

    student_id = fields.Many2one("crisis.student", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(
        related="student_id.company_id", store=True, index=True, precompute=True
    )
    name = fields.Char(string="Full Name", required=True, index="trigram")
    relation = fields.Selection(RELATIONS, required=True, default="other")
    phone = fields.Char(required=True)
    phone_secondary = fields.Char(string="Second Phone")
    is_primary = fields.Boolean(
        string="Called First", help="Called before the others. One per student."
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", ondelete="restrict", groups=HISTORY, index="btree_not_null"
    )
    consent_state = fields.Selection(
        [
            ("none", "Not asked"),
            ("given", "Given"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Consent",
        required=True,
        default="none",
        groups=HISTORY,
        help="Consent to assessment and counselling at school. Measures against a danger to life "
        "need none.",
    )
    consent_date = fields.Date(string="Consent Since", groups=HISTORY)
    consent_document = ConfidentialBinary(attachment=True, groups=HISTORY)
    consent_filename = fields.Char(groups=HISTORY)
    active = fields.Boolean(default=True)

    _primary_uniq = models.UniqueIndex(
        "(student_id) WHERE is_primary AND active",
        "Only one guardian of a student is called first.",
    )

    @api.constrains("phone", "phone_secondary")
    def _check_phones(self):
        """Demand phone numbers that can be dialled."""
        for guardian in self:
            for phone in filter(None, (guardian.phone, guardian.phone_secondary)):
                if not cn_identity.is_phone(phone):
                    raise ValidationError(
                        self.env._("A phone number has 6 to 15 digits: please check the number.")
                    )

    @api.constrains("consent_state", "consent_date")
    def _check_consent_date(self):
        """Demand a date for every answer."""
        # sudo: crisis.guardian - checks what was just written; security officers see no consent
        for guardian in self.sudo():
            if guardian.consent_state != "none" and not guardian.consent_date:
                raise ValidationError(
                    self.env._("Enter since when the consent is given, refused or withdrawn.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Add guardians; a new first one takes the place of the old."""
        vals_list = self._client_values(vals_list)
        first = [vals["student_id"] for vals in vals_list if vals.get("is_primary")]
        self._unset_primary(first)
        return super().create(vals_list)

    def write(self, vals):
        """Change guardians; a new first one takes the place of the old."""
        if vals.get("is_primary"):
            self._unset_primary(self.student_id.ids, keep=self)
        return super().write(vals)

    @api.model
    def _unset_primary(self, student_ids, keep=None):
        """Let nobody but ``keep`` be called first for these students."""
        others = self.search([("student_id", "in", student_ids), ("is_primary", "=", True)])
        others -= keep or self.browse()
        if others:
            others.write({"is_primary": False})
            others.flush_recordset(["is_primary"])

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep guardians: archive those who no longer answer for the student."""
        raise UserError(self.env._("Guardians are never deleted. Archive the guardian instead."))

    @api.model
    def _identifying_facts(self):
        # of those who are nobody, none is called first
        return ("consent_date", "is_primary")

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            ("name", "relation", "phone", "phone_secondary", "consent_state", "consent_date"),
            sequence=20,
        )
