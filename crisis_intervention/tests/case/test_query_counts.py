from datetime import date, timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import CrisisCommon

CARD = {
    "name": {},
    "student_id": {"fields": {"display_name": {}}},
    "class_id": {"fields": {"display_name": {}}},
    "risk_level": {},
    "user_id": {"fields": {"display_name": {}}},
    "next_step": {},
    "next_deadline": {},
    "open_step_count": {},
    "medical_involved": {},
    "is_overdue": {},
    "is_rotting": {},
    "rotting_days": {},
    "activity_ids": {},
    "activity_state": {},
}
# What the card shows to readers of the shared part.
SHARED = {n: spec for n, spec in CARD.items() if n not in ("next_step", "open_step_count")}
LINE = {**CARD, "stage_id": {"fields": {"display_name": {}}}, "category_ids": {"fields": {}}}
FORM = {
    **LINE,
    "shared_advice": {},
    "background": {},
    "gate_checklist": {},
    "gates_met": {},
    "next_stage_id": {"fields": {"display_name": {}}},
    "concern_count": {},
    "other_case_count": {},
    "duration_tracking": {},
    "deadline_ids": {"fields": {"kind": {}, "date_due": {}, "date_done": {}, "is_overdue": {}}},
    "change_ids": {"fields": {"reason": {}}},
    "guardians_not_told": {},
    "consent_missing": {},
}

ASSESSMENT_LINE = {
    "date": {},
    "name": {},
    "student_id": {"fields": {"display_name": {}}},
    "instrument_id": {"fields": {"display_name": {}}},
    "band_id": {"fields": {"display_name": {}}},
    "score": {},
    "flag_count": {},
    "proposal": {},
    "user_id": {"fields": {"display_name": {}}},
}
ASSESSMENT_FORM = {
    **ASSESSMENT_LINE,
    "answers": {},
    "questionnaire": {},
    "result_html": {},
    "history_count": {},
    "limit_hint": {},
    "addendum_ids": {"fields": {"text": {}}},
}


