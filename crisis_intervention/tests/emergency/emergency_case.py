from datetime import timedelta

from odoo import Command

from ..common import CrisisCommon


class EmergencyCase(CrisisCommon):
    """A school with a leading group; the chair has a stand-in, so has the doctor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.helper = cls._make_user("t_helper", "staff")
        cls.team = cls._make_team(
            chair=(cls.principal, cls.moral),
            psychology=cls.psychology,
            medical=(cls.doctor, cls.helper),
            security=cls.security,
        )
        cls.cron = cls.env["crisis.emergency"]

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()

    def _alert(self, emergency, user):
        return emergency.sudo().alert_ids.filtered(lambda alert: alert.user_id == user)

    def _kinds(self, emergency):
        """Return the kinds of the events of ``emergency``, in order."""
        emergency.invalidate_recordset()
        return emergency.sudo().event_ids.mapped("kind")

    def _pass_time(self, emergency, minutes):
        """Let the alerts of ``emergency`` be ``minutes`` older."""
        for alert in emergency.sudo().alert_ids:
            alert.date_due -= timedelta(minutes=minutes)


class AfterCase(EmergencyCase):
    """A stood-down emergency about a child."""

    def _ended(self, **vals):
        """Return an emergency that the chair has stood down."""
        vals = vals or {"student_ids": [Command.link(self.student_1.id)]}
        emergency = self._start_emergency(self.psychology, **vals)
        emergency.with_user(self.principal).stand_down("resolved")
        return emergency

    def _summarise(self, emergency):
        emergency.with_user(self.moral).write(
            {
                "what_happened": "学生站上楼顶。",
                "causes": "天台门未锁。",
                "what_worked": "保安两分钟到场。",
                "what_to_improve": "增设锁具。",
            }
        )
