from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import convert_file
from odoo.tools.sql import column_exists, create_column

from ..common import CrisisCommon
from ..migrations import migrate

STAGE = "crisis_intervention.crisis_stage_"
COLUMNS = (
    "verified",
    "level",
    "assessment",
    "plan",
    "plan_approval",
    "session",
    "review",
    "summary",
)


@tagged("post_install", "-at_install")
class TestStageGates(CrisisCommon):
    """What stages demand are rows that a school sets up: from a level on, by certain instruments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._without_record_gates()
        cls.discovered = cls.env.ref(STAGE + "discovered")
        cls.verified = cls.env.ref(STAGE + "verified")
        cls.case = cls._make_case(cls.student_1).with_user(cls.psychology)
        cls.case.action_verify()

    def _move(self):
        self.case.stage_id = self.verified

    def test_asked_from_a_level_on(self):
        self._demand(self.discovered, "session", risk_level="orange")
        self.case.risk_level = "orange"
        with self.assertRaises(UserError) as caught:
            self._move()
        self.assertIn("Intervention session held", str(caught.exception))
        self.assertFalse(self.case.gates_met)
        self.case._review_level("yellow", "好转")
        self.assertTrue(self.case.gates_met)
        self._move()

    def test_without_a_level_the_usual_one_counts(self):
        self.env.ref("crisis_intervention.crisis_stage_gate_level").unlink()
        self._demand(self.discovered, "session", risk_level="orange")
        self.assertTrue(self.case.gates_met)
        self._demand(self.discovered, "session", risk_level="yellow")
        self.assertFalse(self.case.gates_met)

    def test_forms_of_named_instruments_count(self):
        wanted, other = (self._make_instrument(code=code) for code in ("mood", "sleep"))
        gate = self._demand(self.discovered, "assessment", instrument_ids=[(6, 0, wanted.ids)])
        self.case.risk_level = "yellow"
        self.assertIn(wanted.name, gate.with_user(self.psychology).display_name)
        self._fill(other)
        with self.assertRaises(UserError) as caught:
            self._move()
        self.assertIn(wanted.name, str(caught.exception))
        # the next version counts as well
        self._fill(self._make_instrument(code="mood", version="2"))
        self._move()

    def _fill(self, instrument):
        """Complete a form of ``instrument`` about the student of the case."""
        form = (
            self.env["crisis.assessment"]
            .with_user(self.psychology)
            .create(
                {
                    "student_id": self.student_1.id,
                    "instrument_id": instrument.id,
                    "answers": {"1": "0", "2": "0", "3": "0"},
                }
            )
        )
        form.action_complete()

    def test_checklist_lists_each_row(self):
        first, second = self._demand(self.discovered, "session", "session", risk_level="blue")
        rows = [row for row in self.case.gate_checklist if row["code"] == "session"]
        self.assertEqual([row["id"] for row in rows], [first.id, second.id])
        self._hold_session(self.case)
        self.case.invalidate_recordset()
        self.assertTrue(all(r["met"] for r in self.case.gate_checklist if r["code"] == "session"))

    def test_configurators_set_them_up(self):
        with Form(self.verified.with_user(self.configurator)) as form, form.gate_ids.new() as row:
            row.code = "review"
            row.risk_level = "red"
        self.assertEqual(self.verified.gate_ids.mapped("code"), ["review"])
        for user in (self.head_teacher, self.doctor, self.district):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.verified.with_user(user).gate_ids.mapped("code")

    def test_labels_follow_the_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        gate = self.discovered.gate_ids[0]
        self.assertNotEqual(gate.with_context(lang="zh_CN").display_name, gate.display_name)

    def test_what_nobody_declares_is_met_by_nobody(self):
        self.case.risk_level = "yellow"
        self.assertTrue(self.case.gates_met)
        gate = self._demand(self.discovered, "session")
        self.env.flush_all()
        self.cr.execute("UPDATE crisis_stage_gate SET code = 'gone' WHERE id = %s", [gate.id])
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self._move()
        gate.unlink()
        self._move()

    def test_instruments_of_other_schools_are_not_named(self):
        foreign = self._make_instrument(
            self.other_school, code="theirs", name={"en_US": "Foreign scale", "zh_CN": "外校量表"}
        )
        self._demand(self.discovered, "assessment", instrument_ids=[(6, 0, foreign.ids)])
        self.env.invalidate_all()
        text = str(self.case.gate_checklist)
        self.assertIn("Assessment done", text)
        self.assertNotIn("Foreign scale", text)

    def test_cost_no_query_per_case(self):
        self._demand(self.discovered, "assessment", "plan", "session", "review")
        students = self._make_students(120, self.class_2, "G")
        cases = self.env["crisis.case"].create(
            [
                {"student_id": s.id, "user_id": self.psychology.id, "risk_level": "yellow"}
                for s in students
            ]
        )
        counts = []
        for part in (cases[:10], cases[:10], cases[10:]):
            mine = part.with_user(self.psychology)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            missing = mine._missing_gates({case: case.stage_id.gate_ids for case in mine})
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(missing), len(part))
        self.assertEqual(counts[1], counts[2])  # the first run fills Odoo's own caches

    def test_update_leaves_them_as_the_school_set_them_up(self):
        gate = self.env.ref("crisis_intervention.crisis_stage_gate_summary")
        gate.risk_level = "red"
        self.env.ref("crisis_intervention.crisis_stage_gate_verified").unlink()
        file = "data/crisis_stage_data.xml"
        convert_file(self.env, "crisis_intervention", file, {}, mode="update", noupdate=True)
        self.assertEqual(gate.risk_level, "red")
        self.assertNotIn("verified", self.discovered.gate_ids.mapped("code"))

    def test_update_from_columns(self):
        """What was on becomes rows, also where a school had changed it; the columns go."""
        self.env["crisis.stage.gate"].search([]).unlink()
        own = self.env["crisis.stage"].create({"name": "家校会商", "sequence": 45})
        archived = self.env["crisis.stage"].create({"name": "旧", "sequence": 46})
        archived.active = False
        self.env.flush_all()
        for code in COLUMNS:
            create_column(self.cr, "crisis_stage", f"gate_{code}", "bool")
        for stage, codes in (
            (self.discovered, ["verified"]),  # the school had switched "level" off
            (self.verified, ["assessment", "session"]),
            (own, ["plan_approval", "plan"]),
            (archived, ["review"]),
        ):
            for code in codes:
                self.cr.execute(
                    f"UPDATE crisis_stage SET gate_{code} = TRUE WHERE id = %s",
                    [stage.id],
                )
        migrate(self.env, "19.0.2.0.0", "post-30-gates")
        for stage, codes in (
            (self.discovered, ["verified"]),
            (self.verified, ["assessment", "session"]),
            (own, ["plan", "plan_approval"]),
            (archived, ["review"]),
        ):
            self.assertEqual(stage.gate_ids.mapped("code"), codes)
        gates = self.env["crisis.stage.gate"].search([])
        self.assertEqual(len(gates), 6)
        self.assertFalse(gates.filtered("risk_level"))
        shipped = self.env.ref("crisis_intervention.crisis_stage_gate_verified")
        self.assertEqual(shipped, self.discovered.gate_ids)
        self.assertFalse(
            self.env.ref("crisis_intervention.crisis_stage_gate_plan", raise_if_not_found=False)
        )
        self.assertFalse(any(column_exists(self.cr, "crisis_stage", f"gate_{c}") for c in COLUMNS))
        migrate(self.env, "19.0.2.0.0", "post-30-gates")
        self.assertEqual(self.env["crisis.stage.gate"].search([]), gates, "a second time: nothing")
