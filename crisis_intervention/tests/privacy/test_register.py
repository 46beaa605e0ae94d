import os
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from psycopg2 import OperationalError

from ... import register, register_anchors, register_state, signatures
from ...lib.disclosure_chain import START, End, link
from ...lib.sealed import new_key
from ...register_check import check_chain, check_old_chain
from ...seal_keys import VARIABLE, keyring
from ..common import CrisisCommon
from ..migrations import migrate

NOW = datetime(2026, 10, 12, 9, 0)
READINGS = 12


class RegisterCase(CrisisCommon):
    """A register with some readings, and what checking it finds."""

    level = "yellow"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.register = cls.env["crisis.disclosure"]
        cls.case = cls._make_case(cls.student_1, background="BACKGROUND", risk_level=cls.level)
        cls._end_transaction()
        cls._empty_register()
        register.begin(cls.env)
        for hour in range(READINGS):
            with freeze_time(NOW + timedelta(hours=2 * hour)):
                cls._read(cls.principal if hour % 2 else cls.psychology)
        cls.last = cls._end_of_register().number
        cls.anchors = {}

    @classmethod
    def _read(cls, user):
        """Read something confidential as ``user``, in a transaction of its own."""
        cls.case.with_user(user).web_read({"background": {}})
        cls._end_transaction()

    @classmethod
    def _end_of_register(cls):
        return register_anchors.end_of_register(cls.env)

    def _faults(self, anchors=None):
        """Return what checking finds, as (problem, number)."""
        self.env.invalidate_all()
        checked = check_chain(self.env, self.anchors if anchors is None else anchors)
        return [(fault.problem, fault.number) for fault in checked.faults]

    def _sql(self, query, *parameters):
        """Do what somebody with the database does."""
        self.env.cr.execute(query, parameters)

    def _watch(self):
        """Let the scheduled action look after the register."""
        with (
            TemporaryDirectory() as folder,
            patch.dict(os.environ, {register_anchors.VARIABLE: f"{folder}/anchors.txt"}),
        ):
            self.register._cron_watch()

    def _alarms(self):
        """Return the alarms of the register, as (text, model, id)."""
        self.env.invalidate_all()
        rows = self.register.search([("kind", "=", "alarm")], order="number")
        return [(row.text, row.res_model, row.res_id) for row in rows]


