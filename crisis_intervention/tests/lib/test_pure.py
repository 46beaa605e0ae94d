from datetime import date, datetime, timedelta

from odoo.tests import BaseCase, tagged

from ...lib import class_label, cn_identity, school_year
from ...lib.deadlines import due_dates, tightened
from ...lib.pinyin import reading
from ...lib.risk import RISK_LEVELS, may_change, severity


@tagged("post_install", "-at_install")
class TestPureModules(BaseCase):
    def test_severity_ranks_the_levels(self):
        self.assertEqual([severity(code) for code, _label in RISK_LEVELS], [1, 2, 3, 4])
        self.assertEqual(severity(None), 0)

    def test_levels_rise_at_once_and_fall_by_one(self):
        allowed = {
            (old, new)
            for old, _x in [*RISK_LEVELS, (None, None)]
            for new, _y in [*RISK_LEVELS, (None, None)]
            if may_change(old, new)
        }
        falls = {(o, n) for o, n in allowed if o and n and severity(n) < severity(o)}
        self.assertEqual(falls, {("red", "orange"), ("orange", "yellow"), ("yellow", "blue")})
        self.assertNotIn(("blue", None), allowed)
        self.assertIn(("blue", "red"), allowed)
        self.assertIn((None, "red"), allowed)

    def test_due_dates_skip_what_is_not_asked_for(self):
        start = datetime(2026, 9, 1, 8)
        self.assertEqual(
            due_dates({"plan": 24, "session": 0}, start), {"plan": start + timedelta(hours=24)}
        )

    def test_tightened_never_postpones(self):
        early, late = datetime(2026, 9, 1), datetime(2026, 9, 2)
        self.assertEqual(tightened(early, late), early)
        self.assertEqual(tightened(late, early), early)
        self.assertEqual(tightened(None, late), late)


@tagged("post_install", "-at_install")
class TestDirectoryModules(BaseCase):
    def test_school_year_turns_in_august(self):
        self.assertEqual(school_year.school_year_of(date(2026, 7, 31)), "2025-2026")
        self.assertEqual(school_year.school_year_of(date(2026, 8, 1)), "2026-2027")
        self.assertEqual(school_year.following("2025-2026"), "2026-2027")
        for text in ("2026", "2026-2028", "26-27"):
            self.assertFalse(school_year.is_school_year(text))
            with self.assertRaises(ValueError):
                school_year.following(text)

    def test_class_labels(self):
        cases = {
            "三年级2班": (3, "2"),
            "3年级（12）班": (3, "12"),
            "六(1)班": (6, "1"),
            "二（十一）": (2, "11"),
            "3.2": (3, "2"),
            "Grade 3 Class 2": (3, "2"),
            "初三": None,
            "": None,
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertEqual(class_label.parse(text), expected)

    def test_grades(self):
        for text, expected in (
            ("5", 5),
            ("五", 5),
            (" 五年级", 5),
            ("5年级", 5),
            ("Grade 5", 5),
            ("5班", None),
            ("", None),
            ("林", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(class_label.parse_grade(text), expected)

    def test_reading_of_names(self):
        cases = {
            "张伟": ("zhangwei", "zw"),
            "单雄": ("shanxiong", "sx"),
            "尉迟恭": ("yuchigong", "ycg"),
            "Anna Li": ("annali", "al"),
            "": ("", ""),
        }
        for name, expected in cases.items():
            with self.subTest(name=name):
                self.assertEqual(reading(name), expected)

    def test_identity(self):
        self.assertTrue(cn_identity.is_national_number("G11010519491231002X"))
        self.assertFalse(cn_identity.is_national_number("G110105194912310021"))
        self.assertTrue(cn_identity.is_phone("+86 139-0000-0000"))
        self.assertFalse(cn_identity.is_phone("12-34"))
