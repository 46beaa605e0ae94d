from odoo import fields, models

EVENT_KINDS = [
    ("start", "Emergency started"),
    ("join", "Pressed the red button too"),
    ("alert", "Alerted"),
    ("acknowledge", "Acknowledged"),
    ("stand_in", "Stand-in called"),
    ("no_answer", "No answer, and no stand-in"),
    ("failure", "Not possible"),
    ("unsent", "Mails not sent, call"),
    ("place", "Place corrected"),
    ("student", "Student named"),
    ("take", "Takes the step"),
    ("done", "Done"),
    ("undo", "Taken back"),
    ("skip", "Not needed"),
    ("note", "Note"),
    ("photo", "Photo"),
    ("call", "Call"),
    ("stand_down", "Stood down"),
    ("report", "Report to the district sent"),
    ("release", "Statement released"),
    ("close", "Closed"),
]
CALL_TARGETS = [
    ("120", "120 ambulance"),
    ("110", "110 police"),
    ("119", "119 fire and rescue"),
    ("guardians", "Guardians"),
    ("district", "District, education authority"),
    ("12356", "12356 psychological aid"),
    ("other", "Others"),
]


class CrisisEmergencyEvent(models.Model):
    """One line of the timeline, to the second: appended by the system, never changed."""

    _name = "crisis.emergency.event"
    _description = "Event of an Emergency"
    _inherit = ["crisis.append.only"]

    emergency_id = fields.Many2one(
        "crisis.emergency", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="emergency_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(EVENT_KINDS, string="What", required=True)
    text = fields.Text(string="Note", required=False)
    step_id = fields.Many2one("crisis.emergency.step", ondelete="restrict")
    about_id = fields.Many2one("res.users", string="Whom", ondelete="restrict")
    call_to = fields.Selection(CALL_TARGETS, string="Called")
    attachment_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        string="Photos",
        domain=[("res_model", "=", "crisis.emergency.event")],
        bypass_search_access=True,
        readonly=True,
    )
    token = fields.Char(help="Sent by the phone, so that a repeated request adds nothing twice.")

    _token_uniq = models.UniqueIndex(
        "(emergency_id, user_id, token) WHERE token IS NOT NULL", "This was noted already."
    )

    def _attachments_locked(self):
        """Return the events whose files must stay: all of them."""
        return self