@tagged("post_install", "-at_install")
class TestRegisterChain(RegisterCase):
    """Rows are chained and signed as they are written; what is wrong is found, and stops nobody."""

    def test_untouched_it_is_complete(self):
        self.assertEqual(self._faults(), [])
        rows = self.register.search([], order="number")
        self.assertEqual(rows.mapped("number"), list(range(1, READINGS + 2)))
        self.assertEqual(rows[0].kind, "begun")
        self.assertEqual(set(rows[1:].mapped("kind")), {"reading"})

    def test_it_begins_with_the_addon(self):
        """Nobody can say that there never was an end."""
        with self.env.registry.cursor() as cr:
            cr.execute("SELECT kind FROM crisis_disclosure ORDER BY number LIMIT 1")
            self.assertEqual(cr.fetchone(), ("begun",))
            cr.execute("SELECT count FROM crisis_disclosure_head")
            self.assertGreater(cr.fetchone()[0], 0)

    def test_without_a_key_there_is_no_register(self):
        with patch.dict(os.environ, {VARIABLE: ""}), self.assertRaises(UserError):
            register.begin(self.env)

    def test_a_row_costs_one_statement(self):
        self._read(self.principal)
        self.case.with_user(self.principal).web_read({"background": {}})
        self.env.flush_all()
        pending = register._pending(self.env)
        rows = pending.take()
        register._place_rows(self.env, rows)
        with self.assertQueryCount(1):
            register._enter(self.env, self.env.cr, rows)
        self.assertEqual(self._faults(), [])

    def test_where_another_process_has_written_it_goes_on_from_there(self):
        for known in (None, End(), End(self.last - 1, START), End(self.last, START)):
            register._ends.clear()
            if known:
                register._ends[self.env.cr.dbname] = known
            self._read(self.principal)
        self.assertEqual(self._faults(), [])
        self.assertEqual(self._alarms(), [])

    def test_moments_that_nobody_can_read(self):
        self._read(self.principal)
        self._read(self.principal)
        number = self.last + 2
        for moment in ("20000-01-01", "0044-03-15 BC", "infinity", "-infinity"):
            with self.subTest(moment=moment), self.env.cr.savepoint() as savepoint:
                self._sql("UPDATE crisis_disclosure SET date = %s, create_date = %s WHERE number = %s",
                          moment, moment, number)  # fmt: skip
                self.assertEqual(self._faults(), [("changed", number), ("entry", number)])
                found = register_state.check_all(self.env, {})
                self.assertFalse(register_state.verify(self.env, Path("none"))[1])
                self.assertTrue(register_state.findings_of(self.env, found))
                rows = self.register.with_user(self.principal).search([("number", "=", number)])
                self.assertEqual(rows.read(["date", "create_date", "date_last"])[0]["date"], False)
                savepoint.rollback()

    def test_an_end_signed_by_what_is_no_ascii(self):
        forged = f"{keyring(self.env).newest}:é"
        self._sql("UPDATE crisis_disclosure_head SET signature = %s", forged)
        self._sql("UPDATE crisis_disclosure SET signature = %s WHERE number = 3", forged)
        self.assertEqual(self._faults(), [("changed", 3), ("head", self.last)])
        register._ends.clear()
        self._read(self.principal)
        self.assertEqual([text for text, *_about in self._alarms()], [f"head:{self.last}"])

    def test_a_damaged_end_stops_nobody_and_is_an_alarm(self):
        last = self.last
        for damage, found, stays in (
            ("DELETE FROM crisis_disclosure_head", f"no_head:{last}", []),
            ("UPDATE crisis_disclosure_head SET signature = 'x'", f"head:{last}", []),
            ("UPDATE crisis_disclosure_head SET count = count - 1", f"head:{last}", []),
            (
                f"DELETE FROM crisis_disclosure WHERE number > {last - 3}",
                f"tail:{last - 3}",
                [("missing", last - 2)],
            ),
            (
                f"UPDATE crisis_disclosure SET hash = '{START}' WHERE number = {last}",
                f"changed:{last}",
                [("changed", last)],
            ),
            ("DELETE FROM crisis_disclosure", "tail:0", [("missing", 1)]),
        ):
            with self.subTest(damage=damage), self.env.cr.savepoint() as savepoint:
                self._sql(damage)
                self._read(self.principal)
                self.assertEqual([text for text, *_about in self._alarms()], [found])
                reading = self.register.search([], order="number desc", limit=1)
                self.assertEqual((reading.kind, reading.number), ("reading", last + 2))
                self.assertEqual(self._faults(), stays)
                # and once is enough
                self._read(self.psychology)
                self.assertEqual(len(self._alarms()), 1)
                savepoint.rollback()

    def _open(self, user):
        """Return the open alarms as ``user`` finds them."""
        self.env.invalidate_all()
        mine = self.register.with_user(user).with_company(user.company_id)
        return mine.search([("is_open", "=", True)])

    def _see(self, user):
        self._open(user).action_see()
        self._end_transaction()

    def test_alarms_are_told_and_seen(self):
        self._sql("DELETE FROM crisis_disclosure_head")
        self._read(self.psychology)
        row = self._open(self.principal).sudo()
        self.assertEqual((len(row), row.is_open), (1, True))
        self._watch()
        self._watch()
        self.assertIn(self.principal, row.activity_ids.user_id)
        self.assertNotIn(self.psychology, row.activity_ids.user_id)
        self.assertEqual(len(row.activity_ids), len(row.activity_ids.user_id))
        for user in (self.psychology, self.staff):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                row.with_user(user).sudo(False).action_see()
        self._see(self.principal)
        self.assertFalse(self._open(self.principal))
        self.assertNotIn(self.principal, row.activity_ids.user_id)
        seen = self.register.search([("kind", "=", "seen")])
        self.assertEqual(
            (seen.user_id, seen.res_id, seen.company_id), (self.principal, row.id, self.school)
        )
        self._watch()
        self.assertNotIn(self.principal, row.activity_ids.user_id)

    def test_each_school_sees_for_itself(self):
        other = self._make_user("t_other_principal", "principal", company=self.other_school)
        self._sql("DELETE FROM crisis_disclosure_head")
        self._read(self.psychology)
        self._see(self.principal)
        self.assertFalse(self._open(self.principal))
        row = self._open(other)
        self.assertEqual(len(row), 1)
        self._watch()
        self.assertEqual(row.sudo().activity_ids.user_id & (other | self.principal), other)
        # done is not seen: asked again, but not before the next day
        row.sudo().activity_ids.filtered(lambda a: a.user_id == other).action_done()
        self._watch()
        self.assertNotIn(other, row.sudo().activity_ids.user_id)
        with freeze_time(datetime.now() + timedelta(days=2)):
            self._watch()
        self.assertIn(other, row.sudo().activity_ids.user_id)

    def test_what_one_may_not_read_stops_nobody_else(self):
        """The last alarm is about a report that this principal does not know of."""
        second = self._make_user("t_principal_2", "principal")
        concern = self._make_concern(
            self.staff,
            self.student_1,
            restricted=True,
            concerned_user_ids=[Command.link(self.principal.id)],
        ).sudo()
        self._end_transaction()
        register.raise_alarm(self.env, "changed", self.case._name, self.case.id)
        self._end_transaction()
        register.raise_alarm(self.env, "changed", concern._name, concern.id)
        self._end_transaction()
        self._watch()
        rows = self.register.search([("kind", "=", "alarm")], order="number")
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0].activity_ids.user_id, self.principal)
        self.assertEqual(rows[1].activity_ids.user_id, second)

    def test_planted_rows_silence_nothing(self):
        columns = ", ".join(f'"{name}"' for name in register.CONTENT)
        for number, (kind, text) in enumerate(
            (("alarm", "changed:4"), ("seen", "x"), ("alarm", "head:1")), 1
        ):
            self._sql(
                f"INSERT INTO crisis_disclosure (number, hash, signature, {columns})"
                f" SELECT %s, hash, %s, {columns} FROM crisis_disclosure WHERE number = 4",
                -number, "zz:0" if number % 2 else None,
            )  # fmt: skip
            self._sql(
                "UPDATE crisis_disclosure SET kind = %s, text = %s, res_model = NULL,"
                " res_id = NULL, field_names = NULL WHERE number = %s", kind, text, -number,
            )  # fmt: skip
        register.raise_alarm(self.env, "changed:4")
        self._end_transaction()
        row = self._open(self.principal)
        self.assertEqual(row.text, "changed:4")
        self.assertGreater(row.number, 0)
        # a "seen" of another alarm, put in its place
        self._see(self.principal)
        self._sql("UPDATE crisis_disclosure SET text = 'x' WHERE kind = 'seen' AND number > 0")
        self.assertEqual(self._open(self.principal), row)

    def test_what_goes_on_is_told_again(self):
        def found():
            register.raise_alarm(self.env, "changed", self.case._name, self.case.id)
            self._end_transaction()
            return len(self._open(self.principal))

        self.assertEqual([found(), found()], [1, 1])
        self._see(self.principal)
        self.assertEqual(found(), 0)
        with freeze_time(datetime.now() + register.AGAIN + timedelta(days=1)):
            self.assertEqual([found(), found()], [1, 1])

    def test_a_number_without_room_stops_nobody(self):
        """Whoever plants the largest number there is keeps nobody from reading."""
        for number in (register.MAX_NUMBER, self.last + 1, self.last + register.LEAP - 1):
            with self.subTest(number=number), self.env.cr.savepoint() as savepoint:
                self._sql("UPDATE crisis_disclosure SET number = %s WHERE number = 4", number)
                self._read(self.principal)
                self._read(self.psychology)
                self.assertTrue(self._faults())
                savepoint.rollback()
            register._ends.clear()

    def test_an_alarm_about_a_record_is_the_school_s(self):
        other_principal = self._make_user("t_other_principal", "principal",
                                          company=self.other_school)  # fmt: skip
        register.raise_alarm(self.env, "changed", self.case._name, self.case.id, "background")
        register.raise_alarm(self.env, "changed", self.case._name, self.case.id, "background")
        self._end_transaction()
        register.raise_alarm(self.env, "changed", self.case._name, self.case.id, "background")
        self._end_transaction()
        self.assertEqual(self._alarms(), [("changed", self.case._name, self.case.id)])
        row = self.register.search([("kind", "=", "alarm")])
        self.assertEqual((row.case_id, row.company_id), (self.case, self.school))
        self.assertEqual(self.register.with_user(self.principal).search([("id", "=", row.id)]), row)
        for user in (other_principal, self.moral, self.staff):
            try:
                found = self.register.with_user(user).search([("id", "=", row.id)])
            except AccessError:
                continue
            self.assertFalse(found)

    def test_what_fails_is_registered_and_nothing_is_shown_unregistered(self):
        mine = self.case.with_user(self.psychology)
        cr = self.env.cr
        mine.read(["background"])
        with mute_logger("odoo.addons.crisis_intervention.register"):
            cr.precommit.clear()  # what a rollback does first
            cr.prerollback.run()
        self.assertEqual(self.register.search_count([("way", "=", "read")]), 1)
        # where the register cannot be written, the transaction fails
        mine.read(["background"])
        failing = patch.object(register, "_enter", side_effect=OperationalError("no connection"))
        # without a savepoint, which would end the transaction as far as hooks see it
        with failing, TestCase.assertRaises(self, OperationalError):
            cr.precommit.run()

    def test_hooks_that_are_taken_away_keep_no_reading_out(self):
        """Code that an administrator enters reaches the queues of the cursor, in any request."""
        mine = self.case.with_user(self.psychology)
        for queue in (self.env.cr.precommit, self.env.cr.prerollback, self.env.cr.postcommit):
            mine.read(["background"])
            queue.clear()
            self.assertNotIn("crisis.register", queue.data)
            self._end_transaction()
        self.assertEqual(self.register.search_count([("way", "=", "read")]), 3)

    def test_what_is_read_in_a_savepoint_stays_read(self):
        with self.env.cr.savepoint() as savepoint:
            text = self.case.with_user(self.psychology).read(["background"])
            register.raise_alarm(self.env, "changed", self.case._name, self.case.id)
            savepoint.rollback()
        self.assertTrue(text)
        self._end_transaction()
        self.assertEqual(self.register.search_count([("way", "=", "read")]), 1)
        self.assertEqual(len(self._alarms()), 1)

    def test_methods_of_models_write_no_rows(self):
        """What an administrator's code can call of the model is what reads."""
        model = type(self.register)
        for name in ("_note", "_register_reading", "_close_chain", "_write_notes"):
            self.assertFalse(hasattr(model, name), name)

    def test_a_new_key_signs_the_end_in_one_step(self):
        old, new = os.environ[VARIABLE], f"next:{new_key()}"
        with patch.dict(os.environ, {VARIABLE: f"{new},{old}"}):
            register.sign_end_anew(self.env)
            self.assertEqual(self._faults(), [])
            register.sign_end_anew(self.env)
            self.assertEqual(self.register.search_count([("kind", "=", "key")]), 1)
        with patch.dict(os.environ, {VARIABLE: new}):
            # rows of the old key hang on the chain
            self.assertEqual(self._faults(), [])
            register.note_reading(self.env, self.principal.id, self.case, "background")
            self._end_transaction()
            self.assertEqual((self._faults(), self._alarms()), ([], []))
            self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 4")
            self.assertEqual(self._faults(), [("changed", 4)])

    def test_a_forged_end_is_not_signed_anew(self):
        self._sql("UPDATE crisis_disclosure_head SET hash = %s", START)
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{os.environ[VARIABLE]}"}):
            register.sign_end_anew(self.env)
        self.assertEqual([text for text, *_about in self._alarms()], [f"head:{self.last}"])


