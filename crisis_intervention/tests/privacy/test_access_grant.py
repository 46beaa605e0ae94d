import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ... import identity
from .. import access_matrix
from ..common import DENIALS, CrisisCommon
from ..migrations import migrate

START = fields.Datetime.to_datetime("2026-10-12 08:00:00")
# What each scope shows: these texts and no other one of TEXTS.
TEXTS = {
    "background": "BACKGROUNDCANARY",
    "advice": "ADVICECANARY",
    "notes": "NOTESCANARY",
    "note_addition": "NOTEADDITIONCANARY",
    "draft_notes": "DRAFTNOTESCANARY",
    "answer": "ANSWERCANARY",
    "conclusion": "CONCLUSIONCANARY",
    "told": "TOLDCANARY",
    "report": "REPORTCANARY",
    "restricted": "RESTRICTEDCANARY",
}
SHOWN = {
    "answers": {"answer", "conclusion"},
    "notes": {"notes", "note_addition"},
    "case": {"background", "advice", "answer", "conclusion", "told", "report"},
    "all": {
        *("background", "advice", "answer", "conclusion", "told", "report"),
        *("notes", "note_addition"),
    },
}


class GrantCase(CrisisCommon):
    """A case with a text of its own in everything that may be read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # here decisions come from code; test_identity takes them at the screen
        cls.classPatch(identity, "require_decided", lambda record: None)
        cls.psychology_2 = cls._make_user("t_psychology_2", "psychology_teacher")
        cls.instrument = cls._make_instrument()
        cls.case = cls._make_case(
            cls.student_1,
            risk_level="orange",
            background=TEXTS["background"],
            shared_advice=TEXTS["advice"],
        )
        cls.report = cls._make_concern(cls.staff, cls.student_1, description=TEXTS["report"]).sudo()
        restricted = cls._make_concern(
            cls.staff,
            cls.student_1,
            description=TEXTS["restricted"],
            restricted=True,
            concerned_user_ids=[(4, cls._make_user("t_cook", "staff").id)],
        ).sudo()
        cls.case.concern_ids = cls.report | restricted
        cls.held = cls._hold_session(cls.case, notes=TEXTS["notes"])
        cls.env["crisis.session.addendum"].create(
            {"session_id": cls.held.id, "text": TEXTS["note_addition"]}
        )
        cls.env["crisis.session"].with_user(cls.psychology).create(
            {"case_id": cls.case.id, "notes": TEXTS["draft_notes"]}
        )
        form = cls._make_assessment(
            cls.student_1,
            {"1": "1", "2": "1", "3": "0", "5": TEXTS["answer"]},
            cls.instrument,
            conclusion=TEXTS["conclusion"],
        )
        form.action_complete()
        cls._make_contact(cls.case, told=TEXTS["told"])

    def _ask(self, user, scope="case", student=None, **vals):
        """Ask as ``user``; return the permission as the user sees it."""
        grant = (
            self.env["crisis.access.grant"]
            .with_user(user)
            .create(
                {
                    "student_id": (student or self.student_1).id,
                    "scope": scope,
                    "purpose": "家长会前了解情况",
                    "hours": 24,
                    **vals,
                }
            )
        )
        grant.action_submit()
        return grant

    def _give(self, user, scope="case", approver=None, **vals):
        """Ask as ``user`` and let another person give it."""
        grant = self._ask(user, scope, **vals)
        grant.with_user(approver or self.psychology_2).action_approve("同意")
        return grant

    def _shown(self, grant):
        """Return the keys of ``TEXTS`` that the reading room shows."""
        text = json.dumps(grant._reading(), ensure_ascii=False, default=str)
        return {key for key, canary in TEXTS.items() if canary in text}


@tagged("post_install", "-at_install")
class TestAccessGrant(GrantCase):
    """Permissions to look: who, what, until when."""

    @mute_logger(*DENIALS)
    def test_role_by_scope_by_time(self):
        """Before, from the first to the last second, the second after, and once taken back.

        One environment all along, with everything in its caches that was read before.
        """
        users = (
            self.staff, self.head_teacher, self.head_teacher_2, self.doctor, self.security,
            self.psychology, self.moral, self.principal,
        )  # fmt: skip
        for user in users:
            for scope, shown in SHOWN.items():
                with (
                    self.subTest(user=user.login, scope=scope),
                    freeze_time(START) as clock,
                ):
                    grant = self._ask(user, scope)
                    with self.assertRaises(AccessError):
                        grant._reading()
                    clock.tick(timedelta(hours=1))
                    grant.with_user(self.psychology_2).action_approve()
                    self.assertEqual(self._shown(grant), shown)
                    self.assertTrue(grant.is_open)
                    clock.tick(timedelta(hours=24, seconds=-1))
                    self.assertEqual(self._shown(grant), shown)
                    clock.tick(timedelta(seconds=1))
                    with self.assertRaises(AccessError):
                        grant._reading()
                    found = grant.search([("is_open", "=", True), ("id", "=", grant.id)])
                    self.assertFalse(found)
                    other = self._give(user, scope)
                    self.assertEqual(self._shown(other), shown)
                    found = grant.search([("is_open", "=", True), ("id", "=", other.id)])
                    self.assertEqual(found, other)
                    other.with_user(self.principal - user or self.psychology_2).action_revoke()
                    with self.assertRaises(AccessError):
                        other._reading()

    @mute_logger(*DENIALS)
    def test_opens_no_other_door(self):
        """While it holds, forms, lists, searches and exports show what they showed before."""
        self._give(self.principal, "all")
        self._give(self.staff, "all")
        self.env.invalidate_all()
        session = self.held.with_user(self.principal)
        for call in (
            lambda: session.read(["notes"]),
            lambda: session.search([("notes", "ilike", "NOTES")]),
            lambda: session.case_id.assessment_ids.read(["answers"]),
            lambda: self.case.with_user(self.staff).read(["name"]),
            lambda: self.env["crisis.case"].with_user(self.staff).search([]),
            lambda: self.held.with_user(self.staff).read(["summary"]),
        ):
            with self.assertRaises(AccessError):
                call()

    @mute_logger(*DENIALS)
    def test_granted_cells_of_the_matrix(self):
        """Where the matrix says grant, the field is closed and the reading room shows it."""
        users = {"principal": self.principal}
        records = {"crisis.session": self.held, "crisis.assessment": self.case.assessment_ids}
        for model, lines in access_matrix.GRANTED.items():
            for name, roles in lines.items():
                for role in roles:
                    with self.subTest(model=model, field=name, role=role):
                        with self.assertRaises(AccessError):
                            records[model].with_user(users[role]).read([name])
                        grant = self._give(users[role], {"notes": "notes"}.get(name, "answers"))
                        key = {"notes": "notes", "answers": "answer"}[name]
                        self.assertIn(key, self._shown(grant))

    @mute_logger(*DENIALS)
    def test_only_the_person_it_was_given_to(self):
        grant = self._give(self.head_teacher)
        for user in (self.psychology_2, self.principal, self.psychology):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                grant.with_user(user)._reading()
        with self.assertRaises(AccessError):
            grant.with_user(self.staff).read(["state"])
        colleague = self.env["crisis.access.grant"].create(
            {"student_id": self.student_1.id, "purpose": "x", "user_id": self.staff.id}
        )
        with self.assertRaises(AccessError):
            colleague.with_user(self.doctor).action_submit()

    @mute_logger(*DENIALS)
    def test_code_of_an_administrator_gives_none(self):
        """Who writes state and dates past the decision, by code or in the database, opens nothing."""
        now = fields.Datetime.now()
        given = self._give(self.staff, "answers").sudo()
        forged = {
            "state": "active",
            "date_from": now - timedelta(hours=1),
            "date_to": now + timedelta(hours=5),
            "decided_by_id": self.principal.id,
            "case_id": self.case.id,
        }
        for more in (
            {},
            {"given_signature": given.given_signature},
            {"is_emergency": True},
            {"is_emergency": True, "released_by_id": self.principal.id,
             "date_release_asked": now, "date_release_to": now + timedelta(minutes=9),
             "release_signature": given.given_signature},
        ):  # fmt: skip
            with self.subTest(more=list(more)):
                grant = self._ask(self.staff, "all")
                grant.sudo()._set({**forged, **more})
                try:
                    shown = self._shown(grant)
                except AccessError:
                    shown = set()
                self.assertEqual(shown, set())
        # one that was given, made wider or longer
        self.assertTrue(given.with_user(self.staff)._reading())
        for wider in ({"scope": "all"}, {"date_to": now + timedelta(days=9)}):
            with self.subTest(wider=wider):
                before = {name: given[name] for name in wider}
                given._set(wider)
                with self.assertRaises(AccessError):
                    given.with_user(self.staff)._reading()
                given._set(before)

    def test_update_keeps_what_runs(self):
        grant = self._give(self.staff)
        grant.sudo()._set({"given_signature": False})
        self._empty_register()
        migrate(self.env, "19.0.3.0.0", "post-10-grants")
        self.assertTrue(grant._reading())

    def test_leaving_the_school_ends_it(self):
        grant = self._give(self.staff)
        self.assertTrue(grant._reading())
        self.staff.write(
            {"company_id": self.other_school.id, "company_ids": [(6, 0, self.other_school.ids)]}
        )
        with mute_logger(*DENIALS), self.assertRaises(AccessError):
            grant._reading()

    def test_another_person_decides(self):
        own = self._ask(self.principal, "notes")
        self.assertFalse(own.may_approve)
        with self.assertRaises(AccessError):
            own.action_approve()
        with self.assertRaises(AccessError):
            self._ask(self.psychology_2).action_approve()
        asked = self._ask(self.head_teacher)
        for user in (self.head_teacher, self.staff, self.moral):
            with self.subTest(user=user.login), mute_logger(*DENIALS):
                with self.assertRaises(AccessError):
                    asked.with_user(user).action_approve()
                with self.assertRaises(AccessError):
                    asked.with_user(user).action_refuse("不")
        self.assertEqual(asked.state, "waiting")
        asked.with_user(self.principal).action_refuse("请先与心理老师面谈")
        self.assertEqual((asked.state, asked.decided_by_id), ("refused", self.principal))
        with self.assertRaises(AccessError):
            asked._reading()

    def test_nothing_is_set_from_outside(self):
        grants = self.env["crisis.access.grant"].with_user(self.staff)
        values = {"student_id": self.student_1.id, "purpose": "x"}
        for extra in (
            {"state": "active"},
            {"date_to": "2030-01-01 00:00:00"},
            {"user_id": self.doctor.id},
            {"is_emergency": True},
            {"verdict": "justified"},
            {"case_id": self.case.id},
        ):
            with self.subTest(field=next(iter(extra))), mute_logger(*DENIALS):
                with self.assertRaises(AccessError):
                    grants.create({**values, **extra})
                with self.assertRaises(AccessError):
                    grants.create(values).write(extra)
        with self.assertRaises(ValidationError):
            grants.create({**values, "hours": self.school.crisis_grant_hours + 1})
        asked = self._ask(self.staff)
        with self.assertRaises(UserError):
            asked.hours = 48
        with self.assertRaises(UserError):
            asked.action_submit()

    def test_asking_tells_nothing_of_a_case(self):
        """With a case behind it or without, the one who asks sees the same until it is decided."""
        seen = []
        for student in (self.student_1, self.student_2):
            grant = self._ask(self.security, student=student)
            readable = [
                name
                for name, field in grant._fields.items()
                if grant._has_field_access(field, "read")
                # versions of texts are digests with a secret, and of each record others
                and name not in ("id", "name", "student_id", "message_ids", "activity_ids")
                and name != "text_versions"
                and field.type not in ("datetime", "one2many")
                and not name.startswith("display_name")
            ]
            [values] = grant.read(readable)
            self.assertNotIn("case_id", values)
            activities = self.env["mail.activity"].search(
                [("res_model", "=", grant._name), ("res_id", "=", grant.id)]
            )
            messages = grant.sudo().message_ids.mapped("notified_partner_ids")
            seen.append(({**values, "id": 0}, activities.user_id, messages))
        self.assertEqual(*seen)
        without = self.env["crisis.access.grant"].sudo().search([], limit=1)
        self.assertFalse(without.case_id)
        with self.assertRaises(UserError):
            without.with_user(self.psychology).action_approve()

    def test_decision_is_a_duty_that_escalates(self):
        self._ask(self.head_teacher)
        duty = self.case.deadline_ids.filtered(lambda d: d.kind == "grant")
        self.assertEqual(duty.role, "psychology_teacher")
        mine = self.env["crisis.duty"].with_user(self.psychology_2).search([("kind", "=", "grant")])
        self.assertEqual(mine.case_id, self.case)
        with freeze_time(duty.date_due + timedelta(minutes=1)):
            escalations = self.env["crisis.escalation"]._escalate(duty)
        self.assertIn(self.psychology_2, escalations.user_ids)

    def test_latest_case_of_a_student_who_has_no_open_one(self):
        self.case.deadline_ids.date_done = fields.Datetime.now()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crisis_case SET date_closed = now() WHERE id = %s", [self.case.id]
        )
        self.env.invalidate_all()
        grant = self._give(self.head_teacher)
        self.assertEqual(grant.sudo().case_id, self.case)
        new = self._make_case(self.student_1)
        self.assertEqual(self._give(self.head_teacher).sudo().case_id, new)
        old = self._give(self.principal, case_id=self.case.id)
        self.assertEqual(old.case_id, self.case)

    def test_reading_is_counted(self):
        grant = self._give(self.principal, "notes")
        noted = []

        def note(record, records, names):
            noted.append((record, records, names))

        self.patch(self.registry["crisis.access.grant"], "_note_reading", note)
        grant._reading()
        [(_grant, records, names)] = noted
        self.assertEqual(records, self.held)
        self.assertIn("notes", names)

    def test_reading_leaves_its_trace_on_the_permission(self):
        grant = self._give(self.principal, "notes")
        grant._reading()
        grant._reading()
        self.assertEqual(grant.read_count, 2)
        self.assertTrue(grant.date_read)

    def test_without_a_confirmed_identity_nothing_is_read(self):
        grant = self._give(self.principal, "notes")
        with self.assertRaises(AccessError):
            grant.reading()


@tagged("post_install", "-at_install")
class TestEmergencyAccess(GrantCase):
    """Break-glass: at once, told, limited, reviewed."""

    def _break(self, user, student=None):
        """Open the case of ``student`` in an emergency as ``user``."""
        grant = (
            self.env["crisis.access.grant"]
            .with_user(user)
            .create(
                {
                    "student_id": (student or self.student_1).id,
                    "scope": "all",
                    "purpose": "学生在楼顶，心理老师联系不上",
                }
            )
        )
        grant._break_glass()
        return grant

    def _release(self, grant, user):
        """Release ``grant`` as ``user``, as if at the own screen with the identity confirmed."""
        self.patch(identity, "require_pressed", lambda records, method: None)
        seen = grant.with_user(user)
        type(seen).action_release.__wrapped__(seen)

    def _help(self, grant):
        """Return what the reading room shows, as one text."""
        return json.dumps(grant._reading(), ensure_ascii=False, default=str)

    @mute_logger(*DENIALS)
    def test_opens_at_once_and_for_four_hours(self):
        plan = self._put_in_force(self.case, helpers="外婆 13855556666")
        guardian = self.case.student_id.guardian_ids
        with freeze_time(START) as clock:
            grant = self._break(self.security)
            for wait in (timedelta(0), timedelta(hours=4, seconds=-1)):
                clock.tick(wait)
                text = self._help(grant)
                self.assertEqual(self._shown(grant), set())
                for helps in (
                    plan.helpers, plan.warning_signs, guardian.phone, self.psychology.name,
                    self.head_teacher.name,
                ):  # fmt: skip
                    self.assertIn(helps, text)
                self.assertNotIn(plan.goals, text)
            clock.tick(timedelta(seconds=1))
            with self.assertRaises(AccessError):
                grant._reading()

    def test_by_relation(self):
        """Whom to call, everybody; the safety plan, those who have to do with the child."""
        plan = self._put_in_force(self.case, helpers="外婆 13855556666")
        phone = self.case.student_id.guardian_ids.phone
        related = {
            self.staff: False, self.head_teacher: True, self.head_teacher_2: False,
            self.doctor: True, self.security: True, self.moral: True, self.principal: True,
        }  # fmt: skip
        for user, sees in related.items():
            with self.subTest(user=user.login):
                text = self._help(self._break(user))
                self.assertIn(phone, text)
                self.assertEqual(plan.helpers in text, sees)
                self.assertNotIn(self.case.name, text)

    def test_canteen_employee_in_four_calls(self):
        """The own password opens no notes, whatever scope was asked for, however often."""
        self._put_in_force(self.case)
        for scope in SHOWN:
            grant = (
                self.env["crisis.access.grant"]
                .with_user(self.staff)
                .create({"student_id": self.student_1.id, "scope": scope, "purpose": "x"})
            )
            grant._break_glass()
            for _again in range(2):
                self.assertEqual(self._shown(grant), set())
            grant.action_ask_release()
            self.assertEqual(self._shown(grant), set())
            with mute_logger(*DENIALS), self.assertRaises(AccessError):
                self._release(grant, self.staff)
            for attempt in (
                {"released_by_id": self.principal.id},
                {"date_release_to": "2099-01-01"},
            ):
                with mute_logger(*DENIALS), self.assertRaises(UserError):
                    grant.write(attempt)
            self.assertEqual(self._shown(grant), set())

    def test_tells_the_unrelated_nothing_of_a_case(self):
        """With a case or without, the same."""
        seen = []
        for student in (self.student_1, self.student_2):
            student.class_id = self.class_1
            student.guardian_ids.active = False
            reading = self._break(self.staff, student)._reading()
            text = json.dumps(reading["sections"], ensure_ascii=False)
            seen.append((text.replace(str(student.id), "N"), reading["case"]))
        self.assertEqual(*seen)

    @mute_logger(*DENIALS)
    def test_second_person_opens_it_once_for_ten_minutes(self):
        self._put_in_force(self.case)
        with freeze_time(START) as clock:
            grant = self._break(self.security)
            with self.assertRaises(UserError):
                self._release(grant, self.principal)
            grant.action_ask_release()
            mine = grant.with_user(self.moral)
            self.assertTrue(mine.may_release)
            asked = self.env["mail.activity"].search(
                [("res_model", "=", grant._name), ("res_id", "=", grant.id)]
            )
            self.assertLessEqual(self.principal | self.moral | self.psychology, asked.user_id)
            for user in (self.staff, self.head_teacher, self.doctor):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self._release(grant, user)
            self._release(grant, self.moral)
            self.assertEqual(self._shown(grant), SHOWN["all"])
            self.assertEqual(self._shown(grant), set(), "single use")
            grant.action_ask_release()
            self._release(grant, self.principal)
            clock.tick(timedelta(minutes=10))
            self.assertEqual(self._shown(grant), set(), "ten minutes")
        self.assertEqual(
            self.env["crisis.approval"]
            .search([("res_model", "=", grant._name), ("res_id", "=", grant.id)])
            .mapped("decision"),
            ["asked", "approved", "asked", "approved"],
        )

    @mute_logger(*DENIALS)
    def test_second_person_is_another_one(self):
        grant = self._break(self.principal)
        grant.action_ask_release()
        with self.assertRaises(AccessError):
            self._release(grant, self.principal)
        # a row that says so itself, without a signature and with one of another release
        self._release(grant, self.moral)
        signature = grant.sudo().release_signature
        self.assertEqual(self._shown(grant), SHOWN["all"])
        other = self._break(self.principal)
        for user in (self.principal, self.moral):
            for signed in (None, signature):
                with self.subTest(user=user.login, signed=bool(signed)):
                    other.sudo()._set(
                        {
                            "released_by_id": user.id,
                            "date_release_to": fields.Datetime.now() + timedelta(minutes=5),
                            "date_release_asked": grant.date_release_asked,
                            "date_release_used": False,
                            "release_signature": signed,
                        }
                    )
                    self.assertEqual(self._shown(other), set())
        # used up is used up
        grant.sudo()._set({"date_release_used": False, "date_release_to": fields.Datetime.now()})
        self.assertEqual(self._shown(grant), set())

    def test_without_a_person_at_the_screen_nothing_is_released(self):
        grant = self._break(self.security)
        grant.action_ask_release()
        seen = grant.with_user(self.principal)
        with self.assertRaises(UserError):
            seen.action_release()
        with self.assertRaises(UserError):
            type(seen).action_release.__wrapped__(seen)
        self.assertFalse(grant.released_by_id)

    def test_frequent_use_is_shown_to_the_principal(self):
        grants = [self._break(self.staff, student) for student in
                  (self.student_1, self.student_2, self.student_1)]  # fmt: skip
        self.assertFalse(any(grant.is_frequent for grant in grants))
        often = self._break(self.staff, self.student_2)
        self.assertTrue(often.is_frequent)
        kind = self.env.ref("crisis_intervention.mail_activity_grant_frequent")
        activities = self.env["mail.activity"].search([("activity_type_id", "=", kind.id)])
        self.assertEqual((activities.res_id, activities.user_id), (often.id, self.principal))
        for user in (self.doctor, self.security):
            child = self._break(user, self.student_1)
        self.assertTrue(child.is_frequent, "about one child")

    def test_purpose_is_demanded(self):
        grants = self.env["crisis.access.grant"].with_user(self.staff)
        with self.assertRaises(UserError):
            grants.create({"student_id": self.student_1.id, "purpose": "   "})

    def test_everybody_responsible_is_told_without_content(self):
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        mails = self.env["mail.mail"].search([], order="id desc", limit=1).id
        grant = self._break(self.staff)
        self.env.cr.precommit.run()
        messages = self.env["mail.message"].search([("id", ">", before)])
        told = messages.partner_ids.user_ids
        self.assertLessEqual(self.psychology | self.moral | self.principal, told)
        self.assertNotIn(self.head_teacher, told)
        sent = self.env["mail.mail"].search([("id", ">", mails)])
        self.assertTrue(sent)
        pointers = (*sent.mapped("body_html"), *sent.mapped("subject"))
        for text in (*messages.mapped("body"), *pointers):
            for secret in (self.student_1.name, self.case.name, "楼顶"):
                self.assertNotIn(secret, text or "")
        for text in pointers:
            self.assertNotIn(grant.name, text or "")

    @mute_logger(*DENIALS)
    def test_is_reviewed_by_another_person_in_time(self):
        grant = self._break(self.staff)
        duty = self.case.deadline_ids.filtered(lambda d: d.kind == "grant_review")
        self.assertEqual(duty.role, "principal")
        for user in (self.staff, self.moral, self.psychology_2):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                grant.with_user(user)._review("justified", "已核实")
        reviewed = grant.with_user(self.principal)
        self.assertTrue(reviewed.may_review)
        with self.assertRaises(UserError):
            reviewed._review("justified", " ")
        reviewed._review("abuse", "当时心理老师在校，可以联系")
        self.assertEqual((grant.verdict, grant.state), ("abuse", "revoked"))
        self.assertTrue(duty.date_done)
        with self.assertRaises(AccessError):
            grant._reading()
        with self.assertRaises(UserError):
            reviewed._review("justified", "x")
        listed = reviewed.search([("is_emergency", "=", True), ("verdict", "=", "abuse")])
        self.assertIn(grant, listed)

    def test_principals_own_is_reviewed_by_a_psychology_teacher(self):
        grant = self._break(self.principal)
        with self.assertRaises(AccessError):
            grant._review("justified", "x")
        grant.with_user(self.psychology_2)._review("justified", "当时在场")
        self.assertEqual(grant.verdict_by_id, self.psychology_2)

    def test_missed_review_escalates_even_when_the_case_is_closed(self):
        self._break(self.staff)
        duty = self.case.deadline_ids.filtered(lambda d: d.kind == "grant_review")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crisis_case SET date_closed = now() WHERE id = %s", [self.case.id]
        )
        self.env.invalidate_all()
        # quiet hours would hold it back until the morning
        self.school.write({"crisis_quiet_from": 0, "crisis_quiet_to": 0})
        with freeze_time(duty.date_due + timedelta(minutes=1)):
            due = self.env["crisis.deadline"].search(self.env["crisis.escalation"]._due_domain())
        self.assertIn(duty, due)
        duties = self.env["crisis.duty"].with_user(self.principal)
        self.assertTrue(duties.search([("kind", "=", "grant_review")]))

    def test_student_without_a_case(self):
        """Whom to call is shown, and it is told and reviewed all the same."""
        grant = self._break(self.staff, self.student_2)
        self.assertFalse(grant.sudo().case_id)
        self.assertEqual(grant.verdict, "waiting")
        self.assertTrue(
            self.env["mail.activity"].search(
                [
                    ("res_model", "=", grant._name),
                    ("res_id", "=", grant.id),
                    ("user_id", "=", self.principal.id),
                ]
            )
        )
        self.assertIn(self.head_teacher_2.name, self._help(grant))
        grant.with_user(self.principal)._review("justified", "已核实")
