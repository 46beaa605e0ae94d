from lxml import etree
from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import signatures
from ..common import DENIALS, CrisisCommon


class ConcernedCase(CrisisCommon):
    """A report about a psychology teacher who leads the child's class and owns its case."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # whoever it is about has every role there is in a school
        cls.accused = cls._make_user(
            "t_accused", "psychology_teacher", "moral_education", "head_teacher", "school_doctor"
        )
        cls.class_1.psychology_teacher_id = cls.accused
        cls.class_1.head_teacher_ids = cls.accused | cls.head_teacher
        cls.case = cls._make_case(
            cls.student_1, user_id=cls.accused.id, risk_level="orange", medical_involved=True
        )
        cls.case.team_ids = cls.accused | cls.moral
        cls.plan = cls._put_in_force(cls.case, user=cls.accused)
        cls.measure = cls.plan.measure_ids.sudo()
        cls.session = cls._hold_session(cls.case, user=cls.accused)
        cls.planned = (
            cls.env["crisis.session"]
            .with_user(cls.accused)
            .create({"case_id": cls.case.id, "date_start": "2099-01-01 08:00:00"})
        )
        cls.contact = cls._make_contact(cls.case, user=cls.accused)
        with signatures.filing(cls.plan):
            cls.file = cls.env["ir.attachment"].create(
                {"name": "x.txt", "raw": b"x", "res_model": "crisis.plan", "res_id": cls.plan.id}
            )
        cls.concern = cls._make_concern(
            cls.staff,
            cls.student_1,
            restricted=True,
            concerned_user_ids=[Command.set(cls.accused.ids)],
        ).sudo()
        cls.env.flush_all()

    def _decide(self, user=None, concern=None, **vals):
        """Decide in the dialog that there is something in the report."""
        concern = concern or self.concern
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(user or self.principal)
            .create({"concern_id": concern.id})
        )
        wizard.line_ids.write({"risk_level": "red"})
        wizard.action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()
        return concern.sudo().case_ids

    def _below(self, case):
        """Return dict of model to the records that hang on ``case``, itself and the report too."""
        found = {"crisis.case": case, "crisis.concern": case.sudo().concern_ids}
        for name in self.env["crisis.record"]._kinds():
            kind = self.env[name].with_context(active_test=False)
            link = kind._fields.get("case_id")
            if link and link.store and link.comodel_name == "crisis.case" and kind._auto:
                found[name] = kind.search([("case_id", "=", case.id)])
        return {name: records for name, records in found.items() if records}


@tagged("post_install", "-at_install")
class TestPersonConcerned(ConcernedCase):
    """The case behind a report about somebody does not exist for that person."""

    def test_nothing_of_the_case_is_left(self):
        self.assertTrue(self.case.with_user(self.accused).has_access("write"))
        before = self._below(self.case)
        self._decide()
        below = self._below(self.case)
        self.assertGreater(len(below), 8)
        self.assertLessEqual(set(before), set(below))
        for name, records in below.items():
            mine = self.env[name].with_user(self.accused).with_context(active_test=False)
            with self.subTest(model=name):
                domain = [("id", "in", records.ids)]
                try:
                    self.assertFalse(mine.search(domain))
                    self.assertFalse(mine.search_count(domain))
                    self.assertFalse(mine._read_group(domain, [], ["__count"])[0][0])
                except AccessError:
                    continue  # closed to these roles altogether
                for record in records:
                    for operation in ("read", "write", "unlink"):
                        self.assertFalse(mine.browse(record.id).has_access(operation))
                    with self.assertRaises(AccessError):
                        mine.browse(record.id).read(["create_date"])

    @mute_logger(*DENIALS)
    def test_nor_of_what_hangs_on_its_records(self):
        addendum = self.env["crisis.session.addendum"].create(
            {"session_id": self.session.id, "text": "x"}
        )
        message = self.case.message_ids[:1]
        self.case._tell_people(partner_ids=self.accused.partner_id.ids, subject="s", body="b")
        told = self.env["mail.message"].search([("partner_ids", "in", self.accused.partner_id.ids)])
        self.assertTrue(told.with_user(self.accused).has_access("read"))
        self._decide()
        for record in (addendum, message, told, self.file, *self.case.activity_ids):
            mine = record.with_user(self.accused)
            with self.subTest(model=record._name):
                self.assertFalse(mine.has_access("read"))
                self.assertFalse(mine.browse().search([("id", "in", record.ids)]))
        duties = self.env["crisis.duty"].with_user(self.accused).search([])
        self.assertNotIn(self.case, duties.sudo().case_id)
        self.assertFalse(
            self.env["crisis.chronology"].with_user(self.accused).page(self.case.id)["lines"]
        )
        self.assertFalse(self.env["mail.activity"].with_user(self.accused).search([
            ("res_model", "in", list(self.env["crisis.record"]._kinds())),
            ("user_id", "=", self.accused.id),
        ]))  # fmt: skip

    def test_others_see_it_as_ever(self):
        self._decide()
        for user in (self.psychology, self.principal, self.moral, self.head_teacher, self.doctor):
            with self.subTest(user=user.login):
                self.assertTrue(self.case.with_user(user).has_access("read"))
                found = self.env["crisis.case"].with_user(user).search([])
                self.assertIn(self.case.id, found.ids)

    def test_what_waited_waits_for_others(self):
        self.assertTrue(self.planned.sudo().event_id)
        event = self.planned.sudo().event_id
        self._decide()
        self.assertEqual(self.case.user_id, self.psychology)
        self.assertNotIn(self.accused, self.case.team_ids)
        self.assertEqual(self.measure.user_id, self.psychology)
        self.assertEqual(self.measure.activity_ids.user_id, self.psychology)
        waiting = self.case.deadline_ids.filtered(lambda step: not step.date_done)
        self.assertTrue(waiting)
        self.assertNotIn(self.accused, waiting.user_id)
        self.assertEqual(self.case.activity_ids.user_id, self.psychology)
        self.assertFalse(event.exists())

    def test_a_new_case_gets_another_owner(self):
        self.class_2.psychology_teacher_id = self.accused
        concern = self._make_concern(
            self.staff,
            self.student_2,
            restricted=True,
            concerned_user_ids=[Command.set(self.accused.ids)],
        )
        case = self._decide(concern=concern)
        self.assertEqual(case.user_id, self.psychology)
        self.assertFalse(case.with_user(self.accused).has_access("read"))
        self.assertFalse(
            self.env["mail.notification"].search(
                [("res_partner_id", "=", self.accused.partner_id.id),
                 ("mail_message_id.model", "=", "crisis.case"),
                 ("mail_message_id.res_id", "=", case.id)]
            )
        )  # fmt: skip

    def test_without_another_owner_the_dialog_says_so(self):
        self.class_2.psychology_teacher_id = self.accused
        self.psychology.group_ids -= self.env.ref("crisis_intervention.group_psychology_teacher")
        with self.assertRaisesRegex(UserError, "every psychology teacher"):
            self._decide()

    def test_nobody_gives_it_back(self):
        self._decide()
        measure = self.measure.create(
            {
                "case_id": self.case.id,
                "title": "x",
                "user_id": self.case.user_id.id,
                "date_due": fields.Date.today(),
            }
        )
        for values in (
            {"user_id": self.accused.id},
            {"measure_ids": [Command.update(measure.id, {"user_id": self.accused.id})]},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.case.write(values)
                self.env.flush_all()
        # one of a plan is not given to anybody else than it was approved with
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.measure.user_id = self.accused
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.case.activity_schedule("mail.mail_activity_data_todo", user_id=self.accused.id)

    def test_no_decision_and_no_stand_in(self):
        self._decide()
        # red: the plan waits for approval, and the accused holds the role that decides
        self.moral.active = False
        plan = self._make_plan(self.case, user=self.psychology)
        plan.action_submit()
        self.assertEqual(plan.state, "waiting")
        self.assertTrue(plan.activity_ids)
        self.assertNotIn(self.accused, plan.sudo().activity_ids.user_id)
        with self.assertRaises(AccessError):
            plan.with_user(self.accused).action_approve("x")
        plan.with_user(self.principal).action_approve("x")

    def test_a_waiting_decision_goes_on_to_others(self):
        plan = self._make_plan(self.case, user=self.psychology)
        self.moral.active = False
        plan.action_submit()
        plan = plan.sudo()
        self.assertEqual(plan.state, "waiting")
        plan._set({"approver": "moral_education"})
        plan.activity_ids.user_id = self.accused
        self.case.deadline_ids.filtered(lambda step: step.res_id == plan.id and step.role).write(
            {"role": "moral_education"}
        )
        self._decide()
        self.assertEqual(plan.activity_ids.user_id, self.principal)

    def test_escalations_pass_by(self):
        self._decide()
        deadlines = self.case.deadline_ids.filtered(lambda step: not step.date_done)
        deadlines.write({"date_due": "2020-01-01 08:00:00"})
        deadlines.write({"next_escalation": "2020-01-01 08:00:00"})
        told = self.env["crisis.escalation"]._escalate(deadlines)
        self.assertTrue(told.filtered(lambda e: e.step == "moral_education").user_ids)
        self.assertNotIn(self.accused, told.user_ids)
        self.moral.active = False
        told.unlink()
        told = self.env["crisis.escalation"]._escalate(deadlines)
        self.assertNotIn(self.accused, told.user_ids)
        for step in told:
            self.assertTrue(step.user_ids or step.step == "district", step.step)

    def test_permission_to_look_finds_no_case(self):
        self._decide()
        none = self._make_student("许安然", "S099", self.class_1)
        known = self.student_1.guardian_ids
        self.env["crisis.guardian"].create(
            {"student_id": none.id, "name": known.name, "phone": known.phone}
        )
        answers = []
        for student in (self.student_1, none):
            grant = (
                self.env["crisis.access.grant"]
                .with_user(self.accused)
                .create({"student_id": student.id, "purpose": "x", "scope": "case"})
            )
            grant._break_glass()
            shown = grant._reading()
            sections = [
                (part["title"], [record["lines"] for record in part["records"]])
                for part in shown["sections"]
            ]
            self.assertGreater(len(sections), 1)
            answers.append((shown["case"], sections))
            self.assertFalse(grant.sudo().case_id)
            self.assertTrue(grant.has_access("read"))
        self.assertEqual(*answers)

    def test_a_permission_given_before_reads_nothing(self):
        grant = self.env["crisis.access.grant"].create(
            {"student_id": self.student_1.id, "case_id": self.case.id, "purpose": "x",
             "user_id": self.accused.id}
        )  # fmt: skip
        now = fields.Datetime.now()
        grant._set({"state": "active", "date_from": now, "date_to": "2099-01-01 00:00:00"})
        self._decide()
        with self.assertRaises(AccessError):
            grant.with_user(self.accused)._reading()
        with self.assertRaises(AccessError):
            grant.with_user(self.accused)._texts()

    def test_naming_closes_a_case_so_the_principal_does_it(self):
        """Nobody takes a case from a colleague by naming the colleague in a report behind it."""
        report = self._make_concern(self.staff, self.student_2)
        case = self._decide(self.moral, report)
        for way in (
            lambda: report.with_user(self.moral)._restrict(self.psychology),
            lambda: report.with_user(self.moral).write(
                {"restricted": True, "concerned_user_ids": [Command.set(self.psychology.ids)]}
            ),
        ):
            with self.assertRaisesRegex(AccessError, "principal"):
                way()
        self.assertFalse(case._concerned())
        report.with_user(self.principal)._restrict(self.psychology)
        self.assertEqual(case._concerned().ids, self.psychology.ids)

    def test_deciding_leads_nobody_to_the_case_about_oneself(self):
        self._decide()
        other = self._make_concern(self.staff, self.student_2)
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.accused)
            .create({"concern_id": other.id})
        )
        wizard.line_ids.write({"student_id": self.student_1.id, "risk_level": "red"})
        with self.assertRaises(UserError):
            wizard.action_confirm()

    def test_further_reports_are_decided_on_by_others(self):
        self._decide()
        concern = self._make_concern(self.head_teacher, self.student_1)
        self.assertFalse(concern.with_user(self.accused).has_access("read"))
        self.assertNotIn(self.accused, concern.sudo().activity_ids.user_id)
        self.assertTrue(concern.sudo().activity_ids)
        own = self._make_concern(self.accused, self.student_1)
        self.assertTrue(own.has_access("read"))
        self.assertFalse(own.has_access("write"))
        with self.assertRaises(AccessError):
            self._decide(self.accused, own)

    def test_no_second_case_and_no_way_to_the_first(self):
        self._decide()
        cases = self.env["crisis.case"]
        with self.assertRaises(RedirectWarning):
            cases.with_user(self.psychology).create({"student_id": self.student_1.id})
        with self.assertRaises(UserError) as caught:
            cases.with_user(self.accused).create({"student_id": self.student_1.id})
        self.assertNotIsInstance(caught.exception, RedirectWarning)
        self.assertNotIn(self.case.name, str(caught.exception))

    def test_who_sees_this_case_names_them(self):
        self._decide()

        def listed(user):
            action = self.case.with_user(user).action_view_audience()
            return self.env["crisis.case.audience"].search(action["domain"])

        rows = listed(self.principal)
        self.assertEqual(rows.filtered(lambda r: r.relation == "concerned").user_id, self.accused)
        self.assertEqual(
            rows.filtered(lambda r: r.user_id == self.accused).mapped("relation"), ["concerned"]
        )
        # the owner does not read the report, and learns of nobody in it
        self.assertNotIn("concerned", listed(self.case.user_id).mapped("relation"))

    def test_named_later_and_cleared(self):
        concern = self._make_concern(self.staff, self.student_2, restricted=True)
        case = self._decide(concern=concern)
        self.assertTrue(case.with_user(self.accused).has_access("read"))
        concern.sudo().write({"concerned_user_ids": [Command.link(self.accused.id)]})
        self.env.invalidate_all()
        self.assertFalse(case.with_user(self.accused).has_access("read"))
        concern.sudo().write({"concerned_user_ids": [Command.clear()], "restricted": False})
        self.env.invalidate_all()
        self.assertTrue(case.with_user(self.accused).has_access("read"))

    def test_no_query_more_for_everybody_else(self):
        cases = self.env["crisis.case"]

        def count(user):
            spec = {"name": {}, "user_id": {}, "stage_id": {}}
            cases.with_user(user).web_search_read([], spec)  # the caches of rules
            counts = []
            with self._counting(counts):
                cases.with_user(user).web_search_read([], spec)
            return counts[0]

        before = count(self.psychology)
        self._decide()
        self.assertEqual(count(self.psychology), before)
        self.assertLessEqual(count(self.accused), before + 1)


@tagged("post_install", "-at_install")
class TestAboutThePrincipal(CrisisCommon):
    """A report about the principal goes to somebody else, and waits in silence for nobody."""

    def _report(self, **vals):
        return self._make_concern(
            self.staff,
            self.student_1,
            restricted=True,
            concerned_user_ids=[Command.set(self.principal.ids)],
            **vals,
        )

    def test_the_person_named_decides(self):
        self.school.crisis_report_principal_user_id = self.moral
        concern = self._report()
        self.assertEqual(concern.sudo().activity_ids.user_id, self.moral)
        self.assertTrue(concern.sudo().triage_deadline)
        self.assertFalse(concern.with_user(self.psychology).has_access("read"))
        self.assertFalse(concern.with_user(self.principal).has_access("read"))
        # others stay closed to the person named
        other = self._make_concern(self.staff, self.student_2, restricted=True)
        self.assertFalse(other.with_user(self.moral).has_access("read"))
        wizard = (
            self.env["crisis.concern.triage"]
            .with_user(self.moral)
            .create({"concern_id": concern.id})
        )
        wizard.line_ids.write({"risk_level": "yellow"})
        wizard.action_confirm()
        case = concern.sudo().case_ids
        self.env.invalidate_all()
        self.assertTrue(case.with_user(self.moral).has_access("read"))
        self.assertFalse(case.with_user(self.principal).has_access("read"))

    def test_the_district_otherwise(self):
        self.school.crisis_district_id = self.district_centre
        concern = self._report(immediate_danger="yes")
        self.assertEqual(concern.sudo().activity_ids.user_id, self.district)
        mine = concern.with_user(self.district)
        mine = mine.with_context(allowed_company_ids=self.district_centre.ids)
        self.assertEqual(mine.read(["description"])[0]["description"], concern.description)
        self.assertFalse(mine.has_access("write"))
        for kind in ("form", "list", "kanban"):
            arch = etree.fromstring(mine.get_views([(False, kind)])["views"][kind]["arch"])
            names = {
                node.get("name")
                for node in arch.iter("field")
                if not any(above.tag == "field" for above in node.iterancestors())
            }
            with self.subTest(view=kind):
                self.assertIn("immediate_danger", names)
                [shown] = mine.web_read({name: {} for name in names})
                self.assertEqual(shown["id"], concern.id)
                self.assertNotIn("student_ids", names, "the centre knows no students")
        others = self._make_concern(self.staff, self.student_2, restricted=True)
        ordinary = self._make_concern(self.staff, self.student_2)
        for record in (others, ordinary):
            theirs = record.with_user(self.district)
            theirs = theirs.with_context(allowed_company_ids=self.district_centre.ids)
            self.assertFalse(theirs.has_access("read"))
        found = mine.search([])
        self.assertEqual(found.ids, concern.ids)

    def test_another_principal_else(self):
        second = self._make_user("t_principal_2", "principal")
        concern = self._report()
        self.assertEqual(concern.sudo().activity_ids.user_id, second)

    def test_only_somebody_who_decides_can_be_named(self):
        for user in (self.staff, self.other_psychology, self.district):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.school.crisis_report_principal_user_id = user