@tagged("post_install", "-at_install")
class TestLateSignatures(RegisterCase):
    """What a process signed that ended before it could tell the register is entered afterwards."""

    def _killed(self):
        """Sign a session, in a process that ends right after the commit."""
        session = self._hold_session(self.case).sudo()
        self.env.flush_all()
        self.env.cr.precommit.clear()
        register._waiting.of.clear()
        return session

    def _known(self, session):
        return register.known_signatures(self.env, session._name).get(session.id)

    def test_it_is_entered_late(self):
        session = self._killed()
        self.assertFalse(self._known(session))
        self.assertEqual(signatures.check_all(self.env), [], "no alarm")
        self._watch()
        self._end_transaction()
        self.assertTrue(self._known(session))
        self.assertEqual(signatures.enter_late(self.env), 0)
        self.assertEqual((self._faults(), self._alarms()), ([], []))

    def test_nothing_forged_is(self):
        session = self._killed()
        self._sql("UPDATE crisis_session SET user_id = %s WHERE id = %s", self.staff.id, session.id)
        self.env.invalidate_all()
        signatures.enter_late(self.env)
        self._end_transaction()
        self.assertFalse(self._known(session))


@tagged("post_install", "-at_install")
class TestOldRegister(RegisterCase):
    """The register of a version before 19.0.4.0.0 is checked, closed, and goes on."""

    def _make_old(self, waiting=2):
        """Turn the register into what the version before would have left.

        :param waiting: rows at the end that are not chained yet
        """
        columns = SQL(", ").join(
            SQL.identifier(name)
            for name in (
                "user_id",
                "date",
                "res_model",
                "res_id",
                "field_names",
                "way",
                "ip",
                "device",
                "case_id",
                "student_id",
                "company_id",
                "entry_id",
            )  # fmt: skip
        )
        self._sql("DELETE FROM crisis_disclosure WHERE kind != 'reading'")
        self._sql("ALTER TABLE crisis_disclosure ALTER number DROP NOT NULL")
        self._sql("ALTER TABLE crisis_disclosure ALTER hash DROP NOT NULL")
        self._sql("UPDATE crisis_disclosure SET number = -number, signature = NULL")
        rows = self.env.execute_query(
            SQL("SELECT id, %s FROM crisis_disclosure ORDER BY id", columns)
        )
        previous, chained = START, len(rows) - waiting
        for number, (id_, *content) in enumerate(rows, 1):
            previous_new = link(previous, (number, *content))
            done = number <= chained
            self._sql("UPDATE crisis_disclosure SET number = %s, hash = %s WHERE id = %s",
                      number if done else None, previous_new if done else None, id_)  # fmt: skip
            previous = previous_new if done else previous
        end = End(chained, previous)
        self._sql(
            "UPDATE crisis_disclosure_head SET count = %s, hash = %s, signature = %s",
            chained, previous, keyring(self.env).sign(end.signed_text()),
        )  # fmt: skip

    def _update(self):
        migrate(self.env, "19.0.4.0.0", "pre-10-register")
        migrate(self.env, "19.0.4.0.0", "end-10-register")
        self._end_transaction()

    def test_it_is_closed_with_a_row_and_goes_on(self):
        self._make_old()
        self._update()
        self.assertEqual((self._faults(), self._alarms()), ([], []))
        closed = self.register.search([("kind", "=", "closed")])
        self.assertEqual((closed.number, closed.pages, closed.text),
                         (READINGS + 1, READINGS, False))  # fmt: skip
        self._read(self.principal)
        self.assertEqual((self._faults(), self._alarms()), ([], []))
        # what stands before the row that closes it is found as well
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 3")
        self.assertEqual(self._faults(), [("changed", 3)])

    def test_faults_of_before_become_alarms(self):
        for damage, found in (
            ("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 3", ["changed:3"]),
            ("DELETE FROM crisis_disclosure WHERE number = 3", ["missing:3"]),
            ("UPDATE crisis_disclosure_head SET signature = 'x'", [f"head:{READINGS - 2}"]),
            ("DELETE FROM crisis_disclosure WHERE number > 4 OR number IS NULL", ["tail:4"]),
            ("DELETE FROM crisis_disclosure_head", [f"no_head:{READINGS - 2}"]),
        ):
            with self.subTest(damage=damage), self.env.cr.savepoint() as savepoint:
                self._make_old()
                self._sql(damage)
                self._update()
                self.assertEqual([text for text, *_about in self._alarms()], found)
                self.assertTrue(self.register.search([("kind", "=", "closed")]).text)
                savepoint.rollback()

    def test_written_anew_it_does_not_fit_the_row_that_closed_it(self):
        self._make_old()
        self._update()
        self._sql("UPDATE crisis_disclosure SET user_id = 1 WHERE number = 3")
        previous = START
        for number, _hash, content in self._old_rows():
            previous = link(previous, (number, *content))
            self._sql("UPDATE crisis_disclosure SET hash = %s WHERE number = %s", previous, number)
        self.assertEqual(self._faults(), [("linked", READINGS + 1)])

    def _old_rows(self):
        self._sql(
            "SELECT number, hash, user_id, date, res_model, res_id, field_names, way, ip, device,"
            " case_id, student_id, company_id, entry_id FROM crisis_disclosure"
            " WHERE signature IS NULL ORDER BY number"
        )
        return [(number, hash_, content) for number, hash_, *content in self.env.cr.fetchall()]

    def test_an_old_register_is_checked_as_it_is(self):
        self._make_old(waiting=0)
        checked = check_old_chain(self.env)
        self.assertEqual((checked.count, checked.faults), (READINGS, []))

    def test_what_was_printed_is_taken_along(self):
        self._sql(
            "CREATE TABLE crisis_print_log (id int, case_id int, user_id int, date timestamp,"
            " text text, pages int)"
        )
        self._sql("INSERT INTO crisis_print_log VALUES (1, %s, %s, %s, 'PLAN', 7)",
                  self.case.id, self.principal.id, NOW)  # fmt: skip
        self._make_old()
        self._update()
        printed = self.register.search([("kind", "=", "printed")])
        self.assertEqual(
            (printed.case_id, printed.user_id, printed.date, printed.text, printed.pages),
            (self.case, self.principal, NOW, "PLAN", 7),
        )
        lines = self.env["crisis.chronology"].search([("kind", "=", "printed")])
        self.assertEqual((lines.case_id, lines.res_id, lines.date), (self.case, printed.id, NOW))
        self.assertEqual(self._faults(), [])
