import os
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ... import jobs, register_archive, sealing
from ...lib.sealed import new_key
from ...seal_keys import VARIABLE
from ..common import DENIALS, CrisisCommon
from ..privacy.test_destruction import DestructionCase

QUIET = "odoo.addons.crisis_intervention.jobs"
# What the text of an error may quote.
QUOTED = "QUOTEDCANARY"
FAILS = ValueError(QUOTED)


class Poison(NamedTuple):
    """How a job is given an item that fails.

    :ivar model: whose method fails
    :ivar method: its name
    :ivar argument: which argument is the item; None: the record itself
    :ivar through: what is no poison does its real work
    """

    model: str
    method: str
    argument: int | None = None
    through: bool = True


# A new job enters here, and into ``JobCase._bad_...`` what it works on.
POISONS = {
    "crisis.class.report._cron_remind": Poison("crisis.class.report", "_open_missing", 1),
    "crisis.clock._cron_beat": Poison("crisis.clock", "_beat"),
    "crisis.destruction._cron_destroy": Poison("crisis.destruction.line", "_execute"),
    "crisis.destruction._cron_propose": Poison("crisis.destruction", "_propose", 0),
    "crisis.disclosure._cron_watch": Poison("crisis.disclosure", "_tell_school", 0),
    "crisis.emergency._cron_watch": Poison("crisis.emergency", "_watch_alert", 0),
    "crisis.escalation._cron_escalate": Poison("crisis.escalation", "_pass_on", 0),
    "crisis.escalation._cron_lapse": Poison("crisis.deadline", "_lapse"),
    "crisis.number.gap._cron_notice": Poison("crisis.number.gap", "_notice", 0),
    # a transaction of its own would wait for this test
    "crisis.numbering._cron_prepare": Poison("crisis.numbering", "_prepare_school", 0, False),
    "crisis.protocol._cron_review": Poison("crisis.protocol", "_remind_school", 0),
    "crisis.register.archive._cron_archive": Poison("crisis.register.archive", "_faulty"),
    "crisis.register.check._cron_check": Poison("crisis.disclosure", "_tell_principals"),
    "crisis.register.check._cron_mail_end": Poison("crisis.register.check", "_send_end", 1),
    "crisis.role.confirmation._cron_follow_roles": Poison(
        "crisis.role.confirmation", "_follow_roles", 0
    ),
    "crisis.sending._cron_follow": Poison("crisis.sending", "_follow"),
    "crisis.seal._cron_reseal": Poison("crisis.seal", "renew"),
}
# These have one item only, or parts that are no records.
WHOLE = {
    "crisis.clock._cron_beat",
    "crisis.register.archive._cron_archive",
    "crisis.register.check._cron_check",
}


# Somebody waits for what these do.
WAITED_FOR = (
    "crisis.disclosure._cron_watch",
    "crisis.emergency._cron_watch",
    "crisis.escalation._cron_escalate",
    "crisis.sending._cron_follow",
)


