from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import SUPERUSER_ID, Command, fields
from odoo.tests import TransactionCase, new_test_user

from .. import clock, register, register_archive, sealed_reading
from ..role_confirmations import take_over
from ..text_versions import READ

MODULE = "crisis_intervention"
ROLE = f"{MODULE}.group_"
# Who says that something was refused.
DENIALS = (
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_attachment",
    "odoo.orm",
    "odoo.http",
)


class CrisisRecords:
    """Makes the records tests need; the class gives ``env``, ``school`` and the owners of cases.

    Tests without a request have no person at a screen: by default the user of the environment
    stands for one, so that a test reads sealed texts in the name of whom it names. Odoo's own user
    never does.
    """

    # id of who reads, whatever the environment says; 0: nobody
    _reads_as = None

    @classmethod
    def _crisis_reader(cls, env):
        """Return whom sealed texts are opened for: asked by the fields, in tests only."""
        uid = env.uid if cls._reads_as is None else cls._reads_as
        return uid if uid != SUPERUSER_ID else None

    @classmethod
    @contextmanager
    def _reading_as(cls, user):
        """Let ``user`` be the person at the screen inside; with an empty one there is none."""
        before, cls._reads_as = cls._reads_as, user.id or 0
        try:
            yield
        finally:
            cls._reads_as = before

    @staticmethod
    def _having_read(records):
        """Return ``records`` with the versions of their texts in the context, as a form sends them.

        As of now: what somebody writes afterwards was not read.
        """
        read = {str(record.id): record.text_versions for record in records}
        known = records.env.context.get(READ, {})
        return records.with_context(**{READ: {**known, records._name: read}})

    @classmethod
    def _make_user(cls, login, *roles, company=None):
        """Create an internal user with ``roles`` (names of our groups) in ``company``."""
        company = company or cls.school
        groups = ",".join(["base.group_user", *(ROLE + role for role in roles)])
        user = new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            email=f"{login}@example.com",
        )
        cls._confirm_roles(user)
        return user

    @classmethod
    def _confirm_roles(cls, users):
        """Let the roles that ``users`` have count, as if their principals had confirmed them."""
        return take_over(cls.env, users, tell=False)

    @classmethod
    def _make_class(cls, name, grade, head_teacher=None, company=None):
        """Create a class; psychology teacher of the school cares for it."""
        company = company or cls.school
        return cls.env["crisis.class"].create(
            {
                "name": name,
                "grade": grade,
                "company_id": company.id,
                "head_teacher_ids": [(6, 0, head_teacher.ids if head_teacher else [])],
                "psychology_teacher_id": (
                    cls.psychology if company == cls.school else cls.other_psychology
                ).id,
            }
        )

    @classmethod
    def _make_student(cls, name, number, class_):
        """Create a student of ``class_``."""
        return cls.env["crisis.student"].create(
            {
                "name": name,
                "student_number": number,
                "class_id": class_.id,
                "company_id": class_.company_id.id,
            }
        )

    @classmethod
    def _make_students(cls, count, class_, prefix="B"):
        """Create ``count`` students of ``class_`` with numbers of their own."""
        return cls.env["crisis.student"].create(
            [
                {
                    "name": f"学生{number}",
                    "student_number": f"{prefix}{number:05}",
                    "class_id": class_.id,
                    "company_id": class_.company_id.id,
                }
                for number in range(count)
            ]
        )

    @classmethod
    def _make_concern(cls, user, students, **vals):
        """File a concern report as ``user`` about ``students``."""
        return (
            cls.env["crisis.concern"]
            .with_user(user)
            .with_company(user.company_id)
            .create(
                {
                    "student_ids": [(6, 0, students.ids)],
                    "description": "整节课趴在桌上，不说话。",
                    "location": "教室",
                    "immediate_danger": "no",
                    "told_in_person": "yes",
                    "informant": "self",
                    **vals,
                }
            )
        )

    @classmethod
    def _make_case(cls, student, **vals):
        """Open a case of ``student`` as system, owned by the school's psychology teacher."""
        owner = cls.psychology if student.company_id == cls.school else cls.other_psychology
        return cls.env["crisis.case"].create(
            {"student_id": student.id, "user_id": owner.id, **vals}
        )

    @classmethod
    def _make_instrument(cls, company=None, published=True, **changes):
        """Create a short instrument: three scored items, a red flag, a conditional item, a text.

        :param company: its school; by default the one of the fixture
        :param changes: parts of the tree to replace
        """
        text = {"en_US": "In English", "zh_CN": "中文"}
        tree = {
            "code": "mood",
            "version": "1",
            "kind": "questionnaire",
            "name": {"en_US": "Mood check", "zh_CN": "情绪检查"},
            "informants": ["student", "psychologist"],
            "options": [{"code": str(n), "score": n, "label": text} for n in range(4)],
            "items": [
                {"code": "1", "kind": "choice", "text": {"": "一"}, "section": {"": "近两周"}},
                {"code": "2", "kind": "choice", "text": {"": "二"}, "reverse": True},
                {
                    "code": "3",
                    "kind": "choice",
                    "text": {"": "三"},
                    "flag_from": "1",
                    "flag_level": "red",
                },
                {
                    "code": "4",
                    "kind": "yes_no",
                    "text": {"": "四"},
                    "condition": {"items": ["3"], "answers": ["1", "2", "3"]},
                },
                {"code": "5", "kind": "text", "text": {"": "五"}},
            ],
            "scales": [
                {"code": "total", "name": text, "total": True, "rule": "sum", "items": list("123")}
            ],
            "bands": [
                {"scale": "total", "low": 0, "high": 4, "name": text},
                {"scale": "total", "low": 5, "high": 9, "name": text, "risk_level": "orange"},
            ],
            **changes,
        }
        company = cls.school if company is None else company
        instrument = cls.env["crisis.instrument"]._create_from_tree(tree, company)
        if published:
            instrument.action_publish()
        return instrument

    @classmethod
    def _make_assessment(cls, student, answers, instrument, user=None, **vals):
        """Fill a form about ``student`` in as ``user`` (the psychology teacher), not completed."""
        return (
            cls.env["crisis.assessment"]
            .with_user(user or cls.psychology)
            .create(
                {
                    "student_id": student.id,
                    "instrument_id": instrument.id,
                    "answers": answers,
                    **vals,
                }
            )
        )

    @classmethod
    def _make_plan(cls, case, user=None, **vals):
        """Write a complete plan of one measure as ``user`` (the owner of the case)."""
        user = user or case.user_id
        day = fields.Date.context_today(case) + timedelta(days=7)
        measure = {"kind": "class", "title": "安排同伴", "user_id": user.id, "date_due": day}
        return (
            cls.env["crisis.plan"]
            .with_user(user)
            .create(
                {
                    "case_id": case.id,
                    "goals": "两周内按时到校。",
                    "warning_signs": "整夜睡不着",
                    "helpers": "外婆",
                    "professionals": "心理老师，12356",
                    "measure_ids": [Command.create(measure)],
                    **vals,
                }
            )
        )

    @classmethod
    def _put_in_force(cls, case, approver=None, **vals):
        """Return a plan of ``case`` that is in force, approved where the level asks for it."""
        plan = cls._make_plan(case, **vals)
        plan.action_submit()
        if plan.state == "waiting":
            plan.with_user(approver or cls.principal).action_approve("同意")
        return plan

    @classmethod
    def _hold_session(cls, case, user=None, **vals):
        """Hold and sign a session of ``case`` as ``user`` (its owner)."""
        session = (
            cls.env["crisis.session"]
            .with_user(user or case.user_id)
            .create(
                {
                    "case_id": case.id,
                    "date_start": fields.Datetime.now() - timedelta(hours=1),
                    "limits_explained": True,
                    "notes": "谈到家里的变化。",
                    **vals,
                }
            )
        )
        session.action_sign()
        return session

    @classmethod
    def _sign_review(cls, case, decision="continue", user=None, **vals):
        """Sign a review of ``case`` as ``user`` (its owner)."""
        review = (
            cls.env["crisis.review"]
            .with_user(user or case.user_id)
            .create(
                {
                    "case_id": case.id,
                    "decision": decision,
                    "changes": "情绪较上次平稳。",
                    "reason": "支持到位。",
                    **vals,
                }
            )
        )
        review.action_sign()
        return review

    @classmethod
    def _make_contact(cls, case, user=None, sign=True, **vals):
        """Write (and sign) a contact with the guardians of ``case`` as ``user`` (its owner)."""
        student = case.sudo().student_id
        guardian = student.guardian_ids[:1] or cls.env["crisis.guardian"].create(
            {"student_id": student.id, "name": "林母", "phone": "13800000001"}
        )
        contact = (
            cls.env["crisis.guardian.contact"]
            .with_user(user or case.user_id)
            .create(
                {
                    "case_id": case.id,
                    "guardian_ids": [Command.set(guardian.ids)],
                    "told": "上课多次哭泣，已安排心理老师面谈。",
                    "attitude": "cooperative",
                    **vals,
                }
            )
        )
        if sign:
            contact.action_sign()
        return contact

    @classmethod
    def _make_team(cls, company=None, **duties):
        """Create a leading group; ``duties`` are code to user, or to (user, stand-in)."""
        company = company or cls.school
        members = []
        for duty, people in duties.items():
            user, stand_in = people if isinstance(people, tuple) else (people, None)
            values = {"duty": duty, "user_id": user.id, "phone": "13800000009"}
            if stand_in:
                values["stand_in_id"] = stand_in.id
            members.append(Command.create(values))
        return cls.env["crisis.team"].create(
            {
                "name": "领导小组",
                "kind": "leading",
                "company_id": company.id,
                "member_ids": members,
            }
        )

    @classmethod
    def _start_emergency(cls, user, kind="suicide", place="楼顶", **vals):
        """Start an emergency as ``user``."""
        return (
            cls.env["crisis.emergency"]
            .with_user(user)
            .with_company(user.company_id)
            .create({"kind": kind, "place": place, **vals})
        )

    @classmethod
    def _without_record_gates(cls):
        """Switch off the gates that records meet, for tests about something else."""
        codes = ("assessment", "plan", "plan_approval", "session", "review")
        cls.env["crisis.stage.gate"].search([("code", "in", codes)]).unlink()

    @classmethod
    def _demand(cls, stage, *codes, **vals):
        """Let ``stage`` demand more before a case leaves it.

        :return: ``crisis.stage.gate`` records
        """
        return cls.env["crisis.stage.gate"].create(
            [{"stage_id": stage.id, "code": code, **vals} for code in codes]
        )


