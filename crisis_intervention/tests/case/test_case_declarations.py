from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import CrisisCommon

STEPS = (
    *("first_contact", "guardian", "assessment", "plan", "plan_approval", "session", "review"),
    *("consent", "measure", "referral_approval", "referral", "referral_reply"),
    *("mandatory_report", "waiver", "school_return", "closing"),
    *("grant", "grant_review", "person_request"),
)
GATES = ("verified", "level", "assessment", "plan", "plan_approval", "session", "review", "summary")


@tagged("post_install", "-at_install")
class TestCaseDeclarations(CrisisCommon):
    """What kinds of record say about themselves fits together, and the case makes use of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kinds = cls.env["crisis.record"]

    def test_steps_and_gates_have_codes_of_their_own(self):
        for method, codes in (("_case_steps", STEPS), ("_stage_gates", GATES)):
            declared = [each.code for _model, each in self.kinds._in_sequence(method)]
            self.assertEqual(len(set(declared)), len(declared), method)
            ours = [code for code in declared if code in codes]
            self.assertEqual(ours, list(codes), "in the order in which they are offered")

    def test_steps_have_activities_and_forms(self):
        case = self._make_case(self.student_1).with_user(self.psychology)
        for model, step in self.kinds._in_sequence("_case_steps"):
            with self.subTest(step=step.code):
                self.assertEqual(self.env.ref(step.activity)._name, "mail.activity.type")
                if step.continues:
                    states = dict(self.env[model]._fields["state"].selection)
                    self.assertIn(step.continues, states)
                if step.code != "plan_approval":  # there is none yet
                    self.assertEqual(case._action_step(step.code)["res_model"], model)

    def test_steps_done_by_hand(self):
        case = self._make_case(self.student_1, risk_level="red")
        by_hand = case.deadline_ids.filtered("by_hand")
        self.assertEqual(by_hand.mapped("kind"), ["first_contact"])

    def test_chapters_are_documents_of_their_kind(self):
        sequences = set()
        for model, chapter in self.kinds._in_sequence("_case_chapters"):
            with self.subTest(report=chapter.report):
                self.assertEqual(self.env.ref(chapter.report).model, model)
                self.assertNotIn(chapter.sequence, sequences, "two at one place")
                sequences.add(chapter.sequence)
                self.env[model].search(list(chapter.domain), limit=1)

    def test_counters_are_fields_of_the_case(self):
        case = self._make_case(self.student_1).with_user(self.psychology)
        for model, counter in self.kinds._collected("_case_counter"):
            with self.subTest(model=model):
                self.assertEqual(case[counter.field], 0)
                action = case.with_context(crisis_count=counter.field).action_view_records()
                self.assertEqual(action["res_model"], model)

    def test_each_kind_says_what_keeps_a_case_open(self):
        first, second = (self._make_case(s) for s in (self.student_1, self.student_2))
        self.assertFalse((first | second)._kept_open())
        self.env["crisis.mandatory.report"].with_user(self.psychology).create(
            {
                "case_id": first.id,
                "situation_ids": [
                    (6, 0, self.env["crisis.mandatory.situation"].search([], limit=1).ids)
                ],
                "facts": "x",
            }
        )
        found = (first | second)._kept_open()
        self.assertEqual(set(found), {first})
        text = "\n".join(found[first])
        self.assertIn("a report that the law demands is open", text)
        self.assertIn("Still open: Mandatory report", text)
        with self.assertRaises(UserError):
            (first | second)._check_closing()