class JobCase(CrisisCommon):
    """Jobs of the system, and what they have to do."""

    def setUp(self):
        super().setUp()
        self._let_crons_go_on()

    def _jobs(self):
        """Return dict of the code of each job of ours to (model, name of the method)."""
        found = {}
        for cron in self.env["ir.cron"].with_context(active_test=False).search([]):
            model, code = cron.model_id.model, cron.code or ""
            if self.env["crisis.record"]._is_ours(model) or model.startswith("crisis."):
                method = code.removeprefix("model.").removesuffix("()")
                found[f"{model}.{method}"] = (self.env[model], method)
        return found

    def _row(self, code):
        """Return the row of a job."""
        return self.env["crisis.job"].search([("code", "=", code)])

    def _expired(self, student):
        """Return a closed case whose time is over."""
        return DestructionCase._let_expire(self, self._make_case(student))

    def _ready(self, cases):
        """Return the lines of a destruction of ``cases`` that is approved and witnessed."""
        self.env["crisis.destruction"]._cron_propose()
        lines = self.env["crisis.destruction.line"].search([("case_id", "in", cases.ids)])
        for record in lines.destruction_id:
            mine = record.with_user(self.principal)
            mine.write({"witness_1_id": self.psychology.id, "witness_2_id": self.moral.id})
            mine._approve()
            record.with_user(self.psychology).action_witness()
            record.with_user(self.moral).action_witness()
        return lines

    def _late(self, *kinds_and_days):
        """Return the steps ``kind`` of new yellow cases, due some days ago."""
        found = self.env["crisis.deadline"]
        for number, (kind, days) in enumerate(kinds_and_days):
            student = self._make_student(f"晚{number}", f"L{number}", self.class_1)
            case = self._make_case(student, risk_level="yellow")
            step = case.deadline_ids.filtered(lambda d, kind=kind: d.kind == kind)
            step.date_due = fields.Datetime.now() - timedelta(days=days)
            found |= step
        return found

    def _bad(self, code):
        """Give a job something to do, and return one record of it that is to fail."""
        method = "_bad_" + code.replace(".", "_")
        default = None if code in WHOLE else self.other_school
        return getattr(self, method, lambda: default)()

    def _bad_crisis_sending__cron_follow(self):
        rows = self.env["crisis.sending"]
        self.env["crisis.escalation"]._send_pointers(
            (self.moral | self.principal).partner_id, "/odoo"
        )
        return rows.search([])[0]

    def _bad_crisis_seal__cron_reseal(self):
        self._make_case(self.student_2, background="y")
        bad = self._make_case(self.student_1, background="x")
        self.env.flush_all()
        ring = f"next:{new_key()},{os.environ[VARIABLE]}"
        patcher = patch.dict(os.environ, {VARIABLE: ring})
        patcher.start()
        self.addCleanup(patcher.stop)
        return bad

    def _bad_crisis_destruction__cron_destroy(self):
        return self._ready(self._expired(self.student_1) | self._expired(self.student_2))[0]

    def _bad_crisis_destruction__cron_propose(self):
        student = self._make_student(
            "外校", "O1", self._make_class("外", 3, company=self.other_school)
        )
        self._expired(self.student_1)
        self._expired(student)
        return self.other_school

    def _bad_crisis_emergency__cron_watch(self):
        emergency = self._start_emergency(self.staff, place="x").sudo()
        alerts = emergency.alert_ids
        alerts.write({"date_due": fields.Datetime.now(), "date_acknowledged": False})
        return alerts[0]

    def _bad_crisis_escalation__cron_escalate(self):
        return self._late(("guardian", 0), ("guardian", 0), ("guardian", 0))[1]

    def _bad_crisis_escalation__cron_lapse(self):
        return self._late(("review", 90), ("review", 90))[0]

    def _bad_crisis_protocol__cron_review(self):
        self._make_class("外", 3, company=self.other_school)
        return self.other_school

    def _bad_crisis_register_check__cron_mail_end(self):
        self._make_user("t_other_principal", "principal", company=self.other_school)
        return self.principal.partner_id

    def _bad_crisis_role_confirmation__cron_follow_roles(self):
        return self.psychology

    def _bad_crisis_register_archive__cron_archive(self):
        self.patch(register_archive, "waits", lambda env, left=(): 2020)

    def _poisoned(self, poison, bad, seen):
        """Return a patch by which the item ``bad`` fails; ``seen`` collects what is worked on."""
        if poison.method == "renew":
            return self._poisoned_text(bad, seen)
        real = getattr(self.registry[poison.model], poison.method)

        def work(model, *args, **kwargs):
            item = model if poison.argument is None else args[poison.argument]
            if not bad or item & bad:
                raise ValueError(QUOTED)
            seen.append(item)
            return real(model, *args, **kwargs) if poison.through else None

        return patch.object(self.registry[poison.model], poison.method, work)

    def _poisoned_text(self, bad, seen):
        """Return a patch by which the background of ``bad`` is not sealed anew."""
        real = sealing.renew

        def renew(env, field, ids):
            if field.name == "background" and bad.id in ids:
                raise ValueError(QUOTED)
            seen.extend(ids if field.name == "background" else ())
            return real(env, field, ids)

        return patch("odoo.addons.crisis_intervention.models.privacy.crisis_seal.renew", renew)


