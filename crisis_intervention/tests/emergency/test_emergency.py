import base64
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import CrisisCommon

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
ALARM = "odoo.addons.crisis_intervention.models.emergency.crisis_emergency_alarm"


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


@tagged("post_install", "-at_install")
class TestEmergencyStart(EmergencyCase):
    """A start by anybody on the staff alerts everybody, and sets the student's case red."""

    def test_two_words_are_enough(self):
        emergency = (
            self.env["crisis.emergency"]
            .with_user(self.staff)
            .browse(self.env["crisis.emergency"].with_user(self.staff).start("suicide", "楼顶"))
        )
        self.assertRegex(emergency.name, r"^EM/\d{4}/\d{4}$")
        self.assertEqual((emergency.state, emergency.user_id), ("running", self.staff))
        self.assertFalse(emergency.student_ids, "nobody knows who it is yet")
        self.assertFalse(emergency.sudo().concern_ids)
        people = self.principal | self.psychology | self.doctor | self.security
        self.assertEqual(emergency.alert_ids.user_id, people)
        self.assertFalse(emergency.alert_ids.filtered("date_acknowledged"))
        self.assertEqual(len(emergency.step_ids), len(emergency.protocol_id.step_ids))
        first = emergency.step_ids[0]
        self.assertEqual(first.date_due, emergency.date_start + timedelta(minutes=1))
        self.assertEqual(self._kinds(emergency), ["start"] + ["alert"] * 4)

    def test_the_same_taps_again_are_no_second_emergency(self):
        model = self.env["crisis.emergency"].with_user(self.staff)
        first = model.start("suicide", "楼顶")
        self.assertEqual(model.start("suicide", " 楼顶 "), first)
        self.assertNotEqual(model.start("suicide", "操场"), first)
        other = self.env["crisis.emergency"].with_user(self.helper).start("suicide", "楼顶")
        self.assertNotEqual(other, first)
        with self.assertRaises(UserError):
            model.start("suicide", "  ")

    def test_every_way_is_taken_and_carries_nothing(self):
        for user in (self.principal, self.doctor):
            user.notification_type = "email"
        mail_before = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        emergency = self._start_emergency(self.staff, place="三年级教室")
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "crisis.emergency"), ("res_id", "=", emergency.id)]
        )
        bell = self.env.ref("crisis_intervention.mail_activity_emergency")
        alarm = activities.filtered(lambda a: a.activity_type_id == bell)
        self.assertEqual(alarm.user_id, emergency.alert_ids.user_id)
        self.assertFalse([a for a in alarm if a.summary or a.note])
        mails = self.env["mail.mail"].search([("id", ">", mail_before)])
        self.assertEqual(mails.recipient_ids, emergency.alert_ids.user_id.partner_id)
        for mail in mails:
            self.assertNotIn("三年级教室", f"{mail.subject}{mail.body_html}")
            self.assertNotIn(emergency.name, f"{mail.subject}{mail.body_html}")
            self.assertIn(f"/odoo/crisis-emergencies/{emergency.id}", mail.body_html)

    def test_bus_carries_an_id_only(self):
        bus_before = self.env["bus.bus"].sudo().search([], order="id desc", limit=1).id or 0
        emergency = self._start_emergency(self.staff, student_ids=[(4, self.student_1.id)])
        self.env.cr.precommit.run()
        lines = self.env["bus.bus"].sudo().search([("id", ">", bus_before)]).mapped("message")
        ours = [line for line in lines if "crisis_emergency" in line]
        self.assertGreaterEqual(len(ours), 5, "four with a duty, and the one who started it")
        self.assertEqual(
            {line.replace(" ", "") for line in ours},
            {f'{{"type":"crisis_emergency","payload":{{"id":{emergency.id}}}}}'},
        )

    def test_known_student_gets_a_report_and_a_red_case(self):
        emergency = self._start_emergency(
            self.staff, student_ids=[Command.link(self.student_1.id)]
        ).sudo()
        concern, case = emergency.concern_ids, emergency.case_ids
        self.assertEqual(concern.reporter_id, self.staff)
        self.assertEqual((concern.state, concern.immediate_danger), ("received", "yes"))
        self.assertEqual((case.student_id, case.risk_level), (self.student_1, "red"))
        self.assertEqual(case.user_id, self.psychology)
        self.assertFalse(case.verified_at, "a professional verifies it afterwards")
        self.assertEqual(case.concern_ids, concern)
        self.assertEqual(case.clock_start, emergency.date_start)
        with self.assertRaises(AccessError):
            emergency.with_user(self.staff).case_ids.mapped("name")
        # who decides on reports attaches the report to the case that is there
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.psychology)
            .create({"concern_id": concern.id})
        )
        self.assertEqual(wizard.line_ids.open_case_id, case)
        wizard.action_confirm()
        self.assertEqual(concern.outcome, "attached")

    def test_open_case_is_raised_not_doubled(self):
        case = self._make_case(self.student_1, risk_level="yellow")
        emergency = self._start_emergency(self.staff, "self_harm", "厕所").sudo()
        emergency.with_user(self.security).add_students([self.student_1.id])
        self.assertEqual(emergency.case_ids, case)
        self.assertEqual(case.risk_level, "red")
        self.assertEqual(case.change_ids[0].reason, "Raised by an emergency")
        emergency.with_user(self.security).add_students([self.student_1.id])
        self.assertEqual(len(emergency.concern_ids), 1, "named twice, reported once")

    def test_student_named_later(self):
        emergency = self._start_emergency(self.staff)
        mine = emergency.with_user(self.staff)
        mine.add_students(self.student_2.ids)
        self.assertEqual(mine.student_ids, self.student_2)
        self.assertEqual(emergency.sudo().case_ids.student_id, self.student_2)
        self.assertEqual(self._kinds(emergency)[-1], "student")
        with self.assertRaises(AccessError):
            mine.add_students(self.other_student.ids)

    def test_starts_without_team_and_without_anybody(self):
        self.team.active = False
        emergency = self._start_emergency(self.staff)
        people = self.principal | self.moral | self.psychology | self.doctor | self.security
        self.assertEqual(emergency.alert_ids.user_id, people)
        everybody = people | self.head_teacher
        self.env["crisis.class"].search([("company_id", "=", self.school.id)]).write(
            {"psychology_teacher_id": False, "head_teacher_ids": [(5,)]}
        )
        everybody.active = False
        alone = self._start_emergency(self.staff, student_ids=[Command.link(self.student_1.id)])
        self.assertFalse(alone.alert_ids)
        self.assertEqual(self._kinds(alone), ["start", "failure"], "no one to decide on a report")
        self.assertTrue(alone.step_ids, "and still the steps are there")

    def test_starts_without_protocol(self):
        self.env["crisis.protocol"].search([("kind", "=", "missing")]).state = "replaced"
        emergency = self._start_emergency(self.staff, "missing", "校门")
        self.assertFalse(emergency.step_ids)
        self.assertTrue(emergency.alert_ids)

    def test_no_way_stops_the_others(self):
        def broken(*args, **kwargs):
            raise OSError("no route to host")

        for method in ("_plan_alarm_activities", "_mail_alarm", "_text_alarm"):
            with (
                self.subTest(method=method),
                patch.object(self.registry["crisis.emergency"], method, broken),
                mute_logger(ALARM),
            ):
                emergency = self._start_emergency(self.staff, place=method)
                self.assertEqual(len(emergency.alert_ids), 4)
                self.assertTrue(emergency.step_ids)

    def test_mail_server_that_is_down_delays_nothing(self):
        def down(*args, **kwargs):
            raise ConnectionRefusedError

        with patch.object(self.registry["ir.mail_server"], "_connect__", down):
            emergency = self._start_emergency(self.staff)
        self.assertEqual(len(emergency.alert_ids), 4)

    def test_text_messages_where_the_school_has_them(self):
        if "sms.sms" in self.env:
            before = self.env["sms.sms"].search_count([])
            self._start_emergency(self.staff)
            self.assertEqual(self.env["sms.sms"].search_count([]) - before, 4)
            return
        # without Odoo's SMS nothing is missing; with it, one message per number, without content
        sent = []
        env_class = type(self.env)
        getitem, contains = env_class.__getitem__, env_class.__contains__

        sms = SimpleNamespace(create=sent.extend, sudo=lambda: sms)
        with (
            patch.object(
                env_class,
                "__getitem__",
                lambda env, name: sms if name == "sms.sms" else getitem(env, name),
            ),
            patch.object(
                env_class,
                "__contains__",
                lambda env, name: name == "sms.sms" or contains(env, name),
            ),
        ):
            emergency = self._start_emergency(self.staff)
        self.assertEqual({values["number"] for values in sent}, {"13800000009"})
        self.assertEqual(len(sent), 4)
        for values in sent:
            self.assertNotIn(emergency.place, values["body"])


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
        self._as(self.doctor).add_note("孩子在说话")
        self.assertEqual(self._kinds(self.emergency).count("note"), 2, "said again on purpose")
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
        [child] = self._as(self.doctor).board()["students"]
        self.assertEqual([g["phone"] for g in child["guardians"]], ["13800000001"])
        [child] = self._as(self.staff).board()["students"]
        self.assertFalse(child["guardians"], "staff read no guardians")
        case = self.emergency.sudo().case_ids
        case._write({"guardians_not_told": True})
        [child] = self._as(self.doctor).board()["students"]
        self.assertTrue(child["ask_first"])
        self.assertFalse(child["guardians"])

    def test_place_is_corrected_and_kept_in_the_timeline(self):
        self._as(self.doctor).place = "三楼走廊"
        self.assertEqual(self._kinds(self.emergency)[-1], "place")
        for values in ({"kind": "violence"}, {"student_ids": [(5,)]}, {"is_drill": True}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._as(self.principal).write(values)
        for values in ({"state": "closed"}, {"date_start": "2020-01-01 00:00:00"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._as(self.principal).write(values)


@tagged("post_install", "-at_install")
class TestEmergencyStandIn(EmergencyCase):
    """Who does not answer within the minutes set is replaced by the stand-in, once."""

    def test_stand_in_is_called_once(self):
        emergency = self._start_emergency(self.staff)
        self.cron._cron_watch()
        self.assertEqual(len(emergency.alert_ids), 4, "within the time nobody is called")
        emergency.with_user(self.principal).acknowledge()
        self._pass_time(emergency, 4)
        for _minute in range(3):
            self.cron._cron_watch()
        called = self._alert(emergency, self.helper)
        self.assertEqual(called.stand_in_for_id, self.doctor)
        self.assertEqual(called.duties, "medical")
        self.assertFalse(self._alert(emergency, self.moral), "the chair has answered")
        self.assertEqual(self._kinds(emergency).count("stand_in"), 1)
        # psychology and security have no stand-in: that is said, once as well
        self.assertEqual(self._kinds(emergency).count("no_answer"), 2)
        found = self.env["crisis.emergency"].with_user(self.helper).alarms()["alarms"]
        self.assertEqual(found[0]["stand_in_for"], self.doctor.name)
        activity = self.env["mail.activity"].search(
            [("res_model", "=", "crisis.emergency"), ("user_id", "=", self.helper.id)]
        )
        self.assertEqual(len(activity), 1)
        emergency.with_user(self.helper).acknowledge()
        emergency.with_user(self.helper).done_step(emergency.step_ids[0].id)
        emergency.with_user(self.principal).stand_down("resolved")
        self.assertEqual(emergency.missed_count, 2, "the doctor was replaced")

    def test_survives_a_restart(self):
        """A kill after the first stand-in leaves what was registered; the next run goes on."""
        self.team.member_ids.filtered(lambda m: m.duty == "security").stand_in_id = self.staff
        emergency = self._start_emergency(self.psychology)
        self._pass_time(emergency, 4)
        done = []

        def killed(cron, processed=0, **kwargs):
            done.append(processed)
            if len(done) == 2:
                raise KeyboardInterrupt
            return 60

        with (
            patch.object(self.registry["ir.cron"], "_commit_progress", killed),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.cron._cron_watch()
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.transaction.clear()
        for _minute in range(2):
            self.cron._cron_watch()
        calls = emergency.sudo().event_ids.filtered(lambda e: e.kind == "stand_in").about_id
        self.assertEqual(calls, self.moral | self.helper | self.staff)
        self.assertEqual(self._kinds(emergency).count("stand_in"), 3)

    def test_cron_runs_each_minute_and_is_woken_at_the_time(self):
        cron = self.env.ref("crisis_intervention.crisis_cron_emergency")
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "minutes"))
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._start_emergency(self.staff)
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertEqual(len(triggers), before + 1)

    def test_stand_in_with_a_duty_of_the_own_answers_again(self):
        self.team.member_ids.filtered(lambda m: m.duty == "medical").stand_in_id = self.security
        emergency = self._start_emergency(self.staff)
        emergency.with_user(self.security).acknowledge()
        self._pass_time(emergency, 4)
        self.cron._cron_watch()
        alert = self._alert(emergency, self.security)
        self.assertEqual(alert.duties, "security,medical")
        self.assertFalse(alert.date_acknowledged)
        emergency.with_user(self.security).acknowledge()
        self.assertTrue(alert.date_acknowledged)

    def test_absent_person_is_replaced_at_once(self):
        self.doctor.active = False
        emergency = self._start_emergency(self.staff)
        self.assertEqual(self._alert(emergency, self.helper).duties, "medical")

    def test_gaps_of_a_team_are_visible(self):
        self.assertEqual(
            self.team.gaps, "On-site command, Contact with guardians, Communication, Records"
        )
        self.assertEqual(self.team.stand_in_gaps, "Psychology, Security")
        self.doctor.active = False
        self.team.invalidate_recordset()
        self.assertIn("Medical care", self.team.gaps)
