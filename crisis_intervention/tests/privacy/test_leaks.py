import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...sealed_reading import opening
from .. import access_matrix
from ..canaries import CANARIES, HARMLESS
from .leak_case import LeakCase


@tagged("post_install", "-at_install")
class TestLeaks(LeakCase):
    """Nothing about a child leaves its record with mails, messages, activities or the bus."""

    def test_every_text_has_a_canary(self):
        concern, case = self._work_a_case()
        for model in access_matrix.cells():
            if self.env[model]._transient:
                continue
            texts = {
                name
                for name, field in self.env[model]._fields.items()
                if field.type in ("char", "text", "html")
                and model == field.model_name
                and (field.store or name == "change_reason")
                and "crisis_intervention" in field._modules
            }
            with self.subTest(model=model):
                self.assertEqual(texts, set(CANARIES.get(model, {})) | HARMLESS.get(model, set()))
        for record in (
            self.child,
            self.guardian,
            self.child.membership_ids,
            concern,
            concern.addendum_ids,
            concern.body_mark_ids,
            case,
            case.change_ids[0],
            case.assessment_ids.filtered("flag_count"),
            case.assessment_ids.addendum_ids,
            self.category,
            self.team,
            self.team.member_ids,
            *self.loop,
        ):
            for name, text in CANARIES.get(record._name, {}).items():
                if name != "change_reason":
                    with self.subTest(model=record._name, field=name), opening("signing"):
                        self.assertEqual(record[name], text)

    def test_nothing_leaves_by_mail_message_activity_or_bus(self):
        marks = self._marks()
        self._work_a_case()
        rows = self._rows_since(marks)
        for table, lines in rows.items():
            with self.subTest(table=table):
                self.assertTrue(lines, "nothing came this way, so nothing was checked")
                for canary in self.canaries:
                    self.assertFalse([line for line in lines if canary in line], canary)

    def test_mails_have_no_reference_either(self):
        marks = self._marks()
        concern, case = self._work_a_case()
        self._settle()
        mails = self.env["mail.mail"].search([("id", ">", marks["mail_mail"])])
        self.assertTrue(mails)
        for mail in mails:
            text = f"{mail.subject} {mail.body_html} {mail.body} {mail.record_name}"
            self.assertNotIn(case.name, text)
            self.assertNotIn(concern.name, text)
            self.assertFalse(mail.attachment_ids)

    def test_names_of_records_are_references(self):
        concern, case = self._work_a_case()
        self.assertEqual((concern.display_name, case.display_name), (concern.name, case.name))
        below = (
            *concern.addendum_ids,
            *concern.body_mark_ids,
            *case.deadline_ids,
            *case.change_ids,
            *case.assessment_ids,
            *case.assessment_ids.addendum_ids,
            *self.loop,
            *self.env["crisis.chronology"].search([("case_id", "=", case.id)]),
        )
        for record in (concern, case, *below):
            with self.subTest(model=record._name):
                for lang in ("en_US", False):
                    name = record.with_context(lang=lang, show_class=True).display_name
                    self.assertFalse([text for text in self.canaries if text in name])
        messages = self.env["mail.message"].search([("model", "in", [case._name, concern._name])])
        self.assertTrue(messages)
        names = set(messages.mapped("record_name")) - {False}
        self.assertLessEqual({case.name, concern.name}, names)
        # further reports were filed by the emergency
        self.assertEqual(names, {case.name, *case.concern_ids.mapped("name")})
        activities = self.env["mail.activity"].search([("res_model", "=", case._name)])
        self.assertTrue(activities)
        references = self.env["crisis.case"].search([]).mapped("name")
        self.assertLessEqual(set(activities.mapped("res_name")), set(references))

    def test_web_push_is_a_bare_pointer(self):
        concern, case = self._work_a_case()
        for record in (concern, case):
            message = record._message_log(body=CANARIES["crisis.concern"]["description"])
            payload = json.dumps(
                record._notify_by_web_push_prepare_payload(message), ensure_ascii=False
            )
            for text in (*self.canaries, record.name):
                self.assertNotIn(text, payload)

    def test_notes_of_activities_stay_here(self):
        """What users type into an activity is not taken, nor goes it into mail, push or bus."""
        _concern, case = self._work_a_case()
        marks = self._marks()
        for words in ({"summary": "ADVICECANARY"}, {"note": "ADVICECANARY"}):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                case.with_user(self.psychology).activity_schedule(
                    "mail.mail_activity_data_todo", user_id=self.psychology_2.id, **words
                )
        # what another program wrote there
        case.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=self.psychology_2.id,
            summary="ADVICECANARY",
            note="ADVICECANARY",
        )
        rows = self._rows_since(marks)
        self.assertTrue(rows["mail_mail"])
        self.assertTrue(rows["mail_activity"])
        for table in ("mail_mail", "bus_bus"):
            self.assertFalse([line for line in rows[table] if "ADVICECANARY" in line], table)
