import base64
import json
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tools import SQL

from ... import identity
from ..canaries import ANSWER, CANARIES
from ..common import CrisisCommon

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
            self.env.cr.execute(SQL("SELECT COALESCE(MAX(id), 0) FROM %s", SQL.identifier(table)))
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
            query = "SELECT row_to_json(t) FROM %s t WHERE id > %s"
            self.env.cr.execute(SQL(query, SQL.identifier(table), mark))
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
        case.background = CANARIES["crisis.text.version"]["text"]
        self._settle()
        self._having_read(case).write(
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
            words = {k: v for k, v in texts[model].items() if k in self.env[model]._client_fields()}
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
        # here the decision comes from code
        with patch.object(identity, "require_decided", lambda record: None):
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
            self.env["crisis.emergency"]._cron_watch()
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