@tagged("post_install", "-at_install")
class TestEveryJob(JobCase):
    """One bad item stops no job: it is set aside and shown, the rest is dealt with."""

    def test_all_are_known(self):
        """Every method that begins like a job is one, and has its poison."""
        self.assertEqual(set(self._jobs()), set(POISONS))
        methods = {
            name
            for model in self.registry.values()
            for base in model.__mro__
            if base.__module__.startswith("odoo.addons.crisis_")
            for name in vars(base)
            if name.startswith("_cron_")
        }
        self.assertEqual(methods, {code.rpartition(".")[2] for code in POISONS})

    def test_no_file_of_data_runs_one(self):
        """A job commits: called while an addon is installed, it would end the installation."""
        called = [
            node.get("name")
            for path in Path(jobs.__file__).parent.glob("*/*.xml")
            for node in etree.parse(path).iter("function")
        ]
        self.assertTrue(called)
        self.assertFalse([name for name in called if name.startswith("_cron_")])

    def test_a_poisoned_item_stops_nothing(self):
        self._make_user("t_other_configurator", "configurator", company=self.other_school)
        for code, (model, method) in sorted(self._jobs().items()):
            with self.subTest(job=code), self._undone(), ExitStack() as stack:
                bad, seen = self._bad(code), []
                stack.enter_context(self._poisoned(POISONS[code], bad, seen))
                with self.assertLogs(QUIET, "ERROR") as logged:
                    getattr(model, method)()
                row = self._row(code)
                self.assertGreaterEqual(row.date_ended, row.date_begun, "it came to its end")
                faults = row.fault_ids
                # for each of the parts that it does with this item
                self.assertEqual(len(faults), 2 if code.endswith("_cron_remind") else 1)
                for fault in faults:
                    self.assertEqual((fault.error, fault.attempts), ("ValueError", 1))
                if code not in WHOLE:
                    self.assertTrue(seen, "the others are dealt with")
                    self.assertFalse([item for item in seen if item in (bad, bad.id)])
                self.assertNotIn(QUOTED, f"{logged.output}{faults.read()}")
                self.assertEqual(row.fault_count, len(faults))
                self.assertTrue(row.activity_ids, "somebody is told")

    def test_what_somebody_waits_for_is_tried_in_every_run(self):
        """Calls, missed deadlines, mails and alarms: that it failed before makes nobody wait."""
        for code in WAITED_FOR:
            model, method = self._jobs()[code]
            with self.subTest(job=code), self._undone(), ExitStack() as stack:
                bad, seen = self._bad(code), []
                stack.enter_context(self._poisoned(POISONS[code], bad, seen))
                with mute_logger(QUIET):
                    for _run in range(4):
                        getattr(model, method)()
                faults = self._row(code).fault_ids.filtered(lambda fault: fault.error != "nobody")
                self.assertEqual(set(faults.mapped("attempts")), {4})

    def _undone(self):
        """Take back what happens inside."""
        stack = ExitStack()
        savepoint = self.env.cr.savepoint()
        stack.callback(self.env.invalidate_all)
        stack.callback(savepoint.close, rollback=True)
        return stack


