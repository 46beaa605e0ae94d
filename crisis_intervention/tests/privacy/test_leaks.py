import base64
import json
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .. import access_matrix
from ..common import CrisisCommon

CHILD = "欧阳丝雀"
ANSWER = "ANSWERCANARY"
DENIALS = (
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_attachment",
    "odoo.orm",
    "odoo.http",
)

# What is written about a child, or in confidence: none of it may leave its record.
CANARIES = {
    "crisis.student": {"name": CHILD, "student_number": "NUMBERCANARY"},
    "crisis.guardian": {
        "name": "GUARDIANCANARY",
        "phone": "13077001122",
        "phone_secondary": "13077003344",
        "consent_filename": "FILECANARY",
    },
    "crisis.class.membership": {"label": "LABELCANARY"},
    "crisis.concern": {
        "location": "LOCATIONCANARY",
        "description": "DESCRIPTIONCANARY",
        "dismiss_reason": "DISMISSCANARY",
    },
    "crisis.concern.addendum": {"text": "ADDENDUMCANARY"},
    "crisis.body.mark": {"note": "MARKCANARY"},
    "crisis.case": {
        "shared_advice": "ADVICECANARY",
        "background": "BACKGROUNDCANARY",
        "risk_formulation": "FORMULATIONCANARY",
        "closing_summary": "SUMMARYCANARY",
        "change_reason": "REASONCANARY",
        "closing_causes": "CAUSESCANARY",
        "closing_prevention": "PREVENTIONCANARY",
        "closing_told": "TOLDCANARY",
    },
    "crisis.plan": {
        "summary": "PLANSUMMARYCANARY",
        "goals": "GOALSCANARY",
        "guardian_part": "GUARDIANPARTCANARY",
        "warning_signs": "SIGNSCANARY",
        "own_coping": "COPINGCANARY",
        "people_places": "PLACESCANARY",
        "helpers": "HELPERSCANARY",
        "professionals": "PROFESSIONALSCANARY",
        "safe_surroundings": "SURROUNDINGSCANARY",
        "reasons": "REASONSCANARY",
    },
    "crisis.measure": {
        "title": "MEASURECANARY",
        "method": "METHODCANARY",
        "result": "RESULTCANARY",
    },
    "crisis.approval": {"text": "APPROVALCANARY"},
    "crisis.session": {
        "location": "ROOMCANARY",
        "present": "PRESENTCANARY",
        "notes": "NOTESCANARY",
        "disclosure": "DISCLOSURECANARY",
        "summary_draft": "SESSIONSUMMARYCANARY",
        "summary": "SESSIONSUMMARYCANARY",
    },
    "crisis.session.addendum": {"text": "SESSIONNOTECANARY"},
    "crisis.guardian.contact": {
        "reason": "OCCASIONCANARY",
        "told": "SAIDCANARY",
        "response": "RESPONSECANARY",
        "agreed": "AGREEDCANARY",
        "guardian_tasks": "TASKSCANARY",
        "refusal_reason": "REFUSALCANARY",
        "witness_1": "WITNESSCANARYA",
        "witness_2": "WITNESSCANARYB",
        "scan_filename": "SCANCANARY",
    },
    "crisis.guardian.waiver": {
        "reason": "WAIVERCANARY",
        "protection": "PROTECTIONCANARY",
        "end_reason": "WAIVERENDCANARY",
    },
    "crisis.medical.record": {
        "finding": "FINDINGCANARY",
        "treatment": "TREATMENTCANARY",
        "accompanied_by": "COMPANIONCANARY",
        "medication": "MEDICATIONCANARY",
        "care_points": "CARECANARY",
    },
    "crisis.mandatory.report": {
        "facts": "FACTSCANARY",
        "receiver": "RECEIVERCANARY",
        "receipt": "RECEIPTCANARY",
        "scan_filename": "RECEIPTFILECANARY",
        "waive_reason": "WAIVECANARY",
    },
    "crisis.referral": {
        "reason": "REFERRALCANARY",
        "done_so_far": "DONECANARY",
        "may_share": "SHARECANARY",
        "basis_reason": "BASISCANARY",
        "reply_by": "REPLYBYCANARY",
        "reply_opinion": "OPINIONCANARY",
        "reply_scan_filename": "SLIPCANARY",
        "note_end": "ENDCANARY",
    },
    "crisis.review": {
        "present": "REVIEWERSCANARY",
        "changes": "CHANGESCANARY",
        "reason": "REVIEWREASONCANARY",
    },
    "crisis.school.return": {
        "certificate_filename": "CERTIFICATECANARY",
        "interview": "INTERVIEWCANARY",
        "conditions": "CONDITIONSCANARY",
        "schedule": "SCHEDULECANARY",
    },
    "crisis.access.grant": {
        "purpose": "PURPOSECANARY",
        "decision_comment": "DECISIONCANARY",
        "verdict_comment": "VERDICTCANARY",
    },
    "crisis.person.request": {
        "asked_by": "ASKEDBYCANARY",
        "identity_note": "IDENTITYCANARY",
        "wish": "WISHCANARY",
        "decision_reason": "ANSWEREDCANARY",
    },
    "crisis.legal.hold": {"reason": "HOLDCANARY", "lift_reason": "LIFTCANARY"},
    "crisis.emergency": {
        "place": "EMPLACECANARY",
        "what_happened": "HAPPENEDCANARY",
        "causes": "EMCAUSESCANARY",
        "what_worked": "WORKEDCANARY",
        "what_to_improve": "IMPROVECANARY",
        "statement": "STATEMENTCANARY",
        "waive_reason": "EMWAIVECANARY",
    },
    "crisis.emergency.alert": {"phone": "13077007788"},
    "crisis.emergency.event": {"text": "EVENTCANARY"},
    "crisis.emergency.measure": {"name": "EMMEASURECANARY", "result": "EMRESULTCANARY"},
    "crisis.emergency.report": {
        "addressee": "ADDRESSEECANARY",
        "facts": "EMFACTSCANARY",
        "harm": "HARMCANARY",
        "done": "EMDONECANARY",
        "public_attention": "ATTENTIONCANARY",
        "next_steps": "NEXTCANARY",
        "contact": "CONTACTCANARY",
        "receiver": "EMRECEIVERCANARY",
    },
    "crisis.case.change": {"reason": "REASONCANARY"},
    "crisis.assessment": {
        "conclusion": "CONCLUSIONCANARY",
        "missing_reason": "MISSINGCANARY",
        "proposal_reason": "PROPOSALCANARY",
    },
    "crisis.assessment.addendum": {"text": "FORMNOTECANARY"},
    "crisis.category": {"name": "CATEGORYCANARY", "description": "CATEGORYTEXTCANARY"},
    "crisis.response.policy": {
        "label": "POLICYCANARY",
        "criteria": "CRITERIACANARY",
        "source": "SOURCECANARY",
    },
    "crisis.team": {"name": "TEAMCANARY", "note": "TEAMNOTECANARY"},
    "crisis.team.member": {"phone": "13077005566", "stand_in_phone": "13077006677"},
}