@tagged("post_install", "-at_install")
class TestQueryCounts(CrisisCommon):
    """What the web client asks for costs the same number of queries with 10 and 1,000 cases.

    Pages are shorter than 10, as Odoo counts the rest only behind a full page.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.few = cls._make_cases(10, "F")
        counters = cls.env["crisis.case"]._collected("_case_counter")
        cls.form = {**FORM, **{counter.field: {} for _model, counter in counters}}

    @classmethod
    def _make_cases(cls, count, prefix):
        """Open ``count`` cases, spread over levels, with classes and activities."""
        students = cls._make_students(count, cls.class_1, prefix)
        levels = ("blue", "yellow", "orange", "red")
        return cls.env["crisis.case"].create(
            [
                {
                    "student_id": student.id,
                    "user_id": cls.psychology.id,
                    "risk_level": levels[number % 4],
                }
                for number, student in enumerate(students)
            ]
        )

    def _queries(self, user, action):
        """Return the number of queries of ``action``, called with the cases as ``user``."""
        cases = self.env["crisis.case"].with_user(user).with_company(self.school)
        action(cases)
        counts = []
        with self._counting(counts):
            action(cases)
        return counts[0]

    def test_board_list_and_form(self):
        case = self.few[0]
        actions = {
            "board": lambda cases: cases.web_read_group(
                [],
                ["stage_id"],
                ["__count"],
                auto_unfold=True,
                unfold_read_specification=CARD,
                unfold_read_default_limit=40,
            ),
            "progress bar": lambda cases: cases.read_progress_bar(
                [],
                "stage_id",
                {"field": "risk_level", "colors": {"red": "danger", "blue": "info"}},
            ),
            "list": lambda cases: cases.web_search_read([], LINE, limit=8),
            "search": lambda cases: cases.web_search_read(
                [("display_name", "ilike", "学生")], LINE, limit=8
            ),
            "form": lambda cases: cases.browse(case.id).web_read(self.form),
        }
        counts = {name: self._queries(self.psychology, call) for name, call in actions.items()}
        self._make_cases(990, "M")
        self.env.flush_all()
        for name, call in actions.items():
            with self.subTest(what=name):
                self.assertLessEqual(self._queries(self.psychology, call), counts[name])

    def _fill_case(self, case, count):
        """Put ``count`` records of each kind with many rows behind ``case``."""
        now = fields.Datetime.now()
        below = {"case_id": case.id, "user_id": self.psychology.id}
        signed = {**below, "state": "signed"}
        models = {
            "crisis.session": {**signed, "date_start": now - timedelta(days=1)},
            "crisis.guardian.contact": {**signed, "told": "x"},
            "crisis.review": {**signed, "changes": "x", "reason": "x"},
            "crisis.medical.record": {**signed, "finding": "x"},
            "crisis.measure": {**below, "title": "x", "date_due": now.date()},
        }
        for model, values in models.items():
            self.env[model].create([values] * count)

    def test_form_with_many_records_behind(self):
        """Opening a case costs the same with 5 and with 500 rows of its history."""
        few, many = self.few[:2]
        self._fill_case(few, 1)
        self._fill_case(many, 100)
        for user, spec in (
            (self.psychology, self.form),
            (self.principal, self.form),
            (self.head_teacher, {**SHARED, "plan_count": {}, "measure_count": {}}),
        ):
            counts = [
                self._queries(user, lambda cases, c=case, s=spec: cases.browse(c.id).web_read(s))
                for case in (few, many)
            ]
            with self.subTest(user=user.login):
                self.assertLessEqual(counts[1], counts[0])
        for user in (self.psychology, self.principal, self.head_teacher):
            counts = [
                self._queries(user, lambda cases, c=case: cases.env["crisis.chronology"].page(c.id))
                for case in (few, many)
            ]
            with self.subTest(user=user.login, what="timeline"):
                self.assertLessEqual(counts[1], counts[0])
        rows = self.env["crisis.chronology"].search_count([("case_id", "=", many.id)])
        self.assertGreaterEqual(rows, 400)

    def test_duties(self):
        """My duties cost the same with 10 and with 100 of them."""
        spec = {
            "date_due": {},
            "kind": {},
            "about": {},
            "student_id": {"fields": {"display_name": {}}},
            "case_id": {"fields": {"display_name": {}}},
            "is_overdue": {},
        }

        def page(cases):
            return cases.env["crisis.duty"].web_search_read([], spec, limit=8)

        self._fill_case(self.few[0], 1)
        few = self._queries(self.psychology, page)
        self._make_cases(70, "D")
        self._fill_case(self.few[1], 10)
        self.assertLessEqual(self._queries(self.psychology, page), few)

    def test_head_teacher_pays_no_query_per_case(self):
        card = {name: spec for name, spec in SHARED.items() if name != "activity_state"}

        def board(cases):
            return cases.web_search_read([], card, limit=8)

        few = self._queries(self.head_teacher, board)
        self._make_cases(70, "H")
        self.assertLessEqual(self._queries(self.head_teacher, board), few)

    def test_forms_scored_in_a_batch(self):
        """Storing and scoring costs the same for 10 and for 1,000 forms that propose nothing."""
        instrument = self._make_instrument()
        students = self._make_students(1000, self.class_2, "Q")
        forms = [
            {
                "student_id": student.id,
                "answers": {"1": "1", "2": "3", "3": "0"},
                "informant": "student",
                "date": date(2026, 9, 1),
            }
            for student in students
        ]
        # with their open cases, whose step is done by it
        self.env["crisis.case"].create(
            [{"student_id": s.id, "user_id": self.psychology.id} for s in students[::100]]
        )
        counts = []
        model = self.env["crisis.assessment"].with_user(self.psychology)
        for part in (forms[-10:], forms):
            with self._counting(counts):
                assessments = model._record_batch(instrument, part)
            self.assertEqual(len(assessments), len(part))
        self.assertLessEqual(counts[1], counts[0] + 12, counts)

    def test_list_and_form_of_assessments(self):
        instrument = self._make_instrument()
        students = self._make_students(200, self.class_2, "L")
        model = self.env["crisis.assessment"].with_user(self.psychology)
        counts = []
        for part in (students[:10], students[10:]):
            forms = [
                {
                    "student_id": student.id,
                    "answers": {"1": "3", "2": "0", "3": "0"},
                    "informant": "student",
                    "date": date(2026, 9, 1),
                }
                for student in part
            ]
            model._record_batch(instrument, forms)
            for ask in (
                lambda: model.web_search_read([], ASSESSMENT_LINE, limit=8),
                lambda: model.search([], limit=1).web_read(ASSESSMENT_FORM),
            ):
                ask()
                with self._counting(counts):
                    ask()
        self.assertEqual(counts[:2], counts[2:])
