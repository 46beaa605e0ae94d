import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .emergency_case import EmergencyCase

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@tagged("post_install", "-at_install")
class TestEmergencyRun(EmergencyCase):
    """What people do while it runs: each thing once, by those involved, kept in the timeline."""

    def setUp(self):
        super().setUp()
        self.emergency = self._start_emergency(self.staff)
        self.step, self.other_step = self.emergency.step_ids[:2]

    def _as(self, user):
        self.env.invalidate_all()
        return self.emergency.with_user(user)

    def test_first_answer_counts(self):
        self._as(self.doctor).acknowledge()
        alert = self._alert(self.emergency, self.doctor)
        alert.date_acknowledged -= timedelta(minutes=1)
        first = alert.date_acknowledged
        self._as(self.doctor).acknowledge()
        self.assertEqual(alert.date_acknowledged, first)
        self.assertEqual(self._kinds(self.emergency).count("acknowledge"), 1)
        waiting = self.env["mail.activity"].search(
            [("res_model", "=", "crisis.emergency"), ("res_id", "=", self.emergency.id)]
        )
        self.assertNotIn(self.doctor, waiting.user_id)
        self.assertIn(self.security, waiting.user_id)

    def test_alarm_rings_for_those_who_have_not_answered(self):
        model = self.env["crisis.emergency"]
        found = model.with_user(self.doctor).alarms()
        self.assertEqual([a["id"] for a in found["alarms"]], self.emergency.ids)
        self.assertEqual(found["alarms"][0]["duties"], "Medical care")
        self._as(self.doctor).acknowledge()
        found = model.with_user(self.doctor).alarms()
        self.assertFalse(found["alarms"])
        self.assertEqual([e["id"] for e in found["running"]], self.emergency.ids)
        self.assertFalse(model.with_user(self.helper).alarms()["running"])

    def test_alarm_rings_whichever_school_is_switched_on(self):
        self.doctor.company_ids = self.school | self.other_school
        self._confirm_roles(self.doctor)
        model = self.env["crisis.emergency"].with_user(self.doctor)
        there = model.with_context(allowed_company_ids=self.other_school.ids)
        self.assertEqual([a["school"] for a in there.alarms()["alarms"]], self.school.ids)
        there.browse(self.emergency.id).acknowledge()
        self.assertTrue(self._alert(self.emergency, self.doctor).date_acknowledged)
        self.assertFalse(there.alarms()["alarms"])

    def test_whoever_starts_it_with_a_duty_has_answered(self):
        emergency = self._start_emergency(self.security, "violence", "操场")
        self.assertTrue(self._alert(emergency, self.security).date_acknowledged)
        self.assertFalse(
            self.env["crisis.emergency"].with_user(self.security).alarms()["alarms"][1:]
        )

    def test_first_tick_counts(self):
        self._as(self.doctor).done_step(self.step.id)
        done = self.step.date_done
        self._as(self.security).done_step(self.step.id)
        self.assertEqual((self.step.date_done, self.step.done_by_id), (done, self.doctor))
        self.assertEqual(self._kinds(self.emergency).count("done"), 1)

    def test_take_take_over_and_not_by_accident(self):
        self._as(self.doctor).take_step(self.step.id)
        self.assertEqual(self.step.user_id, self.doctor)
        self._as(self.security).take_step(self.step.id)
        self.assertEqual(self.step.user_id, self.doctor, "taken already")
        self._as(self.security).take_step(self.step.id, self.doctor.id)
        self.assertEqual(self.step.user_id, self.security)
        self._as(self.psychology).take_step(self.step.id, self.doctor.id)
        self.assertEqual(self.step.user_id, self.security, "what was seen is out of date")

    def test_tick_taken_back_by_whoever_made_it(self):
        self._as(self.staff).done_step(self.step.id)
        self._start_emergency(self.helper)
        with self.assertRaises(AccessError):
            self._as(self.helper).undo_step(self.step.id)
        self._as(self.staff).undo_step(self.step.id)
        self.assertEqual(self.step.state, "todo")
        self._as(self.staff).undo_step(self.step.id)
        self.assertEqual(self._kinds(self.emergency).count("undo"), 1)

    def test_not_needed_with_a_reason(self):
        with self.assertRaises(UserError):
            self._as(self.doctor).skip_step(self.step.id, " ")
        self._as(self.doctor).skip_step(self.step.id, "没有受伤")
        self.assertEqual(self.step.state, "skipped")
        self.assertEqual(self.emergency.event_ids[-1].text, "没有受伤")
        self._as(self.doctor).done_step(self.step.id)
        self.assertEqual(self.step.state, "skipped")

    def test_step_of_another_emergency_is_refused(self):
        other = self._start_emergency(self.helper, "violence", "操场")
        with self.assertRaises(UserError):
            self._as(self.doctor).done_step(other.sudo().step_ids[0].id)

    def test_notes_and_calls_are_appended_once(self):
        for _try in range(2):
            self._as(self.doctor).add_note("孩子在说话", self.step.id, "t1")
            self._as(self.doctor).log_call("120", token="t2")
        kinds = self._kinds(self.emergency)
        self.assertEqual((kinds.count("note"), kinds.count("call")), (1, 1))
        self.assertEqual(self.emergency.event_ids[-1].call_to, "120")
        self._as(self.psychology).add_note("孩子在哭", token="t1")
        self.assertEqual(self.emergency.event_ids[-1].text, "孩子在哭", "a token is the user's own")
        self._as(self.doctor).add_note("孩子在说话")
        self.assertEqual(self._kinds(self.emergency).count("note"), 3, "said again on purpose")
        for wrong in (lambda e: e.add_note(" "), lambda e: e.log_call("999")):
            with self.assertRaises(UserError):
                wrong(self._as(self.doctor))

    def test_timeline_is_never_changed(self):
        event = self.emergency.sudo().event_ids[0]
        for user in (self.principal, self.env.ref("base.user_root")):
            with self.assertRaises(UserError):
                event.with_user(user).write({"text": "x"})
            with self.assertRaises(UserError):
                event.with_user(user).unlink()

    def test_photos_stay_as_they_are_and_follow_the_access(self):
        with self.assertRaises(UserError):
            self._as(self.staff).add_photo("x.svg", base64.b64encode(b"<svg/>").decode())
        self._as(self.staff).add_photo("现场.png", PIXEL, "p1")
        self._as(self.staff).add_photo("现场.png", PIXEL, "p1")
        photo = self.emergency.sudo().event_ids.attachment_ids
        self.assertEqual((photo.name, photo.mimetype), ("现场.png", "image/png"))
        self.assertTrue(photo.with_user(self.doctor).raw)
        with self.assertRaises(AccessError):
            photo.with_user(self.helper).read(["name"])
        for user in (self.staff, self.principal):
            for change in ({"raw": b"x"}, {"res_id": 0}, {"public": True}):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    photo.with_user(user).write(change)
            with self.assertRaises(AccessError):
                photo.with_user(user).unlink()
        with self.assertRaises(UserError):
            self.env["ir.attachment"].with_user(self.principal).create(
                {"name": "x", "res_model": "crisis.emergency", "res_id": self.emergency.id}
            )
        self._as(self.principal).stand_down("resolved")
        with self.assertRaises(UserError):
            self._as(self.staff).add_photo("x.png", PIXEL)

    def test_only_those_involved_act(self):
        self.class_1.head_teacher_ids |= self.head_teacher
        self._as(self.staff).add_students(self.student_1.ids)
        doings = {
            "take": lambda e: e.take_step(self.step.id),
            "done": lambda e: e.done_step(self.step.id),
            "skip": lambda e: e.skip_step(self.step.id, "x"),
            "undo": lambda e: e.undo_step(self.step.id),
            "note": lambda e: e.add_note("x"),
            "call": lambda e: e.log_call("110"),
            "photo": lambda e: e.add_photo("x", PIXEL),
            "student": lambda e: e.add_students(self.student_2.ids),
            "end": lambda e: e.stand_down("resolved"),
        }
        for user in (self.helper, self.head_teacher, self.head_teacher_2, self.other_psychology):
            for name, do in doings.items():
                with self.subTest(user=user.login, name=name), self.assertRaises(AccessError):
                    do(self._as(user))
        self.assertEqual(self._as(self.head_teacher).board()["students"][0]["name"], "林小禾")
        with self.assertRaises(AccessError):
            self._as(self.helper).acknowledge()

    def test_chair_stands_down_and_then_nothing_runs(self):
        for user in (self.doctor, self.staff, self.psychology, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).stand_down("resolved")
        with self.assertRaises(UserError):
            self._as(self.principal).stand_down("x")
        for user in (self.principal, self.doctor, self.psychology, self.security):
            self._as(user).acknowledge()
        self._as(self.doctor).done_step(self.step.id)
        self.emergency.sudo()._set({"date_start": fields.Datetime.now() - timedelta(minutes=12)})
        self._as(self.principal).stand_down("handed_over", "120接走")
        emergency = self.emergency
        self.assertEqual((emergency.state, emergency.outcome), ("ended", "handed_over"))
        self.assertEqual(emergency.ended_by_id, self.principal)
        self.assertAlmostEqual(emergency.minutes_to_finish, 12, delta=0.5)
        self.assertAlmostEqual(emergency.minutes_to_acknowledge, 12, delta=0.5)
        self.assertEqual((emergency.alert_count, emergency.missed_count), (4, 0))
        self.assertEqual(emergency.done_count, 1)
        for do in (
            lambda e: e.done_step(self.other_step.id),
            lambda e: e.add_note("x"),
            lambda e: e.stand_down("resolved"),
        ):
            with self.assertRaises(UserError):
                do(self._as(self.principal))
        self.assertFalse(self.env["crisis.emergency"].with_user(self.doctor).alarms()["running"])

    def test_board_shows_all_at_constant_cost(self):
        self._as(self.staff).add_students(self.student_1.ids)

        counts = []

        def read():
            with self._counting(counts):
                return self.emergency.with_user(self.doctor).board()

        read()
        board = read()
        self.assertTrue(board["must_acknowledge"] and board["may_act"])
        self.assertFalse(board["may_stand_down"])
        mine = [step["duty"] for step in board["steps"] if step["mine"]]
        self.assertEqual(set(mine), {"Medical care"})
        for number in range(60):
            self._as(self.doctor).add_note(str(number))
        self.emergency.with_user(self.doctor).add_photo("x.png", PIXEL)
        board = read()
        self.assertEqual(len([e for e in board["events"] if e["kind"] == "note"]), 60)
        self.assertLessEqual(counts[2], counts[1] + 3, "the photo")

    def test_nobody_calls_home_where_home_is_suspected(self):
        self.env["crisis.guardian"].create(
            {"student_id": self.student_1.id, "name": "林母", "phone": "13800000001"}
        )
        self._as(self.staff).add_students(self.student_1.ids)
        others = (self.doctor, self.staff, self.security, self.head_teacher)
        [child] = self._as(self.moral).board()["students"]
        self.assertEqual([g["phone"] for g in child["guardians"]], ["13800000001"])
        before = [self._as(user).board()["students"] for user in others]
        case = self.emergency.sudo().case_ids
        case._write({"guardians_not_told": True})
        [child] = self._as(self.moral).board()["students"]
        self.assertFalse(child["guardians"])
        self.env.invalidate_all()
        after = [self._as(user).board()["students"] for user in others]
        self.assertEqual(after, before, "the same for those who may not know why")
        self.assertFalse([row["guardians"] for [row] in after if row["guardians"]])

    def test_place_is_corrected_and_kept_in_the_timeline(self):
        self._as(self.doctor).place = "三楼走廊"
        self.assertEqual(self._kinds(self.emergency)[-1], "place")
        for values in ({"kind": "violence"}, {"student_ids": [(5,)]}, {"is_drill": True}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._as(self.principal).write(values)
        for values in ({"state": "closed"}, {"date_start": "2020-01-01 00:00:00"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._as(self.principal).write(values)