# Texts without anything about a child, or checked by the database for their form; the rest of a
# model's texts has a canary.
HARMLESS = {
    "crisis.class": {"name", "school_year"},
    "crisis.class.membership": {"school_year"},
    "crisis.concern": {"name"},  # the reference
    "crisis.case": {"name"},
    "crisis.assessment": {"name"},
    # instruments are the same for every child
    "crisis.instrument": {"name", "code", "version", "description", "source"},
    "crisis.instrument.item": {
        *("code", "section", "topic", "text", "condition_answers", "flag_from"),
    },
    "crisis.instrument.option": {"code", "label"},
    "crisis.instrument.scale": {"code", "name", "standard_table"},
    "crisis.instrument.band": {"name", "recommendation"},
    "crisis.plan": {"name"},
    "crisis.measure": {"name"},
    "crisis.approval": {"res_model"},
    "crisis.chronology": {"res_model"},
    # of the reader, not of the child
    "crisis.disclosure": {"res_model", "field_names", "ip", "device", "hash"},
    "crisis.deadline": {"res_model"},
    "crisis.print.log": {"text"},  # references of documents
    "crisis.session": {"name"},
    "crisis.guardian.contact": {"name"},
    "crisis.guardian.waiver": {"name"},
    "crisis.medical.record": {"name"},
    "crisis.mandatory.report": {"name"},
    "crisis.referral": {"name"},
    "crisis.review": {"name"},
    "crisis.access.grant": {"name"},
    "crisis.person.request": {"name"},
    "crisis.legal.hold": {"name"},
    # what stays for good tells of nobody
    "crisis.destruction": {"name", "note"},
    "crisis.destruction.line": {"reference"},
    "crisis.school.return": {"name"},
    # templates and the law are the same for every child
    "crisis.plan.template": {"name", "goals", "source"},
    "crisis.plan.template.line": {"title", "method"},
    "crisis.mandatory.situation": {"name", "source"},
    "crisis.emergency": {"name"},
    "crisis.emergency.alert": {"duties"},
    "crisis.emergency.event": {"token"},
    "crisis.emergency.report": {"name"},
    # plans are the same for every child
    "crisis.protocol": {"name", "principle", "avoid"},
    "crisis.protocol.step": {"name", "how", "avoid", "phone"},
    "crisis.protocol.review": {"school_year"},
    "crisis.stage": {"name", "description"},  # stages are named in every case's history
    "crisis.student": {"national_number", "pinyin", "pinyin_initials"},  # identity: see below
}

