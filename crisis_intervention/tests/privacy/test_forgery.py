import base64

from odoo.tests import tagged

from ... import register, signatures
from ...lib.anchors import known_ends
from ...lib.disclosure_chain import START, link
from ...register_anchors import anchor
from ...seal_keys import keyring
from ...sealing import report_plain
from .test_register import RegisterCase

PICTURE_BASE64 = base64.b64encode(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
# What nobody finds, and the words of docs/THREATS.md that say so (see devtools/tests/test_docs.py).
NOT_FOUND = {
    "draft": "a draft taken back to an older text",
    "pointer": "student, class and school of a signed record",
    "plain_column": "what is not sealed can be read",
}


@tagged("post_install", "-at_install")
class TestForgerySuite(RegisterCase):
    """Somebody with all rights on the database, and no key, forges: what is found, and where.

    Each way is tried on a register and records that are in order, and undone.
    """

    # plans are approved
    level = "orange"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draft = cls._make_session_draft("OLD")
        cls.session = cls._hold_session(cls.case, notes="ONE").sudo()
        cls.other = cls._hold_session(cls.case, notes="TWO").sudo()
        cls.contact = cls._make_contact(cls.case, sign=False)
        cls.contact.scan = PICTURE_BASE64
        cls.contact.action_sign()
        cls.contact = cls.contact.sudo()
        cls.concern = cls._make_concern(cls.staff, cls.student_2).sudo()
        cls.addition = (
            cls.env["crisis.session.addendum"]
            .with_user(cls.psychology)
            .create({"session_id": cls.session.id, "text": "ADDED"})
            .sudo()
        )
        cls.form = cls._make_assessment(
            cls.student_1, {"1": "1", "2": "1", "3": "0", "5": "x"}, cls._make_instrument()
        )
        cls.form.action_complete()
        cls.form = cls.form.sudo()
        cls.plan = cls._put_in_force(cls.case).sudo()
        cls.waiting = cls._make_plan(cls.case, user=cls.psychology)
        cls.waiting.action_submit()
        cls.waiting = cls.waiting.sudo()
        cls.approval = cls.env["crisis.approval"].search(
            [("res_id", "=", cls.plan.id), ("decision", "=", "approved")]
        )
        cls._end_transaction()
        cls.middle = 5
        cls.last = cls._end_of_register().number
        # what the file of the server and the mail of last week know
        cls.anchors = known_ends([anchor(cls.env)], keyring(cls.env).tells)

    @classmethod
    def _make_session_draft(cls, notes):
        session = (
            cls.env["crisis.session"]
            .with_user(cls.psychology)
            .create({"case_id": cls.case.id, "date_start": "2026-10-12 08:00:00", "notes": notes})
        )
        return session.sudo()

    # ------------------------------------------------------------------ what is found

    def _found(self):
        """Return all that is found, as (problem, number) or (problem, model, id)."""
        self.env.flush_all()
        found = set(self._faults())
        found |= {(f.problem, f.model, f.res_id) for f in signatures.check_all(self.env, True)}
        report_plain(self.env)
        pending = register._waiting.of.pop(self.env.cr, None)
        for row in pending.take() if pending else ():
            found.add((row["text"], row["res_model"], row["res_id"]))
        return found

    def _of(self, problem, record):
        return (problem, record._name, record.id)

    def _update(self, record, **columns):
        """Change columns of a record in the database."""
        for name, value in columns.items():
            self._sql(f'UPDATE "{record._table}" SET "{name}" = %s WHERE id = %s', value, record.id)

    def _column(self, record, name):
        self._sql(f'SELECT "{name}" FROM "{record._table}" WHERE id = %s', record.id)
        return self.env.cr.fetchone()[0]

    def _row(self, number, assignment, *values):
        """Change a row of the register."""
        self._sql(f"UPDATE crisis_disclosure SET {assignment} WHERE number = %s", *values, number)

    def _rehash(self, number):
        """Compute all links from a row on anew, as anybody can, and set the end to the last one."""
        self._sql("SELECT hash FROM crisis_disclosure WHERE number = %s", number - 1)
        [previous] = self.env.cr.fetchone()
        columns = ", ".join(f'"{name}"' for name in register.CONTENT)
        self._sql(
            f"SELECT number, {columns} FROM crisis_disclosure WHERE number >= %s ORDER BY number",
            number,
        )
        for place, *content in self.env.cr.fetchall():
            previous = link(previous, (place, *content))
            self._row(place, "hash = %s", previous)
        self._sql("UPDATE crisis_disclosure_head SET hash = %s", previous)

    def _cut(self, count):
        """Delete the last rows."""
        self._sql("DELETE FROM crisis_disclosure WHERE number > %s", self.last - count)

    def _replay_end(self, number):
        """Put back the end as the server itself has signed it when the register was shorter."""
        self._sql("SELECT hash FROM crisis_disclosure WHERE number = %s", number)
        [hash_] = self.env.cr.fetchone()
        self._sql(
            "UPDATE crisis_disclosure_head SET count = %s, hash = %s, signature = %s",
            number, hash_, keyring(self.env).sign(f"{number}:{hash_}"),
        )  # fmt: skip

    def _copied_row(self, number, place, **columns):
        """Put a copy of a row of the register at another place."""
        names = [*register.CONTENT, "hash", "signature"]
        values = ", ".join("%s" if name in columns else f'"{name}"' for name in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        self._sql(
            f"INSERT INTO crisis_disclosure (number, {quoted})"
            f" SELECT %s, {values} FROM crisis_disclosure WHERE number = %s",
            place, *[columns[name] for name in names if name in columns], number,
        )  # fmt: skip

    def _file(self, record, field):
        """Return the attachment behind a field."""
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("res_field", "=", field),
            ]
        )

    def _signature(self, record):
        self._sql(
            "SELECT nonce, columns, mac FROM crisis_signature"
            " WHERE res_model = %s AND res_id = %s", record._name, record.id,
        )  # fmt: skip
        return self.env.cr.fetchone()

    # ------------------------------------------------------------------ the ways

    def _ways_rows(self):
        """Yield (name, what is done, what has to be found): single rows of the register."""
        m = self.middle
        changed = {("changed", m)}
        for assignment in (
            f"user_id = {self.staff.id}",
            "date = date + interval '1 minute'",
            "field_names = 'name'",
            "res_id = res_id + 1",
            "res_model = 'crisis.student'",
            "way = 'export'",
            "ip = '10.0.0.1'",
            "device = 'x'",
            "case_id = NULL",
            "student_id = NULL",
            "company_id = NULL",
            "kind = 'begun'",
            "text = 'x'",
            "pages = 3",
            f"hash = '{START}'",
            "signature = NULL",
            "signature = (SELECT signature FROM crisis_disclosure d WHERE d.number = 3)",
        ):
            yield f"row: {assignment}", lambda a=assignment: self._row(m, a), changed

        def anew():
            self._row(m, "user_id = %s", self.staff.id)
            self._rehash(m)

        yield "a reader changed and all hashes written anew", anew, {*changed, ("head", self.last)}

        def removed():
            self._row(m, "user_id = %s, signature = NULL", self.staff.id)
            self._rehash(m)

        yield "the same, without a signature", removed, changed
        delete = "DELETE FROM crisis_disclosure WHERE number = %s"
        yield "a row deleted", lambda: self._sql(delete, m), {("missing", m)}

        def closed_up():
            self._sql(delete, m)
            for number in range(m + 1, self.last + 1):
                self._row(number, "number = number - 1")
            self._sql("UPDATE crisis_disclosure_head SET count = count - 1")

        yield "a row deleted and the numbers closed up", closed_up, {("changed", m)}

        def swapped():
            self._row(m, "number = -1")
            self._row(m + 1, "number = %s", m)
            self._row(-1, "number = %s", m + 1)

        yield "two rows exchanged", swapped, {("changed", m), ("changed", m + 1)}
        yield (
            "a row added at the end",
            lambda: self._copied_row(m, self.last + 1),
            {("changed", self.last + 1), ("beyond", self.last)},
        )

        def unnumbered():
            self._sql("ALTER TABLE crisis_disclosure ALTER number DROP NOT NULL")
            self._row(m, "number = NULL")

        yield "a number taken away", unnumbered, {("missing", m), ("unnumbered", 0)}
        hide = "entry_id = (SELECT id FROM crisis_disclosure d WHERE d.number = 3)"
        yield "a reading hidden behind another", lambda: self._row(m + 1, hide), {("entry", m + 1)}
        hide = "entry_id = id"
        yield "a reading hidden behind itself", lambda: self._row(m, hide), {("entry", m)}

        def silenced():
            self._row(m, "user_id = %s", self.staff.id)
            self._copied_row(m, self.last + 1, kind="seen", res_model="crisis.disclosure")

        yield "an alarm said to be seen", silenced, {*changed, ("changed", self.last + 1)}

    def _ways_ends(self):
        """Yield ways that take away more: tails, ends, whole tables, whole states."""
        last = self.last
        yield "the last row deleted", lambda: self._cut(1), {("tail", last - 1)}
        yield "the last rows deleted", lambda: self._cut(4), {("tail", last - 4)}

        def counted():
            self._cut(4)
            self._sql("UPDATE crisis_disclosure_head SET count = count - 4")

        yield "the last rows deleted and the end counted down", counted, {("head", last - 4)}

        def replayed():
            self._replay_end(last - 4)
            self._cut(4)

        yield "the register taken back, with an end that was genuine", replayed, {("older", last)}
        yield "the end taken back alone", lambda: self._replay_end(last - 4), {("beyond", last - 4)}

        def grown():
            replayed()
            for _number in range(6):
                self._read(self.principal)

        yield "taken back, and grown again past where it was", grown, {("older", last)}

        def mixed():
            self._sql("CREATE TEMP TABLE kept AS SELECT * FROM crisis_disclosure")
            replayed()
            for _number in range(6):
                self._read(self.principal)
            self._sql("DELETE FROM crisis_disclosure WHERE number = %s", last - 2)
            self._sql(
                "INSERT INTO crisis_disclosure SELECT * FROM kept WHERE number = %s", last - 2
            )
            self._sql("DROP TABLE kept")

        yield "rows of two histories mixed", mixed, {("linked", last - 2), ("older", last)}
        everything = "DELETE FROM crisis_disclosure"
        yield "all rows deleted", lambda: self._sql(everything), {("tail", 0), ("older", last)}
        no_end = "DELETE FROM crisis_disclosure_head"
        yield "the end deleted", lambda: self._sql(no_end), {("no_head", last)}
        forged = "UPDATE crisis_disclosure_head SET signature = 'x:y'"
        yield "the end signed with another key", lambda: self._sql(forged), {("head", last)}

        def nothing():
            self._sql(everything)
            self._sql(no_end)

        yield "everything deleted", nothing, {("no_head", 0), ("older", last)}

        def anew():
            nothing()
            self._read(self.principal)

        yield "everything deleted, and begun anew by a reader", anew, {("older", last)}

        def refilled():
            self._sql(everything)
            self._read(self.principal)

        yield "all rows deleted, and somebody reads", refilled, {("missing", 1)}
        signed = "DELETE FROM crisis_disclosure WHERE kind = 'signed' AND res_id = %s"
        first = self._number_of(self.session)
        yield (
            "what was signed deleted from the register",
            lambda: self._sql(f"{signed} AND res_model = 'crisis.session'", self.session.id),
            {("missing", first)},
        )

    def _number_of(self, record):
        """Return the number of the row of the register that tells of a signature."""
        self._sql(
            "SELECT max(number) FROM crisis_disclosure WHERE kind = 'signed' AND res_model = %s"
            " AND res_id = %s", record._name, record.id,
        )  # fmt: skip
        return self.env.cr.fetchone()[0]

    def _ways_texts(self):
        """Yield ways that change signed records."""
        session, other = self.session, self.other
        changed = {self._of("changed", session)}
        theirs = self._column(other, "notes")
        yield "notes of another session", lambda: self._update(session, notes=theirs), changed
        yield "notes emptied", lambda: self._update(session, notes=None), changed
        older = keyring(self.env).seal("OLDER", f"crisis.session.notes.{session.id}")
        yield (
            "an older text of the same record",
            lambda: self._update(session, notes=older),
            changed,
        )
        yield (
            "plain text planted",
            lambda: self._update(session, notes="PLANTED"),
            {*changed, self._of("plain", session)},
        )
        yield "its author changed", lambda: self._update(session, user_id=self.staff.id), changed
        yield "the day of signing changed", lambda: self._update(
            session, date_signed="2026-01-01 00:00:00"), changed  # fmt: skip
        elsewhere = self._make_case(self.student_2)
        self._end_transaction()
        yield "moved to another child", lambda: self._update(session, case_id=elsewhere.id), changed
        yield (
            "unlocked",
            lambda: self._update(session, state="draft"),
            {self._of("unlocked", session)},
        )
        forget = "DELETE FROM crisis_signature WHERE res_model = %s AND res_id = %s"

        def unlocked():
            self._update(session, state="draft")
            self._sql(forget, session._name, session.id)

        yield "unlocked, its signature deleted", unlocked, {self._of("unlocked", session)}

        def signed_again():
            unlocked()
            self.env.invalidate_all()
            mine = session.with_user(self.psychology).sudo(False)
            self._having_read(mine).notes = "OTHER"
            mine.action_sign()

        yield (
            "the same, and signed again by its author",
            signed_again,
            {self._of("unlocked", session)},
        )
        yield (
            "its signature deleted",
            lambda: self._sql(forget, session._name, session.id),
            {self._of("unlocked", session)},
        )
        yield (
            "the signature of another record",
            lambda: self._sql(
                "UPDATE crisis_signature SET (nonce, mac) = (SELECT nonce, mac FROM crisis_signature"
                " WHERE res_model = %s AND res_id = %s) WHERE res_model = %s AND res_id = %s",
                other._name, other.id, session._name, session.id,
            ),
            changed,
        )  # fmt: skip

        def deleted():
            self._sql("DELETE FROM crisis_session_addendum WHERE session_id = %s", session.id)
            self._sql("DELETE FROM crisis_session WHERE id = %s", session.id)

        yield "deleted", deleted, {self._of("gone", session), self._of("gone", self.addition)}

        def deleted_all():
            deleted()
            self._sql(forget, session._name, session.id)

        yield "deleted with its signature", deleted_all, {self._of("gone", session)}
        yield (
            "a draft signed in the database",
            lambda: self._update(self.draft, state="signed"),
            {self._of("unsigned", self.draft)},
        )
        yield (
            "an addition changed",
            lambda: self._update(self.addition, user_id=self.staff.id),
            {self._of("changed", self.addition)},
        )
        for name, value in (
            ("description", "x"),
            ("reporter_id", self.doctor.id),
            ("immediate_danger", "unsure"),
        ):
            yield (
                f"a report: {name}",
                lambda n=name, v=value: self._update(self.concern, **{n: v}),
                {self._of("changed", self.concern)},
            )
        yield (
            "answers of a form exchanged",
            lambda: self._update(
                self.form,
                answers=keyring(self.env).seal("{}", f"crisis.assessment.answers.{self.form.id}"),
            ),
            {self._of("changed", self.form)},
        )

    def _ways_older(self):
        """Yield the way back to a text that was signed once, with its signature."""
        plan = self.plan
        before = self._column(plan, "state"), self._signature(plan)

        def taken_back():
            # the plan goes on: replaced by its next version, signed anew
            plan._set({"state": "replaced"})
            self._end_transaction()
            self._update(plan, state=before[0])
            nonce, columns, mac = before[1]
            self._sql(
                "UPDATE crisis_signature SET nonce = %s, columns = %s, mac = %s"
                " WHERE res_model = %s AND res_id = %s", nonce, columns, mac, plan._name, plan.id,
            )  # fmt: skip

        yield "taken back with its older signature", taken_back, {self._of("replaced", plan)}

    def _ways_files(self):
        """Yield ways that exchange files of signed records."""
        contact, scan = self.contact, self._file(self.contact, "scan")
        changed = {self._of("changed", contact)}
        elsewhere = self._make_contact(self.case, sign=False)
        elsewhere.scan = PICTURE_BASE64
        self._end_transaction()
        theirs = self._file(elsewhere.sudo(), "scan")
        stored = self._column(theirs, "store_fname")
        seal = self._column(theirs, "crisis_seal_id")
        yield "its content exchanged", lambda: self._update(scan, store_fname=stored), changed
        yield (
            "content and seal exchanged",
            lambda: self._update(scan, store_fname=stored, crisis_seal_id=seal),
            changed,
        )
        yield "a scan deleted", lambda: self._sql(
            "DELETE FROM ir_attachment WHERE id = %s", scan.id), changed  # fmt: skip
        yield "a scan of another record", lambda: (
            self._sql("DELETE FROM ir_attachment WHERE id = %s", scan.id),
            self._update(theirs, res_id=contact.id),
        ), changed  # fmt: skip
        yield (
            "a file added to a report",
            lambda: self._update(
                theirs, res_model="crisis.concern", res_id=self.concern.id, res_field=None
            ),
            {self._of("changed", self.concern)},
        )
        yield (
            "a plain file in its place",
            lambda: self._update(scan, crisis_seal_id=None),
            {*changed, ("plain", "ir.attachment", scan.id)},
        )

    def _ways_approvals(self):
        """Yield ways that forge what is decided by others."""
        plan, measure = self.plan, self.plan.measure_ids[:1]
        waiting = self.waiting

        def approved():
            self._update(plan, state="replaced")
            self._update(waiting, state="active")

        yield "a plan approved in the database", approved, {self._of("changed", waiting)}
        yield "goals of a plan", lambda: self._update(plan, goals="x"), {self._of("changed", plan)}
        for name, value in (("title", "x"), ("date_due", "2030-01-01"), ("method", "x"),
                            ("user_id", self.staff.id)):  # fmt: skip
            yield (
                f"a measure of a plan in force: {name}",
                lambda n=name, v=value: self._update(measure, **{n: v}),
                {self._of("changed", plan)},
            )
        yield (
            "a measure taken from a plan in force",
            lambda: self._update(measure, plan_id=None),
            {self._of("changed", plan)},
        )
        yield (
            "an approval by somebody else",
            lambda: self._update(self.approval, user_id=self.moral.id),
            {self._of("changed", self.approval)},
        )

        def forged():
            self._sql(
                "INSERT INTO crisis_approval (date, user_id, decision, case_id, company_id,"
                " res_model, res_id) SELECT date, user_id, decision, case_id, company_id,"
                " res_model, %s FROM crisis_approval WHERE id = %s RETURNING id",
                waiting.id, self.approval.id,
            )  # fmt: skip

        yield "an approval invented", forged, {("unsigned", "crisis.approval")}

    # ------------------------------------------------------------------ tests

    def test_every_way_is_found_and_located(self):
        self.assertEqual(self._found(), set())
        tried = 0
        for group in (
            self._ways_rows,
            self._ways_ends,
            self._ways_texts,
            self._ways_older,
            self._ways_files,
            self._ways_approvals,
        ):
            for name, forge, expected in list(group()):
                tried += 1
                with self.subTest(way=name), self.env.cr.savepoint() as savepoint:
                    forge()
                    found = self._found()
                    short = {each[:2] for each in found}
                    for each in expected:
                        self.assertIn(each, found if each not in short else short)
                    savepoint.rollback()
                self.env.invalidate_all()
                register._ends.clear()
        self.assertEqual(self._found(), set(), "nothing is left of it")
        self.assertGreaterEqual(tried, 60)

    def test_what_is_not_found_is_said(self):
        """These leave no trace: docs/THREATS.md names them."""
        older = keyring(self.env).seal("OLDER", f"crisis.session.notes.{self.draft.id}")
        self._update(self.draft, notes=older)
        self._update(self.session, student_id=self.student_2.id)
        self._sql("SELECT description FROM crisis_concern")
        self.assertEqual(self._found(), set())
        self.assertEqual(NOT_FOUND.keys(), {"draft", "pointer", "plain_column"})
