import os
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged

from ...models.case import crisis_escalation
from ..common import CrisisCommon


class Killed(BaseException):
    """The server is ended: nothing catches it."""


COUNT, BATCH = (20_000, 500) if os.environ.get("CRISIS_LONG_TESTS") else (1_000, 100)
STEPS = ["owner", "moral_education", "principal", "district"]
NOON = datetime(2026, 11, 4, 4)  # a Wednesday, in the school's time


class EscalationCase(CrisisCommon):
    """A case, and the run that passes missed deadlines on."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()
        self.school.crisis_district_id = self.district_centre
        self.clock = self.enterContext(freeze_time(NOON))

    def _run_later(self, **span):
        """Run after some more time has passed."""
        self.clock.tick(timedelta(**span))
        self.env["crisis.escalation"]._cron_escalate()

    def _told(self, deadline):
        """Return the steps registered for ``deadline``, in their order."""
        found = self.env["crisis.escalation"].search([("deadline_id", "=", deadline.id)])
        return found.sorted("id").mapped("step")

    def _step(self, case, kind):
        """Return the open step ``kind`` of ``case``."""
        return case.deadline_ids.filtered(lambda d: d.kind == kind and not d.date_done)

    def _activities(self, user):
        """Return the reminders of ``user`` that a step was missed."""
        activity_type = self.env.ref("crisis_intervention.mail_activity_escalation")
        return self.env["mail.activity"].search(
            [("activity_type_id", "=", activity_type.id), ("user_id", "=", user.id)]
        )


@tagged("post_install", "-at_install")
class TestEscalation(EscalationCase):
    """Missed steps are passed on: each once, in order, whatever happens to them meanwhile."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1, risk_level="orange")
        self.step = self._step(self.case, "first_contact")

    def test_step_by_step(self):
        for hours, steps in ((1.5, 1), (5, 1), (13, 2), (6, 3), (100, 3)):
            self._run_later(hours=hours)
            self.assertEqual(self._told(self.step), STEPS[:steps])
        self.assertTrue(self._activities(self.principal))
        self.step.with_user(self.psychology).action_done()
        self.assertFalse(
            self.env["crisis.escalation"].search(
                [("deadline_id", "=", self.step.id), ("date_settled", "=", False)]
            )
        )

    def test_days_without_a_run(self):
        self._run_later(days=5)
        self.assertEqual(self._told(self.step), STEPS[:1])
        self._run_later(minutes=15)
        self.assertEqual(self._told(self.step), STEPS[:1], "the owner has a chance first")
        self._run_later(hours=24)
        self.assertEqual(self._told(self.step), STEPS[:2])
        self._run_later(hours=24)
        self.assertEqual(self._told(self.step), STEPS[:3])

    def test_quiet_hours_hold_back_all_but_red(self):
        red = self._make_case(self.student_2, risk_level="red")
        self.clock.move_to(NOON.replace(hour=14, minute=30))
        (self.step | self._step(red, "first_contact")).date_due = NOON
        self.env["crisis.escalation"]._cron_escalate()
        self.assertFalse(self._told(self.step))
        self.assertEqual(self._told(self._step(red, "first_contact")), STEPS)
        self._run_later(hours=8)
        self.assertEqual(self._told(self.step), STEPS[:2])

    def test_a_late_measure_gets_another_owner(self):
        """The same deadline is told of once, though somebody else has to do it now."""
        measure = (
            self.env["crisis.measure"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "title": "检查门锁",
                    "user_id": self.security.id,
                    "date_due": NOON.date() - timedelta(days=1),
                }
            )
        )
        duty = self._step(self.case, "measure")
        self._run_later(minutes=1)
        told = self._told(duty)
        measure.user_id = self.doctor
        self._run_later(minutes=15)
        self.assertEqual(self._told(duty), told)
        day = measure.date_due
        measure.date_due = day + timedelta(days=7)
        measure.date_due = day
        self._run_later(hours=24)
        self.assertEqual(self._told(duty), STEPS[:3])

    def test_who_may_not_open_the_case_is_told_on_the_measure(self):
        measure = (
            self.env["crisis.measure"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "title": "检查门锁",
                    "user_id": self.security.id,
                    "date_due": NOON.date() - timedelta(days=1),
                }
            )
        )
        self._run_later(minutes=1)
        reminder = self._activities(self.security)
        self.assertEqual((reminder.res_model, reminder.res_id), (measure._name, measure.id))
        measure.with_user(self.security).result = "已加锁"
        measure.with_user(self.security).action_done()
        self.assertFalse(self._activities(self.security))

    def test_a_raised_level_has_its_own_rhythm(self):
        self._run_later(days=5)
        self.assertEqual(self._told(self.step), STEPS[:1])
        self.case.write({"risk_level": "red", "change_reason": "新情况"})
        self._run_later(minutes=15)
        self.assertEqual(self._told(self.step), STEPS, "the district is told of red")
        kept = self._step(self.case, "guardian")
        self.assertEqual(self._told(kept), STEPS, "and of steps that were due already")

    def test_a_school_without_a_centre_tells_no_district(self):
        self.school.crisis_district_id = False
        self.case.write({"risk_level": "red", "change_reason": "新情况"})
        self._run_later(days=5)
        self.assertEqual(self._told(self.step), STEPS[:3])

    def test_a_step_taken_back_follows_the_level_of_today(self):
        self._run_later(days=5)
        mine = self.step.with_user(self.psychology)
        mine.action_done()
        self.case.write({"risk_level": "red", "change_reason": "新情况"})
        mine.action_undo()
        self._run_later(minutes=15)
        self.assertEqual(self._told(self.step), STEPS)

    def test_closing_ends_the_reminders(self):
        self._without_record_gates()
        self._run_later(days=5)
        self.case.action_verify()
        self.case.write({"outcome": "recovered", "closing_summary": "x"})
        self.case.stage_id = self.env.ref("crisis_intervention.crisis_stage_closed")
        for user in (self.psychology, self.moral, self.principal):
            self.assertFalse(self._activities(user))


