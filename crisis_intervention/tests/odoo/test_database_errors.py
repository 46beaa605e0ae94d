import json
import threading
from unittest.mock import patch

import psycopg2
from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.service import model as service
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from ... import database_errors
from ..committed import CommittedCase
from ..common import CrisisCommon

SECRET = "林小禾的秘密"
CONFLICT = "Somebody else saved this at the same moment. Nothing of yours is lost"


@tagged("post_install", "-at_install")
class TestDatabaseErrors(CrisisCommon):
    """Whatever a table of ours refuses, people are told in a sentence, in their language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        is_ours = cls.env["crisis.record"]._is_ours
        models = [cls.env[name] for name in cls.registry if is_ours(name)]
        cls.ours = [model for model in models if model._auto and not model._abstract]
        cls.links = {
            field.relation
            for model in cls.ours
            for field in model._fields.values()
            if field.type == "many2many" and field.store
        }

    def _raised(self, sqlstate, table, constraint="", column=""):
        """Return the error that PostgreSQL raises, with a row in its detail, as it does."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.Error) as raised,
        ):
            self.env.cr.execute(
                "DO %s",
                [
                    psycopg2.extensions.AsIs(
                        f"$$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{sqlstate}', "
                        f"TABLE = '{table}', CONSTRAINT = '{constraint}', COLUMN = '{column}', "
                        f"DETAIL = 'Key (name)=({SECRET}) already exists.'; END $$"
                    )
                ],
            )
        return raised.exception

    def _check(self, error, *names):
        """Check what is said for ``error``, by whatever model Odoo asks, in both languages."""
        said = set()
        for asked in ("base", "crisis.student"):
            for lang in ("en_US", "zh_CN"):
                message = self.env[asked].with_context(lang=lang)._sql_error_to_message(error)
                with self.subTest(asked=asked, lang=lang, message=message):
                    self.assertGreater(len(message), 4)
                    for name in (SECRET, "Key (", "psycopg2", "crisis_", "crisis.", *names):
                        if name:
                            self.assertNotIn(name, message)
                    if lang == "zh_CN":
                        self.assertRegex(message, "[\u4e00-\u9fff]{2}")
                        self.assertRegex(message, "[。！]")
                said.add((lang, message))
        self.assertEqual(len(said), 2, "it makes no difference which model Odoo asks")

    def test_every_unique_index_and_every_check(self):
        tables = [model._table for model in self.ours]
        found = self.env.execute_query(
            SQL(
                """
                SELECT c.conrelid::regclass::text, c.conname,
                       CASE c.contype WHEN 'c' THEN '23514' WHEN 'x' THEN '23P01' ELSE '23505' END
                  FROM pg_constraint c
                 WHERE c.contype IN ('u', 'c', 'x', 'p') AND c.conrelid::regclass::text = ANY(%(t)s)
                 UNION
                SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, '23505'
                  FROM pg_index i
                 WHERE i.indisunique AND i.indrelid::regclass::text = ANY(%(t)s)
                """,
                t=[*tables, *self.links],
            )
        )
        self.assertGreater(len(found), 100)
        for table, name, sqlstate in found:
            with self.subTest(table=table, constraint=name):
                self._check(self._raised(sqlstate, table, name), table, name)

    def test_every_foreign_key(self):
        tables = [model._table for model in self.ours]
        found = self.env.execute_query(
            SQL(
                """
                SELECT conrelid::regclass::text, conname, confrelid::regclass::text
                  FROM pg_constraint
                 WHERE contype = 'f'
                   AND (conrelid::regclass::text = ANY(%(t)s) OR confrelid::regclass::text = ANY(%(t)s))
                """,
                t=[*tables, *self.links],
            )
        )
        self.assertGreater(len(found), 300)
        for table, name, referenced in found:
            with self.subTest(table=table, constraint=name):
                self._check(self._raised("23503", table, name), table, name, referenced)

    def test_every_column_that_must_be_filled_in(self):
        found = self.env.execute_query(
            SQL(
                """
                SELECT attrelid::regclass::text, attname FROM pg_attribute
                 WHERE attnotnull AND attnum > 0 AND attrelid::regclass::text = ANY(%s)
                """,
                [model._table for model in self.ours] + list(self.links),
            )
        )
        self.assertGreater(len(found), 200)
        for table, column in found:
            with self.subTest(table=table, column=column):
                self._check(self._raised("23502", table, column=column), table)

    def test_every_constraint_has_a_sentence_of_its_own(self):
        """Of what our addons declare, in models of Odoo as well."""
        count = 0
        for name in self.registry:
            model = self.env[name]
            declared = {
                key: table_object
                for key, table_object in model._table_objects.items()
                if getattr(table_object, "unique", True)
                and (table_object._module or "")[:7] == "crisis_"
            }
            if model._abstract or not model._auto:
                continue
            for key, table_object in declared.items():
                with self.subTest(constraint=key):
                    count += 1
                    self.assertTrue(table_object.message)
                    self.assertRegex(table_object.message, r"\w.* .*\.$", "a sentence")
                    sqlstate = "23505"
                    error = self._raised(sqlstate, model._table, key)
                    english = self.env["base"]._sql_error_to_message(error)
                    self.assertEqual(english, table_object.message)
                    self._check(error, key)
        self.assertGreater(count, 45)

    def test_links_between_records_of_odoo_and_ours(self):
        """What of ours stands in tables of Odoo's models is told like ours."""
        for sqlstate in ("23502", "23503", "23505", "23514"):
            error = self._raised(sqlstate, "res_company", "x_fkey", "crisis_final_grade")
            message = self.env["base"]._sql_error_to_message(error)
            self.assertNotIn(SECRET, message)
            self.assertNotIn("res_company", message)

    def test_what_an_import_meets(self):
        """Odoo asks the model that is imported, whatever the database has refused."""
        students = self.env["crisis.student"].with_context(lang="en_US")
        for sqlstate, words in (("40001", CONFLICT), ("22001", "is not possible here")):
            message = students._sql_error_to_message(self._raised(sqlstate, ""))
            self.assertIn(words, message)
            self.assertNotIn(SECRET, message)

    def test_models_of_others_keep_their_words(self):
        error = self._raised("23505", "res_country", "x", "code")
        self.assertIn("already exists", self.env["base"]._sql_error_to_message(error))

    def test_a_database_that_is_away(self):
        error = self._raised("57P01", "crisis_student")
        with patch.object(
            type(self.registry), "cursor", side_effect=psycopg2.OperationalError(SECRET)
        ):
            told = database_errors.in_plain_words(error, self.registry)
        self.assertIn("does not answer", str(told))
        self.assertNotIn(SECRET, str(told))

    def test_whatever_leaves_the_server(self):
        """Errors that reach the end of a request, and those that an error of ours came from."""
        for sqlstate, words in {
            "40001": CONFLICT,
            "40P01": CONFLICT,
            "55P03": CONFLICT,
            "23505": "This student number is taken",
            "22001": "is not possible here",
            "57014": "does not answer just now",
            "42703": "made a mistake",
        }.items():
            error = self._raised(sqlstate, "crisis_student", "crisis_student_number_uniq")
            told = database_errors.in_plain_words(error, self.registry, lang="en_US")
            with self.subTest(sqlstate=sqlstate, told=told):
                self.assertIs(type(told), UserError)
                self.assertIn(words, str(told))
                self.assertNotIn(SECRET, str(told))
                chinese = database_errors.in_plain_words(error, self.registry, lang="zh_CN")
                self.assertRegex(str(chinese), "[\u4e00-\u9fff]{4}")
                # a language that nobody has switches nothing off
                self.assertTrue(database_errors.in_plain_words(error, self.registry, lang="xx"))
            try:
                try:
                    raise error
                except psycopg2.Error as cause:
                    raise UserError("ours") from cause
            except UserError as ours:
                told = database_errors.in_plain_words(ours, self.registry)
                self.assertIs(told, ours)
                self.assertIsNone(told.__cause__)
                self.assertIsNone(told.__context__)


