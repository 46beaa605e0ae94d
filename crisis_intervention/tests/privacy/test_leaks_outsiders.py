from contextlib import suppress
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ... import once
from ...jobs import Place
from ...register_state import keep_check
from .. import access_matrix
from ..common import DENIALS
from .leak_case import LeakCase


@tagged("post_install", "-at_install")
class TestOutsiders(LeakCase):
    """Following, being mentioned or being assigned opens nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env,
            login="t_portal",
            groups="base.group_portal",
            company_id=cls.school.id,
            company_ids=[(6, 0, cls.school.ids)],
        )
        cls.public = cls.env.ref("base.public_user")

    def _moved(self):
        """Return a move of classes and its line."""
        move = self.env["crisis.class.move"].create(
            {
                "company_id": self.school.id, "from_year": "2019-2020", "to_year": "2020-2021",
                "user_id": self.env.uid, "date": "2020-08-20 08:00:00",
                "line_ids": [Command.create(
                    {"class_id": self.class_1.id, "label": "x", "grade": 2}
                )],
            }
        )  # fmt: skip
        return move, move.line_ids

    def _told(self, partner, marks):
        """Return what was addressed to ``partner`` after ``marks``: notifications and mails."""
        self._settle()
        mails = self.env["mail.mail"].search(
            [("id", ">", marks["mail_mail"]), ("recipient_ids", "in", partner.ids)]
        )
        notifications = self.env["mail.notification"].search(
            [
                ("mail_message_id", ">", marks["mail_message"]),
                ("res_partner_id", "=", partner.id),
            ]
        )
        return [*mails, *notifications]

    def test_those_who_followed_once_get_nothing(self):
        concern, case = self._work_a_case()
        comment = self.env.ref("mail.mt_comment")
        for record, reader in ((case, self.psychology), (concern, self.principal)):
            with self.subTest(model=record._name):
                # rows of before, which an update has not removed yet
                for user in self.security | reader:
                    self.env.cr.execute(
                        "INSERT INTO mail_followers (res_model, res_id, partner_id) "
                        "VALUES (%s, %s, %s) RETURNING id",
                        [record._name, record.id, user.partner_id.id],
                    )
                    [[follower]] = self.env.cr.fetchall()
                    self.env.cr.execute(
                        "INSERT INTO mail_followers_mail_message_subtype_rel "
                        "(mail_followers_id, mail_message_subtype_id) VALUES (%s, %s)",
                        [follower, comment.id],
                    )
                self.env.invalidate_all()
                marks = self._marks()
                record.message_post(
                    body="x", message_type="notification", subtype_xmlid="mail.mt_comment"
                )
                self.assertTrue(self._told(reader.partner_id, marks))
                self.assertFalse(self._told(self.security.partner_id, marks))

    def test_mentioned_and_assigned_without_access_get_nothing(self):
        concern, case = self._work_a_case()
        for record in (case, concern):
            marks = self._marks()
            partners = (self.security | self.principal).partner_id
            record.message_notify(partner_ids=partners.ids, subject="s", body="b")
            record.message_post(body="b", partner_ids=partners.ids, message_type="notification")
            with self.subTest(model=record._name, way="mention"):
                self.assertTrue(self._told(self.principal.partner_id, marks))
                self.assertFalse(self._told(self.security.partner_id, marks))
                messages = self.env["mail.message"].with_user(self.security)
                of_record = [("model", "=", record._name), ("res_id", "=", record.id)]
                self.assertTrue(self.env["mail.message"].search(of_record))
                self.assertFalse(messages.search(of_record))
                for message in self.env["mail.message"].search(of_record):
                    self.assertFalse(message.with_user(self.security).has_access("read"))

    def test_activity_for_somebody_without_access(self):
        _concern, case = self._work_a_case()
        marks = self._marks()
        try:
            with self.env.cr.savepoint():
                case.with_user(self.psychology).activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=self.security.id,
                    note="ADVICECANARY",
                )
                self._settle()
        except UserError:
            return  # refused: as good as it gets
        self.assertFalse(self._told(self.security.partner_id, marks))
        mine = (
            self.env["mail.activity"]
            .with_user(self.security)
            .search([("res_model", "=", case._name), ("res_id", "=", case.id)])
        )
        self.assertFalse(mine)

    @mute_logger(*DENIALS)
    def test_discussion_is_no_way_in(self):
        """Public methods of the chatter, called by somebody who may not read the record."""
        concern, case = self._work_a_case()
        partner = self.security.partner_id
        for record in (case, concern):
            mine = record.with_user(self.security).sudo(False)
            for name, call in {
                "message_post": lambda r: r.message_post(body="x", message_type="notification"),
                "activity_schedule": lambda r: r.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=self.security.id
                ),
                "messages": lambda r: r.message_ids.mapped("body"),
                "activities": lambda r: r.activity_ids.mapped("summary"),
                "followers": lambda r: r.message_partner_ids.mapped("name"),
            }.items():
                with self.subTest(model=record._name, method=name):
                    self.env.invalidate_all()
                    refused = UserError if name == "activity_schedule" else AccessError
                    with self.assertRaises(refused):
                        call(mine)
            marks = self._marks()
            with suppress(AccessError):
                mine.message_notify(body="x", partner_ids=partner.ids)
            self.assertFalse(self._rows_since(marks)["mail_message"])
            mine.message_subscribe(partner.ids)
            self.assertNotIn(partner, record.message_partner_ids)

    def test_people_write_no_comments(self):
        concern, case = self._work_a_case()
        for record in (concern, case, self.class_1):
            for user in (self.psychology, self.principal, self.env.ref("base.user_root")):
                for message_type in ("comment", "email", "email_outgoing"):
                    with (
                        self.subTest(model=record._name, user=user.login, type=message_type),
                        self.assertRaises(UserError),
                    ):
                        record.with_user(user).message_post(
                            body="ADVICECANARY", message_type=message_type
                        )
            with self.subTest(model=record._name, way="composer"), self.assertRaises(UserError):
                self.env["mail.compose.message"].with_user(self.psychology).create(
                    {
                        "model": record._name,
                        "res_ids": str(record.ids),
                        "body": "ADVICECANARY",
                        "composition_mode": "comment",
                    }
                ).action_send_mail()

    @mute_logger(*DENIALS)
    def test_portal_and_public_read_nothing(self):
        concern, case = self._work_a_case()
        case.with_user(self.principal).read(["background"])
        self._settle()
        self._archive_reading(case, self.psychology)
        keep_check(self.env)
        once.begin(self.env, "x")
        records = {
            record._name: record
            for record in (
                self.class_1, self.child, self.guardian, self.child.membership_ids, concern,
                concern.addendum_ids, concern.body_mark_ids, case, case.deadline_ids[0],
                case.change_ids[0], case.stage_id, self.category, self.team,
                self.team.member_ids, self.env["crisis.response.policy"].search([], limit=1),
                case.assessment_ids[0], case.assessment_ids.addendum_ids, self.instrument,
                self.instrument.item_ids[0], self.instrument.option_ids[0],
                self.instrument.scale_ids, self.instrument.band_ids[0], *self.loop,
                *(self.env[model].search([], limit=1) for model in (
                    "crisis.chronology", "crisis.disclosure", "crisis.escalation",
                    "crisis.stage.gate",
                    "crisis.mandatory.situation",
                    "crisis.plan.template", "crisis.plan.template.line", "crisis.emergency.step",
                    "crisis.protocol", "crisis.protocol.step",
                    "crisis.role.confirmation", "crisis.role.event",
                    "crisis.register.check", "crisis.register.archive", "crisis.signature",
                    "crisis.once", "crisis.text.version",
                    "crisis.seal.key",
                )),
                self.env["crisis.job"]._of_code("x"),
                self.env["crisis.job"]._of_code("x")._set_aside(
                    Place("crisis.case", case.id), "x", None, timedelta(hours=1)
                ),
                self.env["crisis.sending"]._make([{"partner_id": self.staff.partner_id.id}]),
                self.env["crisis.clock"]._make([{
                    "reason": "begun", "date_from": fields.Datetime.now(),
                    "date_beat": fields.Datetime.now(), "date_database": fields.Datetime.now(),
                }]),
                *self._moved(),
                self.env["crisis.number.gap"].create({
                    "company_id": self.school.id, "name": "CI/1/1", "date": fields.Datetime.now(),
                }),
                self.env["crisis.protocol.review"].create({
                    "protocol_id": self.env["crisis.protocol"].search([], limit=1).id,
                    "company_id": self.school.id, "school_year": "2026-2027",
                }),
                self.env["crisis.class.report"].create({
                    "class_id": self.class_1.id, "period": "week", "date_start": "2026-09-07",
                    "date_end": "2026-09-13", "date_due": "2026-09-11 09:00:00",
                }),
            )
        }  # fmt: skip
        for user in (self.portal, self.public):
            for model in access_matrix.cells():
                mine = self.env[model].with_user(user)
                with self.subTest(user=user.login, model=model):
                    for operation in ("read", "write", "create", "unlink"):
                        self.assertFalse(mine.has_access(operation))
                    with self.assertRaises(AccessError):
                        mine.search([])
                    if not mine._transient:
                        with self.assertRaises(AccessError):
                            mine.browse(records[model].id).read(["create_date"])
            about = [("model", "in", [case._name, concern._name])]
            self.assertTrue(self.env["mail.message"].search(about))
            with self.subTest(user=user.login, model="mail.message"):
                try:
                    self.assertFalse(self.env["mail.message"].with_user(user).search(about))
                except AccessError:
                    self.assertEqual(user, self.public)
