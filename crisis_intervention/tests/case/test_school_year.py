import os
from collections import Counter
from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import tagged
from odoo.tools import SQL

from ... import register, signatures
from ..common import CrisisCommon
from ..simulation import ACTIONS, CASES, REFUSALS, SchoolYear

# some years again, as failures name them: CRISIS_SEED=7 ./dev test test_school_year
_SOME = os.environ.get("CRISIS_SEED")
_COUNT = 20 if os.environ.get("CRISIS_LONG_TESTS") else 2
MORE = 0 if _COUNT == 20 else 4
SEEDS = [int(seed) for seed in _SOME.split(",")] if _SOME else range(_COUNT)


@tagged("post_install", "-at_install")
class TestSchoolYear(CrisisCommon):
    """Sixty cases through one school year by random walks; all rules hold after every step."""

    def test_school_year(self):
        self._let_crons_go_on()
        done, refused = Counter(), Counter()
        for seed in SEEDS:
            self._add(seed, done, refused)
        if _SOME:
            return
        # two walks may miss a rare occasion: more years, until everything has happened
        for seed in range(len(SEEDS), len(SEEDS) + MORE):
            if set(done) >= set(ACTIONS) and set(refused) >= set(REFUSALS):
                break
            self._add(seed, done, refused)
        self.assertFalse(set(ACTIONS) - set(done), "never carried out")
        self.assertFalse(set(REFUSALS) - set(refused), "never tried")

    def _add(self, seed, done, refused):
        """Live through the year of ``seed`` and count what was done and what was refused."""
        with self.subTest(seed=seed):
            year = self._live(seed)
            done += year.done
            refused += year.refused

    def _check_signatures(self, alarm):
        """Find that everything is signed as it stands: nothing that people do looks like forgery."""
        alarm.assert_not_called()
        self.assertEqual(signatures.check_all(self.env, files=True), [])
        rows = self.env.execute_query(
            SQL("SELECT res_model, count(*) FROM crisis_signature GROUP BY res_model")
        )
        self.assertGreaterEqual(len(rows), 12, rows)
        self.assertGreater(sum(count for _model, count in rows), 200)

    def _live(self, seed):
        """Return the year of ``seed``, lived through and taken back."""
        savepoint = self.env.cr.savepoint()
        try:
            with freeze_time("2026-09-01") as clock, patch.object(register, "raise_alarm") as alarm:
                year = SchoolYear(self, clock, seed)
                year.run()
                cases = self.env["crisis.case"].with_context(active_test=False).search([])
                self.assertGreaterEqual(len(cases), CASES)
                self.assertTrue(cases.filtered("date_closed"))
                year.oracle.check_chronology(cases)
                self._check_signatures(alarm)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.env.cr._now = None
        return year