@tagged("post_install", "-at_install")
class TestDatabaseErrorsOfClients(HttpCase, CrisisCommon):
    """The sentence arrives by every door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.psychology.lang = "en_US"

    def _call(self, user, model, method, *args, **kwargs):
        """Return the text of the answer to a call of the web client."""
        self.authenticate(user.login, user.login)
        return self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": "call",
                    "params": {
                        "model": model,
                        "method": method,
                        "args": args,
                        "kwargs": {"context": {"lang": "en_US"}, **kwargs},
                    },
                }
            ),
            headers={"Content-Type": "application/json"},
        ).text

    def _check(self, answer, words):
        error = json.loads(answer)["error"]
        self.assertIn(words, error["data"]["message"])
        for raw in ("DETAIL", "Key (", "psycopg2", "violates", "S001"):
            self.assertNotIn(raw, answer)

    def test_a_number_that_is_taken(self):
        values = {"name": "新同学", "student_number": "S001", "class_id": self.class_1.id}
        taken = "This student number is taken in this school"
        with mute_logger("odoo.sql_db", "odoo.http"):
            answer = self._call(self.psychology, "crisis.student", "web_save", [], values,
                                specification={})  # fmt: skip
            self._check(answer, taken)
            answer = self._call(self.psychology, "crisis.student", "create", [values])
            self._check(answer, taken)
            answer = self._call(self.psychology, "crisis.student", "web_save",
                                [self.student_2.id], {"student_number": "S001"},
                                specification={})  # fmt: skip
            self._check(answer, taken)

    def test_what_is_still_used(self):
        """Odoo's own form of a user whom records of ours name."""
        self._make_case(self.student_1)
        admin = self.env.ref("base.user_admin")
        with mute_logger("odoo.sql_db", "odoo.http", "odoo.models.unlink"):
            self.authenticate("admin", "admin")
            answer = self._call(admin, "res.users", "unlink", [self.psychology.id])
        error = json.loads(answer)["error"]
        self.assertNotIn("DETAIL", answer)
        self.assertNotIn("crisis_", error["data"]["message"])

    def test_an_import(self):
        fields = ["name", "grade", "school_year"]
        classes = self.env["crisis.class"].with_user(self.psychology)
        rows = [[self.class_1.name, str(self.class_1.grade), self.class_1.school_year]]
        with mute_logger("odoo.sql_db"):
            result = classes.load(fields, rows)
        told = [message["message"] for message in result["messages"]]
        self.assertTrue(told)
        self.assertIn("This class exists already in this school year", " ".join(told))

    def test_a_conflict_that_stays(self):
        """Odoo repeats it five times; then a sentence arrives, in the language of the user."""
        case = self._make_case(self.student_1)
        tries = []

        def conflict(records, *args, **kwargs):
            tries.append(records)
            records.env.cr.execute(
                "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"
            )

        self.env["res.lang"]._activate_lang("zh_CN")
        with (
            patch.object(self.registry["crisis.case"], "write", conflict),
            patch.object(service.time, "sleep"),
            mute_logger("odoo.sql_db", "odoo.http"),
        ):
            for lang, words in {"en_US": CONFLICT, "zh_CN": "同一时刻"}.items():
                answer = self._call(self.psychology, "crisis.case", "web_save", [case.id],
                                    {"medical_involved": True}, specification={},
                                    context={"lang": lang})  # fmt: skip
                self._check(answer, words)
        self.assertEqual(len(tries), 2 * service.MAX_TRIES_ON_CONCURRENCY_FAILURE)


