from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import DENIALS
from .emergency_case import EmergencyCase

ALARM = "odoo.addons.crisis_intervention.models.emergency.crisis_emergency_alarm"


@tagged("post_install", "-at_install")
class TestEmergencyStart(EmergencyCase):
    """A start by anybody on the staff alerts everybody, and sets the student's case red."""

    def test_two_words_are_enough(self):
        model = self.env["crisis.emergency"].with_user(self.staff)
        emergency = model.browse(model.start("suicide", "楼顶")["id"])
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

    def _press(self, user, *args, **kwargs):
        """Press the red button as ``user``; return the answer."""
        answer = self.env["crisis.emergency"].with_user(user).start(*args, **kwargs)
        self.env.flush_all()
        self.env.invalidate_all()
        return answer

    def test_the_same_taps_again_are_no_second_emergency(self):
        first = self._press(self.staff, "suicide", "楼顶")
        self.assertFalse(first["joined"])
        kinds = self._kinds(self.env["crisis.emergency"].browse(first["id"]))
        self.assertEqual(self._press(self.staff, "suicide", " 楼顶 "), first)
        self.assertEqual(self._kinds(self.env["crisis.emergency"].browse(first["id"])), kinds)
        for other in (("suicide", "操场"), ("violence", "楼顶")):
            self.assertNotEqual(self._press(self.staff, *other)["id"], first["id"])
        with self.assertRaises(UserError):
            self._press(self.staff, "suicide", "  ")

    @mute_logger(*DENIALS)
    def test_who_presses_for_the_same_joins(self):
        first = self._press(self.staff, "suicide", "楼顶 A")
        emergency = self.env["crisis.emergency"].browse(first["id"])
        theirs = emergency.with_user(self.helper)
        self.assertFalse(theirs.has_access("read"), "has no duty in it")
        alerted = emergency.alert_ids
        answer = self._press(self.helper, "suicide", "楼顶  a")
        self.assertEqual(answer, {**first, "joined": True})
        self.assertEqual(answer["by"], self.staff.name)
        for _again in range(2):
            self.assertEqual(self._press(self.helper, "suicide", "楼顶 a"), answer)
        self._press(self.doctor, "suicide", "楼顶 A")
        joined = emergency.event_ids.filtered(lambda event: event.kind == "join")
        self.assertEqual(joined.user_id, self.helper | self.doctor)
        self.assertEqual(len(joined), 2, "once each")
        self.assertTrue(self._alert(emergency, self.doctor).date_acknowledged)
        self.assertEqual((emergency.alert_ids - alerted).user_id, self.helper)
        theirs.add_note("我也看见了")
        self.assertTrue(theirs.board()["may_act"])
        emergency.with_user(self.principal).stand_down("resolved")
        self.assertEqual(emergency.alert_count, len(alerted), "who pressed has no duty")

    def test_another_event_is_started_on_purpose(self):
        first = self._press(self.staff, "suicide", "楼顶")["id"]
        second = self._press(self.helper, "suicide", "楼顶", others=[first])
        self.assertNotEqual(second["id"], first)
        self.assertFalse(second["joined"])
        again = self._press(self.helper, "suicide", "楼顶", others=[first])
        self.assertEqual(again, second, "sent again")
        third = self._press(self.doctor, "suicide", "楼顶", others=[first])
        self.assertEqual((third["id"], third["joined"]), (second["id"], True))
        self.assertFalse(self.env["crisis.emergency"].browse(first).event_ids.filtered(
            lambda event: event.kind == "join"
        ))  # fmt: skip

    def test_whatever_a_client_sends(self):
        """One sentence, and nothing begun; what it says to have seen is a list or nothing."""
        mine = self.env["crisis.emergency"].with_user(self.staff)
        before = mine.sudo().search_count([])
        for kind, place in (
            ("suicide", None), ("suicide", 5), ("suicide", ["x"]), ("suicide", " "),
            ([], "楼顶"), (5, "楼顶"), ({"a": 1}, "楼顶"), ("nothing", "楼顶"),
        ):  # fmt: skip
            refused = self.assertRaises(UserError)
            with self.subTest(kind=kind, place=place), refused, self.env.cr.savepoint():
                mine.start(kind, place)
        self.assertEqual(mine.sudo().search_count([]), before)
        first = mine.start("suicide", "楼顶")
        for others in (5, "x", None, {"a": 1}, ["x", None]):
            with self.subTest(others=others):
                self.assertEqual(mine.start("suicide", "楼顶", others=others)["id"], first["id"])

    def test_what_is_over_or_long_ago_or_a_drill_is_not_joined(self):
        first = self.env["crisis.emergency"].browse(
            self._press(self.staff, "suicide", "楼顶")["id"]
        )
        drill = self._press(self.doctor, "suicide", "楼顶", True)
        self.assertFalse(drill["joined"], "a drill is none")
        self.assertNotEqual(drill["id"], first.id)
        first.sudo()._set({"date_start": first.date_start - timedelta(minutes=61)})
        second = self._press(self.helper, "suicide", "楼顶")
        self.assertFalse(second["joined"], "nobody hears of a board of an hour ago")
        self.env["crisis.emergency"].browse(second["id"]).with_user(self.principal).stand_down(
            "resolved"
        )
        self.assertFalse(self._press(self.staff, "suicide", "楼顶")["joined"])
        self.assertFalse(self._press(self.other_psychology, "suicide", "楼顶")["joined"])

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
