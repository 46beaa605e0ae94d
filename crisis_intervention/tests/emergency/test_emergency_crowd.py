import random
from datetime import timedelta

import requests
from odoo import SUPERUSER_ID, Command, api, fields
from odoo.tests import tagged
from odoo.tests.common import HOST, get_db_name
from odoo.tools import config, mute_logger

from ..committed import CommittedCase

PEOPLE = 20


@tagged("post_install", "-at_install")
class TestEmergencyCrowd(CommittedCase):
    """Twenty people act at the same moment over HTTP: nothing lost, nothing double, in order."""

    _models = (
        "crisis.emergency.event",
        "crisis.emergency.alert",
        "crisis.emergency.step",
        "crisis.emergency",
        "crisis.team.member",
        "crisis.team",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._committing() as env:
            cls.school = env["res.company"].create({"name": "Crowded School"})
            cls.chair = cls._make_user("w_chair", "principal")
            cls.stand_in = cls._make_user("w_stand_in", "staff")
            cls.people = env["res.users"].union(
                *(cls._make_user(f"w_{number:02}", "staff") for number in range(PEOPLE))
            )
            cls.logins = {}
            for user in cls.people | cls.chair:
                cls.logins[user.id] = user.login
                user.password = f"{user.login}-password"
            duties = [code for code, _label in env["crisis.team.member"]._fields["duty"].selection]
            env["crisis.team"].create(
                {
                    "name": "领导小组",
                    "company_id": cls.school.id,
                    "member_ids": [
                        Command.create({"duty": "chair", "user_id": cls.chair.id}),
                        *(
                            Command.create(
                                {
                                    "duty": duties[2 + number % 7],
                                    "user_id": user.id,
                                    "stand_in_id": cls.stand_in.id if not number else False,
                                }
                            )
                            for number, user in enumerate(cls.people)
                        ),
                    ],
                }
            )
        cls.addClassCleanup(cls._take_away)

    def setUp(self):
        super().setUp()
        # the wait before a repetition is for servers under load; here it only takes time
        self.patch(random, "uniform", lambda low, high: 0.05)
        self.sessions = {}

    def _login(self, user):
        """Open a session of ``user`` with the server, as a browser does."""
        session = requests.Session()
        answer = session.post(
            f"http://{HOST}:{config['http_port']}/web/session/authenticate",
            json={
                "jsonrpc": "2.0",
                "params": {
                    "db": get_db_name(),
                    "login": self.logins[user.id],
                    "password": f"{self.logins[user.id]}-password",
                },
            },
            timeout=60,
        ).json()
        self.assertEqual(answer["result"]["uid"], user.id)
        self.sessions[user.id] = session

    def _call(self, user, method, *args):
        """Call a method of the emergency as ``user`` over HTTP; return the answer."""
        answer = (
            self.sessions[user.id]
            .post(
                f"http://{HOST}:{config['http_port']}/web/dataset/call_kw",
                json={
                    "jsonrpc": "2.0",
                    "method": "call",
                    "params": {
                        "model": "crisis.emergency",
                        "method": method,
                        "args": list(args),
                        "kwargs": {},
                    },
                },
                timeout=120,
            )
            .json()
        )
        if "error" in answer:
            raise AssertionError(answer["error"]["data"]["name"])
        return answer.get("result")

    def _at_once(self, jobs):
        """Run ``jobs`` in threads that begin together; raise what one of them raised."""
        results = self._together(*jobs)
        self.assertFalse([error for error in results if isinstance(error, Exception)])

    def _start(self):
        with self._committing() as env:
            emergency = (
                env["crisis.emergency"]
                .with_user(self.chair.id)
                .with_company(self.school.id)
                .create({"kind": "suicide", "place": "楼顶"})
            )
            return emergency.id, emergency.sudo().step_ids.ids

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_twenty_acknowledge_and_tick_at_once(self):
        emergency_id, step_ids = self._start()
        for user in self.people:
            self._login(user)
        first, *others = step_ids

        def works(number, user):
            def job():
                self._call(user, "acknowledge", [emergency_id])
                # all of them tick the same step, then each one of the others
                self._call(user, "done_step", [emergency_id], first)
                self._call(user, "add_note", [emergency_id], f"note {number}", False, f"t{number}")
                self._call(user, "done_step", [emergency_id], others[number % len(others)])
                # the phone got no answer and sends again
                self._call(user, "add_note", [emergency_id], f"note {number}", False, f"t{number}")
                self._call(user, "acknowledge", [emergency_id])
                self._call(user, "board", [emergency_id])

            return job

        began = fields.Datetime.now()
        self._at_once([works(number, user) for number, user in enumerate(self.people)])
        with self._committing() as env:
            emergency = env["crisis.emergency"].browse(emergency_id)
            alerts = emergency.alert_ids
            self.assertEqual(len(alerts), PEOPLE + 1)
            self.assertTrue(all(alert.date_acknowledged for alert in alerts))
            self.assertEqual(set(emergency.step_ids.mapped("state")), {"done"})
            events = emergency.event_ids
            by_kind = events.grouped("kind")
            self.assertEqual(len(by_kind["acknowledge"]), PEOPLE + 1)
            self.assertEqual(by_kind["acknowledge"].user_id, alerts.user_id)
            self.assertEqual(len(by_kind["done"]), len(step_ids), "each step was done once")
            self.assertEqual(by_kind["done"].step_id, emergency.step_ids)
            for event in by_kind["done"]:
                self.assertEqual(event.user_id, event.step_id.done_by_id, "the first one is kept")
                self.assertLessEqual(
                    abs(event.date - event.step_id.date_done), timedelta(seconds=1)
                )
            self.assertEqual(
                sorted(by_kind["note"].mapped("text")),
                sorted(f"note {number}" for number in range(PEOPLE)),
            )
            moments = events.mapped("date")
            self.assertEqual(moments, sorted(moments))
            self.assertEqual(events[0].kind, "start")
            self.assertGreaterEqual(min(by_kind["done"].mapped("date")), began)
            self.assertLessEqual(max(moments), fields.Datetime.now())
            for user in self.people:
                mine = events.filtered(lambda e, u=user: e.user_id == u)
                self.assertEqual(mine.sorted("id").mapped("kind")[0], "acknowledge")

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_all_press_for_one_event(self):
        """Twenty presses, and some of them twice: one emergency, with the names of all of them."""
        for user in self.people:
            self._login(user)
        for place in ("楼顶", "操场"):
            answers = []

            def press(user, place=place, answers=answers):
                return lambda: answers.append(self._call(user, "start", "violence", place))

            self._at_once([press(user) for user in (*self.people, *self.people[:3])])
            with self.subTest(place=place), self._committing() as env:
                self.assertEqual(len(answers), PEOPLE + 3)
                self.assertEqual(len({answer["id"] for answer in answers}), 1, "one emergency")
                emergency = env["crisis.emergency"].browse(answers[0]["id"])
                starter = emergency.user_id
                self.assertEqual({answer["by"] for answer in answers}, {starter.name})
                events = emergency.event_ids.grouped("kind")
                self.assertEqual(len(events["start"]), 1)
                self.assertEqual(len(events["join"]), PEOPLE - 1, "each of the others, once")
                self.assertEqual(events["join"].user_id | starter, self.people.with_env(env))
                self.assertEqual(
                    env["crisis.emergency"].search_count(
                        [
                            ("company_id", "=", self.school.id),
                            ("kind", "=", "violence"),
                            ("place", "=", place),
                        ]
                    ),
                    1,
                )

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_a_note_that_is_sent_twice_at_once(self):
        """The phone sends again before the first request is answered: one line, and no error."""
        emergency_id, _steps = self._start()
        user = self.people[1]
        self._login(user)

        def note():
            self._call(user, "add_note", [emergency_id], "x", False, "t")

        self._at_once([note] * 4)
        with self._committing() as env:
            kinds = env["crisis.emergency"].browse(emergency_id).event_ids.mapped("kind")
            self.assertEqual(kinds.count("note"), 1)

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_one_stands_down_while_others_tick(self):
        """Two who end it at once, and people who tick meanwhile: one end, and no broken answer."""
        emergency_id, step_ids = self._start()
        for user in self.chair | self.people[:6]:
            self._login(user)
        refused = []

        def tick(user, step_id):
            def job():
                try:
                    self._call(user, "done_step", [emergency_id], step_id)
                except AssertionError as error:
                    refused.append(str(error))

            return job

        def end():
            try:
                self._call(self.chair, "stand_down", [emergency_id], "resolved")
            except AssertionError as error:
                refused.append(str(error))

        self._at_once(
            [end, end, *(tick(u, s) for u, s in zip(self.people[:6], step_ids, strict=False))]
        )
        self.assertLessEqual(set(refused), {"odoo.exceptions.UserError"})
        with self._committing() as env:
            emergency = env["crisis.emergency"].browse(emergency_id)
            self.assertEqual(emergency.state, "ended")
            kinds = emergency.event_ids.mapped("kind")
            self.assertEqual(kinds.count("stand_down"), 1)
            done = emergency.step_ids.filtered(lambda step: step.state == "done")
            self.assertEqual(kinds.count("done"), len(done))

    @mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http")
    def test_stand_in_is_called_once_by_two_crons_and_after_a_restart(self):
        emergency_id, _steps = self._start()
        with self._committing() as env:
            for alert in env["crisis.emergency"].browse(emergency_id).alert_ids:
                alert.date_due -= timedelta(minutes=10)
            # it has run before
            env["crisis.job"]._of_code("crisis.emergency._cron_watch")

        def watch():
            # a server process: an environment of its own, as after a restart
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                try:
                    env["crisis.emergency"]._cron_watch()
                except Exception as error:
                    cr.rollback()
                    # met the other one at the same row: Odoo runs the job again in a minute
                    # (25P02: what follows in that transaction)
                    if getattr(error, "pgcode", None) not in ("40001", "25P02"):
                        raise

        self._at_once([watch, watch])
        watch()
        self.registry.clear_all_caches()
        watch()
        with self._committing() as env:
            emergency = env["crisis.emergency"].browse(emergency_id)
            called = emergency.event_ids.filtered(lambda e: e.kind == "stand_in")
            self.assertEqual(called.about_id, self.stand_in.with_env(env))
            self.assertEqual(len(called), 1)
            self.assertEqual(
                len(emergency.alert_ids.filtered(lambda a: a.user_id.id == self.stand_in.id)), 1
            )
            silent = emergency.event_ids.filtered(lambda e: e.kind == "no_answer")
            self.assertEqual(len(silent), PEOPLE - 1)
            self.assertEqual(len(silent.about_id), PEOPLE - 1)
