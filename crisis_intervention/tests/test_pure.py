from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..deadlines import due_dates, tightened
from ..risk import RISK_LEVELS, may_change, severity


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
