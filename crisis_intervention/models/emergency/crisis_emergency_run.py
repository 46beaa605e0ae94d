import base64
import binascii

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.mimetypes import guess_mimetype

from ... import once, signatures
from ...lib.once import is_token, key_of
from ...roles import EMERGENCY, PRINCIPAL
from .crisis_emergency_alarm import ACTIVITY as ALARM_ACTIVITY
from .crisis_emergency_event import CALL_TARGETS

PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
PHOTO_BYTES = 8 * 1024 * 1024


class CrisisEmergencyRun(models.AbstractModel):
    """What people do while it runs: small calls that touch one row each, and may be repeated."""

    _name = "crisis.emergency.run"
    _description = "What People Do in an Emergency"

    def _may_act(self):
        """Tell whether the user may act: alerted, started it, or handles emergencies here."""
        user = self.env.user
        # sudo: crisis.emergency.alert - whether the user is among them
        own = self.sudo()
        return (
            own.user_id == user
            or user in own.alert_ids.user_id
            or (user.has_groups(EMERGENCY) and self.has_access("write"))
        )

    def _check_may_act(self):
        """Let only those act who are involved, and only while it runs.

        :raises AccessError: the user is not involved
        :raises UserError: it is over
        """
        self.ensure_one()
        self.check_access("read")
        if not self._may_act():
            raise AccessError(
                self.env._("You have no duty in this emergency: you can see it, not act in it.")
            )
        if self.state != "running":
            raise UserError(self.env._("This emergency is over: it was stood down."))

    def _own_step(self, step_id):
        """Return a step of this emergency, for the system to write.

        :raises UserError: it belongs to another one
        """
        # sudo: crisis.emergency.step - the right to act was checked; steps are written here only
        step = self.sudo().step_ids.filtered(lambda s: s.id == step_id)
        if not step:
            raise UserError(self.env._("This step belongs to another emergency."))
        return step

    def take_step(self, step_id, instead_of=False):
        """Say that the user does this step.

        :param int step_id: id of the step
        :param instead_of: id of whom the user saw as doing it, to take it over
        """
        self._check_may_act()
        step = self._own_step(step_id)
        condition = SQL("state = 'todo' AND user_id IS NULL")
        if instead_of:
            condition = SQL("state = 'todo' AND user_id = %s", int(instead_of))
        if step.user_id != self.env.user and step._claim(condition):
            step.write({"user_id": self.env.uid, "date_taken": fields.Datetime.now()})
            self._log("take", step_id=step.id)
            self._ring()

    def done_step(self, step_id):
        """Tick a step. Who ticks first is kept; a second tick changes nothing."""
        self._finish_step(step_id, "done")

    def skip_step(self, step_id, reason):
        """Say that a step is not needed here, and why.

        :raises UserError: no reason is given
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say in a word why this step is not needed."))
        self._finish_step(step_id, "skipped", reason.strip())

    def _finish_step(self, step_id, state, reason=False):
        """End a step that is still to do, once."""
        self._check_may_act()
        step = self._own_step(step_id)
        if not step._claim(SQL("state = 'todo'")):
            return
        values = {
            "state": state,
            "date_done": fields.Datetime.now(),
            "done_by_id": self.env.uid,
        }
        if not step.user_id:
            values["user_id"] = self.env.uid
        step.write(values)
        kind = "done" if state == "done" else "skip"
        self._log(kind, step_id=step.id, text=reason)
        self._ring()

    def undo_step(self, step_id):
        """Take a tick back that was a mistake; the timeline keeps both.

        :raises AccessError: somebody else ticked it
        """
        self._check_may_act()
        step = self._own_step(step_id)
        if step.done_by_id not in (self.env.user, self.env["res.users"]) and not (
            self.has_access("write")
        ):
            raise AccessError(self.env._("Whoever ticked a step takes it back."))
        if step._claim(SQL("state != 'todo' AND done_by_id = %s", step.done_by_id.id or None)):
            step.write({"state": "todo", "date_done": False, "done_by_id": False})
            self._log("undo", step_id=step.id)
            self._ring()

    def add_note(self, text, step_id=False, token=False):
        """Append a note to the timeline.

        :param str text: what is noted
        :param step_id: id of the step it is about
        :param token: identifier of this request; a repeated one adds nothing
        :raises UserError: the text is empty
        """
        self._check_may_act()
        if not (text or "").strip():
            raise UserError(self.env._("Write what is to be noted."))
        if self._noted(token):
            return
        step = step_id and self._own_step(step_id).id
        self._log("note", text=text.strip(), step_id=step, token=token)
        self._ring()

    def _noted(self, token):
        """Tell whether a request of the user was carried out already, and take its token.

        :param token: as the client sent it; without one each request is a new one
        """
        if not is_token(token):
            return False
        return bool(once.begin(self.env, key_of("note", self.id, self.env.uid, token)))

    def log_call(self, call_to, text=False, token=False):
        """Note a call to somebody outside, with the time.

        :param str call_to: code of ``CALL_TARGETS``
        :raises UserError: the code is unknown
        """
        self._check_may_act()
        if call_to not in dict(CALL_TARGETS):
            raise UserError(self.env._("Choose who was called."))
        if self._noted(token):
            return
        self._log("call", call_to=call_to, text=(text or "").strip() or False, token=token)
        if call_to == "district":
            self._note_phone_report()
        self._ring()

    def add_photo(self, name, data, token=False):
        """Add a photo to the timeline; it stays there.

        :param str name: name of the file
        :param str data: the picture, base64
        :raises UserError: it is no picture, or too large
        """
        self._check_may_act()
        try:
            content = base64.b64decode(data or "", validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if guess_mimetype(content) not in PHOTO_TYPES:
            raise UserError(self.env._("Only photos can be added: JPEG, PNG, WebP or GIF."))
        if len(content) > PHOTO_BYTES:
            raise UserError(self.env._("The photo is larger than 8 MB: take a smaller one."))
        if self._noted(token):
            return
        event = self._log("photo", token=token)
        with signatures.filing(event):
            # sudo: ir.attachment - hangs on the event, whose readers read it; nobody may change either
            self.env["ir.attachment"].sudo().create(
                {
                    "name": (name or "photo")[:100],
                    "raw": content,
                    "res_model": event._name,
                    "res_id": event.id,
                }
            )
        self._ring()

    def _may_stand_down(self):
        """Tell whether the user ends it: chair or deputy of this emergency, or the principal."""
        user = self.env.user
        # sudo: crisis.emergency.alert - the duties of the user
        alert = self.sudo().alert_ids.filtered(lambda a: a.user_id == user)
        return bool(
            {"chair", "deputy"} & set(alert._codes() if alert else ())
            or (user.has_group(PRINCIPAL) and self.has_access("write"))
        )

    def stand_down(self, outcome, text=False):
        """End the emergency: the danger is over, or others have taken over.

        :param str outcome: code of the outcome
        :raises AccessError: the user is not the chair
        :raises UserError: the outcome is missing
        """
        self._check_may_act()
        if not self._may_stand_down():
            raise AccessError(self.env._("The chair of the leading group or a deputy stands down."))
        if outcome not in dict(self._fields["outcome"].selection):
            raise UserError(self.env._("Say how it ended."))
        if not self._claim(SQL("state = 'running'")):
            return
        # sudo: crisis.emergency - the right to end it was checked
        own = self.sudo()
        own._set(
            {
                "state": "ended",
                "date_end": fields.Datetime.now(),
                "ended_by_id": self.env.uid,
                "outcome": outcome,
            }
        )
        self._log("stand_down", text=(text or "").strip() or False)
        own._set(own._results())
        self._end_activities(ALARM_ACTIVITY)
        self._plan_debrief()
        self._ring()