@tagged("post_install", "-at_install")
class TestConflicts(CommittedCase):
    """Two real connections that keep meeting: whoever gives up is told in a sentence."""

    _models = ("crisis.class.membership", "crisis.student", "crisis.class")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._committing() as env:
            cls.school = env["res.company"].create({"name": "Conflict School"})
            cls.psychology = cls._make_user("x_psychology", "psychology_teacher")
            cls.class_1 = cls._make_class("1班", 1)
            cls.student = cls._make_student("甲", "X001", cls.class_1)
        cls.addClassCleanup(cls._take_away)

    def _given_up(self, job):
        """Return what is told after Odoo's retries of ``job`` have met somebody each time."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            try:
                with patch.object(service.time, "sleep"), mute_logger("odoo.sql_db"):
                    service.retrying(lambda: job(env), env)
            except psycopg2.OperationalError as error:
                raised = error
            else:
                self.fail("nobody was in the way")
            cr.rollback()
        told = database_errors.in_plain_words(raised, self.registry, lang="en_US")
        self.assertIn(CONFLICT, str(told))
        return raised

    def _meanwhile(self, *queries):
        """Commit as somebody else, on a connection of its own."""
        with self.registry.cursor() as cr:
            for query in queries:
                cr.execute(query)

    def test_somebody_is_always_faster(self):
        change = SQL(
            "UPDATE crisis_student SET student_number = student_number WHERE id = %s",
            self.student.id,
        )

        def job(env):
            student = self.student.with_env(env)
            self.assertTrue(student.student_number)
            self._meanwhile(change)
            student.write({"student_number": "X002"})
            env.flush_all()

        self.assertIsInstance(self._given_up(job), psycopg2.errors.SerializationFailure)

    def test_somebody_holds_the_row(self):
        lock = SQL("SELECT id FROM crisis_student WHERE id = %s FOR UPDATE", self.student.id)

        def job(env):
            env.cr.execute(SQL("%s NOWAIT", lock))

        with self.registry.cursor() as cr:
            cr.execute(lock)
            self.assertIsInstance(self._given_up(job), psycopg2.errors.LockNotAvailable)

    def test_both_wait_for_each_other(self):
        """PostgreSQL ends one of them."""
        other = SQL("SELECT id FROM crisis_class WHERE id = %s FOR UPDATE", self.class_1.id)
        mine = SQL("SELECT id FROM crisis_student WHERE id = %s FOR UPDATE", self.student.id)

        def job(env):
            waits = threading.Event()

            def opposite():
                with self.registry.cursor() as cr, mute_logger("odoo.sql_db"):
                    cr.execute(other)
                    waits.set()
                    # it has waited longer: the other one is ended
                    cr.execute("SET LOCAL deadlock_timeout = '60s'")
                    cr.execute(mine)
                    cr.rollback()

            env.cr.execute("SET LOCAL deadlock_timeout = '50ms'")
            env.cr.execute(mine)
            thread = threading.Thread(target=opposite)
            thread.start()
            try:
                waits.wait(10)
                env.cr.execute(other)
            finally:
                env.cr.rollback()
                thread.join()

        self.assertIsInstance(self._given_up(job), psycopg2.errors.DeadlockDetected)
