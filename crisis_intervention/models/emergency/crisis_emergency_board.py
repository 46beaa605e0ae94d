from odoo import api, fields, models

from ...roles import EMERGENCY, TRIAGE
from .crisis_emergency_event import CALL_TARGETS

EVENTS_SHOWN = 200


class CrisisEmergencyBoard(models.AbstractModel):
    """What the screens show: each in one answer, with the access of whoever asks."""

    _name = "crisis.emergency.board"
    _description = "Screens of an Emergency"

    @api.model
    @api.readonly
    def alarms(self):
        """Return what the browser of the user has to ring for, and which emergencies run.

        :return: dict of ``alarms`` (of the user, not acknowledged) and ``running`` (those that the
            user may see), each a list of dicts
        """
        # of all schools the user works in, whichever is switched on at the moment
        self = self._in_all_schools()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        running = self.search([("state", "=", "running")])
        mine = self.env["crisis.emergency.alert"].search(
            [
                ("user_id", "=", self.env.uid),
                ("emergency_id", "in", running.ids),
                ("date_acknowledged", "=", False),
            ]
        )

        def described(emergency):
            return {
                "id": emergency.id,
                "name": emergency.name,
                "kind": kinds[emergency.kind],
                "place": emergency.place,
                "is_drill": emergency.is_drill,
                "started": fields.Datetime.to_string(emergency.date_start),
                "by": emergency.user_id.name,
                "school": emergency.company_id.id,
            }

        return {
            "alarms": [
                {
                    **described(alert.emergency_id),
                    "duties": alert.duty_labels,
                    "stand_in_for": alert.stand_in_for_id.name or "",
                }
                for alert in mine
            ],
            "running": [described(emergency) for emergency in running],
        }

    @api.model
    @api.readonly
    def start_screen(self):
        """Return what the start of an emergency shows: types, places, what runs already."""
        self.check_access("create")
        return {
            "kinds": [
                {"code": code, "label": label}
                for code, label in self._fields["kind"]._description_selection(self.env)
            ],
            "places": self.env.company._crisis_place_names(),
            "may_drill": self.env.user.has_groups(EMERGENCY),
            "running": self.alarms()["running"],
        }

    @api.readonly
    def board(self):
        """Return the whole board as plain values; the same number of queries however long it runs.

        :return: dict for the web client
        """
        self.ensure_one()
        self.check_access("read")
        labels = self._board_labels()
        me = self.env.user
        mine = self.alert_ids.filtered(lambda alert: alert.user_id == me)
        protocol = self.protocol_id
        return {
            "id": self.id,
            "name": self.name,
            "kind": labels["kind"][self.kind],
            "place": self.place,
            "is_drill": self.is_drill,
            "state": self.state,
            "outcome": labels["outcome"].get(self.outcome, ""),
            "started": self._moment(self.date_start),
            "ended": self._moment(self.date_end),
            "now": self._moment(fields.Datetime.now()),
            "by": self.user_id.name,
            "protocol": protocol.name or "",
            "protocol_version": protocol.version,
            "principle": protocol.principle or "",
            "avoid": protocol.avoid or "",
            "me": me.id,
            "may_act": self.state == "running" and self._may_act(),
            "may_stand_down": self.state == "running" and self._may_stand_down(),
            "must_acknowledge": (
                self.state == "running" and bool(mine) and not mine.date_acknowledged
            ),
            "my_duties": mine.duty_labels or "",
            "students": self._board_students(),
            "alerts": [self._board_alert(alert) for alert in self.alert_ids],
            "steps": self._board_steps(labels, mine),
            "events": self._board_events(labels),
            "call_targets": [
                {"code": code, "label": labels["call_to"][code], "number": self._number(code)}
                for code, _label in CALL_TARGETS
            ],
            "outcomes": [
                {"code": code, "label": label} for code, label in labels["outcome"].items()
            ],
        }

    @api.model
    def _board_labels(self):
        """Return the labels of the codes that the board shows, in the user's language."""

        def labels(model, name):
            return dict(self.env[model]._fields[name]._description_selection(self.env))

        return {
            "kind": labels(self._name, "kind"),
            "outcome": labels(self._name, "outcome"),
            "event": labels("crisis.emergency.event", "kind"),
            "call_to": labels("crisis.emergency.event", "call_to"),
            "duty": labels("crisis.protocol.step", "duty"),
        }

    @staticmethod
    def _moment(value):
        """Return a moment (UTC) as the client parses it, or False."""
        return fields.Datetime.to_string(value) if value else False

    @staticmethod
    def _number(code):
        """Return the telephone number that a call target is, or an empty text."""
        return code if code.isdigit() else ""

    def _board_students(self):
        """Return the students, with the phones of guardians for those who decide on that.

        For all others the board is the same, whether home is the suspected source or not: they
        always ask first.
        """
        students = self.student_ids
        phones = {}
        # sudo: crisis.case - where home is the suspected source nobody calls there by this board;
        # what leaves the method is no phone, for people who may know why
        careful = (
            self.env["crisis.case"]
            .sudo()
            .search([("student_id", "in", students.ids), ("guardians_not_told", "=", True)])
            .student_id.sudo(False)
        )
        guardians = self.env["crisis.guardian"]
        if students and self.env.user.has_groups(TRIAGE) and guardians.has_access("read"):
            found = guardians.search([("student_id", "in", (students - careful).ids)])
            for guardian in found.filtered("phone"):
                phones.setdefault(guardian.student_id, []).append(
                    {"id": guardian.id, "name": guardian.name, "phone": guardian.phone}
                )
        return [
            {
                "id": student.id,
                "name": student.name,
                "class": student.class_id.display_name or "",
                "guardians": phones.get(student, []),
            }
            for student in students
        ]

    def _board_alert(self, alert):
        """Return one line of who was alerted."""
        return {
            "id": alert.id,
            "user": alert.user_id.id,
            "name": alert.user_id.name,
            "duties": alert.duty_labels,
            "phone": alert.phone or "",
            "alerted": self._moment(alert.date),
            "due": self._moment(alert.date_due),
            "acknowledged": self._moment(alert.date_acknowledged),
            "passed_on": self._moment(alert.date_passed_on),
            "stand_in_for": alert.stand_in_for_id.name or "",
        }

    def _board_steps(self, labels, mine):
        """Return the steps in their order, with what the reader has to know to do them."""
        duties = set(mine._codes()) if mine else set()
        result = []
        for step in self.step_ids:
            plan = step.protocol_step_id
            result.append(
                {
                    "id": step.id,
                    "name": plan.name,
                    "how": plan.how or "",
                    "avoid": plan.avoid or "",
                    "phone": plan.phone or "",
                    "duty": labels["duty"][plan.duty],
                    "mine": plan.duty in duties or step.user_id == self.env.user,
                    "parallel": plan.parallel,
                    "minutes": plan.minutes,
                    "due": self._moment(step.date_due),
                    "late": step.is_late,
                    "state": step.state,
                    "user": step.user_id.id,
                    "user_name": step.user_id.name or "",
                    "done": self._moment(step.date_done),
                    "done_by": step.done_by_id.name or "",
                    "done_by_me": step.done_by_id == self.env.user,
                }
            )
        return result

    def _board_events(self, labels):
        """Return the newest lines of the timeline, newest first."""
        events = self.env["crisis.emergency.event"].search(
            [("emergency_id", "=", self.id)], order="date desc, id desc", limit=EVENTS_SHOWN
        )
        # the files of events are read by those who read the events
        photos = events.attachment_ids.grouped("res_id")
        return [
            {
                "id": event.id,
                "date": self._moment(event.date),
                "user": event.user_id.name,
                "kind": event.kind,
                "label": labels["event"][event.kind],
                "what": (
                    labels["call_to"].get(event.call_to)
                    or event.about_id.name
                    or event.step_id.protocol_step_id.name
                    or ""
                ),
                "text": event.text or "",
                "photos": photos[event.id].ids if event.id in photos else [],
            }
            for event in events
        ]
