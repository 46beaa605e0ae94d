from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from ...models.concern.crisis_concern import SUBMITTED_FIELDS
from ..common import CrisisCommon

TEXT = "整节课趴在桌上，不说话。"


@tagged("post_install", "-at_install")
class TestConcern(CrisisCommon):
    """Filing a report: what is kept, who is told, what nobody may change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mark = {"side": "front", "x": 40.5, "y": 30, "kind": "bruise", "size_mm": 15}

    def _file(self, user=None, students=None, **vals):
        return self._make_concern(user or self.staff, students or self.student_1, **vals)

    def _upload(self, user=None, **vals):
        """Upload a file as the report dialog does: for a report that does not exist yet."""
        return (
            self.env["ir.attachment"]
            .with_user(user or self.staff)
            .create({"name": "照片.png", "raw": b"x", "res_model": "crisis.concern", **vals})
        )

    def _as(self, user, records):
        """Return ``records`` as ``user`` in the user's own school."""
        return self.env[records._name].with_user(user).browse(records.ids)

    def _triage_activities(self, concern):
        return self.env["mail.activity"].search(
            [("res_model", "=", "crisis.concern"), ("res_id", "=", concern.id)]
        )

    def test_staff_files_and_reads_own_only(self):
        concern = self._file(students=self.student_1 | self.student_2)
        self.assertEqual(concern.reporter_id, self.staff)
        self.assertRegex(concern.name, r"^CR/\d{4}/\d{4}$")
        self.assertEqual(concern.display_name, concern.name)
        self.assertEqual(concern.state, "received")
        for user in (self.head_teacher, self.doctor, self.security):
            self.assertFalse(concern.with_user(user).has_access("read"), user.login)
            self.assertFalse(self.env["crisis.concern"].with_user(user).search([]))
        for user in (self.psychology, self.moral, self.principal):
            self.assertTrue(concern.with_user(user).has_access("write"), user.login)
        for user in (self.other_psychology, self.district, self.configurator, self.nobody):
            self.assertFalse(self._as(user, concern).has_access("read"), user.login)
        for user in (self.staff, self.psychology, self.principal):
            self.assertFalse(concern.with_user(user).has_access("unlink"), user.login)

    def test_reporter_sees_received_and_handled_only(self):
        concern = self._file()
        for name in (
            "outcome", "handled_by_id", "dismiss_reason", "case_ids", "risk_level",
            "triage_deadline", "is_overdue",
        ):  # fmt: skip
            with self.subTest(field=name):
                with self.assertRaises(AccessError):
                    concern.read([name])
                if name != "is_overdue":
                    with self.assertRaises(AccessError):
                        concern.search([(name, "!=", False)])
        self.assertTrue(concern.read(["state", "handled_at", "description"]))

    def test_reporter_cannot_be_somebody_else(self):
        with self.assertRaises(AccessError):
            self._file(reporter_id=self.head_teacher.id)
        self.assertEqual(self._file().reporter_id, self.staff)

    def test_system_fields_are_refused_from_clients(self):
        values = {
            "name": "CR/2026/9999",
            "state": "handled",
            "risk_level": "blue",
            "triage_deadline": "2030-01-01",
            "handled_at": "2026-01-01",
        }
        for name, value in values.items():
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._file(user=self.psychology, **{name: value})

    def test_context_defaults_do_not_reach_system_fields(self):
        concern = (
            self.env["crisis.concern"]
            .with_user(self.psychology)
            .with_context(
                default_state="handled",
                default_outcome="dismissed",
                default_reporter_id=self.staff.id,
            )
            .create(
                {
                    "student_ids": [Command.set(self.student_1.ids)],
                    "description": TEXT,
                    "location": "操场",
                    "immediate_danger": "no",
                    "told_in_person": "no",
                }
            )
        )
        self.assertEqual(concern.state, "received")
        self.assertFalse(concern.outcome)
        self.assertEqual(concern.reporter_id, self.psychology)

    def test_a_student_is_demanded(self):
        with self.assertRaises(ValidationError):
            self._make_concern(self.staff, self.env["crisis.student"])
        with self.assertRaises(ValidationError):
            self.env["crisis.concern"].with_user(self.staff).create(
                {
                    "description": TEXT,
                    "location": "教室",
                    "immediate_danger": "no",
                    "told_in_person": "no",
                }
            )

    def test_students_of_another_school_are_refused(self):
        with self.assertRaises(UserError):
            self._file(students=self.other_student)

    def test_future_is_refused_and_past_sorts_where_it_happened(self):
        now = fields.Datetime.now()
        with self.assertRaises(ValidationError):
            self._file(observed_at=now + timedelta(hours=1))
        recent = self._file(observed_at=now - timedelta(hours=1))
        old = self._file(observed_at=now - timedelta(days=30))
        middle = self._file(observed_at=now - timedelta(days=3))
        mine = self.env["crisis.concern"].with_user(self.staff).search([])
        self.assertEqual(list(mine), [recent, middle, old])

    def test_danger_is_red_and_starts_the_clock_of_red(self):
        red = self.env["crisis.response.policy"]._for_companies(self.school)[self.school.id, "red"]
        before = fields.Datetime.now()
        calm, danger = (self._file(immediate_danger=value).sudo() for value in ("no", "yes"))
        self.assertFalse(calm.risk_level)
        self.assertEqual(danger.risk_level, "red")
        for concern, hours in ((calm, 24), (danger, red.hours_triage)):
            delay = concern.triage_deadline - before - timedelta(hours=hours)
            self.assertLess(abs(delay), timedelta(minutes=1))
        queue = (
            self.env["crisis.concern"]
            .with_user(self.psychology)
            .search(
                [("id", "in", (calm | danger).ids)],
                order="immediate_danger desc, triage_deadline, id",
            )
        )
        self.assertEqual(list(queue.ids), [danger.id, calm.id])

    def test_overdue_flag_and_filter_agree(self):
        concern = self._file().with_user(self.psychology)
        domain = [("state", "=", "received"), ("triage_deadline", "<", "now")]
        self.assertFalse(concern.is_overdue)
        self.assertNotIn(concern, concern.search(domain))
        self.env.cr.execute(
            "UPDATE crisis_concern SET triage_deadline = now() AT TIME ZONE 'UTC' - interval '1h'"
        )
        concern.invalidate_recordset()
        self.assertTrue(concern.is_overdue)
        self.assertIn(concern, concern.search(domain))

    def test_submitted_content_is_never_changed(self):
        concern = self._file(body_mark_ids=[Command.create(self.mark)])
        for user in (self.staff, self.psychology, self.principal):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                concern.with_user(user).write({"description": "改"})
        for name in sorted(SUBMITTED_FIELDS):
            with self.subTest(field=name), self.assertRaises(UserError):
                concern.sudo().write({name: False})
        with self.assertRaises(UserError):
            concern.body_mark_ids.sudo().write({"kind": "cut"})
        with self.assertRaises(UserError):
            concern.body_mark_ids.sudo().unlink()
        with self.assertRaises(UserError):
            concern.sudo().unlink()
        with self.assertRaises(UserError):
            self.env["crisis.body.mark"].with_user(self.staff).create(
                {**self.mark, "concern_id": concern.id}
            )
        self.assertEqual(concern.description, TEXT)

    def test_triage_fields_are_changed_by_the_dialog_only(self):
        concern = self._file().with_user(self.psychology)
        for vals in ({"state": "handled"}, {"outcome": "dismissed"}, {"case_ids": False}):
            with self.assertRaises(AccessError):
                concern.write(vals)

    def test_additions_are_append_only(self):
        concern = self._file()
        additions = self.env["crisis.concern.addendum"]
        words = {"concern_id": concern.id, "text": "时间应为第二节课。"}
        with self.assertRaises(AccessError):
            additions.with_user(self.staff).create({**words, "user_id": self.principal.id})
        own = additions.with_user(self.staff).create(words)
        self.assertEqual(own.user_id, self.staff)
        found = additions.with_user(self.psychology).create(
            {"concern_id": concern.id, "text": "已与学生谈话。"}
        )
        with self.assertRaises(AccessError):
            additions.with_user(self.head_teacher).create({"concern_id": concern.id, "text": "x"})
        for user in (self.staff, self.psychology, self.principal):
            self.assertFalse(own.with_user(user).has_access("write"))
            self.assertFalse(own.with_user(user).has_access("unlink"))
        with self.assertRaises(UserError):
            own.sudo().text = "改"
        with self.assertRaises(UserError):
            own.sudo().unlink()
        self.env.invalidate_all()
        self.assertEqual(concern.with_user(self.staff).addendum_ids, own)
        self.env.invalidate_all()
        self.assertEqual(concern.with_user(self.psychology).addendum_ids, own | found)

    def test_attachments_follow_the_report(self):
        file = self._upload()
        concern = self._file(attachment_ids=[Command.link(file.id)])
        self.assertEqual((file.res_model, file.res_id), ("crisis.concern", concern.id))
        self.assertTrue(file.with_user(self.staff).has_access("read"))
        self.assertTrue(file.with_user(self.psychology).has_access("read"))
        self.assertFalse(file.with_user(self.head_teacher).has_access("read"))

    def test_attachments_of_others_or_elsewhere_are_refused(self):
        foreign = self._upload(self.psychology)
        placed = self._upload()
        earlier = self._file(attachment_ids=[Command.link(placed.id)])
        for file in (foreign, placed):
            for value in ([Command.link(file.id)], [Command.set(file.ids)], file.ids):
                with self.subTest(value=value), self.assertRaises(AccessError):
                    self._file(attachment_ids=value)
        self.assertEqual(placed.res_id, earlier.id)

    def test_attachments_of_submitted_reports_stay(self):
        draft, file = self._upload(), self._upload()
        draft.unlink()
        self._file(attachment_ids=[Command.link(file.id)])
        for files in (file.with_user(self.psychology), file.sudo()):
            for vals in ({"raw": b"y"}, {"res_id": 0}, {"public": True}, {"name": "x"}):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    files.write(vals)
            with self.assertRaises(AccessError):
                files.unlink()

    def test_body_marks_are_read_with_the_report(self):
        concern = self._file(body_mark_ids=[Command.create(self.mark)])
        mark = concern.body_mark_ids
        self.assertEqual((mark.x, mark.y, mark.kind), (40.5, 30, "bruise"))
        self.assertTrue(mark.with_user(self.psychology).has_access("read"))
        self.assertFalse(mark.with_user(self.head_teacher).has_access("read"))
        self.assertFalse(self._as(self.other_psychology, mark).has_access("read"))
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self._file(body_mark_ids=[Command.create({**self.mark, "x": 101})])

    def test_duty_group_is_told_at_once(self):
        concern = self._file()
        activities = self._triage_activities(concern)
        self.assertEqual(activities.user_id, self.psychology)
        self.assertEqual(activities.res_name, concern.name)
        danger = self._file(immediate_danger="yes")
        self.assertEqual(
            self._triage_activities(danger).user_id,
            self.psychology | self.moral | self.principal,
        )

    def test_duty_team_comes_first(self):
        team = self.env["crisis.team"].create(
            {"name": "值班", "kind": "duty", "company_id": self.school.id}
        )
        self.env["crisis.team.member"].create({"team_id": team.id, "user_id": self.moral.id})
        self.assertEqual(self._triage_activities(self._file()).user_id, self.moral)

    def test_duty_falls_back_role_by_role(self):
        other = self._make_user("t_psychology_b", "psychology_teacher")
        self.class_1.psychology_teacher_id = False
        concern = self._file()
        self.assertEqual(self._triage_activities(concern).user_id, self.psychology | other)
        self.class_1.psychology_teacher_id = other
        self.assertEqual(concern._duty_users()[concern], other)
        (self.class_1 | self.class_2).psychology_teacher_id = False
        (self.psychology | other).active = False
        self.assertEqual(concern._duty_users()[concern], self.moral)
        self.moral.active = False
        self.assertEqual(concern._duty_users()[concern], self.principal)

    def test_nothing_of_the_report_leaves_it(self):
        concern = self._file(immediate_danger="yes")
        self.env.flush_all()
        messages = self.env["mail.message"].search(
            [("model", "=", "crisis.concern"), ("res_id", "=", concern.id)]
        )
        mails = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.psychology.partner_id.id)]
        )
        self.assertTrue(mails)
        texts = [
            *messages.mapped("body"), *messages.mapped("subject"), *mails.mapped("subject"),
            *mails.mapped("body_html"), *self._triage_activities(concern).mapped("res_name"),
            *self._triage_activities(concern).mapped("summary"),
        ]  # fmt: skip
        for text in filter(None, texts):
            self.assertNotIn(self.student_1.name, text)
            self.assertNotIn(TEXT, text)

    def test_receipt_names_the_reference(self):
        concern = self._file(immediate_danger="yes")
        action = concern.action_receipt()
        self.assertIn(concern.name, action["params"]["message"])
        self.assertIn("120", action["params"]["message"])
        self.assertTrue(action["params"]["sticky"])

    def test_report_form_needs_few_entries(self):
        view = "crisis_intervention.crisis_concern_view_form_report"
        with Form(self.env["crisis.concern"].with_user(self.staff), view) as form:
            form.student_ids.add(self.student_1)
            form.immediate_danger = "no"
            form.told_in_person = "no"
            form.description = TEXT
            form.location = "教室"
        self.assertEqual(form.record.reporter_id, self.staff)

    def test_filing_many_takes_a_constant_number_of_references(self):
        vals = {
            "student_ids": [Command.set(self.student_1.ids)],
            "description": TEXT,
            "location": "教室",
            "immediate_danger": "no",
            "told_in_person": "yes",
        }
        concerns = self.env["crisis.concern"].with_user(self.staff).create([vals] * 12)
        numbers = [int(name[-4:]) for name in concerns.mapped("name")]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 12)))
        self.assertEqual(int(self._file().name[-4:]), numbers[0] + 12)

    def test_a_school_where_nobody_decides_refuses_reports(self):
        """A report that nobody is told of would be lost: the reporter must know at once."""
        company = self.env["res.company"].create({"name": "New School"})
        reporter = self._make_user("t_new_school", "staff", company=company)
        class_ = self.env["crisis.class"].create(
            {"name": "1班", "grade": 1, "company_id": company.id}
        )
        with self.assertRaises(UserError):
            self._make_concern(reporter, self._make_student("新生", "N1", class_))
