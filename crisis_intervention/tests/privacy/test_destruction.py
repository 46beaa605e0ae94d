import re
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import register, signatures
from .. import access_matrix
from ..canaries import ANSWER, CANARIES, CHILD
from ..common import DENIALS
from .leak_case import LeakCase


class DestructionCase(LeakCase):
    """A child full of canaries who has left the school, with a closed case past its time."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()

    def _let_expire(self, case, left=True):
        """Close ``case`` and let its time be over; the student has ``left``."""
        self.env.flush_all()
        closed = self.env["crisis.stage"].search([("closed", "=", True)], limit=1)
        with signatures.changing(case):
            self.env.cr.execute(
                "UPDATE crisis_case SET stage_id = %s, date_closed = now(), date_retention = %s "
                "WHERE id = %s",
                [closed.id, fields.Date.today() - timedelta(days=1), case.id],
            )
            self.env.invalidate_all()
        case = self.env["crisis.case"].browse(case.id)
        if left:
            case.student_id.write({"leave_date": "2020-07-01", "active": False})
        return case

    def _proposed(self, case):
        """Let the system propose, and return the record that lists ``case``."""
        self.env["crisis.destruction"]._cron_propose()
        return (
            self.env["crisis.destruction.line"].search([("case_id", "=", case.id)], order="id desc")
        )[:1].destruction_id

    def _destroyed(self, case):
        """Go through proposal, approval, both witnesses and the job."""
        record = self._proposed(case)
        mine = record.with_user(self.principal)
        mine.write({"witness_1_id": self.psychology.id, "witness_2_id": self.moral.id})
        mine._approve()
        record.with_user(self.psychology).action_witness()
        record.with_user(self.moral).action_witness()
        self.env["crisis.destruction"]._cron_destroy()
        return record


@tagged("post_install", "-at_install")
class TestDestruction(DestructionCase):
    """Files past their time: proposed, approved, witnessed, anonymised; or held."""

    def _everywhere(self, text):
        """Return the tables of the database in which ``text`` stands, files included."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        found = []
        for [table] in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s LIMIT 1', [f"%{text}%"]
            )
            if self.env.cr.fetchone():
                found.append(table)
        return found

    def test_no_canary_in_any_table_afterwards(self):
        concern, case = self._work_a_case()
        file = self.env["ir.attachment"].create(
            {"name": "FILENAMECANARY.txt", "raw": b"x", "res_model": case._name, "res_id": case.id}
        )
        self.env["mail.activity"].search([("res_model", "=", case._name)]).write(
            {"summary": "NOTEDCANARY"}
        )
        # an alert holds nothing but the phone number of a colleague, which stays in the team
        settings = (
            "crisis.category", "crisis.response.policy", "crisis.team", "crisis.team.member",
            "crisis.emergency.alert",
        )  # fmt: skip
        kept = {text for model in settings for text in CANARIES[model].values()}
        texts = (self.canaries - kept) | {ANSWER, CHILD, "FILENAMECANARY", "NOTEDCANARY"}
        before = {text for text in texts if self._everywhere(text)}
        self.assertGreater(len(before), 60)
        case = self._let_expire(case)
        level, opened, categories = case.risk_level, case.date_opened, case.category_ids
        self.assertEqual(signatures.check_all(self.env, files=True), [])
        with patch.object(register, "raise_alarm") as alarm:
            record = self._destroyed(case)
        alarm.assert_not_called()
        self.assertEqual(signatures.check_all(self.env, files=True), [], "destroyed rightly")
        # dialogs and the bus are emptied by Odoo itself within a day, long before
        self.env.cr.execute("DELETE FROM bus_bus")
        self.env.cr.execute("DELETE FROM crisis_concern_triage")
        for text in sorted(texts):
            with self.subTest(text=text):
                self.assertFalse(self._everywhere(text))
        self.assertFalse(file.exists())
        # what statistics need is there, and nothing leads to the child
        self.assertEqual(
            (case.risk_level, case.date_opened, case.category_ids), (level, opened, categories)
        )
        self.assertTrue(case.date_destroyed)
        self.assertFalse(case.active)
        self.assertNotEqual(case.student_id, self.child)
        self.assertFalse(case.class_id)
        self.assertFalse(self.child.student_number or self.child.national_number)
        self.assertFalse(concern.student_ids)
        self.assertEqual(record.state, "done")
        [line] = record.line_ids
        self.assertEqual((line.state, line.reference), ("done", case.name))
        self.assertEqual(line.counts["crisis.case"], 1)
        self.assertEqual(line.counts["crisis.session"], 1)
        self.assertGreater(line.record_count, 20)
        self.assertGreaterEqual(line.attachment_count, 1)
        below = [record for record in self.loop if not record._outlives_erasure]
        for around in (case, concern, *below):
            for table, column in (
                ("mail.message", "model"),
                ("mail.activity", "res_model"),
                ("mail.followers", "res_model"),
                ("ir.attachment", "res_model"),
            ):
                domain = [(column, "=", around._name), ("res_id", "=", around.id)]
                with self.subTest(model=around._name, table=table):
                    self.assertFalse(self.env[table].with_context(active_test=False).search(domain))

    def test_covers_every_model_about_a_child(self):
        """A model of ours is about a child and erased, a register, or says here why not."""
        erasure = self.env["crisis.erasure"]
        covered = {*erasure._links(), *erasure._directory(), "crisis.student"}
        models = {name for name in access_matrix.cells() if not self.env[name]._transient}
        harmless = {
            "crisis.class.move", "crisis.class.move.line",
            "crisis.class", "crisis.class.report", "crisis.stage", "crisis.stage.gate",
            "crisis.category", "crisis.chronology",
            "crisis.response.policy", "crisis.team", "crisis.team.member",
            "crisis.mandatory.situation", "crisis.plan.template", "crisis.plan.template.line",
            "crisis.instrument", "crisis.instrument.item", "crisis.instrument.option",
            "crisis.instrument.scale", "crisis.instrument.band",
            "crisis.destruction", "crisis.destruction.line",
            "crisis.job", "crisis.job.fault", "crisis.clock", "crisis.sending",
            "crisis.number.gap", "crisis.disclosure", "crisis.protocol", "crisis.protocol.step",
            "crisis.protocol.review", "crisis.role.confirmation", "crisis.role.event",
            "crisis.register.check", "crisis.register.archive", "crisis.signature",
            "crisis.once",
            "crisis.seal.key",
        }  # fmt: skip
        self.assertEqual(models - covered, harmless)

    def test_proposed_when_the_time_is_over(self):
        case = self._make_case(self.child)
        self.assertFalse(self._proposed(case))
        case = self._let_expire(case)
        record = self._proposed(case)
        self.assertEqual(record.line_ids.case_id, case)
        self.assertEqual(record.company_id, self.school)
        self.assertIn(self.principal, record.activity_ids.user_id)
        self.assertEqual(self._proposed(case), record, "listed once")
        record.with_user(self.principal).action_cancel()
        self.assertNotEqual(self._proposed(case), record)

    def test_list_on_paper_counts_in_words(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        record = self._proposed(self._let_expire(self._make_case(self.child)))
        files = len(record.line_ids)
        self.assertEqual(files, 1)
        reports = self.env["ir.actions.report"].with_user(self.moral)
        for lang, words in (("en_US", "one"), ("zh_CN", "壹")):
            html = (
                reports.with_context(lang=lang)
                ._render_qweb_html(
                    "crisis_intervention.crisis_destruction_report_list", record.ids
                )[0]
                .decode()
            )
            with self.subTest(lang=lang):
                self.assertRegex(html, rf"<p>[^<]*{words}[^<]*</p>")
                self.assertIn(record.line_ids.reference, html)
                self.assertNotIn(CHILD, html)

    @mute_logger(*DENIALS)
    def test_who_approves_and_who_witnesses(self):
        case = self._let_expire(self._make_case(self.child))
        record = self._proposed(case)
        mine = record.with_user(self.principal)
        with self.assertRaises(UserError):
            mine._approve()
        with self.assertRaises(ValidationError):
            mine.write({"witness_1_id": self.moral.id, "witness_2_id": self.moral.id})
        with self.assertRaises(ValidationError):
            mine.write({"witness_1_id": self.staff.id})
        mine.write({"witness_1_id": self.moral.id, "witness_2_id": self.principal.id})
        with self.assertRaises(UserError):
            mine._approve()
        mine.write({"witness_2_id": self.psychology.id})
        for user in (self.psychology, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                record.with_user(user)._approve()
        with self.assertRaises(AccessError):
            record.with_user(self.moral).action_witness()
        mine._approve()
        self.env["crisis.destruction"]._cron_destroy()
        self.assertFalse(case.date_destroyed)
        with self.assertRaises(AccessError):
            mine.action_witness()
        record.with_user(self.moral).action_witness()
        with self.assertRaises(AccessError):
            record.with_user(self.moral).action_witness()
        self.env["crisis.destruction"]._cron_destroy()
        self.assertFalse(case.date_destroyed)
        record.with_user(self.psychology).action_witness()
        self.env["crisis.destruction"]._cron_destroy()
        self.assertTrue(case.date_destroyed)
        with self.assertRaises(UserError):
            mine.note = "x"
        with self.assertRaises(UserError):
            record.unlink()

    def test_legal_hold_stops_it(self):
        case = self._make_case(self.child, background="BACKGROUNDCANARY")
        case = self._let_expire(case)
        holds = self.env["crisis.legal.hold"].with_user(self.psychology)
        hold = holds.create({"case_id": case.id, "reason": "法院来函"})
        self.assertTrue(case.with_user(self.principal).on_hold)
        self.assertFalse(self._proposed(case))
        with self.assertRaises(AccessError):
            hold.action_lift()
        with self.assertRaises(UserError):
            hold.with_user(self.principal).action_lift()
        with self.assertRaises(UserError):
            hold.reason = "x"
        hold.with_user(self.principal).lift_reason = "案件已结"
        hold.with_user(self.principal).action_lift()
        record = self._proposed(case)
        self.assertTrue(record)
        # a hold that comes after the approval still holds
        mine = record.with_user(self.principal)
        mine.write({"witness_1_id": self.psychology.id, "witness_2_id": self.moral.id})
        mine._approve()
        record.with_user(self.psychology).action_witness()
        record.with_user(self.moral).action_witness()
        holds.create({"case_id": case.id, "reason": "复查"})
        self.env["crisis.destruction"]._cron_destroy()
        self.assertEqual(record.line_ids.state, "held")
        self.assertEqual(case.with_user(self.psychology).background, "BACKGROUNDCANARY")
        self.assertFalse(case.date_destroyed)

    def test_two_children_with_guardians_called_first(self):
        """The anonymous student has as many of them as there were children."""
        cases = self.env["crisis.case"]
        for number in range(2):
            student = self._make_student(f"学生{number}", f"X{number}", self.class_1)
            self.env["crisis.guardian"].create(
                {
                    "student_id": student.id,
                    "name": "家长",
                    "phone": "13800000000",
                    "is_primary": True,
                }
            )
            cases |= self._let_expire(self._make_case(student))
        record = self._destroyed(cases[0])
        self.assertEqual(record.line_ids.case_id, cases)
        self.assertEqual(set(record.line_ids.mapped("state")), {"done"})
        self.assertEqual(record.state, "done")
        self.assertFalse(self.env["crisis.job.fault"].search([]))

    def test_no_unique_index_meets_the_anonymous_student(self):
        """What is emptied alike for all children is in no unique index that would apply to it."""
        erasure, met = self.env["crisis.erasure"], set()
        anonymous = self.school._crisis_anonymous_student()
        for name in {*erasure._links(), *erasure._directory(), "crisis.student"}:
            emptied = erasure._emptied(self.env[name].browse(1), anonymous)
            self.env.cr.execute(
                """SELECT i.indexrelid::regclass::text, coalesce(pg_get_expr(indpred, indrelid), ''),
                          ARRAY(SELECT a.attname::text FROM pg_attribute a
                                 WHERE a.attrelid = i.indexrelid),
                          pg_get_indexdef(i.indexrelid)
                     FROM pg_index i
                    WHERE indrelid = %s::regclass AND indisunique AND NOT indisprimary""",
                [self.env[name]._table],
            )
            for index, condition, columns, definition in self.env.cr.fetchall():
                same = {n for n, v in emptied.items() if v is not None and n in columns}
                gone = {n for n, v in emptied.items() if v is None}
                applies = not any(re.search(rf"\b{n}\b", condition) for n in gone)
                if same and applies and not gone.intersection(columns):
                    met.add((index, definition[definition.index("(") :]))
        # only cases that are closed are destroyed
        open_cases = ("crisis_case_open_case_uniq", "(student_id) WHERE (date_closed IS NULL)")
        self.assertEqual(met, {open_cases})

    def test_job_that_is_stopped_goes_on(self):
        cases = self.env["crisis.case"]
        for number in range(3):
            student = self._make_student(f"学生{number}", f"X{number}", self.class_1)
            cases |= self._let_expire(self._make_case(student))
        record = self._proposed(cases[0])
        self.assertEqual(record.line_ids.case_id, cases)
        mine = record.with_user(self.principal)
        mine.write({"witness_1_id": self.psychology.id, "witness_2_id": self.moral.id})
        mine._approve()
        record.with_user(self.psychology).action_witness()
        record.with_user(self.moral).action_witness()
        calls = []

        def no_time_left(cron, *args, **kwargs):
            calls.append(kwargs)
            return 0

        self.patch(type(self.env["ir.cron"]), "_commit_progress", no_time_left)
        for left in (2, 1, 0):
            self.env["crisis.destruction"]._cron_destroy()
            self.assertEqual(len(cases.filtered(lambda c: not c.date_destroyed)), left)
            self.assertEqual(calls[-1]["remaining"], left)
            self.assertEqual(record.state, "done" if not left else "approved")

    def test_student_who_is_still_here_stays_in_the_directory(self):
        case = self._let_expire(self._make_case(self.child, background="BACKGROUNDCANARY"), False)
        self._destroyed(case)
        self.assertNotEqual(case.student_id, self.child)
        self.assertFalse(case.background)
        self.assertEqual(self.child.name, CHILD)
        self.assertEqual(self.guardian.name, "GUARDIANCANARY")

    def test_other_childs_file_keeps_the_common_report(self):
        other = self.student_2
        concern = self._make_concern(self.staff, self.child | other, description="两人打架").sudo()
        case = self._make_case(self.child, concern_ids=[Command.set(concern.ids)])
        staying = self._make_case(other, concern_ids=[Command.set(concern.ids)])
        self._destroyed(self._let_expire(case))
        self.assertEqual(concern.description, "两人打架")
        self.assertEqual(concern.student_ids, other)
        self.assertEqual(concern.case_ids, staying)
        self.assertEqual(staying.student_id, other)

    def test_emergency_of_two_children_stays_for_the_other(self):
        pair = self.child | self.student_2
        emergency = self._start_emergency(
            self.staff, place="楼梯口", student_ids=[Command.set(pair.ids)]
        ).sudo()
        cases = emergency.case_ids
        self.assertEqual(cases.student_id, pair)
        mine = cases.filtered(lambda case: case.student_id == self.child)
        emergency._set({"state": "closed"})
        self._destroyed(self._let_expire(mine))
        self.assertEqual(
            (emergency.case_ids, emergency.student_ids), (cases - mine, self.student_2)
        )
        self.assertEqual(emergency.place, "楼梯口")
        self._destroyed(self._let_expire(cases - mine))
        self.assertFalse(emergency.case_ids.filtered(lambda case: not case.date_destroyed))
        self.assertFalse(emergency.student_ids)
        self.assertNotEqual(emergency.place, "楼梯口")

    def test_destroyed_file_is_not_reopened(self):
        case = self._let_expire(self._make_case(self.child))
        self._destroyed(case)
        with self.assertRaises(UserError):
            case.write(
                {"stage_id": self.env["crisis.stage"]._in_order()[:1].id, "change_reason": "x"}
            )