# Where texts leave a record: tables that others than the record's readers read or receive.
WAYS_OUT = ("mail_message", "mail_mail", "mail_activity", "mail_tracking_value", "bus_bus")


class LeakCase(CrisisCommon):
    """A school full of canaries."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.canaries = {text for texts in CANARIES.values() for text in texts.values()}
        cls.child = cls.env["crisis.student"].create(
            {
                **CANARIES["crisis.student"],
                "class_id": cls.class_1.id,
                "company_id": cls.school.id,
                "national_number": "L110101201803074517",
            }
        )
        # identity of the child in every form it is kept in
        cls.canaries |= {cls.child.pinyin, cls.child.national_number}
        cls.guardian = cls.env["crisis.guardian"].create(
            {"student_id": cls.child.id, **CANARIES["crisis.guardian"]}
        )
        cls.child.membership_ids.label = CANARIES["crisis.class.membership"]["label"]
        cls.category = cls.env["crisis.category"].create(CANARIES["crisis.category"])
        cls.env["crisis.response.policy"].search([]).write(CANARIES["crisis.response.policy"])
        cls.team = cls.env["crisis.team"].create(
            {
                **CANARIES["crisis.team"],
                "company_id": cls.school.id,
                "kind": "duty",
                "member_ids": [
                    Command.create({"user_id": cls.psychology.id, **CANARIES["crisis.team.member"]})
                ],
            }
        )
        cls.psychology_2 = cls._make_user("t_psychology_2", "psychology_teacher")
        cls.instrument = cls._make_instrument()
        cls.canaries.add(ANSWER)
        for user in (cls.psychology, cls.psychology_2, cls.staff, cls.head_teacher):
            user.notification_type = "email"
        for user in (cls.principal, cls.moral):
            user.notification_type = "inbox"

    def _marks(self):
        """Return the highest ids of the tables texts leave by, to see what comes after."""
        self._settle()
        marks = {}
        for table in WAYS_OUT:
            self.env.cr.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
            [marks[table]] = self.env.cr.fetchone()
        return marks

    def _settle(self):
        """Let tracking and notifications happen that wait for the end of the transaction."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def _rows_since(self, marks):
        """Return dict of table to its rows after ``marks``, as texts with nothing escaped."""
        self._settle()
        rows = {}
        for table, mark in marks.items():
            self.env.cr.execute(f"SELECT row_to_json(t) FROM {table} t WHERE id > %s", [mark])
            rows[table] = [
                json.dumps(self._unfolded(row), ensure_ascii=False)
                for [row] in self.env.cr.fetchall()
            ]
        return rows

    def _unfolded(self, row):
        """Decode JSON inside of a row, where Chinese would hide behind escapes."""
        for key, value in row.items():
            if isinstance(value, str) and value[:1] in "{[":
                with suppress(ValueError):
                    row[key] = json.loads(value)
        return row

    def _work_a_case(self):
        """File, add to, triage, raise, move, hand over, work and close; return report and case."""
        texts = CANARIES["crisis.concern"]
        concern = self._make_concern(
            self.staff,
            self.child,
            description=texts["description"],
            location=texts["location"],
            immediate_danger="yes",
            category_ids=[Command.set(self.category.ids)],
            body_mark_ids=[Command.create({"x": 1, "y": 1, **CANARIES["crisis.body.mark"]})],
        )
        self.env["crisis.concern.addendum"].with_user(self.staff).create(
            {"concern_id": concern.id, **CANARIES["crisis.concern.addendum"]}
        )
        self._settle()
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.moral)
            .create({"concern_id": concern.id, "dismiss_reason": texts["dismiss_reason"]})
        )
        case = self.env["crisis.case"].browse(wizard.action_confirm()["res_id"])
        case = case.with_user(self.psychology)
        reason = CANARIES["crisis.case"]["change_reason"]
        self._settle()
        case.sudo()._review_level("orange", reason)
        self._settle()
        case.write(
            {
                name: text
                for name, text in CANARIES["crisis.case"].items()
                if name != "change_reason"
            }
        )
        self._settle()
        self._assess()
        case.user_id = self.psychology_2
        self._settle()
        case.write({"risk_level": "red", "change_reason": reason})
        case.medical_involved = True
        case.deadline_ids.filtered(lambda step: step.kind == "first_contact").action_done()
        self._settle()
        first = case.stage_id
        case.action_next_stage()
        self.assertNotEqual(case.stage_id, first)
        self._settle()
        case.write({"stage_id": first.id, "change_reason": reason})
        self._settle()
        self.loop = self._work_the_loop(case)
        self.env.invalidate_all()
        return self.env[concern._name].browse(concern.id), self.env[case._name].browse(case.id)

    def _work_the_loop(self, case):
        """Walk through all records behind ``case`` with their buttons; return them by model."""
        texts = CANARIES
        now, today = fields.Datetime.now(), fields.Date.today()
        hospital = self.env["res.partner"].create({"name": "x", "crisis_resource_kind": "hospital"})
        below = {"case_id": case.id}

        def new(model, user, **vals):
            words = {k: v for k, v in texts[model].items() if k in self.env[model]._entered_fields}
            return self.env[model].with_user(user).create({**below, **words, **vals})

        plan = new("crisis.plan", self.psychology)
        measure = new(
            "crisis.measure",
            self.psychology,
            plan_id=plan.id,
            user_id=self.head_teacher.id,
            date_due=today,
        )
        plan.action_submit()
        plan.with_user(self.principal).action_approve(texts["crisis.approval"]["text"])
        measure.with_user(self.head_teacher).action_done()
        session = new(
            "crisis.session",
            self.psychology,
            date_start=now - timedelta(hours=1),
            limits_explained=True,
        )
        session.action_sign()
        session.action_release_summary()
        addendum = session.addendum_ids.create(
            {"session_id": session.id, **texts["crisis.session.addendum"]}
        )
        contact = new(
            "crisis.guardian.contact",
            self.head_teacher,
            guardian_ids=[Command.set(self.guardian.ids)],
            purpose="consent",
            consent="refused",
        )
        contact.action_sign()
        record = new(
            "crisis.medical.record", self.doctor, disposition="hospital", date_follow_up=today
        )
        record.action_sign()
        report = new(
            "crisis.mandatory.report",
            self.psychology,
            situation_ids=[
                Command.set(self.env["crisis.mandatory.situation"].search([], limit=1).ids)
            ],
        )
        report.with_user(self.principal)._waive(texts["crisis.mandatory.report"]["waive_reason"])
        referral = new(
            "crisis.referral",
            self.psychology,
            resource_id=hospital.id,
            basis="danger",
        )
        referral.action_submit()
        referral.with_user(self.principal).action_approve(texts["crisis.approval"]["text"])
        referral.action_send()
        referral.write({"reply_accepted": "yes"})
        referral.action_reply()
        referral.action_end()
        review = new("crisis.review", self.psychology)
        review.action_sign()
        form = self._make_assessment(self.child, {"1": "0", "2": "3", "3": "0"}, self.instrument)
        form.action_complete()
        entry = new(
            "crisis.school.return",
            self.psychology,
            date_return=today,
            hospital_id=hospital.id,
            hospital_date=today,
            assessment_id=form.id,
        )
        entry.action_submit()
        entry.with_user(self.principal).action_approve(texts["crisis.approval"]["text"])
        waiver = new("crisis.guardian.waiver", self.psychology)
        waiver.action_submit()
        waiver.with_user(self.principal).action_approve(texts["crisis.approval"]["text"])
        waiver.action_end()
        self._settle()
        case.deadline_ids.sudo().filtered(lambda d: not d.date_done).write(
            {"date_due": now - timedelta(days=9)}
        )
        self.env["crisis.escalation"]._escalate(
            self.env["crisis.deadline"].search(self.env["crisis.escalation"]._due_domain())
        )
        self._settle()
        grant = self._look(texts["crisis.access.grant"])
        hold = new("crisis.legal.hold", self.psychology)
        hold.with_user(self.principal).action_lift()
        request = (
            self.env["crisis.person.request"]
            .with_user(self.psychology)
            .create({"student_id": self.child.id, **texts["crisis.person.request"]})
        )
        request.identity_check = "known"
        request.action_grant()
        destruction = self.env["crisis.destruction"].create(
            {
                "company_id": self.school.id,
                "line_ids": [Command.create({"case_id": case.id, "reference": case.name})],
            }
        )
        emergency = self._run_an_emergency()
        approval = plan.sudo().approval_ids.filtered(lambda line: line.decision == "approved")
        return [
            r.sudo()
            for r in (
                plan, measure, approval, session, addendum, contact, waiver, record, report,
                referral, review, entry, grant, hold, request, destruction,
                destruction.line_ids, *emergency,
            )
        ]  # fmt: skip

    def _look(self, texts):
        """Ask for a permission and get it; open the case in an emergency that is reviewed."""
        grants = self.env["crisis.access.grant"].with_user(self.head_teacher)
        values = {"student_id": self.child.id, "scope": "all", "purpose": texts["purpose"]}
        asked, emergency = grants.create([values, values])
        asked.action_submit()
        asked.with_user(self.principal).action_approve(texts["decision_comment"])
        asked._reading()
        emergency._break_glass()
        emergency._reading()
        emergency.with_user(self.principal)._review("justified", texts["verdict_comment"])
        emergency.sudo()._set({"decision_comment": texts["decision_comment"]})
        return emergency

    def _run_an_emergency(self):
        """Start an emergency about the child, act in it, summarise and report it.

        :return: list of the emergency and one record of each kind behind it
        """
        texts = CANARIES
        phone = texts["crisis.emergency.alert"]["phone"]
        team = self._make_team(
            chair=self.principal, psychology=(self.psychology, self.psychology_2)
        )
        team.member_ids.phone = phone
        emergency = self._start_emergency(
            self.staff, place=texts["crisis.emergency"]["place"], student_ids=[]
        )
        self._settle()
        emergency.add_students(self.child.ids)
        emergency.add_note(texts["crisis.emergency.event"]["text"])
        emergency.log_call("120", texts["crisis.emergency.event"]["text"])
        emergency.add_photo(
            "x.gif", base64.b64encode(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;").decode()
        )
        step = emergency.sudo().step_ids[0]
        emergency.take_step(step.id)
        emergency.done_step(step.id)
        emergency.sudo()._pass_on(
            emergency.sudo().alert_ids.filtered(lambda a: a.user_id == self.psychology)
        )
        self._settle()
        ours = emergency.with_user(self.principal)
        ours.acknowledge()
        ours.stand_down("resolved", texts["crisis.emergency.event"]["text"])
        ours.write(
            {
                name: text
                for name, text in texts["crisis.emergency"].items()
                if name not in ("place", "waive_reason")
            }
        )
        ours._waive(texts["crisis.emergency"]["waive_reason"])
        ours.action_release_statement()
        measure = ours.measure_ids.create(
            {
                **texts["crisis.emergency.measure"],
                "emergency_id": ours.id,
                "user_id": self.psychology.id,
                "date_due": fields.Date.today(),
            }
        )
        measure.action_done()
        report = ours.report_ids.create(
            {**texts["crisis.emergency.report"], "emergency_id": ours.id}
        )
        report.action_send()
        self._settle()
        ours.sudo()._set({"date_phone_reminder": fields.Datetime.now(), "report_state": "open"})
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *a, **k: 60):
            self.env["crisis.emergency"]._remind_of_reports()
        self._settle()
        note = emergency.sudo().event_ids.filtered(lambda event: event.kind == "note")
        return [emergency, emergency.sudo().alert_ids[0], note, measure, report]

    def _assess(self):
        """Fill in a form with a red flag, add to it, and decline the proposed level."""
        texts = CANARIES["crisis.assessment"]
        form = self._make_assessment(
            self.child,
            {"1": "1", "3": "2", "5": ANSWER},
            self.instrument,
            conclusion=texts["conclusion"],
            missing_reason=texts["missing_reason"],
        )
        form.action_complete()
        self._settle()
        form.addendum_ids.create(
            {"assessment_id": form.id, **CANARIES["crisis.assessment.addendum"]}
        )
        form.with_user(self.moral)._decide(False, texts["proposal_reason"])
        self._settle()
        return form.sudo()


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
                    with self.subTest(model=record._name, field=name):
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
        """What users type into an activity goes into no mail, push or bus message."""
        _concern, case = self._work_a_case()
        marks = self._marks()
        case.with_user(self.psychology).activity_schedule(
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

    def test_followers_without_access_get_nothing(self):
        concern, case = self._work_a_case()
        for record, reader in ((case, self.psychology), (concern, self.principal)):
            with self.subTest(model=record._name):
                record.message_subscribe((self.security | reader).partner_id.ids)
                self.assertIn(reader.partner_id, record.message_partner_ids)
                self.assertNotIn(self.security.partner_id, record.message_partner_ids)
                # one who followed while still allowed, and lost the role
                self.env["mail.followers"].create(
                    {
                        "res_model": record._name,
                        "res_id": record.id,
                        "partner_id": self.security.partner_id.id,
                        "subtype_ids": [Command.set(self.env.ref("mail.mt_comment").ids)],
                    }
                )
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
                    "crisis.mandatory.situation",
                    "crisis.plan.template", "crisis.plan.template.line", "crisis.emergency.step",
                    "crisis.protocol", "crisis.protocol.step",
                )),
                self.env["crisis.print.log"].create({"case_id": case.id, "text": "x", "pages": 1}),
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


@tagged("post_install", "-at_install")
class TestDoors(LeakCase, HttpCase):
    """The same through the doors of the web server."""

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
