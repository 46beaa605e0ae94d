import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ..common import DENIALS
from .leak_case import LeakCase


@tagged("post_install", "-at_install")
class TestDoors(LeakCase, HttpCase):
    """Nothing about a child leaves by the doors of the web server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file = (
            cls.env["ir.attachment"]
            .with_user(cls.staff)
            .create({"name": "photo.txt", "raw": b"PHOTOCANARY"})
        )
        cls.concern = cls._make_concern(
            cls.staff, cls.child, attachment_ids=[Command.set(cls.file.ids)]
        ).sudo()
        cls.case = cls._make_case(cls.child, background="BACKGROUNDCANARY")
        cls.env.flush_all()

    def _login(self, user):
        """Open a session for ``user``."""
        self.authenticate(user.login, user.login + "x" * (8 - len(user.login)))

    @mute_logger(*DENIALS)
    def test_files_of_reports_are_not_deleted(self):
        for user in (self.staff, self.psychology, self.principal, self.security):
            self._login(user)
            with self.subTest(user=user.login), self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    "/mail/attachment/delete", {"attachment_id": self.file.id}
                )
            self.env.invalidate_all()
            self.assertTrue(self.file.sudo().exists())
            with self.subTest(user=user.login, way="unlink"), self.assertRaises(AccessError):
                self.file.with_user(user).unlink()
            for values in ({"public": True}, {"res_id": 0}, {"raw": b"x"}, {"name": "x"}):
                with self.subTest(user=user.login, values=values), self.assertRaises(AccessError):
                    self.file.with_user(user).write(values)
            with self.subTest(user=user.login, way="token"), self.assertRaises(AccessError):
                self.file.with_user(user).generate_access_token()

    @mute_logger(*DENIALS)
    def test_files_of_reports_are_read_by_readers_only(self):
        readers = (self.staff, self.psychology, self.moral, self.principal)
        others = (
            self.head_teacher, self.doctor, self.security, self.configurator, self.nobody,
            self.other_psychology, self.district,
        )  # fmt: skip
        for user in (*readers, *others):
            self._login(user)
            for url in (f"/web/content/{self.file.id}", f"/web/image/{self.file.id}"):
                with self.subTest(user=user.login, url=url):
                    found = b"PHOTOCANARY" in self.url_open(url).content
                    if url.startswith("/web/content"):
                        self.assertEqual(found, user in readers)
                    else:
                        self.assertFalse(found and user not in readers)
        self.authenticate(None, None)
        self.assertNotIn(b"PHOTOCANARY", self.url_open(f"/web/content/{self.file.id}").content)

    @mute_logger(*DENIALS)
    def test_error_texts_name_nobody(self):
        """In developer mode, which anybody may switch on, Odoo's access errors name records."""
        denied = {
            self.head_teacher_2: (self.guardian,),
            self.doctor: (self.case,),
            self.security: (self.concern,),
            self.other_psychology: (
                self.case, self.concern, self.child, self.guardian, self.child.membership_ids,
            ),
        }  # fmt: skip
        for user, records in denied.items():
            self._login(user)
            self.url_open("/web?debug=1")
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    call = {"model": record._name, "method": "read", "kwargs": {}}
                    call["args"] = [record.ids, ["create_date"]]
                    answer = self.opener.post(
                        f"{self.base_url()}/web/dataset/call_kw",
                        json={"jsonrpc": "2.0", "method": "call", "params": call},
                        timeout=30,
                    ).json()
                    self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.AccessError")
                    text = json.dumps(answer, ensure_ascii=False)
                    # only in developer mode the text says which record
                    self.assertIn(f"{record._name}: {record.id}", text)
                    self.assertFalse([canary for canary in self.canaries if canary in text])

    @mute_logger(*DENIALS)
    def test_thread_routes_are_closed(self):
        for record in (self.case, self.concern):
            ours = self.env["mail.message"].search([("model", "=", record._name)])
            self.assertTrue(ours)
            self._login(self.principal)
            answer = self.make_jsonrpc_request(
                "/mail/thread/messages", {"thread_model": record._name, "thread_id": record.id}
            )
            self.assertTrue(set(answer["messages"]) & set(ours.ids))
            self._login(self.security)
            with self.subTest(model=record._name):
                try:
                    answer = self.make_jsonrpc_request(
                        "/mail/thread/messages",
                        {"thread_model": record._name, "thread_id": record.id},
                    )
                except JsonRpcException:
                    continue
                self.assertFalse(set(answer["messages"]) & set(ours.ids))
                self.assertNotIn(record.name, json.dumps(answer))

    def test_comments_are_refused_at_the_door(self):
        self._login(self.psychology)
        before = self.env["mail.message"].search_count([("model", "=", "crisis.case")])
        with mute_logger(*DENIALS), self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/mail/message/post",
                {
                    "thread_model": "crisis.case",
                    "thread_id": self.case.id,
                    "post_data": {"body": "ADVICECANARY", "message_type": "comment"},
                },
            )
        after = self.env["mail.message"].search_count([("model", "=", "crisis.case")])
        self.assertEqual(before, after)
