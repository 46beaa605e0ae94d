from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Chapter, Counter, Done, Event, Excerpt, Gate, Step
from ...roles import PSYCHOLOGY
from ...sealed_fields import SealedText
from ...sealed_reading import opening

_lt = LazyTranslate(__name__)

WAYS = [
    ("individual", "Individual"),
    ("group", "Group"),
    ("family", "Family"),
    ("play", "Play or sand tray"),
    ("phone", "Phone"),
    ("online", "Online"),
]


class CrisisSession(models.Model):
    """An intervention session: the appointment, and its notes, the most protected text of all."""

    _name = "crisis.session"
    _description = "Intervention Session"
    _number_prefix = "CS"
    _inherit = ["crisis.signed.record"]
    _order = "date_start desc, id desc"
    _locked_states = frozenset(("signed", "missed", "cancelled"))
    _finished_states = ("signed", "missed")
    _later_fields = frozenset(("addendum_ids", "summary_draft"))
    # an appointment is called off
    _archivable_states = frozenset()
    # a file would be open to everybody who may see that a session took place
    _takes_no_files = True

    state = fields.Selection(
        selection_add=[("missed", "Missed"), ("cancelled", "Cancelled")],
        ondelete={"missed": "cascade", "cancelled": "cascade"},
    )
    date_start = fields.Datetime(string="Begins", required=True, default=fields.Datetime.now)
    duration = fields.Float(string="Duration (hours)", default=0.75)
    way = fields.Selection(WAYS, required=True, default="individual")
    location = fields.Char(default=lambda self: self.env._("Counselling room"))
    present = fields.Char(
        string="Also Present", help="Who took part besides the student and the psychology teacher."
    )
    limits_explained = fields.Boolean(
        string="Limits of Secrecy Explained",
        help="The student knows what stays here and when it cannot: danger to life, harm by "
        "others, the law. To be said at the first session.",
    )
    notes = SealedText(
        groups=PSYCHOLOGY,
        help="What was said and done. Written by the psychology teacher who held the session; "
        "read by psychology teachers only.",
    )
    risk_change = fields.Selection(
        [("lower", "Lower"), ("same", "The same"), ("higher", "Higher")],
        string="Risk Since Last Time",
        groups=PSYCHOLOGY,
    )
    confidentiality_exception = SealedText(
        string="Secrecy Broken",
        former_names=("disclosure",),
        groups=PSYCHOLOGY,
        help="If something had to be passed on: why, what, to whom, when, and whether the student "
        "was told before.",
    )
    next_start = fields.Datetime(
        string="Next Session", help="Signing plans the next session at this time."
    )
    summary_draft = SealedText(
        string="Summary for the Team",
        groups=PSYCHOLOGY,
        help="What colleagues need to know. Nobody reads it until it is released.",
    )
    summary = SealedText(string="Released Summary", readonly=True, copy=False)
    addendum_ids = fields.One2many(
        "crisis.session.addendum", "session_id", string="Additions", groups=PSYCHOLOGY
    )
    event_id = fields.Many2one(
        "calendar.event",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=PSYCHOLOGY,
        help="The appointment in the calendar: time and reference, nothing else.",
    )

    _duration_range = models.Constraint(
        "CHECK(duration > 0 AND duration <= 8)", "A session lasts up to 8 hours."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Plan sessions, with appointments of those who hold them."""
        sessions = super().create(vals_list)
        sessions._sync_events()
        for session in sessions:
            # sudo: crisis.case - a step of the case; the session was just created
            session.sudo().case_id._open_step(
                "session",
                session.date_start + timedelta(hours=session.duration + 48),
                record=session,
                user=session.user_id,
            )
        return sessions

    def write(self, vals):
        """Change planned sessions; the appointment and the deadline move along."""
        result = super().write(vals)
        if {"date_start", "duration", "location"} & vals.keys():
            self._sync_events()
            for session in self:
                # sudo: crisis.deadline - kept by the system; the session was just changed
                self.env["crisis.deadline"].sudo().search(
                    [
                        ("res_model", "=", self._name),
                        ("res_id", "=", session.id),
                        ("date_done", "=", False),
                    ]
                ).date_due = session.date_start + timedelta(hours=session.duration + 48)
        return result

    def _sync_events(self):
        """Keep the appointments: private, without a word about the case."""
        # sudo: calendar.event - of the psychology teacher alone; time and reference only
        events = (
            self.env["calendar.event"]
            .sudo()
            .with_context(
                no_mail_to_attendees=True, mail_create_nolog=True, mail_create_nosubscribe=True
            )
        )
        for session in self:
            values = {
                "name": session.name,
                "start": session.date_start,
                "stop": session.date_start + timedelta(hours=session.duration),
            }
            # sudo: calendar.event - the appointment that this session made
            if session.sudo().event_id:
                session.sudo().event_id.with_context(no_mail_to_attendees=True).write(values)
                continue
            event = events.create(
                {
                    **values,
                    "user_id": session.user_id.id,
                    "partner_ids": [fields.Command.set(session.user_id.partner_id.ids)],
                    "privacy": "private",
                    "show_as": "busy",
                    "crisis_own": True,
                }
            )
            session._set({"event_id": event.id})

    def _check_before_signing(self):
        """Demand notes, and that the session has taken place."""
        now = fields.Datetime.now()
        for session in self:
            if session.date_start > now:
                raise UserError(
                    self.env._("This session lies in the future: sign it when it was held.")
                )
            with opening("signing"):
                written = (session.notes or "").strip()
            if not written:
                raise UserError(self.env._("Write the notes before you sign."))
            earlier = self.search_count(
                [
                    ("case_id", "=", session.case_id.id),
                    ("limits_explained", "=", True),
                    ("state", "=", "signed"),
                ],
                limit=1,
            )
            if not earlier and not session.limits_explained:
                raise UserError(
                    self.env._(
                        "This is the first session: explain the limits of secrecy to the student "
                        "in words a child understands, and tick the box."
                    )
                )

    def _after_signing(self):
        """Let the case go on, and plan the next session."""
        for session in self:
            session.case_id._close_steps(["session"], session)
            session.case_id._close_steps(["session"])
            session.case_id._close_steps(["first_contact"])
        self._make(
            [
                {
                    "case_id": session.case_id.id,
                    "date_start": session.next_start,
                    "duration": session.duration,
                    "way": session.way,
                    "location": session.location,
                }
                for session in self
                if session.next_start
            ]
        )

    def action_missed(self):
        """Record that the student did not come."""
        self._end("missed")

    def action_cancel(self):
        """Call the appointment off."""
        self._end("cancelled")

    def _end(self, state):
        """End a session that was not held.

        :raises UserError: the user neither planned it nor owns the case
        """
        self.check_access("write")
        # whoever takes a case over ends the appointments of the one who left
        self.filtered(lambda session: session.case_id.user_id != self.env.user)._check_author()
        self._lock_in("draft")
        self._set({"state": state, "date_signed": fields.Datetime.now()})
        # sudo: calendar.event - the appointment this session made
        self.sudo().event_id.with_context(no_mail_to_attendees=True).action_archive()
        for session in self:
            session.case_id._close_steps(["session"], session)

    def action_release_summary(self):
        """Let the team read the summary.

        :raises AccessError: somebody else than the owner of the case, or the author, releases
        """
        self.check_access("write")
        for session in self:
            if self.env.user not in (session.user_id | session.case_id.user_id):
                raise AccessError(
                    self.env._(
                        "The owner of the case, or who held the session, releases the summary."
                    )
                )
            with opening("release"):
                summary, released = session.summary_draft, session.summary
            if session.state != "signed" or not (summary or "").strip():
                raise UserError(self.env._("Sign the session and write the summary first."))
            if summary != released:
                session._set({"summary": summary})

    @api.model
    def _permission_excerpt(self):
        scoped = ("notes", "risk_change", "confidentiality_exception", "addendum_ids")
        hidden = (*scoped, "summary_draft", "next_start")
        fields_ = self._filled_in("state", "summary", "user_id", without=hidden)
        return Excerpt(fields_, sequence=60, scope="notes", scoped=scoped)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(("date_start", "duration", "way"), sequence=70)

    @api.model
    def _stage_gates(self):
        """Declare the gate of a session that was held."""
        gate = Gate("session", _lt("Intervention session held"), 60, states=("signed",))
        return (*super()._stage_gates(), gate)

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "session",
                _lt("Session"),
                "date_start",
                "user_id",
                states=("signed", "missed"),
                icon="fa-comments-o",
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that sessions have to be held."""
        return (
            *super()._case_steps(),
            Step(
                "session",
                _lt("Intervention session"),
                "crisis_intervention.mail_activity_session",
                60,
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("session_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                70,
                "crisis_intervention.crisis_session_action_report_record",
                (("state", "=", "signed"),),
            ),
        )

    @api.model
    def _done_in_case(self):
        done = Done((("state", "in", ("signed",)),), _lt("Sessions held"), sequence=20)
        return (*super()._done_in_case(), done)
