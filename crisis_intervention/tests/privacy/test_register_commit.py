from contextlib import contextmanager
from datetime import datetime
from unittest import TestCase
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from psycopg2 import OperationalError

from ... import register, register_archive
from ...register_check import check_chain
from ..committed import CommittedCase

PEOPLE, READINGS, CHECKS = 6, 10, 8


class Failed(Exception):
    """A request fails after it has read."""


@tagged("post_install", "-at_install")
class TestRegisterCommit(CommittedCase):
    """Real transactions: the register is written by the side of those that read."""

    _models = (
        "crisis.deadline",
        "crisis.case.change",
        "crisis.case",
        "crisis.class.membership",
        "crisis.student",
        "crisis.class",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._committing() as env:
            cls.school = env["res.company"].create({"name": "Register School"})
            cls.psychology = cls._make_user("r_psychology", "psychology_teacher")
            cls.people = [cls._make_user(f"r_{n}", "principal") for n in range(PEOPLE)]
            class_ = cls._make_class("1班", 1)
            student = cls._make_student("学生", "R1", class_)
            cls.case_id = cls._make_case(student, background="BACKGROUND").id
        cls.addClassCleanup(cls._take_away)

    @classmethod
    def _of_school(cls, model):
        company = cls.env[model]._fields.get("company_id")
        if company and company.store:
            return super()._of_school(model)
        return SQL("case_id IN (SELECT id FROM crisis_case WHERE company_id = %s)",
                            cls.school.id)  # fmt: skip

    def _raises(self, error):
        """Expect an error, without the savepoint that Odoo's own method makes."""
        return TestCase.assertRaises(self, error)

    def _case(self, cr, user=None):
        """Return the case as ``user`` meets it in the transaction of ``cr``."""
        return api.Environment(cr, (user or self.psychology).id, {})["crisis.case"].browse(
            self.case_id
        )

    def _count(self):
        """Return how many readings of the case are registered, as everybody sees it."""
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT count(*) FROM crisis_disclosure WHERE kind = 'reading' AND case_id = %s",
                [self.case_id],
            )
            return cr.fetchone()[0]

    def _faults(self):
        """Return what checking the register finds."""
        with self.registry.cursor() as cr:
            return check_chain(api.Environment(cr, SUPERUSER_ID, {}), {}).faults

    def test_a_cursor_that_only_reads(self):
        before = self._count()
        with self.registry.cursor() as cr:
            cr.connection.set_session(readonly=True)
            try:
                self.assertEqual(self._case(cr).background, "BACKGROUND")
                cr.commit()  # pylint: disable=invalid-commit
            finally:
                cr.rollback()
                cr.connection.set_session(readonly=False)
        self.assertEqual(self._count(), before + 1)

    def test_nobody_waits_for_the_request_of_another(self):
        before = self._count()
        with self.registry.cursor() as slow, self.registry.cursor() as fast:
            self._case(slow).read(["background"])
            slow.flush()  # registered, and the request goes on
            self.assertEqual(self._count(), before + 1)
            fast.execute("SET LOCAL lock_timeout = '2s'")
            self._case(fast, self.people[0]).read(["background"])
            fast.commit()  # pylint: disable=invalid-commit
            self.assertEqual(self._count(), before + 2)
        self.assertEqual(self._faults(), [])

    def test_what_is_rolled_back_stays_registered(self):
        before = self._count()
        with self._raises(Failed), self.registry.cursor() as cr:
            self._case(cr).read(["background"])
            raise Failed
        self.assertEqual(self._count(), before + 1)

    def test_a_failed_transaction_registers_what_it_has_read(self):
        before = self._count()
        with mute_logger("odoo.sql_db"), self._raises(Exception), self.registry.cursor() as cr:
            self._case(cr).read(["background"])
            cr.execute("SELECT nothing_of_that_name")
        self.assertEqual(self._count(), before + 1)

    def test_without_the_register_nothing_is_shown(self):
        before = self._count()
        refused = patch.object(register, "_connection", side_effect=OperationalError("full"))
        with (
            refused,
            mute_logger("odoo.addons.crisis_intervention.register"),
            self._raises(OperationalError),
            self.registry.cursor() as cr,
        ):
            self._case(cr).read(["background"])
            cr.commit()  # pylint: disable=invalid-commit
        self.assertEqual(self._count(), before)

    def test_a_lock_on_what_is_read_does_not_hold_it_up(self):
        """There are no foreign keys: the request itself may have locked reader and case."""
        before = self._count()
        with self.registry.cursor() as cr:
            cr.execute("SELECT FROM res_users WHERE id = %s FOR UPDATE", [self.psychology.id])
            cr.execute("SELECT FROM crisis_case WHERE id = %s FOR UPDATE", [self.case_id])
            cr.execute("SELECT FROM res_company WHERE id = %s FOR UPDATE", [self.school.id])
            self._case(cr).read(["background"])
            cr.commit()  # pylint: disable=invalid-commit
        self.assertEqual(self._count(), before + 1)

    def test_who_reads_what_nobody_checks(self):
        before = self._count()
        with (
            patch.object(register, "_looks", {self.env.cr.dbname: 0}),
            patch.object(register, "days_unchecked", lambda env: 3),
            self.registry.cursor() as cr,
        ):
            cr.execute("SELECT max(number) FROM crisis_disclosure")
            [last] = cr.fetchone()
            self._case(cr).read(["background"])
            cr.commit()  # pylint: disable=invalid-commit
            cr.execute("SELECT text FROM crisis_disclosure WHERE number > %s", [last])
            self.assertIn((f"unchecked:{fields.Date.today()}",), cr.fetchall())
        self.assertEqual(self._count(), before + 1)

    def test_taken_back_while_the_server_runs(self):
        """The process knows what it has entered; nobody else does, as the end was taken back too."""

        def reads():
            with self.registry.cursor() as cr:
                self._case(cr).read(["background"])
                cr.commit()  # pylint: disable=invalid-commit

        reads()
        with self.registry.cursor() as cr:
            cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head")
            earlier = cr.fetchone()
        for _number in range(3):
            reads()
        with self.registry.cursor() as cr:
            cr.execute("SELECT count FROM crisis_disclosure_head")
            [count] = cr.fetchone()
            cr.execute("DELETE FROM crisis_disclosure WHERE number > %s", [earlier[0]])
            cr.execute(
                "UPDATE crisis_disclosure_head SET count = %s, hash = %s, signature = %s", earlier
            )
        for _number in range(2):
            reads()
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT text FROM crisis_disclosure WHERE kind = 'alarm' AND number > %s",
                [earlier[0]],
            )
            self.assertEqual(cr.fetchall(), [(f"older:{count}",)])

    @mute_logger("odoo.addons.crisis_intervention.register")
    def test_what_could_not_be_committed_is_not_missed(self):
        real = register._connection

        @contextmanager
        def connection(env):
            with real(env) as cr:
                yield cr
                raise OperationalError("full")

        with (
            patch.object(register, "_connection", connection),
            self._raises(OperationalError),
            self.registry.cursor() as cr,
        ):
            self._case(cr).read(["background"])
            cr.commit()  # pylint: disable=invalid-commit
        with self.registry.cursor() as cr:
            cr.execute("SELECT coalesce(max(number), 0) FROM crisis_disclosure")
            [last] = cr.fetchone()
            self._case(cr).read(["background"])
            cr.commit()  # pylint: disable=invalid-commit
            cr.execute("SELECT kind FROM crisis_disclosure WHERE number > %s", [last])
            self.assertEqual(cr.fetchall(), [("reading",)])

    def test_a_crowd_beside_checks(self):
        before = self._count()

        def reads(user):
            for _number in range(READINGS):
                with self.registry.cursor() as cr:
                    self._case(cr, user).read(["background"])
                    cr.commit()  # pylint: disable=invalid-commit

        def checks():
            return [fault for _number in range(CHECKS) for fault in self._faults()]

        done = self._together(
            *[lambda user=user: reads(user) for user in self.people], checks, checks
        )
        self.assertEqual(done, [None] * PEOPLE + [[], []])
        self.assertEqual(self._count(), before + PEOPLE * READINGS)
        self.assertEqual(self._faults(), [])

    def test_killed_while_archiving_nothing_is_lost(self):
        """The process loses its connection: before and after rows have left the table."""
        with self.registry.cursor() as cr:
            self._case(cr).read(["background"])
        before, known = self._count(), register._ends.copy()
        self.assertGreater(before, 0)
        self.patch(register_archive, "cutoff", lambda: datetime(9999, 1, 1))
        enter, connection = register._enter, register._connection

        def kill(cr):
            with self.registry.cursor() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [cr.connection.get_backend_pid()])

        def entered(env, cr, rows):
            enter(env, cr, rows)
            kill(cr)

        @contextmanager
        def deleted(env):
            with connection(env) as cr:
                yield cr
                cr.execute("SELECT count(*) FROM crisis_register_archive")
                self.assertGreater(cr.fetchone()[0], 0)
                kill(cr)

        for name, killing in (("_enter", entered), ("_connection", deleted)):
            with self.subTest(name=name):
                with (
                    patch.object(register, name, killing),
                    mute_logger("odoo.sql_db"),
                    self._raises(Exception),
                    self.registry.cursor() as cr,
                ):
                    register_archive.archive_part(api.Environment(cr, SUPERUSER_ID, {}))
                # what this process thinks of the end is the end of a process that is gone
                register._ends.clear()
                register._ends.update(known)
                self.assertEqual((self._count(), self._faults()), (before, []))
                with self.registry.cursor() as cr:
                    cr.execute("SELECT count(*) FROM crisis_register_archive")
                    self.assertEqual(cr.fetchone()[0], 0)

    def test_who_stands_in_it_is_not_deleted(self):
        with self.registry.cursor() as cr:
            self._case(cr, self.people[0]).read(["background"])
            cr.commit()  # pylint: disable=invalid-commit
            env = api.Environment(cr, SUPERUSER_ID, {})
            with self._raises(UserError):
                env["res.users"].browse(self.people[0].id).unlink()
            cr.rollback()
