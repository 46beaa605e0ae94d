from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .loop_case import LoopCase


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
