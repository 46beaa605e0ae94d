from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import CrisisCommon


class LoopCase(CrisisCommon):
    """A verified case of high risk."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1, risk_level="orange")

    def _open_kinds(self):
        return self.case.deadline_ids.filtered(lambda d: not d.date_done).mapped("kind")


@tagged("post_install", "-at_install")
class TestSession(LoopCase):
    """Sessions: an appointment without content, notes for few, locked when signed."""

    def _plan_session(self, **vals):
        return (
            self.env["crisis.session"]
            .with_user(self.psychology)
            .create({"case_id": self.case.id, **vals})
        )

    def test_appointment_tells_nothing(self):
        start = fields.Datetime.now() + timedelta(days=1)
        session = self._plan_session(date_start=start, location="秘密地点")
        event = session.event_id
        self.assertEqual((event.name, event.start, event.privacy), (session.name, start, "private"))
        for text in (self.student_1.name, self.case.name, "秘密地点"):
            self.assertNotIn(text, str(event.read()))
        self.assertFalse(event.location)
        self.assertEqual(event.partner_ids, self.psychology.partner_id)
        session.date_start = start + timedelta(days=1)
        self.assertEqual(event.start, session.date_start)
        session.action_cancel()
        self.assertFalse(event.active)
        self.assertNotIn("session", self._open_kinds())

    def test_signing(self):
        session = self._plan_session(date_start=fields.Datetime.now() - timedelta(hours=1))
        with self.assertRaises(UserError):
            session.action_sign()
        session.notes = "谈到同学。"
        with self.assertRaises(UserError):
            session.action_sign()
        session.limits_explained = True
        session.next_start = fields.Datetime.now() + timedelta(days=7)
        session.action_sign()
        self.assertEqual(session.state, "signed")
        self.assertNotIn("first_contact", self._open_kinds())
        following = self.case.session_ids - session
        self.assertEqual(following.date_start, session.next_start)
        for values in ({"notes": "x"}, {"state": "draft"}, {"summary": "x"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                session.write(values)
        session.addendum_ids = [Command.create({"text": "补充一句。"})]
        with self.assertRaises(UserError):
            session.addendum_ids.text = "改"

    def test_future_sessions_are_not_signed(self):
        session = self._plan_session(
            date_start=fields.Datetime.now() + timedelta(hours=3), notes="x", limits_explained=True
        )
        with self.assertRaises(UserError):
            session.action_sign()

    def test_only_the_author_writes(self):
        session = self._plan_session(notes="x")
        colleague = self._make_user("t_psychology_b", "psychology_teacher")
        self.assertEqual(session.with_user(colleague).notes, "x")
        with self.assertRaises(UserError):
            session.with_user(colleague).notes = "y"
        with self.assertRaises(UserError):
            session.with_user(colleague).action_sign()
        for user in (self.moral, self.principal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                session.with_user(user).read(["notes"])

    def test_summary_is_read_when_released(self):
        session = self._hold_session(self.case, summary_draft="情绪好转，课间多陪伴。")
        self.assertFalse(session.with_user(self.moral).summary)
        with self.assertRaises(AccessError):
            session.with_user(self.moral).action_release_summary()
        session.action_release_summary()
        self.assertEqual(session.with_user(self.moral).summary, "情绪好转，课间多陪伴。")


@tagged("post_install", "-at_install")
class TestGuardianContact(LoopCase):
    """Contacts with the guardians: told, consent, refusal with witnesses, home as the source."""

    def test_contact_finishes_the_step(self):
        contact = self._make_contact(self.case, user=self.head_teacher)
        self.assertEqual(contact.state, "signed")
        self.assertNotIn("guardian", self._open_kinds())
        self.assertIn("consent", self._open_kinds())
        with self.assertRaises(UserError):
            contact.told = "x"

    def test_nobody_reached_finishes_nothing(self):
        self._make_contact(self.case, attitude="unreachable")
        self.assertIn("guardian", self._open_kinds())

    def test_consent(self):
        self.assertTrue(self.case.consent_missing)
        contact = self._make_contact(self.case, sign=False, purpose="consent")
        with self.assertRaises(UserError):
            contact.action_sign()
        contact.consent = "refused"
        with self.assertRaises(UserError):
            contact.action_sign()
        contact.write({"refusal_reason": "担心留下记录", "witness_1": "甲", "witness_2": "乙"})
        contact.action_sign()
        self.assertEqual(contact.guardian_ids.consent_state, "refused")
        self.case.invalidate_recordset()
        self.assertTrue(self.case.consent_missing)
        self._make_contact(self.case, purpose="consent", consent="given")
        self.case.invalidate_recordset()
        self.assertFalse(self.case.consent_missing)
        self.assertNotIn("consent", self._open_kinds())

    def test_guardians_of_others_are_refused(self):
        guardian = self.env["crisis.guardian"].create(
            {"student_id": self.student_2.id, "name": "周父", "phone": "13800000002"}
        )
        with self.assertRaises(UserError):
            self._make_contact(self.case, guardian_ids=[Command.set(guardian.ids)])

    def test_home_as_the_source(self):
        waivers = self.env["crisis.guardian.waiver"].with_user(self.psychology)
        waiver = waivers.create({"case_id": self.case.id, "reason": "背部有皮带伤痕"})
        with self.assertRaises(UserError):
            waiver.action_submit()
        waiver.protection = "由外婆接回，已报警"
        draft = self._make_contact(self.case, user=self.head_teacher, sign=False)
        waiver.action_submit()
        self.assertTrue(self.case.guardians_not_told)
        self.assertFalse(self.case.consent_missing)
        self.assertIn("guardian", self._open_kinds(), "until the principal has approved")
        with self.assertRaises(UserError) as caught:
            self._make_contact(self.case, user=self.head_teacher)
        self.assertNotIn("home", str(caught.exception).lower())
        with self.assertRaises(UserError):
            draft.action_sign()
        with self.assertRaises(AccessError):
            self.case.with_user(self.head_teacher).read(["guardians_not_told"])
        with self.assertRaises(AccessError):
            waiver.action_approve()
        waiver.with_user(self.principal).action_approve("同意")
        self.assertNotIn("guardian", self._open_kinds())
        self.assertNotIn("consent", self._open_kinds())
        with self.assertRaises(UserError):
            waiver.action_end()
        waiver.end_reason = "公安排除"
        waiver.action_end()
        self.assertFalse(self.case.guardians_not_told)
        self.assertIn("guardian", self._open_kinds())
        self._make_contact(self.case)


@tagged("post_install", "-at_install")
class TestMedicalRecord(LoopCase):
    """The school doctor writes where medical care is involved, and nowhere else."""

    def _record(self, **vals):
        return (
            self.env["crisis.medical.record"]
            .with_user(self.doctor)
            .create({"case_id": self.case.id, "finding": "左臂浅表划伤", **vals})
        )

    def test_only_where_involved(self):
        with self.assertRaises(AccessError):
            self._record()
        self.case.medical_involved = True
        record = self._record()
        with self.assertRaises(UserError):
            record.action_sign()
        record.write({"disposition": "hospital"})
        with self.assertRaises(UserError):
            record.action_sign()
        record.write(
            {
                "accompanied_by": "班主任",
                "date_follow_up": fields.Date.context_today(record) + timedelta(days=2),
            }
        )
        with self.assertRaises(AccessError):
            record.with_user(self.principal).read(["finding"])
        record.action_sign()
        self.assertEqual(record.with_user(self.principal).finding, "左臂浅表划伤")
        follow_up = self.case.measure_ids
        self.assertEqual((follow_up.user_id, follow_up.kind), (self.doctor, "medical"))
        self.case.medical_involved = False
        with self.assertRaises(AccessError):
            record.with_user(self.doctor).read(["finding"])


@tagged("post_install", "-at_install")
class TestReview(LoopCase):
    """Levels go down by review, with a reason, a fresh assessment and the next date."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()

    def _assess(self):
        form = self._make_assessment(
            self.student_1, {"1": "0", "2": "3", "3": "0"}, self._make_instrument()
        )
        form.action_complete()

    def test_step_down(self):
        with self.assertRaises(UserError) as caught:
            self._sign_review(self.case, "step_down")
        self.assertIn("assess", str(caught.exception))
        self._assess()
        review = self._sign_review(self.case, "step_down")
        self.assertEqual(self.case.risk_level, "yellow")
        self.assertEqual((review.old_level, review.new_level), ("orange", "yellow"))
        self.assertEqual(self.case.change_ids[0].reason, review.reason)
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "review" and not d.date_done)
        self.assertEqual(len(step), 1)
        self.assertEqual(step.date_due.date(), review.date_next)

    def test_decision_and_level_fit(self):
        self._assess()
        for decision, level in (
            ("continue", "yellow"),
            ("step_down", "blue"),
            ("step_down", "red"),
            ("step_up", "orange"),
            ("close", "yellow"),
        ):
            with self.subTest(decision=decision, level=level), self.assertRaises(UserError):
                self._sign_review(self.case, decision, new_level=level)
        self._sign_review(self.case, "step_up", new_level="red")
        self.assertEqual(self.case.risk_level, "red")

    def test_the_next_review_is_within_the_interval(self):
        late = fields.Date.context_today(self.case) + timedelta(days=30)
        with self.assertRaises(UserError):
            self._sign_review(self.case, date_next=late)
        with self.assertRaises(UserError):
            self._sign_review(self.case, date_next=False)

    def test_words_are_demanded(self):
        for lack in ("changes", "reason"):
            with self.subTest(lack=lack), self.assertRaises(UserError):
                self._sign_review(self.case, **{lack: " "})

    def test_reopening(self):
        self._without_record_gates()
        with self.assertRaises(UserError):
            self._sign_review(self.case, "reopen")
        self.case.write({"outcome": "recovered", "closing_summary": "x"})
        self.case.action_verify()
        closed = self.env.ref("crisis_intervention.crisis_stage_closed")
        self._demand(self.env.ref("crisis_intervention.crisis_stage_intervention"), "session")
        self._hold_session(self.case)
        self.case.stage_id = closed
        reference = self.case.name
        self._sign_review(self.case, "reopen")
        self.assertFalse(self.case.date_closed)
        self.assertEqual(self.case.name, reference)
        self.assertTrue(self.case.next_deadline)

    def test_levels_do_not_live_on_in_silence(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        step = case.deadline_ids.filtered(lambda d: d.kind == "review")
        step.date_due = fields.Datetime.now() - timedelta(days=27)
        self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow", "not before two further intervals")
        step.date_due = fields.Datetime.now() - timedelta(days=29)
        self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "blue")
        review = case.review_ids
        self.assertTrue(review.is_lapse)
        self.assertEqual(review.state, "signed")
        self.assertTrue(step.date_done)
        step = case.deadline_ids.filtered(lambda d: d.kind == "review" and not d.date_done)
        step.date_due = fields.Datetime.now() - timedelta(days=61)
        self.env["crisis.escalation"]._cron_lapse()
        self.env["crisis.escalation"]._cron_lapse()
        self.assertFalse(case.date_closed, "a person closes it")
        closing = case.deadline_ids.filtered(lambda d: d.kind == "closing")
        self.assertEqual(len(closing), 1)

    def test_a_cause_keeps_the_level(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        step = case.deadline_ids.filtered(lambda d: d.kind == "review")
        step.date_due = fields.Datetime.now() - timedelta(days=29)
        self._hold_session(case, risk_change="higher")
        self.env["crisis.escalation"]._cron_lapse()
        self.assertEqual(case.risk_level, "yellow")


@tagged("post_install", "-at_install")
class TestMandatoryReport(LoopCase):
    """A clock that only the report ends, or another person's reasoned decision."""

    def setUp(self):
        super().setUp()
        situation = self.env["crisis.mandatory.situation"].search([], limit=1)
        self.report = (
            self.env["crisis.mandatory.report"]
            .with_user(self.psychology)
            .create({"case_id": self.case.id, "situation_ids": [Command.set(situation.ids)]})
        )

    def test_the_clock(self):
        self.assertEqual(self.report.date_due, self.report.noticed_at + timedelta(hours=1))
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "mandatory_report")
        self.assertEqual((step.date_due, step.role), (self.report.date_due, "principal"))
        self.assertIn(self.principal, self.report.activity_ids.user_id)
        for values in ({"noticed_at": "2030-01-01 00:00:00"}, {"state": "reported"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.report.write(values)
        action = step.with_user(self.psychology).action_done()
        self.assertEqual(action["res_id"], self.report.id)
        self.assertFalse(step.date_done)

    def test_reported(self):
        with self.assertRaises(UserError):
            self.report.action_report()
        self.report.write(
            {
                "authority": "police",
                "receiver": "派出所",
                "reported_at": fields.Datetime.now(),
                "receipt": "JJ-1",
            }
        )
        self.report.action_report()
        self.assertNotIn("mandatory_report", self._open_kinds())
        with self.assertRaises(UserError):
            self.report.receipt = "x"

    def test_not_to_be_reported(self):
        for user in (self.psychology, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.report.with_user(user)._waive("不属于")
        with self.assertRaises(UserError):
            self.report.with_user(self.principal)._waive(" ")
        self.report.with_user(self.principal)._waive("经派出所确认不属于九种情形。")
        self.assertEqual(self.report.decided_by_id, self.principal)
        self.assertNotIn("mandatory_report", self._open_kinds())

    def test_the_case_cannot_close_without_it(self):
        self._without_record_gates()
        self.case.write({"outcome": "recovered", "closing_summary": "x"})
        self.case.action_verify()
        closed = self.env.ref("crisis_intervention.crisis_stage_closed")
        with self.assertRaises(UserError):
            self.case.with_user(self.principal).stage_id = closed
        self.report.with_user(self.principal)._waive("不属于")
        self.case.with_user(self.principal).stage_id = closed
        self.assertTrue(self.case.date_retention)

    def test_triage_starts_the_clock(self):
        concern = self._make_concern(self.staff, self.student_2)
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.moral)
            .create(
                {
                    "concern_id": concern.id,
                    "situation_ids": [Command.set(self.report.situation_ids.ids)],
                }
            )
        )
        wizard.line_ids.risk_level = "orange"
        wizard.action_confirm()
        report = self.env["crisis.mandatory.report"].search(
            [("case_id", "in", concern.sudo().case_ids.ids)]
        )
        self.assertEqual((report.state, report.user_id), ("open", self.moral))


@tagged("post_install", "-at_install")
class TestReferral(LoopCase):
    """Referrals: ground, approval, letter, reply; the district reads what is referred to it."""

    def setUp(self):
        super().setUp()
        self.hospital = self.env["res.partner"].create(
            {"name": "市儿童医院", "crisis_resource_kind": "hospital"}
        )
        self.district_centre.partner_id.crisis_resource_kind = "district"

    def _refer(self, partner, **vals):
        return (
            self.env["crisis.referral"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "resource_id": partner.id,
                    "reason": "请评估自伤风险",
                    "basis": "danger",
                    "basis_reason": "近日多次自伤",
                    **vals,
                }
            )
        )

    def _send(self, referral):
        referral.action_submit()
        referral.with_user(self.principal).action_approve()
        referral.action_send()

    def test_ground(self):
        for values in (
            {"basis": False},
            {"basis": "danger", "basis_reason": " "},
            {"basis": "consent"},
            {"reason": False},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._refer(self.hospital, **values).action_submit()
        contact = self._make_contact(self.case, purpose="consent", consent="given")
        self._refer(self.hospital, basis="consent", contact_id=contact.id).action_submit()

    def test_approval_letter_and_reply(self):
        referral = self._refer(self.hospital)
        with self.assertRaises(UserError):
            referral.action_send()
        self._send(referral)
        self.assertEqual(referral.date_reply_due, referral.date_sent + timedelta(days=7))
        self.assertIn("referral_reply", self._open_kinds())
        with self.assertRaises(UserError):
            referral.reason = "x"
        with self.assertRaises(UserError):
            referral.action_reply()
        referral.write({"reply_accepted": "yes", "reply_opinion": "建议门诊随访"})
        referral.action_reply()
        self.assertEqual(referral.state, "replied")
        self.assertNotIn("referral_reply", self._open_kinds())
        with self.assertRaises(UserError):
            referral.reply_opinion = "x"
        referral.action_end()

    def test_ending_without_reply_says_why(self):
        referral = self._refer(self.hospital)
        self._send(referral)
        with self.assertRaises(UserError):
            referral.action_end()
        referral.note_end = "家长另行就医"
        referral.action_end()

    def test_the_district_reads_the_shared_part_while_it_runs(self):
        self.case.write({"shared_advice": "多陪伴", "background": "保密"})
        mine = self.case.with_user(self.district)
        with self.assertRaises(AccessError):
            mine.read(["name"])
        referral = self._refer(self.district_centre.partner_id)
        self.assertEqual(referral.district_company_id, self.district_centre)
        with self.assertRaises(AccessError):
            referral.with_user(self.district).read(["reason"])
        self._send(referral)
        theirs = referral.with_user(self.district)
        self.assertEqual(theirs.reason, "请评估自伤风险")
        self.assertEqual(mine.read(["shared_advice"])[0]["shared_advice"], "多陪伴")
        for name in ("background", "category_ids", "closing_summary", "concern_ids"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                mine.read([name])
        for model in ("crisis.student", "crisis.session", "crisis.plan", "crisis.review"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.district).search([])
        with self.assertRaises(AccessError):
            mine.write({"shared_advice": "x"})
        with self.assertRaises(AccessError):
            theirs.write({"note_end": "x"})
        theirs.write({"reply_accepted": "yes", "reply_opinion": "已接诊"})
        theirs.action_reply()
        self.assertEqual(referral.state, "replied")
        with self.assertRaises(AccessError):
            theirs.action_end()
        referral.action_end()
        self.env.invalidate_all()
        for record in (mine, theirs):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.read(["name"])


@tagged("post_install", "-at_install")
class TestSchoolReturn(LoopCase):
    """Return to school: advice, readiness, conditions, approval, follow-ups."""

    def test_return(self):
        hospital = self.env["res.partner"].create({"name": "x", "crisis_resource_kind": "hospital"})
        form = self._make_assessment(self.student_1, {"1": "0", "2": "3"}, self._make_instrument())
        form.missing_reason = "x"
        form.action_complete()
        day = fields.Date.context_today(self.case) + timedelta(days=3)
        entry = (
            self.env["crisis.school.return"]
            .with_user(self.psychology)
            .create({"case_id": self.case.id, "date_return": day, "hospital_advice": "unfit"})
        )
        with self.assertRaises(UserError):
            entry.action_submit()
        entry.write(
            {
                "hospital_id": hospital.id,
                "hospital_date": day,
                "assessment_id": form.id,
                "conditions": "按时服药",
                "schedule": "第一周半日",
            }
        )
        with self.assertRaises(UserError):
            entry.action_submit()
        entry.hospital_advice = "conditions"
        entry.action_submit()
        with self.assertRaises(AccessError):
            entry.with_user(self.head_teacher).read(["conditions"])
        entry.with_user(self.principal).action_approve()
        self.assertEqual(entry.with_user(self.head_teacher).conditions, "按时服药")
        days = self.case.measure_ids.sorted("date_due").mapped("date_due")
        self.assertEqual([(d - day).days for d in days], [7, 14, 28, 84])


@tagged("post_install", "-at_install")
class TestKept(LoopCase):
    """Records begin in open cases only; drafts are archived, the rest stays in sight."""

    def _values(self):
        """Return the values of a new record of each kind, by model."""
        below = {"case_id": self.case.id}
        situation = self.env["crisis.mandatory.situation"].search([], limit=1)
        return {
            "crisis.plan": below,
            "crisis.measure": {
                **below,
                "title": "x",
                "user_id": self.psychology.id,
                "date_due": fields.Date.today(),
            },
            "crisis.session": below,
            "crisis.guardian.contact": {**below, "told": "x"},
            "crisis.guardian.waiver": below,
            "crisis.mandatory.report": {
                **below,
                "situation_ids": [Command.set(situation.ids)],
            },
            "crisis.referral": {**below, "resource_id": self.school.partner_id.id},
            "crisis.review": below,
            "crisis.school.return": {**below, "date_return": fields.Date.today()},
        }

    def _create(self, model, values):
        return self.env[model].with_user(self.psychology).create(values)

    def test_closed_cases_take_no_records(self):
        draft = self._create("crisis.plan", {"case_id": self._make_case(self.student_2).id})
        self.case.sudo().date_closed = fields.Datetime.now()
        for model, values in self._values().items():
            with self.subTest(model=model), self.assertRaises(UserError):
                self._create(model, values)
        with self.assertRaises(UserError):
            draft.case_id = self.case
        reopening = self._create("crisis.review", {"case_id": self.case.id, "decision": "reopen"})
        reopening.write({"decision": "continue", "changes": "x", "reason": "x"})
        with self.assertRaises(UserError):
            reopening.action_sign()

    def test_drafts_are_archived(self):
        kept = {"crisis.session", "crisis.measure", "crisis.mandatory.report"}
        for model, values in self._values().items():
            record = self._create(model, values)
            with self.subTest(model=model):
                if model in kept:
                    with self.assertRaises(UserError):
                        record.action_archive()
                    continue
                record.action_archive()
                self.assertNotIn(record, record.search([("case_id", "=", self.case.id)]))
                record.action_unarchive()
                self.assertIn(record, record.search([("case_id", "=", self.case.id)]))

    def test_what_counts_is_not_archived(self):
        for record in (
            self._make_contact(self.case),
            self._sign_review(self.case),
            self._put_in_force(self.case),
        ):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.action_archive()


@tagged("post_install", "-at_install")
class TestOverview(LoopCase):
    """Chronology and duties: each reader sees what he or she may read, or has to do."""

    def test_chronology_by_reader(self):
        self._make_contact(self.case)
        session = self._hold_session(self.case)
        self._put_in_force(self.case)
        self._sign_review(self.case)
        rows = self.env["crisis.chronology"]
        kinds = {
            user: set(rows.with_user(user).search([("case_id", "=", self.case.id)]).mapped("kind"))
            for user in (self.psychology, self.principal, self.head_teacher)
        }
        self.assertLessEqual(
            {"opened", "contact", "session", "plan", "approval", "review"}, kinds[self.psychology]
        )
        self.assertEqual(kinds[self.psychology], kinds[self.principal])
        self.assertEqual(kinds[self.head_teacher], {"opened", "contact", "plan"})
        self.assertFalse(rows.with_user(self.head_teacher_2).search([]))
        self.assertFalse(rows.with_user(self.other_psychology).search([]))
        with self.assertRaises(AccessError):
            rows.with_user(self.staff).search([])
        row = rows.with_user(self.psychology).search([("kind", "=", "session")])
        self.assertEqual(row.line, f"Session {session.name}")
        self.assertEqual(row.action_open()["res_id"], session.id)
        self.case.with_user(self.psychology).write({"risk_level": "red", "change_reason": "加重"})
        row = rows.with_user(self.psychology).search([("kind", "=", "change")])
        self.assertIn("High risk → Very high risk", row.line)
        # by id as well, not only by search
        for stranger in (self.head_teacher, self.head_teacher_2, self.other_psychology):
            self.env.invalidate_all()
            theirs = row.with_user(stranger)
            for attempt in (
                lambda lines: lines.read(["line", "kind", "date", "user_id", "res_id"]),
                lambda lines: lines.kind,
                lambda lines: lines.web_read({"line": {}}),
                lambda lines: lines.action_open(),
            ):
                with self.assertRaises(AccessError):
                    attempt(theirs)

    def test_duties_are_the_users_own(self):
        self._make_plan(self.case).action_submit()
        duties = self.env["crisis.duty"]
        mine = duties.with_user(self.psychology).search([])
        self.assertLessEqual({"guardian", "assessment", "review"}, set(mine.mapped("kind")))
        self.assertNotIn("plan_approval", mine.mapped("kind"))
        theirs = duties.with_user(self.principal).search([])
        self.assertEqual(theirs.mapped("kind"), ["plan_approval"])
        self.assertTrue(theirs.to_approve)
        self.assertEqual(theirs.action_do()["res_model"], "crisis.plan")
        self.assertEqual(theirs.about, self.case.plan_ids.name)
        measure = self.env["crisis.measure"].create(
            {
                "case_id": self.case.id,
                "title": "课间同行",
                "user_id": self.security.id,
                "date_due": fields.Date.today(),
            }
        )
        watch = duties.with_user(self.security).search([])
        self.assertEqual((watch.about, watch.student_id.name), (measure.title, "林小禾"))
        self.assertFalse(duties.with_user(self.staff).search([]))
        with self.assertRaises(AccessError):
            duties.with_user(self.nobody).search([])

    def test_class_reports(self):
        reports = self.env["crisis.class.report"]
        reports._cron_remind()
        reports._cron_remind()
        mine = reports.search([("class_id", "=", self.class_1.id)])
        self.assertEqual((len(mine), mine.period), (1, "week"))
        self.assertEqual(mine.activity_ids.user_id, self.head_teacher)
        self.assertIn(
            "class_report",
            self.env["crisis.duty"].with_user(self.head_teacher).search([]).mapped("kind"),
        )
        with self.assertRaises(AccessError):
            mine.with_user(self.head_teacher_2).action_nothing()
        with self.assertRaises(AccessError):
            mine.with_user(self.principal).action_nothing()
        with self.assertRaises(UserError):
            mine.with_user(self.head_teacher).action_reported()
        duty = (
            self.env["crisis.duty"]
            .with_user(self.head_teacher)
            .search([("kind", "=", "class_report")])
        )
        self.assertEqual(duty.about, mine.display_name)
        duty.action_nothing()
        self.assertEqual((mine.state, mine.done_by_id), ("nothing", self.head_teacher))
        self.assertFalse(mine.activity_ids)
        with self.assertRaises(UserError):
            mine.with_user(self.head_teacher).action_nothing()
