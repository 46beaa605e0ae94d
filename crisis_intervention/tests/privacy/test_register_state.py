import json
import os
import re
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from freezegun import freeze_time
from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import load_script
from odoo.tests import HttpCase, tagged
from odoo.tools import file_path, mute_logger

from ... import (
    register,
    register_anchors,
    register_archive,
    register_kept,
    register_night,
    register_state,
)
from ...lib import disclosure_chain
from ...lib.sealed import new_key
from ...lib.signed_content import Finding
from ...seal_keys import VARIABLE, keyring
from ...signatures import enter_late
from ..common import DENIALS
from .test_register import RegisterCase

LINK = "0123456789abcdef" * 4


class StateCase(RegisterCase):
    """A register, a file of anchors of its own, and the principal who looks at its state."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.file = Path(folder.name) / "anchors.txt"
        cls.startClassPatcher(patch.dict(os.environ, {register_anchors.VARIABLE: str(cls.file)}))
        cls.checks = cls.env["crisis.register.check"]
        cls.other_principal = cls._make_user("t_other_principal", "principal",
                                             company=cls.other_school)  # fmt: skip
        cls._end_transaction()
        # the register that was emptied knew of them
        enter_late(cls.env)
        cls._end_transaction()
        cls.last = cls._end_of_register().number

    def setUp(self):
        super().setUp()
        self.file.unlink(missing_ok=True)

    def _check(self, user=None):
        """Check as ``user``; return the check as this user sees it."""
        action = self.checks.with_user(user or self.principal).action_check_now()
        self._end_transaction()
        return self.checks.with_user(user or self.principal).browse(action["res_id"])

    def _signed_finding(self, *problems):
        """Let checking signed records find something wrong with the case."""
        return patch.object(
            register_state,
            "check_records",
            lambda env, files=False: [
                Finding(problem, self.case._name, self.case.id) for problem in problems
            ],
        )

    def _known(self):
        """Return what the file knows."""
        return register_anchors.known_outside(self.env)[0]

    def _state(self):
        """Return everything of the register as somebody with the database copies it."""
        self._sql("SELECT count, hash, signature FROM crisis_disclosure_head")
        head = self.env.cr.fetchone()
        self._sql("SELECT max(number) FROM crisis_disclosure")
        return head, self.env.cr.fetchone()[0]

    def _take_back(self, state):
        """Restore rows and signed end of an earlier state, both valid."""
        head, last = state
        self._sql("DELETE FROM crisis_disclosure WHERE number > %s", last)
        self._sql("UPDATE crisis_disclosure_head SET count = %s, hash = %s, signature = %s", *head)
        register._ends.clear()


@tagged("post_install", "-at_install")
class TestCheck(StateCase):
    """A check is kept with what it found; faults become alarms, once."""

    def test_a_school_without_any_reading_looks_fine(self):
        self._empty_register()
        register.begin(self.env)
        action = self.checks.with_user(self.principal)._action_state()
        check = self.checks.with_user(self.principal).browse(action["res_id"])
        self.assertEqual((check.state, check.row_count, check.fault_text), ("ok", 1, ""))
        self.assertIn("Complete and unchanged up to number 1 of", check.statement)
        self.assertIn("not mailed", check.statement)
        # the page shows it again
        again = self.checks.with_user(self.principal)._action_state()
        self.assertEqual(again["res_id"], check.id)

    def test_what_a_check_tells(self):
        register_anchors.write_anchor(self.env)
        check = self._check()
        self.assertEqual(check.state, "ok")
        self.assertEqual(
            (check.user_id, check.row_count, check.last_number, check.last_link),
            (self.principal, self.last, self.last, self._end_of_register().hash),
        )
        self.assertEqual((check.anchor_count, check.anchor_number), (1, self.last))
        self.assertEqual((check.fault_count, check.alarm_count), (0, 0))
        self.assertIn(f"up to number {self.last} of", check.statement)
        self.assertIn(f"until number {self.last} (1 ends compared)", check.statement)
        self.assertTrue(check.is_last)
        self._check()
        self.assertFalse(check.is_last)

    def test_faults_are_located_and_become_alarms_once(self):
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 4")
        self._sql("DELETE FROM crisis_disclosure WHERE number IN (7, 8)")
        check = self._check()
        self.assertEqual((check.state, check.fault_count), ("faults", 2))
        changed, missing = check.fault_text.splitlines()
        self.assertRegex(changed, r"Changed outside of the system: number 4, about .*2026")
        self.assertRegex(missing, r"Deleted outside of the system: number 7–8, about .*2026")
        self.assertIn("2 faults", check.statement)
        alarms = [("changed:4", False, 0), ("missing:7", False, 0)]
        self.assertEqual(self._alarms(), alarms)
        self.assertEqual(check.alarm_count, 2)
        self._let_crons_go_on()
        self.checks._cron_check()
        self._end_transaction()
        self.assertEqual(self._alarms(), alarms)
        self.assertEqual(self.checks.search([], limit=1).user_id, self.env.ref("base.user_root"))
        rows = self.register.search([("kind", "=", "alarm")])
        self.assertIn(self.principal, rows.activity_ids.user_id)
        self.assertIn(self.other_principal, rows.activity_ids.user_id)

    def test_many_faults_are_counted(self):
        """Whoever deletes half of the register makes no thousand alarms."""
        self.patch(register_state, "KEPT", 2)
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number IN (3, 4, 5, 6)")
        check = self._check()
        self.assertEqual(check.fault_count, 4)
        self.assertEqual(len(self._alarms()), 2)
        self.assertIn("2 more", check.fault_text)

    def test_records_are_named_to_those_who_may_read_them(self):
        with self._signed_finding("changed", "unsigned"):
            check = self._check()
        self.assertEqual(check.fault_count, 2)
        self.assertEqual(
            check.fault_text.splitlines(),
            [
                f"Changed outside of the system: Crisis Case {self.case.name}",
                f"Signed or decided outside of the system: Crisis Case {self.case.name}",
            ],
        )
        self.assertNotIn(self.student_1.name, check.fault_text)
        self.assertEqual(
            self._alarms(),
            [(p, self.case._name, self.case.id) for p in ("changed", "unsigned")],
        )
        self.assertEqual(check.alarm_count, 2)
        # another school learns how many there are
        theirs = check.with_user(self.other_principal).with_company(self.other_school)
        self.assertNotIn(self.case.name, theirs.fault_text)
        self.assertNotIn(self.case.name, theirs.statement)
        self.assertIn("2 more", theirs.fault_text)
        self.assertEqual(theirs.alarm_count, 0)
        with self.assertRaises(AccessError), mute_logger(*DENIALS):
            theirs.read(["findings"])
        # so does whom the case concerns
        self._make_user("t_second_principal", "principal")
        concern = self._make_concern(
            self.staff,
            self.student_1,
            restricted=True,
            concerned_user_ids=[Command.set(self.principal.ids)],
        )
        self.case._as_system().write({"concern_ids": [Command.link(concern.id)]})
        self.env.invalidate_all()
        self.assertNotIn(self.case.name, check.fault_text)

    def test_a_signed_record_that_was_changed_is_found(self):
        session = self._hold_session(self.case, notes="ONE").sudo()
        self._end_transaction()
        self.assertEqual(self._check().state, "ok")
        self._sql("UPDATE crisis_session SET state = 'draft' WHERE id = %s", session.id)
        check = self._check()
        self.assertEqual((check.state, check.fault_count), ("faults", 1))
        self.assertIn(session.name, check.fault_text)
        self.assertEqual(self._alarms(), [("unlocked", session._name, session.id)])
        # a file of it that does not open is the concern of whoever opens files
        self._sql("UPDATE crisis_session SET state = 'signed' WHERE id = %s", session.id)
        self.assertEqual(self._check().state, "ok")

    def test_only_principals_look(self):
        check = self._check()
        for user in (self.psychology, self.moral, self.staff, self.doctor):
            for action in (
                lambda u=user: check.with_user(u).read(["date"]),
                lambda u=user: check.with_user(u).action_check_now(),
                lambda u=user: check.with_user(u)._action_state(),
                lambda u=user: check.with_user(u).action_view_alarms(),
                lambda u=user: self.register.with_user(u).browse().action_check_register(),
            ):
                with self.assertRaises(AccessError), mute_logger(*DENIALS):
                    action()

    def test_a_forged_check_is_none(self):
        check = self._check()
        names = ", ".join((*register_kept.SAID, "signature"))
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 4")
        self._check()
        # a good one of before, as if it were of now
        self._sql(
            f"INSERT INTO crisis_register_check ({names})"
            f" SELECT {names} FROM crisis_register_check WHERE id = %s", check.id
        )  # fmt: skip
        self._sql("UPDATE crisis_register_check SET date = date + interval '1 day' WHERE id ="
                  " (SELECT max(id) FROM crisis_register_check)")  # fmt: skip
        self.env.invalidate_all()
        forged = self.checks.search([], limit=1).with_user(self.principal)
        self.assertEqual(forged.state, "forged")
        self.assertIn("not made by this server", forged.statement)
        self.assertEqual(check.state, "ok")
        self._sql("UPDATE crisis_register_check SET fault_count = 0, findings = '[]'")
        self.env.invalidate_all()
        self.assertEqual(self.checks.browse(check.id + 1).state, "forged")
        for user in (self.principal, self.env.ref("base.user_root")):
            mine = check.with_user(user)
            for action in (
                lambda m=mine: m.create({"row_count": 1}),
                lambda m=mine: m.write({"fault_count": 0}),
                lambda m=mine: m.unlink(),
            ):
                with self.assertRaises(AccessError), mute_logger(*DENIALS):
                    action()

    def test_what_has_no_known_signature_never_looks_fine(self):
        """Nor is it the newest one; and it is an alarm."""
        check = self._check()
        names = ", ".join(register_kept.SAID)
        self._sql(
            f"INSERT INTO crisis_register_check (id, signature, {names})"
            f" SELECT 2147483000, NULL, {names} FROM crisis_register_check WHERE id = %s", check.id
        )  # fmt: skip
        forged = self.checks.with_user(self.principal).browse(2147483000)
        for change, state in (
            ("date = now() + interval '1 day'", "unknown"),
            ("signature = 'zz:0123'", "unknown"),
            ("signature = ''", "unknown"),
            ("findings = 'no JSON'", "unknown"),
            (f"signature = '{keyring(self.env).newest}:0123'", "forged"),
            ("last_date = '20000-01-01'", "unknown"),
        ):
            with self.subTest(change=change):
                self._sql(f"UPDATE crisis_register_check SET {change} WHERE id = {forged.id}")
                self.env.invalidate_all()
                # such a moment Odoo itself cannot read
                if not change.startswith("last_date"):
                    self.assertEqual((forged.state, forged.fault_text), (state, ""))
                    self.assertNotIn("Complete", forged.statement)
                self.assertFalse(forged.is_last)
                self.assertTrue(check.is_last)
                self.assertEqual(self.checks.with_user(self.principal)._action_state()["res_id"],
                                 check.id)  # fmt: skip
        self._sql("UPDATE crisis_register_check SET last_date = NULL WHERE id = %s", forged.id)
        self._sql("UPDATE crisis_register_check SET signature = NULL WHERE id = %s", check.id)
        self.env.invalidate_all()
        self.assertEqual(check.state, "unknown")
        found = self._check()
        self.assertEqual((found.state, found.fault_count), ("faults", 2))
        self.assertEqual(
            self._alarms(), [("not_made", self.checks._name, c.id) for c in (check, forged)]
        )

    def test_a_new_key_signs_what_verifies(self):
        self._let_crons_go_on()
        check, changed = self._check(), self._check()
        self._sql("UPDATE crisis_register_check SET fault_count = 7 WHERE id = %s", changed.id)
        old = os.environ.get(VARIABLE)
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{old}"}):
            self.env["crisis.seal"]._cron_reseal()
            self.env.invalidate_all()
            signature, stays = (check + changed).sudo().mapped("signature")
            self.assertTrue(signature.startswith("next:"))
            self.assertFalse(stays.startswith("next:"))
            self.assertEqual((check.state, changed.state), ("ok", "forged"))


class Killed(Exception):
    """The process is ended."""


@tagged("post_install", "-at_install")
class TestNight(StateCase):
    """A register with many rows: the nightly check goes on, and nobody waits for all of them."""

    def setUp(self):
        super().setUp()
        self.patch(register_night, "ROWS", 3)

    def _night(self, parts=1000):
        """Let the job run until it has made so many parts, each of which is committed; return rows.

        :return: numbers of the rows that it has looked at
        """
        seen = []
        left = [parts]
        real = disclosure_chain.Walk._problem

        def progress(_cron, *_args, **_kwargs):
            left[0] -= 1
            if not left[0]:
                raise Killed
            return 60

        def problem(walk, row):
            seen.append(row.number)
            return real(walk, row)

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", progress),
            patch.object(disclosure_chain.Walk, "_problem", problem),
            suppress(Killed),
        ):
            self.checks._cron_check()
        self._end_transaction()
        return seen

    def _newest(self):
        return self.checks.browse(register_kept.newest(self.env)["id"])

    def test_killed_in_between_it_goes_on(self):
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 2")
        seen = self._night(2)
        self.assertEqual(seen, [1, 2, 3, 4, 5, 6])
        self.assertFalse(self.checks.search([]))
        # what is not seen yet, and comes in between, is
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 9")
        self._read(self.principal)
        end = self._end_of_register().number
        while not self.checks.search([]):
            more = self._night(3)
            self.assertLessEqual(len(more), 9)
            seen += more
        self.assertEqual(seen, list(range(1, end + 1)))
        check = self._newest()
        self.assertEqual((check.state, check.fault_count, check.row_count), ("faults", 2, end))
        self.assertEqual([text for text, *_about in self._alarms()], ["changed:2", "changed:9"])
        self.assertIn("number 2,", check.fault_text)
        self._sql("SELECT FROM crisis_register_night")
        self.assertFalse(self.env.cr.rowcount)

    def test_records_are_kept_by_kind(self):
        session = self._hold_session(self.case, notes="ONE").sudo()
        self._end_transaction()
        self._sql("UPDATE crisis_session SET state = 'draft' WHERE id = %s", session.id)
        for parts in range(1, 100):
            self._night(parts)
            if self.checks.search([]):
                break
        check = self._newest()
        self.assertEqual((check.state, check.fault_count), ("faults", 1))
        self.assertIn(session.name, check.fault_text)

    def _read_long_ago(self):
        """Enter a reading of years ago, which is due for an archive."""
        with freeze_time(datetime(2020, 3, 2, 9, 0)):
            register.note_reading(self.env, self.doctor.id, self.case, "background", "export")
            self._end_transaction()

    def test_the_same_as_all_at_once(self):
        self._read_long_ago()
        self.assertTrue(register_archive.archive_part(self.env))
        self.patch(register_night, "ROWS", 1)
        self._night()
        by_parts = self._newest()
        at_once = self._check()
        for name in ("row_count", "last_number", "last_link", "archive_count", "state"):
            self.assertEqual(by_parts[name], at_once[name])

    def test_readings_that_go_into_an_archive_meanwhile(self):
        self._read_long_ago()
        self.patch(register_night, "ROWS", 1)
        parts = register_night.check_by_parts(self.env)
        for _number in range(4):
            next(parts)
        self.assertTrue(register_archive.archive_part(self.env))
        list(parts)
        self.assertEqual((self._newest().state, self._newest().archive_count), ("ok", 1))

    def test_nobody_else_says_where_it_is(self):
        self._night(4)
        self._sql("SELECT said, signature FROM crisis_register_night")
        said, signature = self.env.cr.fetchone()
        self._night()

        def put_back(said, signature):
            self._sql("DELETE FROM crisis_register_night")
            self._sql("INSERT INTO crisis_register_night VALUES (%s, %s)", said, signature)

        forged = said.replace('"count": 12', '"count": 13')
        self.assertNotEqual(forged, said)
        for text, mark in ((said, signature), (forged, signature), (said, "zz:0"), ("x", "")):
            with self.subTest(text=text, mark=mark):
                put_back(text, mark)
                self.assertEqual(min(self._night()), 1)
        # where the check that came after was taken away as well, it counts for a day
        self._sql("DELETE FROM crisis_register_check")
        put_back(said, signature)
        with freeze_time(datetime.now() + timedelta(days=2)):
            self.assertEqual(min(self._night()), 1)

    def _behind(self):
        """Let a check that somebody waits for go on from the nightly one."""
        self.patch(register_state, "MANY", 5)
        self._night()
        self._read(self.principal)
        return self.last

    def test_who_waits_goes_on_from_the_night(self):
        last = self._behind()
        check = self._check()
        self.assertEqual((check.state, check.from_number), ("ok", last))
        self.assertEqual((check.row_count, check.last_number), (last + 1, last + 1))
        self.assertIn(f"What came after number {last} was checked now", check.statement)
        # the next one does not go on from one that has not seen everything
        self._read(self.psychology)
        self.assertEqual(self._check().from_number, last)
        self._night()
        self.assertEqual(self._newest().from_number, 0)

    def test_faults_before_and_behind(self):
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 4")
        self._behind()
        end = self._end_of_register().number
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = %s", end)
        check = self._check()
        self.assertEqual((check.state, check.fault_count), ("faults", 2))
        self.assertIn("number 4,", check.fault_text)
        self.assertIn(f"number {end},", check.fault_text)

    def test_taken_back_before_the_night(self):
        earlier = self._state()
        self._read(self.psychology)
        self._behind()
        end = register_kept.newest(self.env)["last_number"]
        self._take_back(earlier)
        for _number in range(3):
            self.assertEqual(self._check().state, "faults")
            self.assertIn((f"older:{end}", False, 0), self._alarms())
            self._read(self.principal)

    def test_a_mail_of_before_the_night(self):
        first = self.register.search([("number", "=", 5)]).hash
        self._read_long_ago()
        self.assertTrue(register_archive.archive_part(self.env))
        archive = self.env["crisis.register.archive"].search([], limit=1)
        number = archive.first_number
        [row] = register_archive.rows_of(register_archive.content_of(self.env, archive.name))
        self._behind()
        last = register_kept.newest(self.env)["last_number"]
        later = self.register.search([("number", "=", last + 1)]).hash
        for asked, link, holds in (
            (5, first, True),
            (5, LINK, False),
            (number, row["hash"], True),
            (number, LINK, False),
            (last + 1, later, True),
            (last + 1, LINK, False),
            (last + 100, LINK, False),
        ):
            with self.subTest(asked=asked, link=link):
                self.assertEqual(register_state.compare(self.env, asked, link)[0], holds)


@tagged("post_install", "-at_install")
class TestUnchecked(StateCase):
    """Whoever switches the nightly check off is seen by those who look at the register."""

    def test_it_is_shown_where_the_register_is(self):
        readers = self.register.search([]) + self.register.search([], limit=1)
        check = self._check()
        line = self.env["crisis.case.reader"]._make(
            [{"case_id": self.case.id, "date": datetime.now(), "kind": "reading"}]
        )
        shown = (readers.with_user(self.principal), check, line.with_user(self.principal))
        for days, text in ((1, False), (3, "The register was not checked for 3 days")):
            with freeze_time(datetime.now() + timedelta(days=days, minutes=1)):
                self.env.invalidate_all()
                for records in shown:
                    for late in records.mapped("late_text"):
                        self.assertIn(text or "", late or "")
                        self.assertEqual(bool(late), bool(text), late)
        # what this server has not made is no check
        self._sql("UPDATE crisis_register_check SET date = date + interval '3 days'")
        with freeze_time(datetime.now() + timedelta(days=3, minutes=1)):
            self.env.invalidate_all()
            self.assertTrue(check.late_text)

    def test_reading_is_an_alarm_then_once_a_day(self):
        name = self.env.cr.dbname
        self._check()
        for days, alarms in ((1, 0), (3, 1), (3, 1), (4, 2)):
            with freeze_time(datetime.now() + timedelta(days=days, minutes=1)):
                self.patch(register, "_looks", {name: 0})
                rows = register._overdue(self.env.cr)
                # not again for an hour
                with self.assertQueryCount(0):
                    self.assertEqual(register._overdue(self.env.cr), [])
                if rows:
                    register._enter(self.env, self.env.cr, rows)
            self.assertEqual(len(self._alarms()), alarms)
        row = self.register.search([("kind", "=", "alarm")], limit=1)
        self.assertIn("was not checked for more than two days", row.what)
        # a server that was started just now has its time
        self.patch(register, "_looks", {})
        self.assertEqual(register._overdue(self.env.cr), [])


@tagged("post_install", "-at_install")
class TestEndsThatPeopleHold(StateCase):
    """A register that was taken back to an earlier state is found by the file and by a mail."""

    def _mails(self):
        """Let the scheduled action mail the end; return the new mails."""
        before = self.env["mail.mail"].search([])
        self.checks._cron_mail_end()
        self._end_transaction()
        return self.env["mail.mail"].search([]) - before

    def _compare(self, number, link, user=None):
        """Compare in the dialog; return it."""
        dialog = (
            self.env["crisis.register.compare"]
            .with_user(user or self.principal)
            .create({"number": number, "link": link})
        )
        dialog.action_compare()
        self._end_transaction()
        return dialog

    def test_a_mail_tells_the_end_and_of_nobody(self):
        (self.principal + self.other_principal).lang = "en_US"
        end = self._end_of_register()
        mails = self._mails()
        self.assertEqual(
            mails.recipient_ids, self.principal.partner_id + self.other_principal.partner_id
        )
        self.assertEqual(len(mails), 2)
        for mail in mails:
            text = f"{mail.subject} {mail.body_html}"
            self.assertIn(str(end.number), mail.subject)
            self.assertIn(f"<code>{end.number}</code>", text)
            self.assertIn(f"<code>{end.hash}</code>", text)
            self.assertIn("Keep this mail", text)
            self.assertIn("Compare with a Mail", text)
            for secret in (self.student_1.name, self.case.name, "BACKGROUND", self.psychology.name,
                           self.school.name, self.principal.name):  # fmt: skip
                self.assertNotIn(secret, text)
            self.assertFalse(mail.attachment_ids or mail.model or mail.res_id)
            self.assertNotIn("http", text)
        # the same end stands in the file, and in the register that it was mailed
        self.assertEqual([a.end for a in register_anchors.read_anchors(self.env)], [end])
        row = self.register.search([("kind", "=", "mailed")])
        self.assertEqual((row.text, row.pages), (f"{end.number}:{end.hash}", 2))
        self.assertIn(f"last: number {end.number}", self._check().statement)

    def test_in_chinese(self):
        """In the language and the time of each."""
        self.principal.write({"lang": "zh_CN", "tz": "Asia/Shanghai"})
        with freeze_time("2026-11-02 20:30:00"):
            mails = self._mails()
        mails = mails.filtered(lambda m: m.recipient_ids == self.principal.partner_id)
        self.assertIn("请保留本邮件", mails.body_html)
        self.assertIn("查阅登记", mails.subject)
        self.assertIn("2026/11/03 04:30:00 (Asia/Shanghai)", mails.body_html)

    def test_a_forged_end_is_not_mailed(self):
        self._sql("UPDATE crisis_disclosure_head SET signature = 'x'")
        self.assertFalse(self._mails())
        self.assertFalse(self.file.exists())

    def test_the_same_row_is_there(self):
        end = self._end_of_register()
        self._mails()
        self._read(self.principal)
        spaced = " ".join(re.findall("....", end.hash.upper()))
        for link in (end.hash, spaced):
            dialog = self._compare(end.number, link)
            self.assertTrue(dialog.is_same)
            self.assertIn("still holds", dialog.result)
        self.assertEqual(self._alarms(), [])

    def test_taken_back_it_is_found_by_file_and_mail(self):
        earlier = self._state()
        for hour in range(3):
            with freeze_time(datetime(2026, 11, 1) + timedelta(hours=2 * hour)):
                self._read(self.psychology)
        mailed = self._end_of_register()
        self._mails()
        self._take_back(earlier)
        # by itself it is valid
        self.assertEqual(self._faults(), [])
        # by the file
        known = self._known()
        self.assertEqual(self._faults(known), [("older", mailed.number)])
        check = self._check()
        self.assertEqual(check.state, "faults")
        self.assertIn("older than what is known outside", check.fault_text)
        self.assertIn(f"older:{mailed.number}", [text for text, *_about in self._alarms()])
        # by the mail, where the file was taken away too
        self.file.unlink()
        self._take_back(earlier)
        dialog = self._compare(mailed.number, mailed.hash)
        self.assertFalse(dialog.is_same)
        self.assertIn("does not hold number", dialog.result)
        self.assertEqual(self._alarms(), [(f"mail:{mailed.number}", False, 0)])

    def test_taken_back_and_gone_on_with(self):
        """Others read afterwards, so that the register is as long as before."""
        earlier = self._state()
        self._read(self.psychology)
        mailed = self._end_of_register()
        self._mails()
        self._take_back(earlier)
        for hour in range(4):
            with freeze_time(datetime(2026, 11, 1) + timedelta(hours=2 * hour)):
                self._read(self.principal)
        self.assertEqual(self._faults(), [])
        known = self._known()
        self.assertEqual(self._faults(known), [("older", mailed.number)])
        self.file.unlink()
        self.assertFalse(self._compare(mailed.number, mailed.hash).is_same)
        self.assertEqual(self._alarms(), [(f"mail:{mailed.number}", False, 0)])

    def test_a_changed_or_missing_row_is_not_the_same(self):
        link = self.register.search([("number", "=", 5)]).hash
        for damage in (
            "UPDATE crisis_disclosure SET user_id = 1 WHERE number = 5",
            "DELETE FROM crisis_disclosure WHERE number BETWEEN 4 AND 6",
        ):
            with self.subTest(damage=damage), self.env.cr.savepoint() as savepoint:
                self._sql(damage)
                self.assertFalse(self._compare(5, link).is_same)
                savepoint.rollback()
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 9")
        dialog = self._compare(5, link)
        self.assertTrue(dialog.is_same)
        self.assertIn("faults elsewhere", dialog.result)

    def test_what_is_no_mail_is_refused(self):
        for number, link in ((0, LINK), (-1, LINK), (5, "x"), (5, False), (5, LINK + "a")):
            with self.subTest(number=number, link=link), self.assertRaises(UserError):
                self._compare(number, link)
        with self.assertRaises(AccessError), mute_logger(*DENIALS):
            self._compare(5, LINK, self.psychology)
        self.assertEqual(self._alarms(), [])

    def _watch(self):
        self.register._cron_watch()
        self._end_transaction()

    def _texts(self):
        return [text for text, *_about in self._alarms()]

    def _rename(self, name):
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", name)

    def test_another_name_of_the_database_switches_nothing_off(self):
        own = register_anchors.database_id(self.env)
        self.assertEqual(
            self.register.search([("kind", "=", "begun")]).text,
            self.env["ir.config_parameter"].sudo().get_param("database.uuid"),
        )
        earlier = self._state()
        self._read(self.psychology)
        self._watch()
        end = self._end_of_register()
        self._rename("other")
        self.assertEqual(register_anchors.database_id(self.env), own)
        with patch.dict(os.environ, {register_anchors.VARIABLE: ""}):
            self.assertEqual(register_anchors.anchor_file(self.env).name, f"{own}.txt")
        self._take_back(earlier)
        self.assertEqual(self._check().state, "faults")
        self.assertEqual(self._texts(), [f"older:{end.number}"])

    def test_a_register_without_a_name_gets_one_that_stays(self):
        """One that was taken over from a version before."""
        self._empty_register()
        register.note_event(self.env, "closed")
        self._end_transaction()
        own = register_anchors.database_id(self.env)
        self._watch()
        self._watch()
        self.assertEqual(self.register.search([("kind", "=", "named")]).text, own)
        # what the server has not signed names nothing
        columns = ", ".join(register.CONTENT)
        self._sql(
            f"INSERT INTO crisis_disclosure (number, hash, {columns})"
            f" SELECT number + 100, hash, {columns} FROM crisis_disclosure WHERE kind = 'named'"
        )
        self._sql("UPDATE crisis_disclosure SET text = '../../x', number = 1, hash = 'x'"
                  " WHERE kind = 'closed'")  # fmt: skip
        self._sql("UPDATE crisis_disclosure SET text = 'other' WHERE number > 100")
        self._rename("../../other x")
        self.assertEqual(register_anchors.database_id(self.env), own)
        self._sql("DELETE FROM crisis_disclosure")
        self.assertEqual(register_anchors.database_id(self.env), "______other_x")

    def test_without_its_beginning(self):
        """All was deleted, and the name exchanged: as if there had been nothing."""
        self._empty_register()
        self._rename("other")
        self._read(self.principal)
        self._watch()
        self.assertEqual(self._texts(), ["no_begin:0"])

    def test_a_file_that_is_gone_is_an_alarm_once(self):
        self._watch()
        self.assertEqual(self._check().anchor_number, self.last)
        for damage in (
            self.file.unlink,
            lambda: self.file.write_text(""),
            lambda: self.file.write_text(
                self.file.read_text().replace(register_anchors.database_id(self.env), "other")
            ),
        ):
            with self.subTest(damage=damage), self.env.cr.savepoint() as savepoint:
                damage()
                self._watch()
                self.assertEqual(self._texts(), [f"anchors:{self.last}"])
                # a new file, as after a move to another server
                self._watch()
                self.assertEqual(len(self._alarms()), 1)
                self.assertEqual(self._check().state, "ok")
                savepoint.rollback()
        self.file.unlink()
        check = self._check()
        self.assertEqual(check.state, "faults")
        self.assertIn("does not know what it knew before", check.fault_text)

    def test_mails_tell_that_there_was_a_file(self):
        self._mails()
        self.file.unlink()
        self._watch()
        self.assertEqual(self._texts(), [f"anchors:{self.last}"])

    def test_a_long_register_is_not_new_in_a_file_of_others(self):
        self.patch(register_anchors, "FEW", 5)
        self._watch()
        lines = self.file.read_text()
        forged = lines.replace(register_anchors.database_id(self.env), "other")
        # what the server has not signed tells of nothing
        for text, alarms in ((forged, []), (self._line_of_another(), ["anchors:0"])):
            self.file.write_text(text)
            self._watch()
            self.assertEqual(self._texts(), alarms)

    def _line_of_another(self):
        with patch.object(register_anchors, "database_id", lambda env: "other"):
            return register_anchors.anchor(self.env).line() + "\n"

    def test_in_a_file_of_many_the_own_line_is_found(self):
        self.patch(register_anchors, "TAIL", 10)
        self._watch()
        self.file.write_text(self.file.read_text() + self._line_of_another() * 3)
        lines = self.file.read_text()
        self._watch()
        self.assertEqual((self.file.read_text(), self._alarms()), (lines, []))

    def test_what_comes_later_does_not_overwrite_an_end(self):
        """Taken back, and gone on with just so far that a line with the same number is written."""
        earlier = self._state()
        self._read(self.psychology)
        self._watch()
        end = self._end_of_register()
        self._take_back(earlier)
        with freeze_time(datetime(2026, 11, 1)):
            self._read(self.principal)
        self.assertEqual(self._end_of_register().number, end.number)
        self._watch()
        self.assertEqual(len(self.file.read_text().splitlines()), 2)
        self.assertEqual(self._faults(self._known()),
                         [("older", end.number)])  # fmt: skip

    @mute_logger("odoo.addons.crisis_intervention.register_anchors")
    def test_a_file_that_cannot_be_used_holds_nobody_up(self):
        """Neither those who are to be told, nor the check, nor the mail."""
        beside = self.file.parent / "beside"
        beside.write_text("")
        for path in (self.file.parent, beside / "anchors.txt"):
            with (
                self.subTest(path=path),
                self.env.cr.savepoint() as savepoint,
                patch.dict(os.environ, {register_anchors.VARIABLE: str(path)}),
            ):
                register.raise_alarm(self.env, "changed:4")
                self._end_transaction()
                self._watch()
                self._watch()
                self.assertEqual(self._texts(), ["changed:4", "anchors_file:0"])
                rows = self.register.search([("kind", "=", "alarm")])
                self.assertIn(self.principal, rows.activity_ids.user_id)
                self.assertIn("whoever runs the server", rows[0].what + rows[1].what)
                self.assertTrue(self._mails())
                check = self._check()
                if path == self.file.parent:
                    self.assertIn("cannot be read or written", check.fault_text)
                savepoint.rollback()

    @mute_logger("odoo.addons.crisis_intervention.jobs")
    def test_no_job_holds_up_another(self):
        register.raise_alarm(self.env, "changed:4")
        self._end_transaction()
        module = "odoo.addons.crisis_intervention.models.privacy.crisis_disclosure_alarm"

        def enter_late(env):
            env.cr.execute("SELECT nothing_of_that_name")

        def keep_anchor(env):
            raise UserError("keep_anchor")

        with (
            patch(f"{module}.enter_late", enter_late),
            patch(f"{module}.keep_anchor", keep_anchor),
            mute_logger("odoo.sql_db"),
        ):
            self._watch()
        rows = self.register.search([("kind", "=", "alarm")])
        self.assertIn(self.principal, rows.activity_ids.user_id)


@tagged("post_install", "-at_install")
class TestCommand(StateCase):
    """What whoever runs the server is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = file_path("crisis_intervention/cli/crisis_verify.py")
        cls.command = load_script(path, "odoo.cli.crisis_verify")

    def _verify(self, *args, **options):
        self.env.flush_all()
        lines, is_well = self.command.verified(self.env.cr, *args, **options)
        self.env.invalidate_all()
        return "\n".join(lines), is_well

    def test_all_is_well(self):
        register_anchors.write_anchor(self.env)
        end = self._end_of_register()
        text, is_well = self._verify(mail=(end.number, end.hash), files=True)
        self.assertTrue(is_well, text)
        self.assertIn(f"{self.last} rows checked, 0 archives", text)
        self.assertIn(f"unchanged up to number {end.number}", text)
        self.assertIn(end.hash, text)
        self.assertIn(f"until number {end.number} (1 ends compared)", text)
        self.assertIn("as in the mail", text)
        row = self.register.search([("number", "=", end.number)])
        self.assertRegex(text, rf"of {row.date:%Y/%m/%d} {row.date:%H:%M:%S}.* \(UTC\)\.")

    def test_faults_are_located(self):
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 4")
        with self._signed_finding("changed"):
            text, is_well = self._verify()
        self.assertFalse(is_well)
        self.assertIn("Changed outside of the system: number 4", text)
        self.assertIn(f"Changed outside of the system: Crisis Case {self.case.name}", text)
        self.assertNotIn("Complete", text)
        # it writes nothing
        self._end_transaction()
        self.assertEqual(self._alarms(), [])

    def test_taken_back(self):
        earlier = self._state()
        self._read(self.psychology)
        end = self._end_of_register()
        register_anchors.write_anchor(self.env)
        kept = self.file.with_name("kept.txt")
        self.file.rename(kept)
        self._take_back(earlier)
        self.assertTrue(self._verify()[1])
        for arguments in ({"anchors": kept}, {"mail": (end.number, end.hash)}):
            with self.subTest(arguments=arguments):
                text, is_well = self._verify(**arguments)
                self.assertFalse(is_well)
                self.assertIn("older than what is known outside", text)
        # a mail that says something else than the file
        text, is_well = self._verify(anchors=kept, mail=(end.number, LINK))
        self.assertFalse(is_well)
        self.assertIn("does not hold", text)

    def test_a_restored_backup_is_accepted(self):
        """Ends of before do not count any more, and those of afterwards do."""
        register_anchors.write_anchor(self.env)
        early = self._end_of_register().number
        earlier = self._state()
        ends = []
        for hour in range(4):
            with freeze_time(datetime(2026, 11, 1) + timedelta(hours=2 * hour)):
                self._read(self.psychology)
                register_anchors.write_anchor(self.env)
                ends.append(self._end_of_register())
        self._take_back(earlier)
        with freeze_time(datetime(2026, 11, 3)):
            self._read(self.principal)
            register_anchors.write_anchor(self.env)
        self.assertEqual(self._check().state, "faults")
        alarms = self._alarms()
        self.assertIn((f"older:{ends[-1].number}", False, 0), alarms)
        with freeze_time(datetime(2026, 11, 4)):
            self.command.accepted(self.env.cr)
            self._end_transaction()
        [row] = self.register.search([("kind", "=", "restored")])
        self.assertEqual(row.text, f"{ends[0].number}:{ends[-1].number}")
        self.assertIn(early, self._known())
        text, is_well = self._verify()
        self.assertTrue(is_well, text)
        said = f"numbers {ends[0].number}–{ends[-1].number} before that does not count"
        self.assertIn(said, text)
        check = self._check()
        self.assertEqual((check.state, self._alarms()), ("ok", alarms))
        self.assertIn(said, check.statement)
        with self.assertRaises(UserError):
            self.command.accepted(self.env.cr)
        # the next one is found again
        earlier = self._state()
        self._read(self.psychology)
        register_anchors.write_anchor(self.env)
        end = self._end_of_register()
        self._take_back(earlier)
        self.assertEqual(self._faults(self._known()),
                         [("older", end.number)])  # fmt: skip

    def test_only_the_command_accepts_a_backup(self):
        earlier = self._state()
        self._read(self.psychology)
        register_anchors.write_anchor(self.env)
        end = self._end_of_register()
        self._take_back(earlier)
        with patch.object(register_state, "request", True), self.assertRaises(AccessError):
            self.command.accepted(self.env.cr)
        with patch.dict(os.environ, {VARIABLE: ""}), self.assertRaises(UserError):
            self.command.accepted(self.env.cr)
        # a row that somebody has planted says nothing
        columns = ", ".join(register.CONTENT)
        self._sql(
            f"INSERT INTO crisis_disclosure (number, hash, signature, {columns})"
            f" SELECT number + 1, hash, signature, {columns} FROM crisis_disclosure"
            " WHERE number = %s", self.last
        )  # fmt: skip
        for signature in ("signature", "NULL", "'zz:0'"):
            self._sql(
                f"UPDATE crisis_disclosure SET kind = 'restored', text = '1:999999',"
                f" signature = {signature} WHERE number = %s", self.last + 1
            )  # fmt: skip
            self.assertIn(("older", end.number),
                          self._faults(self._known()))  # fmt: skip

    def test_what_is_typed_in(self):
        self.assertEqual(self.command.mailed(f" 12:{LINK.upper()}"), (12, LINK))
        for text in ("12", f"x:{LINK}", "12:abc", f"12:{LINK}0", ""):
            with self.subTest(text=text), self.assertRaises(ValueError):
                self.command.mailed(text)