class CrisisCommon(CrisisRecords, TransactionCase):
    """One small school with a user for every role, two classes, and a second school as the wall."""

    # Odoo's tests cannot give a cursor that writes while one that only reads is open; what such a
    # cursor does is tested with real ones (``test_register``)
    _registry_readonly_enabled = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_the_register_here()
        cls._believe_the_clock()
        # every job commits its progress: a test is one transaction
        cls.startClassPatcher(
            patch.object(
                cls.registry["ir.cron"], "_commit_progress", lambda cron, *args, **kwargs: 60
            )
        )
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        companies = cls.env["res.company"]
        cls.school = companies.create({"name": "Test School"})
        cls.other_school = companies.create({"name": "Other School"})
        cls.district_centre = companies.create({"name": "District Centre"})

        cls.staff = cls._make_user("t_staff", "staff")
        cls.head_teacher = cls._make_user("t_head_teacher", "head_teacher")
        cls.head_teacher_2 = cls._make_user("t_head_teacher_2", "head_teacher")
        cls.doctor = cls._make_user("t_doctor", "school_doctor")
        cls.security = cls._make_user("t_security", "security_officer")
        cls.psychology = cls._make_user("t_psychology", "psychology_teacher")
        cls.moral = cls._make_user("t_moral", "moral_education")
        cls.principal = cls._make_user("t_principal", "principal")
        cls.configurator = cls._make_user("t_configurator", "configurator")
        cls.nobody = cls._make_user("t_nobody")
        cls.district = cls._make_user("t_district", "district", company=cls.district_centre)
        cls.other_psychology = cls._make_user(
            "t_other_psychology", "psychology_teacher", company=cls.other_school
        )

        cls.class_1 = cls._make_class("1班", 3, cls.head_teacher)
        cls.class_2 = cls._make_class("2班", 3, cls.head_teacher_2)
        cls.other_class = cls._make_class("1班", 3, company=cls.other_school)
        cls.student_1 = cls._make_student("林小禾", "S001", cls.class_1)
        cls.student_2 = cls._make_student("周子墨", "S002", cls.class_2)
        cls.other_student = cls._make_student("何雨桐", "S001", cls.other_class)

    def setUp(self):
        super().setUp()
        # a test class is one transaction, in which code that one test ran shuts all others out
        sealed_reading._after_code.clear()
        # as Odoo does with the queues of the cursor
        self.addCleanup(setattr, register._waiting, "of", register._waiting.of.copy())
        for pending in register._waiting.of.values():
            # what a test has read is not the next one's
            self.addCleanup(pending.take)

    @classmethod
    def _keep_the_register_here(cls):
        """Let the register be written in the transaction of the tests, which is never committed."""
        real = register._connection

        @contextmanager
        def connection(env):
            if cls._registry_patched:
                with real(env) as cr:
                    yield cr
            else:
                yield env.cr

        cls.startClassPatcher(patch.object(register, "_connection", connection))
        cls.addClassCleanup(cls.cr.prerollback.clear)
        cls.addClassCleanup(lambda: register._waiting.of.clear())

    @classmethod
    def _end_transaction(cls):
        """End the transaction, as far as the register sees it."""
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        if pending := register._waiting.of.get(cls.env.cr):
            register._after_commit(pending)
        cls.env.invalidate_all()

    @classmethod
    def _empty_register(cls):
        """Take all rows away: the register begins anew."""
        cls.env.cr.execute("DELETE FROM crisis_disclosure")
        cls.env.cr.execute("DELETE FROM crisis_disclosure_head")
        cls.env.cr.execute("DELETE FROM crisis_register_archive")

    @classmethod
    def _archive_reading(cls, case, user):
        """Put a reading of many years ago into an archive; return the archive."""
        with freeze_time(datetime(2020, 3, 2, 9, 0)):
            register.note_reading(cls.env, user.id, case, "background", "form")
            cls._end_transaction()
        register_archive.archive_part(cls.env)
        return cls.env["crisis.register.archive"].search([], limit=1)

    @contextmanager
    def _counting(self, counts):
        """Append to ``counts`` how many queries are made inside, with nothing in the cache before."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        yield
        self.env.flush_all()
        counts.append(self.env.cr.sql_log_count - before)

    @classmethod
    def _believe_the_clock(cls):
        """Let the clock of tests, which is often set, be a steady one; see ``test_clock``."""
        cls.startClassPatcher(patch.object(clock, "is_steady", return_value=True))
        cls.startClassPatcher(
            patch.object(
                clock, "steady_hours", lambda env: fields.Datetime.now().timestamp() / 3600
            )
        )

    def _let_crons_go_on(self):
        """Let scheduled actions have all the time and commit nothing: a test is one transaction."""
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda cron, *args, **kwargs: 60)
