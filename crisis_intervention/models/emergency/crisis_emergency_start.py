from datetime import timedelta

from odoo import api, fields, models

from ... import once
from ...lib.once import key_of, place_of
from .crisis_emergency_alert import PRESSED

# A press this long after the start is a new emergency, whatever runs: nobody would hear of it.
JOINED_WITHIN = timedelta(hours=1)


class CrisisEmergencyStart(models.AbstractModel):
    """The red button: whoever presses it for what runs already joins that emergency."""

    _name = "crisis.emergency.start"
    _description = "Start of an Emergency"

    @api.model
    def start(self, kind, place, is_drill=False, others=()):
        """Start an emergency with two taps, or join the one that was started for the same.

        May be repeated: who sends again, for want of an answer, comes to the same emergency.

        :param str kind: type code
        :param str place: where, in words
        :param bool is_drill: whether it is a drill
        :param others: ids of running emergencies that the user has seen: this is another event
        :return: dict of ``id``, ``joined`` (False for whoever started it), and who started it when
        :raises AccessError: the user may not start emergencies
        :raises UserError: the place is missing
        """
        self.check_access("create")
        # a client may send anything
        place = place if isinstance(place, str) else ""
        kind = kind if isinstance(kind, str) else ""
        others = others if isinstance(others, list | tuple) else ()
        self._check_place({"place": place})
        place, is_drill = place.strip(), bool(is_drill)
        running = self._running(kind, place, is_drill, others)
        if not running:
            place_key = place_of(place)
            once.one_by_one(
                self.env, key_of("start", self.env.company.id, kind, place_key, is_drill)
            )
            values = {"kind": kind, "place": place, "is_drill": is_drill}
            # sudo: crisis.emergency - the user's own, like one that runs already
            running = self.create(values).sudo()
        joined = running.user_id != self.env.user
        if joined:
            # without: the user joins, whom alerts and timeline name
            running.sudo(False)._join()
        return {
            "id": running.id,
            "joined": joined,
            "by": running.user_id.name,
            "started": self._moment(running.date_start),
        }

    @api.model
    def _running(self, kind, place, is_drill, others):
        """Return the emergency that runs for the same, started not long ago, as superuser."""
        domain = [
            ("company_id", "=", self.env.company.id),
            ("state", "=", "running"),
            ("kind", "=", kind),
            ("is_drill", "=", is_drill),
            ("id", "not in", [id_ for id_ in others if isinstance(id_, int)]),
            ("date_start", ">", fields.Datetime.now() - JOINED_WITHIN),
        ]
        # sudo: crisis.emergency - of the user's school; who joins it is shown it, as if started
        found = self.sudo().search(domain, order="id")
        wanted = place_of(place)
        return found.filtered(lambda emergency: place_of(emergency.place) == wanted)[:1]

    def _join(self):
        """Write down that the user pressed as well, once; from then on the user sees it and acts."""
        self.ensure_one()
        if once.begin(self.env, key_of("join", self.id, self.env.uid)):
            return
        # sudo: crisis.emergency.alert - who knows of it; nobody writes alerts but the system
        own = self.sudo()
        if self.env.user in own.alert_ids.user_id:
            self._log("join")
            self.acknowledge()
            return
        now = fields.Datetime.now()
        own.env["crisis.emergency.alert"]._make(
            [
                {
                    "emergency_id": self.id,
                    "user_id": self.env.uid,
                    "duties": PRESSED,
                    "date": now,
                    "date_due": now,
                    "date_acknowledged": now,
                }
            ]
        )
        self._log("join")
        self._ring()