@tagged("post_install", "-at_install")
class TestButtons(StateCase, HttpCase):
    """Buttons, pressed as the client does."""

    def _press(self, login, model, method, ids):
        self.authenticate(login, login)
        return self.make_jsonrpc_request(
            f"/web/dataset/call_button/{model}/{method}",
            {"model": model, "method": method, "args": [ids], "kwargs": {}},
        )

    def test_check_now(self):
        row = self.register.search([], limit=1)
        check = self._check()
        for model, method, ids in (
            ("crisis.disclosure", "action_check_register", []),
            ("crisis.disclosure", "action_check_register", row.ids),
            ("crisis.register.check", "action_check_now", []),
            ("crisis.register.check", "action_check_now", check.ids),
        ):
            with self.subTest(model=model, ids=ids):
                before = self.checks.search_count([])
                action = self._press("t_principal", model, method, ids)
                self.assertEqual(action["res_model"], "crisis.register.check")
                self.env.invalidate_all()
                self.assertEqual(self.checks.search_count([]), before + 1)
                made = self.checks.browse(action["res_id"])
                self.assertEqual((made.user_id, made.state), (self.principal, "ok"))

    @mute_logger("odoo.http", *DENIALS)
    def test_nobody_else_presses(self):
        before = self.checks.search_count([])
        for login in ("t_psychology", "t_moral", "t_staff"):
            for model, method in (
                ("crisis.disclosure", "action_check_register"),
                ("crisis.register.check", "action_check_now"),
            ):
                with self.subTest(login=login, model=model), self.assertRaises(Exception) as caught:
                    self._press(login, model, method, [])
                self.assertIn("AccessError", json.dumps(caught.exception.args, default=str))
        self.env.invalidate_all()
        self.assertEqual(self.checks.search_count([]), before)

    def test_the_menu_opens_the_page(self):
        self.authenticate("t_principal", "t_principal")
        action = self.env.ref("crisis_intervention.crisis_register_check_action_state")
        opened = self.make_jsonrpc_request("/web/action/run", {"action_id": action.id})
        self.assertEqual(opened["res_model"], "crisis.register.check")
        self.assertTrue(self.checks.browse(opened["res_id"]).exists())

    def test_in_the_browser(self):
        self.principal.password = "t_principal-password"
        self.principal.lang = "zh_CN"
        self.start_tour("/odoo/action-crisis_intervention.crisis_register_check_action_state",
                        "crisis_register_state", login="t_principal")  # fmt: skip
        # the first one comes with the page
        self.assertEqual(self.checks.search_count([]), 3)
        self.start_tour("/odoo/action-crisis_intervention.crisis_disclosure_action",
                        "crisis_register_list", login="t_principal")  # fmt: skip
        checks = self.checks.search([])
        self.assertEqual(len(checks), 5)
        self.assertEqual(set(checks.mapped("state")), {"ok"})
        # the one that came with the page is the system's
        self.assertEqual(
            [check.user_id.id for check in checks.sorted("id")],
            [SUPERUSER_ID, *[self.principal.id] * (len(checks) - 1)],
        )
        self.assertEqual(self._alarms(), [])
