from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..common import CrisisCommon

LOW = {"1": "1", "2": "3", "3": "0"}  # 1 + 0 + 0: no band with a level
HIGH = {"1": "3", "2": "0", "3": "0"}  # 3 + 3 + 0: orange
FLAG = {"1": "0", "2": "3", "3": "1", "4": "N"}  # a total of 1, and a red flag


@tagged("post_install", "-at_install")
class TestAssessment(CrisisCommon):
    """Forms: filled in, completed, locked; what they propose, and who decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.instrument = cls._make_instrument()
        cls.case = cls._make_case(cls.student_1, risk_level="yellow")

    def _done(self, answers, student=None, **vals):
        """Return a completed form."""
        form = self._make_assessment(student or self.student_1, answers, self.instrument, **vals)
        form.action_complete()
        return form

    def test_numbered_and_linked_to_the_open_case(self):
        form = self._make_assessment(self.student_1, LOW, self.instrument)
        self.assertRegex(form.name, r"^CA/\d{4}/\d{4}$")
        self.assertEqual(form.case_id, self.case)
        self.assertEqual(form.informant, "student")
        self.assertEqual(form.entry, "form")
        self.assertFalse(self._make_assessment(self.student_2, LOW, self.instrument).case_id)

    def test_completion_scores_and_signs(self):
        form = self._done({**LOW, "4": "Y"})
        self.assertEqual(form.state, "done")
        self.assertEqual((form.score, form.has_score, form.flag_count), (1.0, True, 0))
        self.assertEqual(form.band_id, self.instrument.band_ids[0])
        self.assertEqual(form.done_by_id, self.psychology)
        self.assertTrue(form.date_done)
        self.assertEqual(form.proposal, "none")
        self.assertNotIn("4", form.answers, "what was not asked is not kept")

    def test_completion_finishes_the_step_and_meets_the_gate(self):
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "assessment")
        self.assertFalse(step.date_done)
        self._done(LOW)
        self.assertTrue(step.date_done)
        self.assertEqual(step.done_by_id, self.psychology)

    def test_gate_of_the_verified_stage(self):
        self.case.with_user(self.psychology).action_verify()
        self.case.stage_id = self.env.ref("crisis_intervention.crisis_stage_verified")
        planned = self.env.ref("crisis_intervention.crisis_stage_planned")
        with self.assertRaises(UserError):
            self.case.stage_id = planned
        self._done(LOW)
        self.case.stage_id = planned
        self.assertEqual(self.case.stage_id, planned)

    def test_missing_answers_need_a_reason(self):
        form = self._make_assessment(self.student_1, {"1": "1"}, self.instrument)
        with self.assertRaises(UserError) as caught:
            form.action_complete()
        self.assertIn("2, 3", str(caught.exception))
        form.missing_reason = "Broke off, tired"
        form.action_complete()
        self.assertFalse(form.has_score)
        self.assertEqual(form.result["open_flags"], ["3"])

    def test_answers_the_form_does_not_offer(self):
        for answers in ({**LOW, "1": "7"}, {**LOW, "9": "1"}, {**LOW, "5": 3}):
            form = self._make_assessment(self.student_1, answers, self.instrument)
            with self.subTest(answers=answers), self.assertRaises(UserError):
                form.action_complete()
            self.assertEqual(form.state, "draft")

    def test_refusal_is_a_valid_outcome(self):
        form = self._make_assessment(self.student_1, {"1": "1"}, self.instrument)
        with self.assertRaises(UserError):
            form.action_refuse()
        form.missing_reason = "The guardians do not agree"
        form.action_refuse()
        self.assertEqual((form.state, form.answers), ("refused", False))
        gate = self.env.ref("crisis_intervention.crisis_stage_gate_assessment")
        self.assertFalse(gate._unmet(self.case))

    def test_locked_after_completion(self):
        form = self._done(LOW)
        ways = {
            "write": lambda: form.write({"answers": HIGH}),
            "conclusion": lambda: form.write({"conclusion": "x"}),
            "archive": lambda: form.write({"active": False}),
            "as principal": lambda: form.with_user(self.principal).write({"conclusion": "x"}),
            "as system": lambda: form.sudo().write({"answers": HIGH}),
            "import": lambda: self._import(form),
            "one2many of the case": lambda: self.case.with_user(self.psychology).write(
                {"assessment_ids": [Command.update(form.id, {"conclusion": "x"})]}
            ),
            "delete by the case": lambda: self.case.with_user(self.psychology).write(
                {"assessment_ids": [Command.delete(form.id)]}
            ),
            "unlink": form.unlink,
            "unlink as system": lambda: form.sudo().unlink(),
            "complete again": form.action_complete,
            "refuse": form.action_refuse,
        }
        before = form.read(["answers", "conclusion", "active", "state"])
        for name, way in ways.items():
            with self.subTest(way=name), self.assertRaises(UserError):
                way()
        self.env.invalidate_all()
        self.assertEqual(form.read(["answers", "conclusion", "active", "state"]), before)

    def _import(self, form):
        """Import over a completed form, as the import dialog does; raise what it reports."""
        xml_id = form.export_data(["id"])["datas"][0][0]
        result = (
            self.env["crisis.assessment"]
            .with_user(self.psychology)
            .load(["id", "conclusion"], [[xml_id, "x"]])
        )
        if not result["ids"]:
            raise UserError(result["messages"][0]["message"])

    def test_results_are_kept_by_the_system(self):
        form = self._make_assessment(self.student_1, LOW, self.instrument)
        for values in (
            {"state": "done"},
            {"score": 9},
            {"result": {}},
            {"risk_level": "red"},
            {"proposal": "accepted"},
            {"done_by_id": self.moral.id},
            {"name": "CA/1/1"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                form.write(values)
            with self.subTest(create=values), self.assertRaises(AccessError):
                self._make_assessment(self.student_1, LOW, self.instrument, **values)
            defaults = {f"default_{key}": value for key, value in values.items()}
            preset = self.env["crisis.assessment"].with_user(self.psychology)
            plain = {"student_id": self.student_1.id, "instrument_id": self.instrument.id}
            with self.subTest(context=values):
                # what a context says changes nothing
                made, same = (
                    model.create(plain) for model in (preset.with_context(**defaults), preset)
                )
                for name in values.keys() - {"name"}:
                    self.assertEqual(made[name], same[name])
                self.assertNotEqual(made.name, "CA/1/1")

    def test_additions(self):
        form = self._done(LOW)
        additions, words = (
            form.env["crisis.assessment.addendum"],
            {"assessment_id": form.id, "text": "x"},
        )
        with self.assertRaises(AccessError):
            additions.create({**words, "user_id": self.moral.id})
        note = additions.create(words)
        self.assertEqual(note.user_id, self.psychology)
        with self.assertRaises(UserError):
            note.text = "y"

    def test_level_above_is_proposed_to_the_owner(self):
        form = self._done(HIGH)
        self.assertEqual((form.risk_level, form.proposal), ("orange", "pending"))
        self.assertEqual(form.activity_ids.user_id, self.case.user_id)
        self.assertEqual(self.case.risk_level, "yellow", "a person decides")
        self.assertEqual(self.case.with_user(self.principal).pending_assessment_id, form)

    def test_level_not_above_proposes_nothing(self):
        self.case.write({"risk_level": "red", "change_reason": "x"})
        form = self._done(HIGH)
        self.assertEqual((form.risk_level, form.proposal), ("orange", "none"))
        self.assertFalse(form.activity_ids)

    def test_danger_goes_to_those_on_duty_at_once(self):
        form = self._done(FLAG)
        self.assertEqual((form.risk_level, form.flag_count), ("red", 1))
        self.assertEqual(form.activity_ids.user_id, self.psychology | self.moral | self.principal)
        self.env.flush_all()
        mails = self.env["mail.mail"].search([("body_html", "like", f"res_id={form.id}")])
        recipients = mails.filtered(lambda m: form._name in m.body_html).recipient_ids
        self.assertEqual(recipients, (self.moral | self.principal).partner_id)
        self.assertNotIn(self.student_1.name, "".join(mails.mapped("body_html")))

    def test_accepting_raises_the_case_and_its_deadlines(self):
        form = self._done(FLAG)
        due = {d.kind: d.date_due for d in self.case.deadline_ids if not d.date_done}
        form.with_user(self.moral)._decide(True, "Spoke with the student")
        self.assertEqual(self.case.risk_level, "red")
        self.assertEqual(form.proposal, "accepted")
        self.assertEqual(form.proposal_user_id, self.moral)
        self.assertEqual(self.case.change_ids[0].reason, "Spoke with the student")
        self.assertFalse(form.activity_ids)
        later = {d.kind: d.date_due for d in self.case.deadline_ids if not d.date_done}
        self.assertLess(later["guardian"], due["guardian"])

    def test_declining_keeps_the_level_and_the_reason(self):
        form = self._done(FLAG)
        form.with_user(self.principal)._decide(False, "Misread the question")
        self.assertEqual(self.case.risk_level, "yellow")
        self.assertEqual(
            (form.proposal, form.proposal_reason), ("declined", "Misread the question")
        )
        with self.assertRaises(UserError):
            form._decide(True, "Once more")

    def test_a_decision_needs_a_reason_and_the_right(self):
        form = self._done(FLAG)
        with self.assertRaises(UserError):
            form._decide(True, " ")
        self.case.medical_involved = True
        for user in (self.doctor, self.head_teacher, self.staff, self.other_psychology):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                form.with_user(user)._decide(True, "x")
        self.assertEqual(form.proposal, "pending")

    def test_without_a_case_accepting_opens_one(self):
        form = self._done(FLAG, self.student_2)
        self.assertEqual(form.proposal, "pending")
        form.with_user(self.principal)._decide(True, "Spoke with the student")
        self.assertEqual(form.case_id.student_id, self.student_2)
        self.assertEqual(form.case_id.risk_level, "red")
        self.assertTrue(form.case_id.sudo().verified_at)

    def test_case_and_report_of_another_student_are_refused(self):
        report = self._make_concern(self.staff, self.student_2)
        for values in ({"case_id": self.case.id}, {"concern_id": report.id}):
            student = self.student_2 if "case_id" in values else self.student_1
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._make_assessment(student, LOW, self.instrument, **values)

    def test_instrument_is_used_as_it_is_meant(self):
        draft = self._make_instrument(published=False, code="draft")
        paper = self._make_instrument(code="paper", needs_wording=True)
        for instrument, values in (
            (draft, {}),
            (self.instrument, {"informant": "parent"}),
            (paper, {"entry": "form"}),
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._make_assessment(self.student_1, LOW, instrument, **values)
        self.assertEqual(self._make_assessment(self.student_1, LOW, paper).entry, "transcription")

    def test_head_teacher_sees_the_level_only(self):
        form = self._done(FLAG)
        form._decide(True, "x")
        case = self.case.with_user(self.head_teacher)
        self.assertEqual(case.risk_level, "red")
        with self.assertRaises(AccessError):
            case.read(["assessment_ids"])
        with self.assertRaises(AccessError):
            form.with_user(self.head_teacher).read(["score"])

    def test_principal_sees_the_result_but_no_answers(self):
        form = self._done(FLAG).with_user(self.principal)
        self.assertEqual(form.score, 1)
        self.assertIn("三", form.result_html, "the red flag is named")
        for name in ("answers", "missing_reason", "addendum_ids"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                form.read([name])
        with self.assertRaises(AccessError):
            form._answer_rows()

    def test_transcription_row_in_the_form(self):
        with Form(self.env["crisis.assessment"].with_user(self.psychology)) as form:
            form.student_id = self.student_1
            form.instrument_id = self.instrument
            form.entry = "transcription"
            form.transcription = "1 3 0 -"
        self.assertEqual(form.record.answers, LOW)

    def test_transcription_of_a_class(self):
        students = self._make_students(3, self.class_2)
        wizard = (
            self.env["crisis.assessment.transcribe"]
            .with_user(self.psychology)
            .create({"instrument_id": self.instrument.id, "class_id": self.class_2.id})
        )
        self.assertEqual(wizard.line_ids.student_id, students | self.student_2)
        rows = {students[0]: "130-", students[1]: "3 0 0 -", students[2]: "131-"}
        for line in wizard.line_ids:
            line.row = rows.get(line.student_id)
        wizard.line_ids[1].row = "13x-"
        with self.assertRaises(UserError) as caught:
            wizard.action_record()
        self.assertIn(wizard.line_ids[1].student_id.name, str(caught.exception))
        self.assertFalse(self.env["crisis.assessment"].search([("class_id", "=", self.class_2.id)]))
        wizard.line_ids[1].row = rows.get(wizard.line_ids[1].student_id)
        wizard.action_record()
        forms = self.env["crisis.assessment"].search([("student_id", "in", students.ids)])
        self.assertEqual(
            {form.student_id: form.score for form in forms},
            {students[0]: 1, students[1]: 6, students[2]: 2},
        )
        flagged = forms.filtered("flag_count")
        self.assertEqual((flagged.student_id, flagged.proposal), (students[2], "pending"))

    def test_batch_equals_single_forms(self):
        single = self._done(HIGH)
        batch = (
            self.env["crisis.assessment"]
            .with_user(self.psychology)
            ._record_batch(
                self.instrument,
                [
                    {
                        "student_id": self.student_1.id,
                        "answers": HIGH,
                        "informant": "student",
                        "date": single.date,
                    }
                ],
                entry="form",
            )
        )
        names = ["result", "score", "has_score", "band_id", "flag_count", "valid", "risk_level"]
        names += ["proposal", "state", "case_id", "company_id", "informant", "answers", "entry"]
        one, other = (form.read(names)[0] for form in (single, batch))
        self.assertEqual({**one, "id": 0}, {**other, "id": 0})
        self.assertEqual(int(batch.name[-4:]), int(single.name[-4:]) + 1)

    def test_comparison(self):
        first, second = self._done(LOW, date="2026-01-01"), self._done(HIGH)
        action = (first | second).action_compare()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("三", wizard.with_user(self.psychology).content)
        with self.assertRaises(UserError):
            first.action_compare()
        action = (first | second).with_user(self.principal).action_compare()
        content = self.env[action["res_model"]].browse(action["res_id"])
        self.assertNotIn("三", content.with_user(self.principal).content)

    def test_history_has_no_zeros_between(self):
        """The chart shows what was measured; days without a form are left out."""
        form = self._done(LOW)
        action = form.action_view_history()
        self.assertEqual(action["views"][0][1], "graph")
        self.assertFalse(action["context"]["fill_temporal"])
        self.assertEqual(self.env["crisis.assessment"].search(action["domain"]), form)

    def test_ordinal(self):
        self._done(LOW, date="2026-01-01")
        second = self._done(LOW, date="2026-02-01")
        self.assertEqual(second.ordinal, "second assessment")
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = second.with_context(lang="zh_CN")
        chinese.invalidate_recordset(["ordinal"])
        self.assertEqual(chinese.ordinal[:2], "第二")

    def test_no_files(self):
        """A scan would show single answers to everybody who may read the result."""
        form = self._make_assessment(self.student_1, LOW, self.instrument)
        attachments = self.env["ir.attachment"].with_user(self.psychology)
        place = {"res_model": form._name, "res_id": form.id}
        with self.assertRaises(UserError):
            attachments.create({"name": "scan.png", "raw": b"x", **place})
        elsewhere = attachments.create({"name": "scan.png", "raw": b"x"})
        with self.assertRaises(UserError):
            elsewhere.write(place)
