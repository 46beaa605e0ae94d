import gzip
import json
import os
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from ... import register, register_archive
from ...lib.disclosure_chain import START
from ...lib.register_parts import digest_of, packed, rows_of
from ...lib.sealed import new_key
from ...register_check import check_chain
from ...seal_keys import VARIABLE, keyring
from ..common import DENIALS
from ..documents import DocumentCase
from .test_register import RegisterCase

# Days of readings: those of two years that are over, of the last one, and of the running one.
DAYS = [datetime(year, month, 5, 8) for year in (2023, 2024, 2025, 2026) for month in (3, 4, 9)]
NOW = datetime(2026, 11, 2, 8, 0)
# begun, and on each day two by the same person within an hour, one by another
ROWS = 1 + 3 * len(DAYS)


class ArchiveCase(RegisterCase):
    """A register over four years; in the present nothing is archived yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._empty_register()
        with freeze_time(DAYS[0] - timedelta(days=9)):
            register.begin(cls.env)
        for day in DAYS:
            for minute, user in ((0, cls.principal), (20, cls.psychology), (40, cls.principal)):
                with freeze_time(day + timedelta(minutes=minute)):
                    cls._read(user)
        cls.startClassPatcher(freeze_time(NOW))
        cls.archives = cls.env["crisis.register.archive"]

    def _archive(self):
        """Let the scheduled action put away what is over."""
        self._let_crons_go_on()
        self.archives._cron_archive()
        self.env.invalidate_all()
        return self.archives.search([], order="id")

    def _numbers(self):
        """Return the numbers of the readings that stand in the table."""
        return self.register.search([("kind", "=", "reading")], order="number").mapped("number")


@tagged("post_install", "-at_install")
class TestArchiving(ArchiveCase):
    """Readings of years that are over leave the table as they were; the chain stays whole."""

    def test_years_that_are_over_are_put_away(self):
        self.assertEqual(self._numbers(), list(range(2, ROWS + 1)))
        archives = self._archive()
        self.assertEqual(archives.mapped("name"), ["2023/1", "2024/1"])
        self.assertEqual(archives.mapped("count"), [9, 9])
        self.assertEqual(archives.mapped("first_number"), [2, 11])
        self.assertEqual(archives.mapped("last_number"), [10, 19])
        # last year and this one stay
        self.assertEqual(self._numbers(), list(range(20, ROWS + 1)))
        events = self.register.search([("kind", "=", "archived")], order="number")
        self.assertEqual(
            events.mapped("text"), [f"{a.name}:{a.count}:{a.digest}" for a in archives]
        )
        self.assertEqual((self._faults(), self._alarms()), ([], []))
        checked = check_chain(self.env, {})
        self.assertEqual((checked.count, checked.archives), (ROWS + 2, 2))
        # there is nothing more to do
        self.assertEqual(self._archive(), archives)
        # and a year later one more year is over
        with freeze_time(datetime(2027, 1, 1, 0, 5)):
            self.assertEqual(self._archive()[2:].mapped("name"), ["2025/1"])
            self._read(self.principal)
        self.assertEqual((self._faults(), self._alarms()), ([], []))

    def test_rows_are_as_they_were(self):
        names = (*register_archive.PLACE, *register.CONTENT)
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM crisis_disclosure WHERE number BETWEEN 2 AND 10 ORDER BY number",
                SQL(", ").join(map(SQL.identifier, names)),
            )
        )
        expected = [dict(zip(names, row, strict=True)) for row in rows]
        for row in expected:
            row["date"] = row["date"].isoformat()
        archive = self._archive()[0]
        content = register_archive.content_of(self.env, archive.name)
        self.assertEqual(list(rows_of(content)), expected)
        self.assertEqual(digest_of(START, content), (archive.digest, archive.count))

    def test_it_is_sealed_and_no_field_shows_it(self):
        archive = self._archive()[0]
        self._sql("SELECT content FROM crisis_register_archive WHERE id = %s", archive.id)
        content = bytes(self.env.cr.fetchone()[0])
        self.assertTrue(content.startswith(b"crisis-sealed:1:"))
        self.assertNotIn("content", archive._fields)
        plain = register_archive.content_of(self.env, archive.name)
        self.assertNotIn(plain, content)

    def test_in_parts(self):
        self.patch(register_archive, "ENTRIES", 2)
        archives = self._archive()
        names = ["2023/1", "2023/2", "2023/3", "2024/1", "2024/2", "2024/3"]
        self.assertEqual(archives.mapped("name"), names)
        # an entry and the readings of its hour stay together
        self.assertEqual(sum(archives.mapped("count")), 18)
        self.assertEqual((self._faults(), self._alarms()), ([], []))
        self._assert_still_shown()

    def test_readings_of_an_hour_stay_together(self):
        """One that is read again after midnight of New Year goes with its entry."""
        self._empty_register()
        with freeze_time("2024-12-31 23:40:00"):
            register.begin(self.env)
            self._read(self.principal)
        with freeze_time("2025-01-01 00:10:00"):
            self._read(self.principal)
            self._read(self.psychology)
        archives = self._archive()
        self.assertEqual(archives.mapped("count"), [2])
        self.assertEqual(self._numbers(), [4])
        self.assertEqual(self._faults(), [])

    def test_what_is_wrong_stays_where_it_is_seen(self):
        self._sql("UPDATE crisis_disclosure SET ip = '6.6.6.6' WHERE number = 4")
        faults = self._faults()
        self.assertIn(("changed", 4), faults)
        archives = self._archive()
        self.assertEqual(sum(archives.mapped("count")), 16)
        # with the one of the same hour
        self.assertEqual(self._numbers()[:2], [2, 4])
        self.assertEqual(self._faults(), faults)

    def test_killed_in_between_nothing_is_lost(self):
        before = self._faults(), self._numbers()
        real = self.env.cr.execute

        def failing(query, *args, **kwargs):
            text = query if isinstance(query, str) else query.code
            if moment in text:
                raise ConnectionError("killed")
            return real(query, *args, **kwargs)

        for moment in (
            "INSERT INTO crisis_register_archive",
            "INSERT INTO crisis_disclosure_head",
            "DELETE FROM crisis_disclosure",
        ):
            with self.subTest(moment=moment):
                register._ends.clear()
                savepoint = self.env.cr.savepoint()
                with (
                    patch.object(self.env.cr, "execute", failing),
                    self.assertRaises(ConnectionError),
                ):
                    register_archive.archive_part(self.env)
                # what the database does when the connection is gone
                savepoint.rollback()
                self.assertEqual((self._faults(), self._numbers()), before)
                self.assertFalse(self.archives.search([]))

    def test_an_archive_that_was_meddled_with_is_found(self):
        self._archive()
        content = register_archive.content_of(self.env, "2024/1")
        keys, place = keyring(self.env), register_archive._place("2024/1")
        fewer = packed(START, list(rows_of(content))[:-1]).content
        self._sql("SELECT content FROM crisis_register_archive WHERE year = 2023")
        other = self.env.cr.fetchone()[0]
        set_content = "UPDATE crisis_register_archive SET content = %s WHERE year = 2024"
        for what, query, parameters in (
            ("missing", "DELETE FROM crisis_register_archive WHERE year = 2024", ()),
            ("emptied", set_content, (None,)),
            ("exchanged", set_content, (other,)),
            ("truncated", set_content, (keys.seal_file(content[:-20], place),)),
            ("of fewer rows, sealed with the key", set_content, (keys.seal_file(fewer, place),)),
            ("not sealed", set_content, (content,)),
            ("renamed", "UPDATE crisis_register_archive SET name = '2022/1' WHERE year = 2024", ()),
        ):
            with self.subTest(what=what), self.env.cr.savepoint() as savepoint:
                self._sql(query, *parameters)
                faults = self._faults()
                self.assertIn(("archive", 2024), faults)
                self.assertIn(("missing", 11), faults)
                self.assertNotIn(("archive", 2023), faults)
                savepoint.rollback()
        self._sql("INSERT INTO crisis_register_archive (name, year, date, first_number,"
                  " last_number, count, digest) VALUES ('2019/1', 2019, now(), 1, 2, 2, 'x')")  # fmt: skip
        self.assertEqual(self._faults(), [("archive", 2019)])

    def test_a_row_put_back_into_the_table_is_found(self):
        self._archive()
        self._sql(
            "INSERT INTO crisis_disclosure (number, hash, signature, kind, user_id, date, way)"
            " VALUES (5, 'x', 'x', 'reading', 1, '2023-03-05', 'form')"
        )
        self.assertIn(("changed", 5), self._faults())

    def test_with_a_new_key(self):
        archives = self._archive()
        old, new = os.environ[VARIABLE], f"next:{new_key()}"
        with patch.dict(os.environ, {VARIABLE: f"{new},{old}"}):
            first = archives.filtered(lambda archive: archive.name == "2023/1")
            self.assertEqual(register_archive.sealed_before(self.env), first.ids)
            self.assertEqual(register_archive.seal_anew(self.env, first.ids), [])
            self.env["crisis.seal"]._cron_reseal()
            self.assertEqual(register_archive.sealed_before(self.env), [])
        with patch.dict(os.environ, {VARIABLE: new}):
            for archive in archives:
                self.assertTrue(register_archive.content_of(self.env, archive.name))
            self.assertNotIn("archive", [problem for problem, _number in self._faults()])

    def _assert_still_shown(self):
        """Every reading of the case is told of, the oldest first."""
        mine = self.case.with_user(self.principal)
        entries = mine._disclosure_entries()
        self.assertEqual(len(entries), 2 * len(DAYS))
        days = [day + timedelta(minutes=minute) for day in DAYS for minute in (0, 20)]
        self.assertEqual(entries.mapped("date"), days)
        self.assertEqual([e.read_count for e in entries], [2, 1] * len(DAYS))
        self.assertEqual(set(entries.mapped("what")), {"Confidential Background"})
        self.assertEqual(set(entries.mapped("res_name")), {f"Crisis Case {self.case.name}"})
        self.assertEqual(entries.user_id, self.principal + self.psychology)
        self.assertEqual(entries[0].date_last, DAYS[0] + timedelta(minutes=40))

    def test_who_has_seen_a_file_shows_them(self):
        self._assert_still_shown()
        self.assertEqual(
            self.case.with_user(self.principal).action_view_disclosures()["res_model"],
            "crisis.disclosure",
        )
        self._archive()
        self._assert_still_shown()
        for user in (self.principal, self.psychology):
            action = self.case.with_user(user).action_view_disclosures()
            self.assertEqual(action["res_model"], "crisis.case.reader")
            lines = self.env["crisis.case.reader"].with_user(user).search(action["domain"])
            self.assertEqual(len(lines), 2 * len(DAYS))
            self.assertEqual(sum(lines.mapped("is_archived")), 12)
            self.assertEqual(lines[-1].date, DAYS[0])
            self.assertEqual((lines[-1].user_id, lines[-1].read_count), (self.principal, 2))
        # nobody else is told, and no other case has them
        for user in (self.moral, self.doctor):
            with self.assertRaises(AccessError), mute_logger(*DENIALS):
                self.case.with_user(user)._disclosure_entries()
        other = self._make_case(self.student_2)
        self.assertFalse(other.with_user(self.principal)._disclosure_entries())

    def test_of_other_schools_nothing_is_shown(self):
        """What the register would not show, its archives do not."""
        self._archive()
        rows = list(rows_of(register_archive.content_of(self.env, "2023/1")))
        mine = self.env(user=self.principal.id)
        self.assertEqual(len(register_archive.shown_to_reader(mine, rows)), 9)
        rows[0]["company_id"] = self.other_school.id
        rows[1]["company_id"] = None
        self.assertEqual(len(register_archive.shown_to_reader(mine, rows)), 7)
        self._make_user("t_second_principal", "principal")
        concern = self._make_concern(
            self.staff,
            self.student_2,
            restricted=True,
            concerned_user_ids=[Command.set(self.principal.ids)],
        )
        rows[2].update(res_model="crisis.concern", res_id=concern.id, case_id=None)
        self.assertEqual(len(register_archive.shown_to_reader(mine, rows)), 6)

    def test_nobody_writes_archives(self):
        archive = self._archive()[0]
        for user in (self.principal, self.env.ref("base.user_root")):
            mine = archive.with_user(user)
            for action in (
                lambda m=mine: m.create({"name": "x"}),
                lambda m=mine: m.write({"count": 1}),
                lambda m=mine: m.unlink(),
            ):
                with self.assertRaises(AccessError), mute_logger(*DENIALS):
                    action()
        methods = {name for name in dir(type(self.archives)) if "archive" in name}
        self.assertEqual(methods & {"archive_part", "_archive_part", "seal_anew"}, set())


@tagged("post_install", "-at_install")
class TestArchivedPaper(ArchiveCase, DocumentCase):
    """The printed list of who has seen a file tells of archived readings too."""

    def test_paper(self):
        self._archive()
        [page, *_more] = self._paper("crisis_case_report_disclosures", self.case, self.principal)
        for day in DAYS[:6]:
            self.assertIn(f"{day:%Y}", page)
            self.assertIn(f"{day.month:02d}", page)
        self.assertIn("t_psychology", page)


@tagged("post_install", "-at_install")
class TestArchiveDownload(ArchiveCase, HttpCase):
    """A principal downloads an archive; it is registered, and holds what the register would show."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the session would be older than it may be
        cls.env["ir.config_parameter"].set_param("sessions.max_inactivity_seconds", 10**9)

    def _get(self, login, archive):
        self.authenticate(login, login)
        return self.url_open(f"/crisis/register-archive/{archive.id}")

    def test_download(self):
        archive = self._archive()[0]
        action = archive.with_user(self.principal).action_download()
        self.assertEqual(action["url"], f"/crisis/register-archive/{archive.id}")
        answer = self._get("t_principal", archive)
        self.assertEqual(answer.status_code, 200)
        rows = [json.loads(line) for line in gzip.decompress(answer.content).splitlines()]
        self.assertEqual([row["number"] for row in rows], list(range(2, 11)))
        self.assertEqual({row["case_id"] for row in rows}, {self.case.id})
        self.assertIn("register-2023-1.jsonl.gz", answer.headers["Content-Disposition"])
        self._end_transaction()
        row = self.register.search([("res_model", "=", archive._name)])
        self.assertEqual(
            (row.user_id, row.way, row.field_names, row.company_id),
            (self.principal, "file", "file", self.school),
        )
        self.assertEqual(self.register.with_user(self.principal).search([("id", "=", row.id)]), row)

    @mute_logger("odoo.http", *DENIALS)
    def test_of_another_school(self):
        archive = self._archive()[0]
        self._make_user("t_other_principal", "principal", company=self.other_school)
        answer = self._get("t_other_principal", archive)
        rows = [json.loads(line) for line in gzip.decompress(answer.content).splitlines()]
        self.assertEqual(len(rows), 9)
        for row in rows:
            self.assertEqual(set(row), {"number", "hash", "signature"})

    @mute_logger("odoo.http", *DENIALS)
    def test_nobody_else(self):
        archive = self._archive()[0]
        for login in ("t_psychology", "t_moral", "t_staff"):
            with self.subTest(login=login):
                self.assertNotEqual(self._get(login, archive).status_code, 200)
        self._sql("UPDATE crisis_register_archive SET content = NULL")
        with self.assertRaises(UserError):
            register_archive.downloaded(archive.with_user(self.principal))
