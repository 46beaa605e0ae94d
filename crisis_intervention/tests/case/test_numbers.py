from datetime import date, datetime

from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from ..common import CrisisCommon
from ..migrations import migrate


@tagged("post_install", "-at_install")
class TestNumbers(CrisisCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbering = cls.env["crisis.numbering"]
        cls.year = fields.Date.today().year

    def _sequences(self, *codes):
        domain = [("company_id", "=", self.school.id)]
        if codes:
            domain.append(("code", "in", codes))
        return self.env["ir.sequence"].search(domain)

    def test_every_kind_has_letters_of_its_own(self):
        prefixes = self.numbering._prefixes()
        self.assertEqual(prefixes["crisis.case"], "CI")
        self.assertEqual(len(set(prefixes.values())), len(prefixes))
        self.assertEqual(set(self._sequences().mapped("code")), set(prefixes))
        for kind in self.env["crisis.record"]._kinds():
            if issubclass(self.registry[kind], self.registry["crisis.kept.record"]):
                self.assertIn(kind, prefixes)

    def test_a_block_in_one_go(self):
        company = self.school.with_user(self.staff)
        self.numbering._draw("crisis.case", company)
        company.invalidate_recordset()
        with self.assertQueryCount(5):
            names = self.numbering.with_user(self.staff)._draw("crisis.case", company, 300)
        first = int(names[0][-4:])
        wanted = [f"CI/{self.year}/{number:04}" for number in range(first, first + 300)]
        self.assertEqual(names, wanted)
        self.assertFalse(
            set(names) & set(self.numbering._draw("crisis.case", self.school, 9700)),
            "five digits where four are used up",
        )

    def test_each_school_counts_by_itself(self):
        school = self.env["res.company"].create({"name": "New School"})
        for _time in range(3):
            self.numbering._draw("crisis.case", self.school)
        self.assertEqual(self.numbering._draw("crisis.case", school), [f"CI/{self.year}/0001"])

    def test_the_year_is_that_of_the_school(self):
        for moment, zone, year in (
            (datetime(2031, 12, 31, 15, 59), False, 2031),
            (datetime(2031, 12, 31, 16, 0), False, 2032),  # midnight in China
            (datetime(2031, 12, 31, 16, 0), "Europe/London", 2031),
        ):
            self.school.partner_id.tz = zone
            with freeze_time(moment), self.subTest(moment=moment, zone=zone):
                (name,) = self.numbering.with_context(tz="America/Lima")._draw(
                    "crisis.case", self.school
                )
                self.assertRegex(name, f"^CI/{year}/")

    def test_what_the_school_has_set_is_kept(self):
        sequence = self._sequences("crisis.case")
        sequence.write({"prefix": "D7-%(range_year)s-", "padding": 3})
        sequence.date_range_ids.number_next_actual = 21
        self.assertEqual(self.numbering._draw("crisis.case", self.school), [f"D7-{self.year}-021"])

    def test_restricted_and_ordinary_reports_share_one_row(self):
        """So that a missing number may be a restricted report, or nothing at all."""
        restricted = {"restricted": True, "concerned_user_ids": [Command.set(self.doctor.ids)]}
        names = [
            self._make_concern(self.staff, self.student_1, **extra).name
            for extra in ({}, restricted, {})
        ]
        first = int(names[0][-4:])
        self.assertEqual(names, [f"CR/{self.year}/{first + n:04}" for n in range(3)])
        self.assertEqual(len(self._sequences("crisis.concern")), 1)

    def test_only_missing_case_numbers_are_listed(self):
        gaps = self.env["crisis.number.gap"]
        self._make_concern(self.staff, self.student_1)
        self.numbering._draw("crisis.concern", self.school, 3)
        self._make_concern(self.staff, self.student_1)
        first = self._make_case(self.student_1).name
        lost = self.numbering._draw("crisis.case", self.school, 2)
        self._make_case(self.student_2)
        child = self._make_student("许安然", "S003", self.class_1)
        gaps._cron_notice()
        listed = gaps.with_user(self.principal).search([("name", ">", first)])
        self.assertEqual(sorted(listed.mapped("name")), lost)
        self.assertEqual(listed.company_id, self.school)
        self.assertFalse(gaps.search([("name", "not like", "CI/%")]))
        noticed = listed[0].date
        # kept after all: its case was just being saved
        self.env.cr.execute(
            "UPDATE crisis_case SET name = %s WHERE id = %s", [lost[0], self._make_case(child).id]
        )
        with freeze_time("2040-01-01"):
            gaps._cron_notice()
        self.assertEqual(listed.exists().mapped("name"), lost[1:])
        self.assertEqual(listed.exists().date, noticed, "noticed once")

    def test_sequences_go_with_their_module(self):
        sequence = self._sequences("crisis.case")
        data = self.env["ir.model.data"].search(
            [("model", "=", "ir.sequence"), ("res_id", "in", self._sequences().ids)]
        )
        self.assertEqual(sorted(data.mapped("res_id")), sorted(self._sequences().ids))
        self.assertEqual(set(data.mapped("module")), {"crisis_intervention"})
        self.assertTrue(all(data.mapped("noupdate")))
        pattern = f"ir\\_sequence\\_{sequence.id:03}%"
        count = "SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relname LIKE %s"
        self.env.cr.execute(count, [pattern])
        self.assertEqual(self.env.cr.fetchone()[0], 1 + len(sequence.date_range_ids))
        sequence.unlink()
        self.env.cr.execute(count, [pattern])
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_gapless_sequences_of_older_versions_go_on(self):
        self._sequences().unlink()
        sequence = self.env["ir.sequence"].create(
            {
                "name": "crisis.case",
                "code": "crisis.case",
                "company_id": self.school.id,
                "prefix": "CI/%(range_year)s/",
                "padding": 4,
                "implementation": "no_gap",
                "use_date_range": True,
            }
        )
        for year, number in ((self.year, 8), (self.year - 1, 42)):
            counted = self.env["ir.sequence.date_range"].create(
                {
                    "sequence_id": sequence.id,
                    "date_from": date(year, 1, 1),
                    "date_to": date(year, 12, 31),
                }
            )
            counted.number_next = number
        migrate(self.env, "19.0.2.0.0", "post-20-numbers")
        self.assertEqual(sequence.implementation, "standard")
        self.assertEqual(
            self.numbering._draw("crisis.case", self.school, 2),
            [f"CI/{self.year}/0008", f"CI/{self.year}/0009"],
        )
        self.assertEqual(
            self.numbering._drawn("crisis.case", self.school, self.year - 1, 1),
            [f"CI/{self.year - 1}/0042"],
        )
        self.assertEqual(
            set(self._sequences().mapped("code")),
            set(self.numbering._prefixes()),
            "the other kinds are made",
        )
        migrate(self.env, "19.0.2.0.0", "post-20-numbers")
        self.assertEqual(self.numbering._draw("crisis.case", self.school), [f"CI/{self.year}/0010"])
