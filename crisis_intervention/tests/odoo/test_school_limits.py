from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger
from psycopg2.errors import CheckViolation

from ...lib.school_limits import LIMITS
from ..migrations import migrate


@tagged("post_install", "-at_install")
class TestSchoolLimits(TransactionCase):
    """Figures that a school sets keep to their limits, and are brought there by the update."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.school = cls.env["res.company"].create({"name": "界小学"})

    @mute_logger("odoo.sql_db")
    def test_beyond_them_is_refused(self):
        for name, (low, high) in LIMITS.items():
            for value in (low, high):
                self.school[name] = value
                self.env.flush_all()
            for value in (low - 1, high + 1):
                with (
                    self.subTest(field=name, value=value),
                    self.assertRaises(CheckViolation),
                    self.cr.savepoint(flush=False),
                ):
                    self.school[name] = value
                    self.env.flush_all()
                self.env.invalidate_all(flush=False)

    def test_every_limit_has_its_constraint(self):
        self.env.cr.execute(
            "SELECT string_agg(pg_get_constraintdef(oid), ' ') FROM pg_constraint "
            "WHERE conrelid = 'res_company'::regclass AND contype = 'c'"
        )
        [[checked]] = self.env.cr.fetchall()
        for name in LIMITS:
            self.assertIn(name, checked)

    def test_update_brings_older_figures_into_range(self):
        self.env.flush_all()
        # as it was before: nothing checked
        for [name] in self.env.execute_query(
            SQL(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'res_company'::regclass"
                " AND contype = 'c' AND conname LIKE 'res_company_crisis_%%'"
            )
        ):
            self.env.cr.execute(
                SQL("ALTER TABLE res_company DROP CONSTRAINT %s", SQL.identifier(name))
            )
        self.school.crisis_ack_minutes = 0
        self.school.crisis_report_phone_hours = -5
        self.school.crisis_report_written_hours = 9999
        self.school.crisis_triage_hours = 48
        migrate(self.env, "19.0.2.0.0", "pre-10-limits")
        self.assertEqual(self.school.crisis_ack_minutes, 1)
        self.assertEqual(self.school.crisis_report_phone_hours, 1)
        self.assertEqual(self.school.crisis_report_written_hours, 240)
        self.assertEqual(self.school.crisis_triage_hours, 48, "what was in range stays")
