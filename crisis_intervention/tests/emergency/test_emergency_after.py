from datetime import timedelta

from lxml import etree
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...lib.anonymity import names_in, numbers_in
from ..documents import DocumentCase
from .emergency_case import AfterCase


@tagged("post_install", "-at_install")
class TestEmergencyAfter(AfterCase):
    """Summary, measures, report to the district, support, closing."""

    def test_closing_needs_summary_and_report(self):
        emergency = self._ended()
        mine = emergency.with_user(self.moral)
        with self.assertRaisesRegex(UserError, "district.*Causes"):
            mine.action_close()
        self._summarise(emergency)
        with self.assertRaisesRegex(UserError, "district"):
            mine.action_close()
        emergency.with_user(self.principal)._waive("无伤害，未构成事件")
        with self.assertRaises(AccessError):
            emergency.with_user(self.doctor).action_close()
        mine.action_close()
        self.assertEqual(emergency.state, "closed")
        for do in (
            lambda e: e.write({"causes": "x"}),
            lambda e: e.measure_ids.create(
                {"emergency_id": e.id, "name": "x", "user_id": e.env.uid, "date_due": "2030-01-01"}
            ),
            lambda e: e.action_close(),
        ):
            with self.assertRaises(UserError):
                do(mine)

    def test_whoever_stands_down_is_asked_for_the_summary(self):
        emergency = self._ended()
        due = fields.Date.context_today(emergency) + timedelta(days=7)
        activity = self.env["mail.activity"].search(
            [
                ("res_model", "=", "crisis.emergency"),
                ("res_id", "=", emergency.id),
                ("user_id", "=", self.principal.id),
                ("date_deadline", "=", due),
            ]
        )
        self.assertEqual(activity.activity_type_id.name, "Write the summary")

    def test_measures_have_owner_day_and_activity(self):
        emergency = self._ended()
        measure = (
            self.env["crisis.emergency.measure"]
            .with_user(self.moral)
            .create(
                {
                    "emergency_id": emergency.id,
                    "name": "天台门加锁",
                    "user_id": self.helper.id,
                    "date_due": fields.Date.today(),
                }
            )
        )
        self.assertEqual(measure.sudo().activity_ids.user_id, self.helper)
        self.assertEqual(measure.display_name, emergency.name)
        own = measure.with_user(self.helper)
        with self.assertRaises(AccessError):
            own.write({"date_due": "2030-01-01"})
        with self.assertRaises(UserError):
            own.action_done()
        own.result = "已加装"
        own.action_done()
        self.assertEqual(measure.state, "done")
        self.assertFalse(measure.sudo().activity_ids)
        with self.assertRaises(UserError):
            own.write({"result": "x"})
        with self.assertRaises(AccessError):
            own.action_cancel()
        self.other_psychology.company_ids = [(4, self.other_school.id)]
        self._confirm_roles(self.other_psychology)
        with self.assertRaises(UserError):
            measure.copy({"user_id": self.other_psychology.id})

    def test_report_by_phone_and_in_writing(self):
        self.school.crisis_district_id = self.district_centre
        emergency = self._start_emergency(self.staff)
        start = emergency.date_start
        own = emergency.sudo()
        self.assertEqual(own.report_state, "open")
        self.assertEqual(own.date_phone_due, start + timedelta(hours=2))
        self.assertEqual(own.date_written_due, start + timedelta(hours=24))
        emergency.with_user(self.staff).log_call("district")
        self.assertEqual(own.report_state, "phoned")
        first = own.date_phoned
        emergency.with_user(self.doctor).log_call("district")
        self.assertEqual(own.date_phoned, first)
        action = emergency.with_user(self.moral).action_write_report()
        report = self.env["crisis.emergency.report"].browse(action["res_id"])
        self.assertEqual(report.addressee, "District Centre")
        self.assertIn("楼顶", report.facts)
        again = emergency.with_user(self.moral).action_write_report()
        self.assertEqual(again["res_id"], report.id, "one at a time is being written")
        self.assertFalse(self._seen_by_district(emergency, report))
        with self.assertRaises(AccessError):
            report.with_user(self.moral).action_send()
        report.with_user(self.principal).action_send()
        self.assertEqual((report.state, own.report_state), ("sent", "sent"))
        self.assertTrue(self._seen_by_district(emergency, report))
        district = self.env["crisis.emergency"].with_user(self.district).browse(emergency.id)
        for name in ("student_ids", "event_ids", "causes", "case_ids", "statement"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                district.read([name])
        with self.assertRaises(AccessError):
            district.board()
        with self.assertRaises(UserError):
            report.with_user(self.principal).write({"facts": "x"})
        report.with_user(self.principal).receiver = "教育局值班室"
        action = emergency.with_user(self.moral).action_write_report()
        self.assertEqual(
            self.env["crisis.emergency.report"].browse(action["res_id"]).stage, "further"
        )

    def test_forms_open_for_every_reader(self):
        """Each role's own form and list read no field that is closed to it."""
        self.school.crisis_district_id = self.district_centre
        emergency = self._ended()
        action = emergency.with_user(self.moral).action_write_report()
        report = self.env["crisis.emergency.report"].browse(action["res_id"])
        report.with_user(self.principal).action_send()
        readers = {
            emergency: (
                self.head_teacher, self.doctor, self.security, self.psychology, self.moral,
                self.principal, self.district,
            ),
            report: (self.psychology, self.principal, self.district),
            emergency.protocol_id: (self.staff, self.doctor, self.moral, self.configurator),
        }  # fmt: skip
        for record, users in readers.items():
            for user in users:
                model = self.env[record._name].with_user(user)
                views = model.get_views([(False, "form"), (False, "list")])["views"]
                for kind, view in views.items():
                    arch = etree.fromstring(view["arch"])
                    names = {
                        node.get("name")
                        for node in arch.iter("field")
                        if not any(parent.tag == "field" for parent in node.iterancestors())
                    }
                    self.assertGreater(len(names), 3)
                    with self.subTest(model=record._name, user=user.login, view=kind):
                        self.env.invalidate_all()
                        [values] = model.browse(record.id).web_read({name: {} for name in names})
                        self.assertEqual(values["id"], record.id)

    def _seen_by_district(self, emergency, report):
        self.env.invalidate_all()
        found = [
            bool(self.env[record._name].with_user(self.district).search([("id", "=", record.id)]))
            for record in (emergency, report)
        ]
        self.assertEqual(len(set(found)), 1)
        return found[0]

    def test_principal_is_reminded_once_before_it_is_due(self):
        emergency = self._start_emergency(self.staff).sudo()
        watch = self.env["crisis.emergency"]

        def told():
            return self.env["mail.message"].search_count(
                [
                    ("model", "=", "crisis.emergency"),
                    ("res_id", "=", emergency.id),
                    ("partner_ids", "in", self.principal.partner_id.ids),
                ]
            )

        watch._cron_watch()
        self.assertEqual(told(), 0)
        past = fields.Datetime.now() - timedelta(minutes=1)
        emergency._set({"date_phone_reminder": past})
        for _run in range(3):
            watch._cron_watch()
        self.assertEqual(told(), 1)
        emergency.with_user(self.moral).action_phoned()
        emergency._set({"date_written_reminder": past})
        watch._cron_watch()
        self.assertEqual(told(), 2)
        self.assertFalse(emergency.is_report_overdue)
        emergency._set({"date_written_due": past})
        emergency.invalidate_recordset()
        self.assertTrue(emergency.is_report_overdue)

    def test_class_as_witnesses_and_colleagues(self):
        emergency = self._ended()
        self._make_students(5, self.class_1, "W")
        wizard = (
            self.env["crisis.emergency.witness"]
            .with_user(self.psychology)
            .create(
                {
                    "emergency_id": emergency.id,
                    "class_ids": [Command.set((self.class_1 | self.class_2).ids)],
                    "staff_ids": [Command.set((self.staff | self.head_teacher).ids)],
                }
            )
        )
        self.assertNotIn(self.student_1, wizard.student_ids, "it is about this child")
        self.assertEqual(len(wizard.student_ids), 6)
        wizard.action_confirm()
        reports = emergency.sudo().concern_ids.filtered(lambda c: c.immediate_danger == "no")
        self.assertEqual(reports.student_ids.class_id, self.class_1 | self.class_2)
        self.assertEqual(sorted(len(report.student_ids) for report in reports), [1, 5])
        triage = (
            self.env["crisis.concern.triage"]
            .with_user(self.moral)
            .create({"concern_id": reports.filtered(lambda r: len(r.student_ids) == 5).id})
        )
        self.assertEqual(len(triage.line_ids), 5, "one line per child, decided on at once")
        support = emergency.with_user(self.psychology).measure_ids
        self.assertEqual(support.about_id, self.staff | self.head_teacher)
        self.assertEqual(set(support.mapped("user_id")), {self.psychology})
        empty = wizard.copy({"student_ids": [], "staff_ids": [], "class_ids": []})
        with self.assertRaises(UserError):
            empty.action_confirm()

    def test_witnesses_cost_the_same_for_few_and_many(self):
        emergency = self._ended()
        counts = []
        for number, prefix in ((5, "X"), (45, "Y")):
            students = self._make_students(number, self.class_2, prefix)
            wizard = (
                self.env["crisis.emergency.witness"]
                .with_user(self.moral)
                .create({"emergency_id": emergency.id, "student_ids": [Command.set(students.ids)]})
            )
            with self._counting(counts):
                wizard.action_confirm()
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_statement_without_anybody_in_it(self):
        emergency = self._ended()
        mine = emergency.with_user(self.principal)
        mine.action_draft_statement()
        template = mine.statement
        self.assertIn("Test School", template)
        for text in (
            "三年级的林小禾同学",
            "三年级的林 小 禾同学",
            "学号 S001 的学生",
            "学号ｓ００１",
        ):
            self._having_read(mine).statement = template + text
            with self.subTest(text=text), self.assertRaises(UserError) as caught:
                mine.action_release_statement()
            self.assertNotIn("林小禾", str(caught.exception))
        self.student_1.active = False
        self._having_read(mine).statement = template + "林小禾"
        with self.assertRaises(UserError):
            mine.action_release_statement()
        # of another school: a chance namesake
        self._having_read(mine).statement = template + "何雨桐"
        with self.assertRaises(AccessError):
            emergency.with_user(self.moral).action_release_statement()
        mine.action_release_statement()
        self.assertTrue(mine.date_statement)
        for do in (lambda: mine.write({"statement": "x"}), mine.action_release_statement):
            with self.assertRaises(UserError):
                do()

    def test_names_and_numbers_in_a_text(self):
        text = "Yesterday Ann Lee of class 3 (No. 20260101) spoke. 小明很好，Ｂ１２！"
        self.assertEqual(
            names_in(text, ["ann  lee", "Annl", "Lee Ann", "Ye", "A", ""]), ["ann  lee"]
        )
        self.assertEqual(names_in("小·明", ["小明"]), ["小明"])
        self.assertEqual(names_in("大家都好", ["大", "好人"]), [])
        self.assertEqual(
            numbers_in(text, ["20260101", "2026", "3", "B12", "12"]), ["20260101", "B12"]
        )


@tagged("post_install", "-at_install")
class TestEmergencyReportPaper(AfterCase, DocumentCase):
    """The letter to the education authority, on paper in both languages."""

    def test_letter(self):
        self.school.crisis_district_id = self.district_centre
        emergency = self._start_emergency(self.staff, student_ids=[Command.link(self.student_1.id)])
        emergency.with_user(self.staff).log_call("120")
        action = emergency.with_user(self.moral).action_write_report()
        report = self.env["crisis.emergency.report"].browse(action["res_id"])
        report.with_user(self.moral).write({"harm": "无人受伤", "next_steps": "加强巡查"})
        for lang, words in (
            ("zh_CN", ("无人受伤", "加强巡查", "楼顶", "District Centre", "Test School", "120")),
            ("en_US", ("Report of an Emergency", "Harm", "Next Steps", "First report", "120")),
        ):
            page = " ".join(
                self._paper("crisis_emergency_report_letter", report, self.principal, lang)
            )
            for word in words:
                with self.subTest(lang=lang, word=word):
                    self.assertIn(word, page)
            self.assertNotIn("林小禾", page)
        with self.assertRaises(AccessError):
            self._print("crisis_emergency_report_letter", report, self.doctor)
