from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Chapter, Counter, Event, Excerpt
from ...sealed_fields import SealedText
from ...sealed_reading import opening

_lt = LazyTranslate(__name__)


class CrisisMedicalRecord(models.Model):
    """What the school doctor found and did in a case where medical care is involved."""

    _name = "crisis.medical.record"
    _description = "Medical Record"
    _number_prefix = "MR"
    _inherit = ["crisis.signed.record"]
    _order = "date desc, id desc"

    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    finding = SealedText(help="What was seen and measured; what the student says. No diagnosis.")
    treatment = SealedText(help="First aid and care given at school.")
    disposition = fields.Selection(
        [
            ("class", "Back to class"),
            ("rest", "Rested in the medical room"),
            ("home", "Sent home with a guardian"),
            ("hospital", "Sent to hospital"),
        ],
        string="Went Then",
    )
    hospital_id = fields.Many2one(
        "res.partner",
        domain="[('crisis_resource_kind', '=', 'hospital')]",
        ondelete="restrict",
    )
    accompanied_by = fields.Char()
    guardian_informed_at = fields.Datetime(string="Guardians Informed")
    medication = SealedText(
        help="What guardians or hospital prescribe to be taken at school, with times."
    )
    care_points = fields.Text(help="What teachers have to mind.")
    date_follow_up = fields.Date(string="Seen Again On")

    def _check_before_signing(self):
        """Demand finding and what happened then."""
        for record in self:
            with opening("signing"):
                finding = (record.finding or "").strip()
            if not finding or not record.disposition:
                raise UserError(
                    self.env._("Write what was found, and say where the student went then.")
                )
            if record.disposition == "hospital" and not record.accompanied_by:
                raise UserError(self.env._("Say who accompanied the student to the hospital."))

    def _after_signing(self):
        """Plan the follow-up as a measure of the doctor."""
        # sudo: crisis.measure - doctors plan no measures but their own follow-up
        self.env["crisis.measure"].sudo().create(
            [
                {
                    "case_id": record.case_id.id,
                    "kind": "medical",
                    "title": self.env._("Medical follow-up"),
                    "user_id": record.user_id.id,
                    "date_due": record.date_follow_up,
                }
                for record in self
                if record.date_follow_up
            ]
        )

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state", "user_id"), sequence=90)

    @api.model
    def _emergency_excerpt(self):
        return Excerpt(("date", "medication", "care_points"), sequence=20)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            (
                "date",
                "finding",
                "treatment",
                "disposition",
                "medication",
                "care_points",
                "date_follow_up",
                "guardian_informed_at",
            ),
            sequence=90,
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "medical",
                _lt("Medical record"),
                "date",
                "user_id",
                states=("signed",),
                icon="fa-medkit",
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("medical_record_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                100,
                "crisis_intervention.crisis_medical_record_action_report_record",
                (("state", "=", "signed"),),
            ),
        )
