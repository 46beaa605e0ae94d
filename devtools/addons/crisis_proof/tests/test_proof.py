import json
from datetime import timedelta

from odoo import fields
from odoo.addons.crisis_intervention import identity
from odoo.addons.crisis_intervention.tests import access_matrix
from odoo.addons.crisis_intervention.tests.common import DENIALS, CrisisCommon
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

KIND = "proof.home.visit"
ACCESS = """
                          nobody staff head doctor security psychology moral principal district config admin
proof.home.visit
  own_class               -      -     -    -      -        RWC        -     R         -        -      -
  other_school            -      -     -    -      -        x          -     x         -        -      -
"""


@tagged("post_install", "-at_install")
class TestProof(CrisisCommon):
    """A kind of record from an addon is in all places of the core that name no kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1, risk_level="yellow")
        cls.visit = (
            cls.env[KIND]
            .with_user(cls.psychology)
            .create({"case_id": cls.case.id, "findings": "FINDINGSCANARY", "agreed": "AGREED"})
        )

    def _lines(self, user):
        """Return the codes of the timeline's lines about the visit, as ``user`` finds them."""
        lines = self.env["crisis.chronology"].with_user(user)
        return lines.search([("case_id", "=", self.case.id), ("res_model", "=", KIND)])

    def test_number(self):
        self.assertRegex(self.visit.name, r"^HV/\d{4}/\d{4}$")

    def test_timeline(self):
        self.assertFalse(self._lines(self.psychology))
        self.visit.action_sign()
        line = self._lines(self.psychology)
        self.assertEqual(line.mapped("kind"), ["home_visit"])
        self.assertEqual(line.line, f"Home visit {self.visit.name}")
        self.assertFalse(self._lines(self.moral), "may not read the record behind it")

    def test_case_file(self):
        mine = self.case.with_user(self.psychology)
        self.assertNotIn(
            KIND, [records._name for _title, _report, records in mine._file_chapters()]
        )
        self.visit.action_sign()
        found = [records for _title, _report, records in mine._file_chapters()]
        self.assertIn(self.visit, found)

    def test_steps(self):
        due = fields.Datetime.now() + timedelta(hours=1)
        step = self.case._open_step("home_visit", due)
        self.assertEqual(self.case.next_step, "home_visit")
        activity_type = self.env.ref("crisis_proof.mail_activity_home_visit")
        self.assertEqual(self.case.activity_ids.activity_type_id, activity_type)
        action = step.with_user(self.psychology).action_done()
        self.assertEqual(action["res_model"], KIND)
        duty = (
            self.env["crisis.duty"].with_user(self.psychology).search([("kind", "=", "home_visit")])
        )
        self.assertEqual(duty.case_id, self.case)
        self.visit.action_sign()
        self.assertTrue(step.date_done)

    def test_gate(self):
        first = self.case.stage_id
        first.gate_ids.unlink()
        self._demand(first, "home_visit")
        mine = self.case.with_user(self.psychology)
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "Home visited"), self.env.cr.savepoint():
            mine.action_next_stage()
        self.visit.action_sign()
        mine.action_next_stage()
        self.assertNotEqual(mine.stage_id, first)

    def test_counter_and_closing(self):
        self.assertEqual(self.case.with_user(self.psychology).home_visit_count, 1)
        action = (
            self.case.with_user(self.psychology)
            .with_context(crisis_count="home_visit_count")
            .action_view_records()
        )
        self.assertEqual(action["res_model"], KIND)
        self.assertIn("A home visit is not signed yet.", self.case._kept_open()[self.case])
        self.visit.action_sign()
        self.assertNotIn(self.case, self.case._kept_open())
        counts = dict(self.case.with_user(self.psychology)._closing_counts())
        self.assertEqual(counts["Home visits"], 1)

    def test_permission_and_copy(self):
        self.visit.action_sign()
        grant = (
            self.env["crisis.access.grant"]
            .with_user(self.moral)
            .create(
                {
                    "student_id": self.student_1.id,
                    "scope": "case",
                    "purpose": "x",
                    "hours": 24,
                }
            )
        )
        grant.action_submit()
        # here the decision comes from code
        self.patch(identity, "require_decided", lambda record: None)
        grant.with_user(self.principal).action_approve("x")
        shown = json.dumps(grant._reading(), ensure_ascii=False, default=str)
        self.assertIn("AGREED", shown)
        excerpts = dict(self.env["crisis.record"]._collected("_guardian_excerpt"))
        self.assertEqual(excerpts[KIND].fields, ("date", "agreed"))

    def test_register(self):
        self.assertTrue(self.env["crisis.disclosure"]._is_about_a_child(KIND))

    def test_erasure(self):
        self.visit.action_sign()
        self.env.flush_all()
        self.env["crisis.erasure"]._erase_cases(self.case)
        self.env.cr.execute(
            "SELECT findings, agreed FROM proof_home_visit WHERE id = %s", [self.visit.id]
        )
        self.assertEqual(self.env.cr.fetchone(), (None, None))

    def test_rules_of_ours_hold(self):
        """Files, messages and exports of the kind follow our rules, whatever its name."""
        self.assertTrue(self.env["crisis.record"]._is_ours(KIND))
        self.visit.action_sign()
        message = self.env["mail.message"].create(
            {"model": KIND, "res_id": self.visit.id, "body": "x"}
        )
        with self.assertRaises(AccessError), mute_logger(*DENIALS):
            message.with_user(self.psychology).write({"body": "y"})
        with self.assertRaises(AccessError), mute_logger(*DENIALS):
            self.visit.export_data(["name"])

    @mute_logger(*DENIALS)
    def test_matrix(self):
        """The table of access is tried for the new kind as for those of the core."""
        table = access_matrix.cells(ACCESS)[KIND]
        other = self._make_case(self._make_student("彭嘉怡", "S014", self.other_class))
        records = {
            "own_class": self.visit,
            "other_school": self.env[KIND].create({"case_id": other.id, "agreed": "x"}),
        }
        letters = {"read": "R", "write": "W", "create": "C", "unlink": "D"}
        me, tried = self._make_user("t_me"), 0
        for role in access_matrix.ROLES:
            me.group_ids = [
                (
                    6,
                    0,
                    [self.env.ref(g).id for g in ("base.group_user", *access_matrix.groups(role))],
                )
            ]
            self._confirm_roles(me)
            for relation, record in records.items():
                record.sudo().user_id = me
                self.env.flush_all()
                self.env.invalidate_all()
                mine = record.with_user(me).with_company(self.school).sudo(False)
                cell = table[relation][role]
                for operation, letter in letters.items():
                    subject = mine.browse() if operation == "create" else mine
                    if operation == "create" and relation == "other_school":
                        continue
                    with self.subTest(role=role, relation=relation, operation=operation):
                        self.assertEqual(subject.has_access(operation), letter in cell)
                        tried += 1
        self.assertGreater(tried, 60)
