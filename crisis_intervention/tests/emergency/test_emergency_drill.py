from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .emergency_case import AfterCase

CHILD_MODELS = ("crisis.case", "crisis.concern", "crisis.deadline", "crisis.case.change")


@tagged("post_install", "-at_install")
class TestEmergencyDrill(AfterCase):
    """The same screen, and no way to any real child."""

    def _counts(self):
        return {model: self.env[model].search_count([]) for model in CHILD_MODELS}

    def test_drill_touches_no_child(self):
        case = self._make_case(self.student_1, risk_level="yellow")
        before = self._counts()
        with self.assertRaises(UserError):
            self._start_emergency(
                self.moral, is_drill=True, student_ids=[Command.link(self.student_1.id)]
            )
        drill = self._start_emergency(self.moral, is_drill=True)
        self.assertEqual(len(drill.alert_ids), 4, "as in earnest")
        self.assertTrue(drill.with_user(self.doctor).board()["is_drill"])
        self.assertTrue(self.env["crisis.emergency"].with_user(self.doctor).alarms()["alarms"])
        wizard = {"emergency_id": drill.id, "student_ids": [Command.set(self.student_2.ids)]}
        ways = {
            "student": lambda: drill.with_user(self.doctor).add_students(self.student_1.ids),
            "involve": lambda: drill._involve(self.student_1),
            "link": lambda: drill.sudo()._set({"student_ids": [Command.link(self.student_1.id)]}),
            "case": lambda: drill.sudo()._set({"case_ids": [Command.link(case.id)]}),
            "report": lambda: drill.with_user(self.principal).action_write_report(),
            "report record": lambda: (
                self.env["crisis.emergency.report"]
                .with_user(self.principal)
                .create({"emergency_id": drill.id})
            ),
            "phone": lambda: drill.with_user(self.principal).action_phoned(),
            "waive": lambda: drill.with_user(self.principal)._waive("x"),
            "witnesses": lambda: drill.with_user(self.principal).action_witnesses(),
            "witness dialog": lambda: (
                self.env["crisis.emergency.witness"]
                .with_user(self.moral)
                .create(wizard)
                .action_confirm()
            ),
            "template": lambda: drill.with_user(self.principal).action_draft_statement(),
            "release": lambda: drill.with_user(self.principal).action_release_statement(),
        }
        for name, way in ways.items():
            with self.subTest(way=name), self.assertRaises(UserError), self.env.cr.savepoint():
                way()
                self.env.flush_all()
        drill.with_user(self.doctor).log_call("district")
        self.assertFalse(drill.sudo().report_state)
        drill.with_user(self.principal).stand_down("resolved")
        drill.with_user(self.moral).write({"what_worked": "x", "what_to_improve": "y"})
        drill.with_user(self.moral).action_close()
        self.assertEqual(drill.state, "closed")
        self.env.flush_all()
        self.assertEqual(self._counts(), before)
        self.assertEqual(case.risk_level, "yellow")

    def test_drill_never_becomes_earnest_nor_the_reverse(self):
        drill = self._start_emergency(self.moral, is_drill=True)
        real = self._start_emergency(self.moral, place="操场")
        for emergency in (drill, real):
            with self.assertRaises(UserError):
                emergency.with_user(self.principal).write({"is_drill": not emergency.is_drill})

    def test_drills_are_started_by_those_who_handle_emergencies(self):
        for user in (self.staff, self.head_teacher):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["crisis.emergency"].with_user(user).start("suicide", "x", True)
            with self.assertRaises(AccessError):
                self.env["crisis.emergency"].with_user(user).with_context(
                    default_is_drill=True
                ).create({"kind": "suicide", "place": "x"})

    def test_drills_are_compared_by_protocol(self):
        protocol = self.env["crisis.protocol"]._for_kind("suicide", self.school)
        for minutes in (9, 5):
            drill = self._start_emergency(self.moral, is_drill=True, place=str(minutes))
            drill.sudo()._set({"date_start": fields.Datetime.now() - timedelta(minutes=minutes)})
            drill.with_user(self.doctor).acknowledge()
            drill.with_user(self.principal).stand_down("resolved")
        mine = protocol.with_user(self.moral).sudo(False)
        self.assertEqual(mine.drill_count, 2)
        self.assertEqual(mine.date_last_drill, fields.Date.context_today(mine))
        rows = (
            self.env["crisis.emergency"]
            .with_user(self.moral)
            ._read_group(
                [("is_drill", "=", True), ("company_id", "=", self.school.id)],
                ["kind"],
                ["minutes_to_first:avg", "minutes_to_finish:avg"],
            )
        )
        self.assertEqual(rows[0][0], "suicide")
        self.assertAlmostEqual(rows[0][1], 7, delta=0.2)
        self.assertAlmostEqual(rows[0][2], 7, delta=0.2)
