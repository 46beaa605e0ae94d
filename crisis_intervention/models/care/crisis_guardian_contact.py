from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Chapter, Counter, Done, Event, Excerpt, Step
from ...sealed_files import ConfidentialBinary

_lt = LazyTranslate(__name__)

# Papers that the guardians get.
FOR_GUARDIANS = (
    "crisis_intervention.crisis_guardian_contact_report_notice",
    "crisis_intervention.crisis_guardian_contact_report_consent",
)


class CrisisGuardianContact(models.Model):
    """A contact with the guardians: told, agreed, consented or refused; locked when signed."""

    _name = "crisis.guardian.contact"
    _description = "Guardian Contact"
    _number_prefix = "GC"
    _inherit = ["crisis.signed.record"]
    _order = "date desc, id desc"

    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    way = fields.Selection(
        [
            ("visit", "At school"),
            ("home_visit", "Home visit"),
            ("phone", "Phone"),
            ("message", "Message"),
            ("letter", "Letter"),
        ],
        required=True,
        default="phone",
    )
    purpose = fields.Selection(
        [
            ("talk", "Talk"),
            ("notice", "Notice to the guardians"),
            ("consent", "Consent"),
        ],
        required=True,
        default="talk",
        help="A notice tells what was seen and what is advised. Consent is asked for counselling "
        "and assessment; measures against a danger to life need none.",
    )
    guardian_ids = fields.Many2many(
        "crisis.guardian",
        string="Guardians",
        ondelete="restrict",
        domain="[('student_id', '=', student_id)]",
    )
    reason = fields.Char(string="Occasion")
    told = fields.Text(
        string="What Was Said",
        help="Facts that were seen, no diagnosis; risks; what the school does.",
    )
    response = fields.Text(string="What the Guardians Say")
    attitude = fields.Selection(
        [
            ("cooperative", "Cooperative"),
            ("hesitant", "Hesitant"),
            ("refusing", "Refusing"),
            ("unreachable", "Not reached"),
        ]
    )
    agreed = fields.Text(help="What school and guardians agreed on.")
    guardian_tasks = fields.Text(string="What the Guardians Do")
    date_next = fields.Date(string="Next Contact")
    consent = fields.Selection([("given", "Given"), ("refused", "Refused")])
    refusal_reason = fields.Text(help="In their words, as far as they say it.")
    witness_1 = fields.Char(string="First Witness")
    witness_2 = fields.Char(string="Second Witness")
    scan = ConfidentialBinary(string="Signed Paper", attachment=True)
    scan_filename = fields.Char()

    @api.constrains("guardian_ids", "case_id")
    def _check_guardians(self):
        """Demand guardians of this student."""
        # sudo: crisis.guardian - compares students, tells nothing about them
        for contact in self.sudo():
            if contact.guardian_ids.student_id - contact.student_id:
                raise ValidationError(
                    self.env._("A guardian of another student is chosen: take the right one.")
                )

    @api.constrains("date")
    def _check_date(self):
        """Refuse what has not happened yet."""
        if any(contact.date > fields.Datetime.now() for contact in self):
            raise ValidationError(self.env._("The contact lies in the future: correct the time."))

    @api.model_create_multi
    def create(self, vals_list):
        """Begin contacts.

        :raises UserError: the guardians of this case must not be told
        """
        contacts = super().create(vals_list)
        contacts._check_guardians_may_know()
        return contacts

    def _check_guardians_may_know(self):
        """Stop contacts where the danger may come from home.

        :raises UserError: the case is marked so
        """
        # sudo: crisis.case - the mark; head teachers do not see it, and must be stopped all the
        # same. The message says that the psychology teacher has to be asked, and not why
        if any(contact.sudo().case_id.guardians_not_told for contact in self):
            raise UserError(
                self.env._(
                    "Talk to the psychology teacher who owns this case before you contact the "
                    "family."
                )
            )

    def _check_before_signing(self):
        """Demand what the paper form asks for."""
        self._check_guardians_may_know()
        for contact in self:
            if contact.attitude != "unreachable" and not contact.guardian_ids:
                raise UserError(self.env._("Choose the guardians you talked to."))
            if not (contact.told or "").strip():
                raise UserError(self.env._("Write what was said, or tried."))
            if contact.purpose == "consent" and contact.attitude != "unreachable":
                if not contact.consent:
                    raise UserError(self.env._("Say whether consent was given or refused."))
                if contact.consent == "refused" and not (
                    contact.refusal_reason and contact.witness_1 and contact.witness_2
                ):
                    raise UserError(
                        self.env._("A refusal needs its reason and the names of two witnesses.")
                    )

    def _after_signing(self):
        """Let the case go on, and keep the consent with the guardians."""
        for contact in self:
            if contact.attitude == "unreachable":
                continue
            contact.case_id._close_steps(["guardian"])
            if contact.purpose == "consent":
                contact.case_id._close_steps(["consent"])
                # sudo: crisis.guardian - whoever signs the contact has recorded their answer
                contact.sudo().guardian_ids.write(
                    {
                        "consent_state": contact.consent,
                        "consent_date": fields.Datetime.context_timestamp(
                            contact, contact.date
                        ).date(),
                    }
                )

    def _check_printable(self, report):
        """Refuse notice and consent form where guardians must not be told; the record is free."""
        if report in FOR_GUARDIANS:
            self._check_guardians_may_know()
        return super()._check_printable(report)

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state", "user_id"), sequence=70)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(
            (
                "date",
                "way",
                "purpose",
                "told",
                "response",
                "agreed",
                "guardian_tasks",
                "date_next",
                "consent",
                "refusal_reason",
            ),
            sequence=80,
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "contact",
                _lt("Guardian contact"),
                "date",
                "user_id",
                states=("signed",),
                icon="fa-phone",
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that guardians are told and asked for consent by a contact."""
        return (
            *super()._case_steps(),
            Step(
                "guardian", _lt("Guardians told"), "crisis_intervention.mail_activity_guardian", 20
            ),
            Step(
                "consent",
                _lt("Consent of the guardians"),
                "crisis_intervention.mail_activity_consent",
                80,
                context=(("default_purpose", "consent"),),
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("guardian_contact_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                80,
                "crisis_intervention.crisis_guardian_contact_action_report_record",
                (("state", "=", "signed"),),
            ),
        )

    @api.model
    def _done_in_case(self):
        done = Done(
            (("state", "in", ("signed",)),), _lt("Contacts with the guardians"), sequence=30
        )
        return (*super()._done_in_case(), done)