@tagged("post_install", "-at_install")
class TestJob(JobCase):
    """What a job keeps, tries again, and tells."""

    CODE = "crisis.number.gap._cron_notice"

    def setUp(self):
        super().setUp()
        self.bad = self.school
        self.seen = []

    def _run(self, error=FAILS):
        """Run a job in which the own school fails by ``error``; None: nothing fails."""
        real = type(self.env["crisis.number.gap"])._notice

        def notice(model, school):
            self.seen.append(school)
            if school == self.bad and error:
                raise error
            return real(model, school)

        with (
            patch.object(self.registry["crisis.number.gap"], "_notice", notice),
            mute_logger(QUIET),
        ):
            self.env["crisis.number.gap"]._cron_notice()
        return self._row(self.CODE)

    def test_tried_again_later_and_mended(self):
        row = self._run()
        fault = row.fault_ids
        self.assertEqual((fault.model, fault.res_id), ("res.company", self.school.id))
        self.assertEqual(fault.company_id, self.school)
        self.assertEqual(row.activity_ids.user_id, self.configurator)
        self.seen.clear()
        self._run()
        self.assertNotIn(self.school, self.seen, "not before its time")
        self.assertEqual(fault.attempts, 1)
        for hours, attempts in ((1.1, 2), (2.1, 3)):
            with freeze_time(fields.Datetime.now() + timedelta(hours=hours)):
                self._run()
            self.assertEqual(fault.attempts, attempts)
            fault._as_system().write({"date_next": fields.Datetime.now()})
        fault.with_user(self.configurator).action_try_again()
        self._run(None)
        self.assertTrue(fault.date_resolved)
        self.assertFalse(row.activity_ids, "nothing waits")
        self.assertFalse(row.fault_count)

    def test_a_conflict_is_no_fault(self):
        # another test may have committed that it came to an end
        self.env["crisis.job"].search([])._as_system().write({"date_ended": False})
        row = self._run(SerializationFailure())
        self.assertFalse(row.fault_ids)
        self.assertFalse(row.date_ended, "the next run goes on")
        self.assertEqual(row.remaining, 1)
        self.seen.clear()
        row = self._run(None)
        self.assertIn(self.school, self.seen)
        self.assertTrue(row.date_ended)

    def test_what_is_gone_is_mended(self):
        row = self._run()
        with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
            self._run(None)
        self.assertTrue(row.fault_ids.date_resolved)

    def test_how_it_stands_in_words(self):
        row = self._run(None).with_user(self.configurator)
        self.assertEqual(row.state_text, "Finished.")
        self.assertEqual(row.title, "case numbers that were not used")
        row.sudo()._as_system().write({"done": 10, "remaining": 60, "seconds": 1200})
        self.assertIn("60 left, about 02:00 hours", row.state_text)
        row.sudo()._as_system().write({"done": 0})
        self.assertIn("60 left.", row.state_text)

    def test_who_sees_and_mends(self):
        row = self._run()
        fault = row.fault_ids
        for user in (self.configurator, self.principal):
            self.assertEqual(fault.with_user(user).read(["error"])[0]["error"], "ValueError")
        foreign = self._make_user("t_foreign", "configurator", company=self.other_school)
        self.assertFalse(self.env["crisis.job.fault"].with_user(foreign).search([]))
        self.assertEqual(row.with_user(foreign).fault_count, 0)
        with self.assertRaises(AccessError), mute_logger(*DENIALS):
            fault.with_user(foreign).action_try_again()
        for user in (self.psychology, self.moral, self.staff):
            with self.assertRaises(AccessError), mute_logger(*DENIALS):
                row.with_user(user).read(["done"])

    def test_one_bad_row_of_a_batch(self):
        late = self._late(*[("guardian", 0)] * 5)
        bad = late[2]
        poison = POISONS["crisis.escalation._cron_escalate"]
        with self._poisoned(poison, bad, []), mute_logger(QUIET):
            self.env["crisis.escalation"]._cron_escalate()
        told = self.env["crisis.escalation"].search([("deadline_id", "in", late.ids)])
        self.assertEqual(told.deadline_id, late - bad)


@tagged("post_install", "-at_install")
class TestKeyRotation(JobCase):
    """The renewal of seals goes past what is damaged, and says when the old key may go."""

    def _rotate(self):
        ring = f"next:{new_key()},{os.environ[VARIABLE]}"
        with patch.dict(os.environ, {VARIABLE: ring}), mute_logger(QUIET):
            self.env["crisis.seal"]._cron_reseal()
        self.env.invalidate_all()
        return self._row("crisis.seal._cron_reseal")

    def test_the_old_key_may_go(self):
        self._make_case(self.student_1, background="x")
        old = os.environ[VARIABLE].partition(":")[0]
        row = self._rotate()
        self.assertEqual(row.result, {"keys": {old: 0}, "damaged": 0})
        self.assertIn(f"The old key may go: {old}", row.result_text)

    def test_one_damaged_row_stops_nothing(self):
        case = self._make_case(self.student_1, background="x")
        other = self._make_case(self.student_2, background="y")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crisis_case SET background = left(background, 60) || 'AAAA' WHERE id = %s",
            case.ids,
        )
        self.env.invalidate_all()
        with patch.object(sealing, "raise_alarm") as alarm:
            row = self._rotate()
        alarm.assert_called_once()
        self.env.cr.execute("SELECT background FROM crisis_case WHERE id = %s", other.ids)
        self.assertTrue(self.env.cr.fetchone()[0].startswith("sealed:1:next:"))
        [fault] = row.fault_ids
        self.assertEqual(
            (fault.model, fault.res_id, fault.part, fault.error),
            ("crisis.case", case.id, "background", jobs.DAMAGED),
        )
        self.assertIn("The old key may go", row.result_text)

    def test_an_error_keeps_the_old_key(self):
        case = self._make_case(self.student_1, background="x")
        other = self._make_case(self.student_2, background="y")
        with self._poisoned_text(case, []):
            row = self._rotate()
        self.env.cr.execute("SELECT background FROM crisis_case WHERE id = %s", other.ids)
        self.assertTrue(self.env.cr.fetchone()[0].startswith("sealed:1:next:"))
        self.assertIn("Keep key", row.result_text)