@tagged("post_install", "-at_install")
class TestEscalationBatches(EscalationCase):
    """Very many missed deadlines: constant queries per batch, and a kill loses or doubles nothing."""

    def setUp(self):
        super().setUp()
        self.patch(crisis_escalation, "BATCH", BATCH)
        case = self._make_case(self.student_1, risk_level="yellow")
        self.student_1.flush_recordset()
        self._multiply("crisis_student", self.student_1.id, student_number="'N' || n")
        self._multiply(
            "crisis_case",
            case.id,
            name="'N' || n",
            student_id="(SELECT id FROM crisis_student WHERE student_number = 'N' || n)",
        )
        self._multiply(
            "crisis_deadline",
            self._step(case, "guardian").id,
            case_id="(SELECT id FROM crisis_case WHERE name = 'N' || n)",
            # from just missed to missed by everybody
            date_due=f"'{NOON}'::timestamp - make_interval(mins => n %% 4400)",
            next_escalation=f"'{NOON}'::timestamp - make_interval(mins => n %% 4400)",
        )
        case.deadline_ids.date_done = NOON
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.execute("ANALYZE crisis_student, crisis_case, crisis_deadline")

    def _multiply(self, table, row_id, **changes):
        """Copy a row ``COUNT`` times; in ``changes`` (SQL) n counts them."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = %s AND column_name <> 'id'",
            [table],
        )
        names = [name for (name,) in self.env.cr.fetchall()]
        values = [changes.get(name, f't."{name}"') for name in names]
        columns = ", ".join(f'"{name}"' for name in names)
        self.env.cr.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} "
            f"FROM {table} t, generate_series(1, {COUNT}) n WHERE t.id = %s",
            [row_id],
        )

    def _wanted(self):
        """Return how many steps must be registered in the end."""
        day = 24 * 60
        late = [number % 4400 for number in range(1, COUNT + 1)]
        # where nothing ran for days, owners get their time first
        return sum(minutes // day + 1 if minutes <= day else 1 for minutes in late)

    def _registered(self):
        """Return how many steps are registered, and how many of them are told apart."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT count(*), count(DISTINCT (deadline_id, step)) FROM crisis_escalation"
        )
        return self.env.cr.fetchone()

    def test_queries_per_batch(self):
        batches = []

        def commit(cron, processed=0, *, remaining=None, **_kwargs):
            cron.env.cr.flush()
            cron.env.invalidate_all()
            queries = cron.env.cr.sql_log_count - start[0]
            batches.append((processed, remaining, self._registered()[0], queries))
            start[0] = cron.env.cr.sql_log_count
            return 60

        start = [self.env.cr.sql_log_count]

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", commit):
            self.env["crisis.escalation"]._cron_escalate()
        self.assertEqual([batch[0] for batch in batches], [BATCH] * (COUNT // BATCH))
        self.assertEqual(batches[-1][1], 0)
        # Odoo inserts rows by the hundred, so batches with as many steps to register are compared;
        # the first ones look up what is cached from then on
        queries = {}
        for before, batch in zip(batches[1:], batches[2:], strict=False):
            queries.setdefault(batch[2] - before[2], set()).add(batch[3])
        self.assertEqual({len(counts) for counts in queries.values()}, {1}, queries)
        self.assertLess(max(map(max, queries.values())), 130)
        wanted = self._wanted()
        self.assertEqual(self._registered(), (wanted, wanted))
        self.env["crisis.escalation"]._cron_escalate()
        self.assertEqual(self._registered(), (wanted, wanted))
        mails = self.env["mail.mail"].search([]).recipient_ids
        self.assertLessEqual(self.psychology.partner_id, mails)

    def test_a_kill_in_the_middle(self):
        cursor = self.env.cr
        kept = [cursor.savepoint()]
        escalate = type(self.env["crisis.escalation"])._escalate
        batches = []

        def commit(_cron, *_args, **_kwargs):
            kept.pop().close(rollback=False)
            kept.append(cursor.savepoint())
            self.env.invalidate_all()
            return 60

        def killed(model, deadlines):
            batches.append(len(deadlines))
            result = escalate(model, deadlines)
            if len(batches) == 4:
                model.env.flush_all()
                raise Killed
            return result

        cron = type(self.env["ir.cron"])
        with (
            patch.object(cron, "_commit_progress", commit),
            patch.object(type(self.env["crisis.escalation"]), "_escalate", killed),
        ):
            # no assertRaises: its savepoint would take back what was committed
            try:
                self.env["crisis.escalation"]._cron_escalate()
            except Killed:
                kept[-1].rollback()
            self.assertEqual(len(batches), 4)
            found, apart = self._registered()
            self.assertEqual(found, apart)
            done = self.env["crisis.escalation"].search([]).deadline_id
            self.assertEqual(len(done), 3 * BATCH, "what was committed stays")
            self.env["crisis.escalation"]._cron_escalate()
        kept.pop().close(rollback=False)
        wanted = self._wanted()
        self.assertEqual(self._registered(), (wanted, wanted))
        self.assertEqual(sum(batches), COUNT + BATCH, "only the killed batch is done again")
        reminders = self._activities(self.psychology)
        self.assertEqual(len(reminders), COUNT)
        self.assertEqual(len(set(reminders.mapped("res_id"))), COUNT)


@tagged("post_install", "-at_install")
class TestStepsStay(EscalationCase):
    """An open case always has its next step, whoever tidies up."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1, risk_level="yellow")

    def _steps(self):
        """Return the activities of the owner on the case."""
        return self.env["mail.activity"].search(
            [("res_model", "=", "crisis.case"), ("res_id", "=", self.case.id)]
        )

    def test_an_activity_marked_as_done_or_deleted_comes_back(self):
        for end in ("action_done", "unlink"):
            with self.subTest(end=end):
                step = self._steps()
                getattr(step.with_context(active_test=False), end)()
                self.assertEqual(self._steps().user_id, self.psychology)
                self.assertNotEqual(self._steps(), step)

    def test_a_second_activity_of_the_kind_does_not_stop_the_case(self):
        step = self._steps()
        step.copy({"user_id": self.moral.id, "res_id": self.case.id})
        self.assertEqual(len(self._steps()), 2)
        self._make_contact(self.case)
        self.assertEqual(len(self._steps()), 1)

    def test_ready_to_close_is_a_step(self):
        self._sign_review(self.case, "close")
        self.assertTrue(self._step(self.case, "closing"))
        self.assertFalse(self._step(self.case, "review"))
        self._sign_review(self.case)
        self.assertFalse(self._step(self.case, "closing"))
        self._sign_review(self.case, "close")
        self.case.write({"risk_level": "red", "change_reason": "新情况"})
        self.assertFalse(self._step(self.case, "closing"), "not any more")
        review = self._step(self.case, "review")
        self.assertEqual(review.date_due, fields.Datetime.now() + timedelta(days=1))

    def test_steps_of_the_case_name_no_record(self):
        self._sign_review(self.case)
        review = self._step(self.case, "review")
        self.env.flush_all()
        self.env.cr.execute("SELECT res_id FROM crisis_deadline WHERE id = %s", [review.id])
        self.assertIsNone(self.env.cr.fetchone()[0])
        duty = self.env["crisis.duty"].with_user(self.psychology).search([("kind", "=", "review")])
        self.assertEqual(duty.res_id, self.case.id)
