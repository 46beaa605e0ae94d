import threading
import time

import requests
from odoo.tests import HttpCase, tagged
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from .emergency_case import EmergencyCase


@tagged("post_install", "-at_install")
class TestEmergencyTours(EmergencyCase, HttpCase):
    """An emergency from the start to its closing, on the screen of a phone.

    Browsers of tests have no websocket: what one sees of the other comes by asking.
    """

    browser_size = "375x667"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = cls.staff | cls.psychology | cls.doctor | cls.principal
        users.write({"notification_type": "inbox", "lang": "zh_CN"})
        for user in users:
            user.password = f"{user.login}-password"
        cls.env["res.lang"]._activate_lang("zh_CN")

    def test_from_the_first_tap_to_closing(self):
        self.start_tour("/odoo", "crisis_emergency_start", login="t_staff")
        emergency = self.env["crisis.emergency"].search([("user_id", "=", self.staff.id)])
        self.assertEqual((emergency.kind, emergency.state), ("suicide", "running"))
        self.assertEqual(emergency.student_ids, self.student_1)
        self.assertEqual(emergency.case_ids.risk_level, "red")

        with self._second_browser(emergency):
            self.start_tour("/odoo", "crisis_emergency_act", login="t_psychology", timeout=120)
        emergency.invalidate_recordset()
        steps = emergency.step_ids.sorted()
        self.assertEqual(steps[0].done_by_id, self.psychology, "ticked first, ticked twice")
        self.assertEqual(steps[2].done_by_id, self.doctor)
        kinds = emergency.event_ids.mapped("kind")
        self.assertEqual(kinds.count("done"), 2)
        self.assertEqual((kinds.count("note"), kinds.count("call")), (1, 1))

        self.start_tour("/odoo", "crisis_emergency_stand_down", login="t_principal")
        emergency.invalidate_recordset()
        self.assertEqual((emergency.state, emergency.outcome), ("ended", "handed_over"))
        path = f"/odoo/crisis-emergencies/{emergency.id}"
        self.start_tour(path, "crisis_emergency_debrief", login="t_principal")
        emergency.invalidate_recordset()
        self.assertEqual(emergency.what_worked, "三分钟内到场。")
        self.assertEqual((emergency.state, emergency.report_state), ("closed", "waived"))

    def _second_browser(self, emergency):
        """Act as the doctor with a session of the own, while the tour runs in the browser."""
        return SecondBrowser(self, emergency.id, emergency.step_ids.sorted().ids)


class SecondBrowser:
    """Answers as the doctor, waits until somebody ticks the first step, ticks it too and another."""

    def __init__(self, case, emergency_id, step_ids):
        self.case, self.emergency_id, self.step_ids = case, emergency_id, step_ids
        self.database = case.env.cr.dbname
        self.error = None

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def __exit__(self, *_error):
        self.thread.join(timeout=100)
        self.case.assertIsNone(self.error)
        self.case.assertFalse(self.thread.is_alive())

    def _send(self, path, params):
        """Send a request, again until there is an answer, as a phone does with a bad network.

        The server of the tests answers only while the browser of the tour is there.
        """
        while time.monotonic() < self.deadline:
            try:
                answer = self.session.post(
                    f"{self.case.base_url()}{path}",
                    json={"jsonrpc": "2.0", "method": "call", "params": params},
                    cookies={TEST_CURSOR_COOKIE_NAME: self.case.http_request_key},
                    timeout=30,
                ).json()
            except ValueError:
                time.sleep(0.3)
                continue
            if "error" in answer:
                raise AssertionError(answer["error"]["data"]["name"])
            return answer.get("result")
        raise AssertionError(f"no answer to {path}")

    def _call(self, method, *args):
        return self._send(
            "/web/dataset/call_kw",
            {
                "model": "crisis.emergency",
                "method": method,
                "args": [[self.emergency_id], *args],
                "kwargs": {},
            },
        )

    def _run(self):
        self.deadline = time.monotonic() + 80
        self.session = requests.Session()
        login = {"db": self.database, "login": "t_doctor", "password": "t_doctor-password"}
        try:
            self._send("/web/session/authenticate", login)
            self._call("acknowledge")
            while self._call("board")["steps"][0]["state"] != "done":
                time.sleep(0.5)
            self._call("done_step", self.step_ids[0])
            self._call("done_step", self.step_ids[2])
        except Exception as error:
            self.error = error
