from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.case.crisis_case_privacy import _FIELDS
from ..common import DENIALS
from ..privacy.test_access_grant import GrantCase


@tagged("post_install", "-at_install")
class TestCaseAudience(GrantCase):
    """ "Who sees this case, and why" is exactly who does, whatever the relation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nurse = cls._make_user("t_nurse", "school_doctor", "head_teacher")
        cls.coach = cls._make_user("t_coach", "staff")
        cls.both_schools = cls._make_user("t_both", "principal", company=cls.other_school)
        cls.both_schools.company_ids = cls.school | cls.other_school
        cls.portal = new_test_user(
            cls.env, login="t_portal", groups="base.group_portal", company_id=cls.school.id,
            company_ids=[Command.set(cls.school.ids)],
        )  # fmt: skip
        cls.case_2 = cls._make_case(cls.student_2, risk_level="yellow", medical_involved=True)
        plan = cls._put_in_force(cls.case)
        plan.measure_ids._set({"user_id": cls.coach.id})
        cls.env["crisis.medical.record"].with_user(cls.doctor).create(
            {"case_id": cls.case_2.id, "finding": "x"}
        )
        cls.district_centre.partner_id.crisis_resource_kind = "district"
        referral = cls.env["crisis.referral"].create(
            {
                "case_id": cls.case.id,
                "resource_id": cls.district_centre.partner_id.id,
                "reason": "x",
                "user_id": cls.psychology.id,
            }
        )
        referral._set({"state": "sent"})
        cls.case.district_company_id = cls.district_centre

    def _listed(self, case):
        """Return set of (user, model, field) of the list, permissions left out."""
        return {
            (row["user"], *part)
            for row in case.sudo()._audience()
            for part in row["parts"]
            if not row["grant"]
        }

    def _really(self, case):
        """Return the same set, by reading every record as every user there is."""
        result = set()
        fields_of = {}
        for model, name in _FIELDS:
            fields_of.setdefault(model, []).append(name)
        for user in self.env["res.users"].search([("id", "!=", self.env.ref("base.user_root").id)]):
            for model, records in case.sudo()._audience_records().items():
                for name in (None, *fields_of.get(model, ())):
                    for record in records:
                        self.env.invalidate_all()
                        mine = (
                            record.with_user(user)
                            .with_context(allowed_company_ids=user.company_ids.ids)
                            .sudo(False)
                        )
                        try:
                            mine.read([name or "create_date"])
                        except AccessError:
                            continue
                        result.add((user, model, name))
        return result

    @mute_logger(*DENIALS)
    def test_equals_what_every_user_can_really_read(self):
        for case in (self.case, self.case_2):
            with self.subTest(case=case.name):
                self.assertEqual(self._listed(case), self._really(case))
        readers = {user for user, _model, _field in self._listed(self.case)}
        self.assertLessEqual(
            self.head_teacher | self.coach | self.district | self.staff | self.both_schools,
            self.env["res.users"].union(*readers),
        )
        # and again when relations have changed
        self.case.district_company_id = False
        self.case.medical_involved = True
        self.class_1.head_teacher_ids = self.nurse
        self.env.flush_all()
        self.assertEqual(self._listed(self.case), self._really(self.case))

    def test_reasons(self):
        rows = self.case.sudo()._audience()
        reasons = {(row["user"], row["relation"]) for row in rows}
        for user, relation in (
            (self.psychology, "role"),
            (self.principal, "role"),
            (self.head_teacher, "class"),
            (self.coach, "own"),
            (self.staff, "reporter"),
            (self.district, "referral"),
        ):
            with self.subTest(user=user.login):
                self.assertIn((user, relation), reasons)
        self.assertNotIn(self.doctor, [user for user, _relation in reasons])
        medical = {(r["user"], r["relation"]) for r in self.case_2.sudo()._audience()}
        self.assertIn((self.doctor, "medical"), medical)
        self.assertIn((self.nurse, "medical"), medical)

    def test_permissions_with_their_end(self):
        grant = self._give(self.security, "all")
        emergency = (
            self.env["crisis.access.grant"]
            .with_user(self.doctor)
            .create({"student_id": self.student_1.id, "purpose": "x", "scope": "notes"})
        )
        emergency._break_glass()
        ended = self._give(self.moral)
        ended.action_revoke()
        rows = {row["grant"]: row for row in self.case.sudo()._audience() if row["grant"]}
        self.assertEqual(set(rows), {grant.sudo(), emergency.sudo()})
        for each, relation in ((grant, "grant"), (emergency, "emergency")):
            row = rows[each.sudo()]
            self.assertEqual((row["user"], row["relation"]), (each.user_id, relation))
            self.assertEqual(row["until"], each.date_to)
            self.assertTrue(each._reading())
        self.assertGreater(rows[grant.sudo()]["until"], fields.Datetime.now())

    @mute_logger(*DENIALS)
    def test_asked_by_owner_and_principal(self):
        for user in (self.psychology, self.principal):
            action = self.case.with_user(user).action_view_audience()
            lines = self.env["crisis.case.audience"].with_user(user).search(action["domain"])
            # who never sees it is named to those who read the report on that person
            shut_out = lines.filtered(lambda line: line.relation == "concerned")
            self.assertEqual(len(shut_out), user == self.principal)
            self.assertEqual(len(lines - shut_out), len(self.case.sudo()._audience()))
            self.assertFalse(lines.with_user(self.psychology_2).has_access("read"))
        for user in (self.psychology_2, self.moral, self.head_teacher, self.doctor, self.staff):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.case.with_user(user).action_view_audience()

    def test_costs_little_more_with_more_colleagues(self):
        """Colleagues without access cost next to nothing: the rules are asked in memory."""
        few = self._queries()
        for number in range(20):
            self._make_user(f"t_more_{number}", "head_teacher")
        self.assertLess(self._queries() - few, 20)

    def _queries(self):
        """Return how many queries the list takes with nothing but Odoo's own caches filled."""
        self.case.sudo()._audience()
        counts = []
        with self._counting(counts):
            self.case.sudo()._audience()
        return counts[0]
