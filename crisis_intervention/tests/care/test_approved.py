import base64
import os
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...lib.approved_content import digest
from ...lib.sealed import new_key
from ...seal_keys import VARIABLE
from ..common import DENIALS, CrisisCommon
from ..migrations import migrate
from .approval_case import CHANGES, KINDS, ApprovalCase, ApprovalRecords

PDF = base64.b64encode(b"%PDF-1.4\n%CERTIFICATE\n")


@tagged("post_install", "-at_install")
class TestDigest(BaseCase):
    """The digest of what is approved, without a database."""

    def test_the_same_for_the_same_and_only_for_it(self):
        content = {"a": "x", "b": [1, {"c": None}]}
        self.assertEqual(digest(content), digest({"b": [1, {"c": None}], "a": "x"}))
        self.assertRegex(digest(content), "^[0-9a-f]{64}$")
        others = ({"a": "x", "b": [1, {"c": ""}]}, {"a": "y", "b": []}, {"a": "x"}, {"ab": "x"}, {})
        self.assertEqual(len({digest(other) for other in (content, *others)}), len(others) + 1)


@tagged("post_install", "-at_install")
class TestWaiting(ApprovalCase):
    """What waits does not change under whoever decides; who asked takes it back."""

    def test_all_kinds_are_tested(self):
        kinds = self.registry.descendants(["crisis.approval.mixin"], "_inherit")
        found = {n for n in kinds if not self.registry[n]._abstract}
        self.assertEqual({n for n in found if self.registry[n]._module == "crisis_intervention"},
                         set(KINDS))  # fmt: skip

    def test_nothing_of_it_changes(self):
        for kind in KINDS:
            record = self._asked(kind)
            before = self._row(record)
            for user in (self.colleague, self.psychology, self.moral, self.principal):
                for values in CHANGES[kind]:
                    with (
                        self.subTest(kind=kind, user=user.login, values=values),
                        self.assertRaises(UserError),
                        self.env.cr.savepoint(),
                    ):
                        record.with_user(user).write(values)
            for values in CHANGES[kind]:
                with self.subTest(kind=kind, values=values):
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        record.sudo().write(values)
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        record.with_user(self.env.ref("base.user_root")).write(values)
            self.env.invalidate_all()
            self.assertEqual(self._row(record), before)
            self.assertFalse(record.may_edit)

    def test_who_asked_takes_it_back(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                record = self._asked(kind)
                deciders = record.activity_ids.user_id
                self.assertIn(self.principal if kind != "crisis.access.grant" else self.psychology,
                              deciders)  # fmt: skip
                waiting = self.case.deadline_ids.filtered(
                    lambda d, r=record: (
                        (d.res_model, d.res_id) == (r._name, r.id) and not d.date_done
                    )
                )
                self.assertEqual(len(waiting), 1)
                for user in (self.psychology, self.moral, self.principal, self.head_teacher):
                    self.assertFalse(record.with_user(user).sudo().may_withdraw, user.login)
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        record.with_user(user).action_withdraw()
                self.assertTrue(record.may_withdraw)
                record.action_withdraw()
                self.assertEqual(record.state, "draft")
                self.assertTrue(waiting.date_done)
                self.assertFalse(record.activity_ids.user_id & (deciders - self.colleague))
                self.assertEqual(self._log(record).mapped("decision"), ["asked", "withdrawn"])
                self.assertEqual(self._log(record)[1].user_id, self.colleague)
                with self.assertRaises(UserError):
                    record.with_user(self.principal).action_approve()
                with self.assertRaises(UserError):
                    record.action_withdraw()
                self._having_read(record).write(CHANGES[kind][0])
                record.action_submit()
                self._decider(record).action_approve("同意")
                self.assertNotIn(record.state, ("draft", "waiting"))

    def test_withdrawing_gains_no_time(self):
        plan = self._asked("crisis.plan")
        due = (
            plan.case_id.sudo().deadline_ids.filtered(lambda d: d.kind == "plan_approval").date_due
        )
        plan.action_withdraw()
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "plan" and not d.date_done)
        self.assertEqual(step.date_due, due)

    def test_guardians_are_told_again(self):
        waiver = self._asked("crisis.guardian.waiver")
        self.assertTrue(self.case.guardians_not_told)
        waiver.action_withdraw()
        self.assertFalse(self.case.guardians_not_told)

    def _asked_by_a_colleague(self):
        """Return a waiting plan of a case of its own, for the owner of the case."""
        case = self._make_case(self.student_2, risk_level="orange")
        plan = self._make_plan(case, user=self.colleague)
        plan.measure_ids.user_id = self.staff
        plan.action_submit()
        mine = plan.with_user(self.psychology)
        self.assertFalse(mine.may_withdraw)
        with self.assertRaises(UserError):
            mine.action_withdraw()
        return mine

    def _go_on(self, plan):
        """Let the owner of the case take a plan back, change and submit it."""
        plan.invalidate_recordset()
        self.assertTrue(plan.may_withdraw)
        plan.action_withdraw()
        self.assertTrue(plan.may_edit)
        self._having_read(plan).goals = "由负责人继续"
        plan.action_submit()
        plan.with_user(self.principal).action_approve()
        self.assertEqual(plan.state, "active")

    def test_the_owner_where_who_asked_has_left(self):
        plan = self._asked_by_a_colleague()
        self.colleague.active = False
        self._go_on(plan)

    def test_the_owner_where_a_report_is_about_who_asked(self):
        plan = self._asked_by_a_colleague()
        concern = self._make_concern(
            self.staff,
            self.student_2,
            restricted=True,
            concerned_user_ids=[Command.link(self.colleague.id)],
        ).sudo()
        plan.case_id.sudo().concern_ids = concern
        plan.case_id._shut_out()
        with self.assertRaises(UserError):
            plan.with_user(self.colleague).action_withdraw()
        self._go_on(plan)

    def test_files_stay(self):
        for kind in ("crisis.plan", "crisis.referral", "crisis.school.return"):
            record = self._draft(kind)
            file = self._attach(record)
            record.action_submit()
            owner = file.with_user(self.colleague)
            with self.subTest(kind=kind):
                for act in (lambda f=owner: f.write({"raw": b"x"}), owner.unlink, file.unlink):
                    with self.assertRaises(AccessError), self.env.cr.savepoint():
                        act()
        plan = self._draft(
            "crisis.plan", case_id=self._make_case(self.student_2, risk_level="red").id
        )
        file = self._attach(plan.measure_ids)
        plan.action_submit()
        with self.assertRaises(AccessError):
            file.with_user(self.colleague).unlink()

    def _attach(self, record, **vals):
        values = {"name": "a.txt", "raw": b"FIRST", "res_model": record._name, "res_id": record.id}
        return self.env["ir.attachment"].with_user(self.colleague).create({**values, **vals})


@tagged("post_install", "-at_install")
class TestDrafts(ApprovalCase):
    """A draft is its author's, and the owner's of the case."""

    def test_others_do_not_write_it(self):
        other = self._make_user("t_third", "psychology_teacher")
        for kind in KINDS:
            record = self._draft(kind)
            before = self._row(record)
            for user in (other, self.moral):
                mine = record.with_user(user)
                with self.subTest(kind=kind, user=user.login):
                    self.assertFalse(mine.sudo().may_edit)
                    for act in (lambda m=mine, k=kind: m.write(CHANGES[k][0]), mine.action_submit):
                        with (
                            self.assertRaises(UserError) as caught,
                            self.env.cr.savepoint(),
                        ):
                            act()
                        if mine.has_access("write"):
                            self.assertRegex(str(caught.exception), "t_colleague|person who looks")
            self.env.invalidate_all()
            self.assertEqual(self._row(record), before)

    def test_author_and_owner_do(self):
        for kind in KINDS:
            record = self._draft(kind)
            for user in (self.colleague, self.psychology):
                with self.subTest(kind=kind, user=user.login):
                    mine = record.with_user(user)
                    if kind == "crisis.access.grant" and user != self.colleague:
                        with self.assertRaises(UserError):
                            mine.write(CHANGES[kind][0])
                        continue
                    self.assertTrue(mine.may_edit)
                    self._having_read(mine).write(CHANGES[kind][0])
                    self.assertEqual(record.create_uid, self.colleague)

    def test_lines_of_anothers_plan(self):
        other = self._make_user("t_third", "psychology_teacher")
        plan = self._draft("crisis.plan")
        measure = plan.measure_ids
        mine = plan.with_user(other)
        cancelled = measure.with_user(self.moral)
        cancelled.result = "x"
        for act in (
            lambda: measure.with_user(other).write({"title": "x"}),
            lambda: measure.with_user(self.moral).write({"date_due": "2030-01-01"}),
            lambda: measure.with_user(other).create({"plan_id": plan.id, "title": "x"}),
            lambda: mine.write({"measure_ids": [Command.create({"title": "x"})]}),
            lambda: mine.write({"measure_ids": [Command.update(measure.id, {"title": "x"})]}),
            cancelled.action_cancel,
        ):
            with self.assertRaisesRegex(UserError, "t_colleague"), self.env.cr.savepoint():
                act()
        measure.with_user(self.psychology).title = "负责人修改"
        # whoever does it tells of progress all the same
        self.assertEqual(len(plan.measure_ids), 1)

    def test_a_revision_is_whose_who_revises(self):
        plan = self._put_in_force(self.case)
        action = plan.with_user(self.colleague).action_revise()
        second = plan.browse(action["res_id"])
        self.assertEqual(second.create_uid, self.colleague)
        with Form(self._having_read(second.with_user(self.colleague))) as form:
            form.goals = "新目标"
        self.assertEqual(second.goals, "新目标")


@tagged("post_install", "-at_install")
class TestPlannedMeasures(ApprovalCase):
    """Measures of a plan are as fixed as the plan; outside of one each change leaves a trace."""

    PLANNED = (
        {"title": "别的事"},
        {"method": "别的办法"},
        {"kind": "medical"},
        {"date_due": "2030-01-01"},
        {"user_id": 1},
        {"active": False},
    )

    def _ways(self, plan, values):
        """Yield (name, function) of each way to change the one measure of ``plan`` as a client."""
        measure = plan.measure_ids
        specification = {"measure_ids": {"fields": {"title": {}}}}
        new = {"title": "新措施", "user_id": self.moral.id, "date_due": "2030-01-01"}
        yield "write", lambda: measure.write(values)
        yield "web_save", lambda: measure.web_save(values, {"title": {}})
        for name, command in (
            ("update", Command.update(measure.id, values)),
            ("create", Command.create(new)),
            ("delete", Command.delete(measure.id)),
            ("unlink", Command.unlink(measure.id)),
            ("clear", Command.clear()),
            ("set", Command.set([])),
        ):
            lines = [list(command)]
            yield name, lambda c=lines: plan.web_save({"measure_ids": c}, specification)
            yield f"{name} plain", lambda c=lines: plan.write({"measure_ids": c})
        yield "new one", lambda: measure.create({**new, "plan_id": plan.id})
        yield "moved out", lambda: measure.write({"plan_id": False})
        yield "unlinked", measure.unlink

    def _check_locked(self, plan, users):
        """Check that nobody changes what is planned in ``plan``."""
        measure = plan.measure_ids
        before = self._row(measure)
        for user in users:
            mine = plan.with_user(user).sudo(user == self.env.ref("base.user_root"))
            for values in self.PLANNED:
                values = {**values, **({"user_id": self.moral.id} if "user_id" in values else {})}
                for name, act in self._ways(mine, values):
                    with (
                        self.subTest(state=plan.state, user=user.login, way=name, values=values),
                        self.assertRaises(UserError),
                        self.env.cr.savepoint(),
                    ):
                        act()
        self.env.invalidate_all()
        self.assertEqual(self._row(measure), before)
        self.assertEqual(plan.measure_ids, measure)

    def test_in_a_plan_that_waits(self):
        plan = self._asked("crisis.plan")
        everybody = self.colleague | self.psychology | self.moral | self.principal
        self._check_locked(plan, everybody | self.env.ref("base.user_root"))
        with self.assertRaisesRegex(UserError, "Withdraw it"):
            plan.measure_ids.title = "x"
        for act in (
            lambda: plan.measure_ids.write({"result": "x"}),
            lambda: plan.sudo().measure_ids.write({"result": "x"}),
            plan.measure_ids.action_cancel,
            plan.measure_ids.action_start,
            plan.measure_ids.action_done,
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                act()

    def test_in_a_plan_in_force(self):
        plan = self._asked("crisis.plan")
        self._decider(plan).action_approve()
        everybody = self.colleague | self.psychology | self.moral | self.principal
        self._check_locked(plan, everybody | self.env.ref("base.user_root"))
        with self.assertRaisesRegex(UserError, "Revise"):
            plan.measure_ids.title = "x"
        measure = plan.measure_ids
        self.assertTrue(measure.is_fixed)
        measure.result = "进行中"
        measure.action_start()
        measure.action_done()
        self.assertEqual(measure.state, "done")

    def test_in_a_plan_that_was_replaced(self):
        plan = self._put_in_force(self.case)
        second = plan.browse(plan.action_revise()["res_id"])
        self.assertEqual(second.measure_ids.title, plan.measure_ids.title)
        second.measure_ids.title = "第二版的措施"
        second.action_submit()
        second.with_user(self.principal).action_approve()
        self.assertEqual((plan.state, second.measure_ids.state), ("replaced", "todo"))
        self._check_locked(plan, self.psychology | self.env.ref("base.user_root"))

    def test_called_off_with_a_reason(self):
        plan = self._put_in_force(self.case)
        measure = plan.measure_ids
        with self.assertRaises(UserError):
            measure.action_cancel()
        measure.result = "孩子已转学"
        measure.action_cancel()
        self.assertEqual(measure.state, "cancelled")

    def test_a_plan_without_approval_is_in_force_as_well(self):
        case = self._make_case(self.student_2, risk_level="yellow")
        plan = self._make_plan(case)
        plan.action_submit()
        self.assertEqual(plan.state, "active")
        with self.assertRaises(UserError):
            plan.measure_ids.date_due = "2030-01-01"

    def _hand_over(self, leaver, successor):
        wizard = self.env["crisis.handover"].with_user(self.principal)
        wizard = wizard.create({"from_user_id": leaver.id, "measure_user_id": successor.id})
        wizard.action_hand_over()

    def _trace(self, measure):
        """Return what the chatter shows of the changes: (label, old, new), the oldest first."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        values = self.env["mail.tracking.value"].sudo()
        shown = []
        for message in measure.sudo().message_ids.sorted("id"):
            for value in message.tracking_value_ids.with_env(values.env).sorted("id"):
                [told] = value._tracking_value_format()
                shown.append(
                    (value.field_id.name, told["oldValue"], told["newValue"], message.author_id)
                )  # fmt: skip
        return shown

    def test_a_colleague_who_leaves(self):
        plan = self._asked("crisis.plan")
        self._decider(plan).action_approve()
        measure = plan.measure_ids
        self.env.cr.precommit.run()
        self._hand_over(self.colleague, self.staff)
        self.assertEqual(measure.user_id, self.staff)
        self.assertEqual(measure.activity_ids.user_id, self.staff)
        self.assertEqual(plan.state, "active")
        [change] = [c for c in self._trace(measure) if c[0] == "user_id"]
        self.assertEqual(
            change[1:], (self.colleague.name, self.staff.name, self.principal.partner_id)
        )

    def test_nobody_approves_another_owner_unseen(self):
        plan = self._asked("crisis.plan")
        self._hand_over(self.colleague, self.staff)
        self.assertEqual((plan.measure_ids.user_id, plan.state), (self.staff, "draft"))
        self.assertEqual(self._log(plan).mapped("decision"), ["asked", "withdrawn"])
        self.assertFalse(plan.activity_ids.user_id & self.principal)

    def test_outside_of_a_plan_each_change_is_traced(self):
        measure = (
            self.env["crisis.measure"]
            .with_user(self.psychology)
            .create(
                {
                    "case_id": self.case.id,
                    "kind": "environment",
                    "title": "检查天台门锁",
                    "method": "每天两次",
                    "user_id": self.security.id,
                    "date_due": "2030-01-01",
                }
            )
        )
        self.env.cr.precommit.run()
        before = self.env["mail.mail"].search([])
        changes = {
            "title": "检查全部门锁",
            "method": "每天一次",
            "user_id": self.doctor.id,
            "date_due": "2030-02-01",
        }
        self._having_read(measure.with_user(self.moral)).write(changes)
        trace = {name: rest for name, *rest in self._trace(measure)}
        author = self.moral.partner_id
        self.assertEqual(trace["title"], ["检查天台门锁", "检查全部门锁", author])
        self.assertEqual(trace["method"], ["每天两次", "每天一次", author])
        self.assertEqual(trace["user_id"], [self.security.name, self.doctor.name, author])
        self.assertEqual([str(day)[:10] for day in trace["date_due"][:2]], ["2030-01-01", "2030-02-01"])  # fmt: skip
        for mail in self.env["mail.mail"].search([]) - before:
            for word in ("门锁", "每天"):
                self.assertNotIn(word, mail.body_html)
        self.assertFalse(measure.message_follower_ids)
        for user in (self.staff, self.nobody):
            found = self.env["mail.message"].with_user(user).search([("res_id", "=", measure.id), ("model", "=", measure._name)])  # fmt: skip
            self.assertFalse(found)

    def test_a_draft_is_not_traced(self):
        plan = self._draft("crisis.plan")
        self.env.cr.precommit.run()
        plan.measure_ids.title = "改过"
        self.assertFalse([c for c in self._trace(plan.measure_ids) if c[0] == "title"])


@tagged("post_install", "-at_install")
class TestApprovedDigest(ApprovalCase):
    """What is approved is what was asked for, and what the approver has read."""

    def _dialog(self, record, **vals):
        """Open the dialog of decisions as the client does, and return the form."""
        mine = record.with_user(self.principal)
        [shown] = mine.web_read({"content_digest": {}})
        action = mine.with_context(crisis_seen=shown["content_digest"]).action_ask_decision()
        dialogs = mine.env["crisis.approval.decide"].with_context(**action["context"])
        return Form(dialogs)

    def test_asked_and_approved_are_the_same(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                record = self._asked(kind)
                self._dialog(record).save().action_confirm()
                asked, approved = self._log(record)
                self.assertEqual(approved.decision, "approved")
                self.assertRegex(asked.digest, "^[0-9a-f]{64}$")
                self.assertEqual(asked.digest, approved.digest)
                with self.assertRaises(UserError):
                    asked.with_user(self.principal).write({"digest": "x"})

    def test_only_who_decides_gets_it(self):
        for kind in KINDS:
            record = self._asked(kind)
            self.env.invalidate_all()
            for user in (self.colleague, self.moral, self.head_teacher, self.staff):
                self.assertFalse(record.with_user(user).sudo().content_digest, (kind, user.login))
            with self.assertRaises(AccessError):
                record.with_user(self.principal).read(["asked_digest"])
        dialogs = self.env["crisis.approval.decide"].with_user(self.colleague)
        for name, id_ in (("crisis.plan", record.id), ("res.users", 1)):
            with self.assertRaises(UserError):
                dialogs.create({"res_model": name, "res_id": id_ + 10**6}).action_confirm()

    def test_changed_since_it_was_opened(self):
        for kind in KINDS:
            for decision in ("approve", "refuse"):
                with self.subTest(kind=kind, decision=decision):
                    record = self._asked(kind)
                    with self._dialog(record) as form:
                        form.comment = "x"
                        form.decision = decision
                    dialog = form.save()
                    record.action_withdraw()
                    self._having_read(record).write(CHANGES[kind][0])
                    record.action_submit()
                    with self.assertRaisesRegex(UserError, "changed since"):
                        dialog.action_confirm()
                    self.assertEqual(record.state, "waiting")
                    self._dialog(record).save().action_confirm()
                    self._end(record)

    def _end(self, record):
        """Take an approved record out of the way of the next one of its kind."""
        record.sudo()._set({"state": "draft", "active": False})

    def test_the_form_was_opened_before(self):
        plan = self._asked("crisis.plan")
        mine = plan.with_user(self.principal)
        [shown] = mine.web_read({"content_digest": {}})
        plan.action_withdraw()
        plan.measure_ids.title = "换了"
        plan.action_submit()
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "changed since"):
            mine.with_context(crisis_seen=shown["content_digest"]).action_ask_decision()

    def test_any_digest_of_a_client_approves_what_is_there(self):
        plan = self._asked("crisis.plan")
        dialogs = self.env["crisis.approval.decide"].with_user(self.principal)
        about = {"res_model": plan._name, "res_id": plan.id}
        with self.assertRaisesRegex(UserError, "changed since"):
            dialogs.create({**about, "digest": "0" * 64}).action_confirm()
        with self.assertRaisesRegex(UserError, "changed since"):
            plan.with_user(self.principal).action_approve("x", "0" * 64)
        dialogs.create(about).action_confirm()
        asked, approved = self._log(plan)
        self.assertEqual(asked.digest, approved.digest)
        self.assertEqual(approved.digest, plan._content_digest())

    def _planted(self, record):
        """Yield what somebody changes past the system: fields, lines and files."""
        column = next(iter(CHANGES[record._name][0]))
        yield f'UPDATE "{record._table}" SET "{column}" = \'PLANTED\' WHERE id = {record.id}'
        if record._name == "crisis.plan":
            measure = record.measure_ids
            yield f"UPDATE crisis_measure SET user_id = {self.moral.id} WHERE id = {measure.id}"
            yield f"UPDATE crisis_measure SET date_due = date_due + 90 WHERE id = {measure.id}"
            yield f"UPDATE crisis_measure SET plan_id = NULL WHERE id = {measure.id}"
            yield f"UPDATE crisis_measure SET active = false WHERE id = {measure.id}"
        if record._name == "crisis.referral":
            yield f"UPDATE crisis_referral SET district_company_id = {self.district_centre.id} WHERE id = {record.id}"  # fmt: skip
        if record._name == "crisis.access.grant":
            yield f"UPDATE crisis_access_grant SET user_id = {self.staff.id} WHERE id = {record.id}"
        else:
            # a file of somebody else's
            yield f"UPDATE ir_attachment SET res_model = '{record._name}', res_id = {record.id} WHERE id = {self.planted.id}"  # fmt: skip

    def test_what_is_changed_past_the_system_is_not_approved(self):
        self.planted = self.env["ir.attachment"].create({"name": "a.txt", "raw": b"x"})
        tried = 0
        for kind in KINDS:
            record = self._asked(kind)
            for query in self._planted(record):
                tried += 1
                with self.subTest(query=query), self.env.cr.savepoint() as savepoint:
                    self.env.cr.execute(query)
                    self.env.invalidate_all()
                    mine = record.with_user(self.principal)
                    with self.assertRaisesRegex(UserError, "not what was asked for"):
                        mine.action_approve()
                    # it can be given back, to be read and submitted again
                    mine.action_refuse("请核对")
                    self.assertNotEqual(record.state, "waiting")
                    savepoint.rollback()
                self.env.invalidate_all()
            self._decider(record).action_approve()
        self.assertGreater(tried, 10)

    def test_an_exchanged_file(self):
        entry = self._draft("crisis.school.return", certificate=PDF, certificate_filename="a.pdf")
        entry.action_submit()
        before = entry._content_digest()
        # a new key changes nothing of it
        self._let_crons_go_on()
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{os.environ[VARIABLE]}"}):
            self.env["crisis.seal"]._cron_reseal()
            self.assertEqual(entry._content_digest(), before)
            entry.sudo()._set({"certificate": base64.b64encode(b"%PDF-1.4\n%ANOTHER ONE.\n")})
            self.assertNotEqual(entry._content_digest(), before)
            with self.assertRaisesRegex(UserError, "not what was asked for"):
                entry.with_user(self.principal).action_approve()

    def test_late_and_twice(self):
        plan = self._asked("crisis.plan")
        mine = plan.with_user(self.principal)
        self._let_crons_go_on()
        first, second = self._dialog(plan).save(), self._dialog(plan).save()
        step = self.case.deadline_ids.filtered(lambda d: d.kind == "plan_approval")
        step.date_due = "2020-01-01 00:00:00"
        self.env["crisis.escalation"]._cron_escalate()
        first.action_confirm()
        self.assertEqual(plan.state, "active")
        with self.assertRaisesRegex(UserError, "Somebody else has done this"):
            second.action_confirm()
        with self.assertRaises(UserError):
            mine.action_approve()
        with self.assertRaises(UserError):
            plan.action_withdraw()
        self.assertEqual(self._log(plan).mapped("decision"), ["asked", "approved"])

    def test_another_principal_decides(self):
        second = self._make_user("t_principal_2", "principal")
        plan = self._asked("crisis.plan")
        self.principal.active = False
        plan.with_user(second).action_approve()
        self.assertEqual(plan.state, "active")

    def test_what_waited_before_the_update(self):
        """Waiting records of earlier versions are approved as they stood at the update."""
        plan = self._asked("crisis.plan")
        log = self._log(plan)
        plan.sudo()._set({"asked_digest": False})
        self.env.cr.execute("UPDATE crisis_approval SET digest = NULL WHERE id = %s", [log.id])
        self.env.invalidate_all()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            plan.with_user(self.principal).action_approve()
        self._empty_register()
        migrate(self.env, "19.0.4.0.0", "post-40-approved")
        plan.with_user(self.principal).action_approve()
        self.assertEqual(plan.state, "active")


@tagged("post_install", "-at_install")
class TestApprovalAtTheScreen(ApprovalRecords, CrisisCommon, HttpCase):
    """The client's own calls: the plan's form, its buttons, the dialog."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._fill_school()
        for user in (cls.colleague, cls.psychology, cls.principal, cls.moral):
            user.password = user.login
        cls.plan = cls._draft("crisis.plan")
        cls.env.flush_all()

    def _call(self, user, model, method, *args, button=False, **kwargs):
        """Call as the web client of ``user`` does."""
        if getattr(self, "_screen", None) != user:
            self.authenticate(user.login, user.login)
            self._screen = user
        door = "call_button" if button else "call_kw"
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        try:
            return self.make_jsonrpc_request(f"/web/dataset/{door}/{model}/{method}", params)
        finally:
            self.env.invalidate_all()

    def _press(self, user, method, **context):
        return self._call(user, "crisis.plan", method, self.plan.ids, button=True, context=context)

    def _save(self, user, values):
        return self._call(
            user, "crisis.plan", "web_save", self.plan.ids, values, specification={"name": {}}
        )

    @mute_logger("odoo.http", *DENIALS)
    def test_from_draft_to_approval(self):
        ids = self.plan.ids
        measure = self.plan.measure_ids
        for values in ({"goals": "x"}, {"measure_ids": [[1, measure.id, {"title": "x"}]]}):
            with self.assertRaises(JsonRpcException):
                self._save(self.moral, values)
        self._save(self.colleague, {"measure_ids": [[1, measure.id, {"title": "约定的措施"}]]})
        self._press(self.colleague, "action_submit")
        self.assertEqual(self.plan.state, "waiting")
        for command in (
            [0, 0, {"title": "x", "kind": "class"}],
            [1, measure.id, {"title": "x"}],
            [2, measure.id, False],
            [3, measure.id, False],
        ):
            for user in (self.colleague, self.psychology, self.moral):
                with self.subTest(command=command), self.assertRaises(JsonRpcException):
                    self._save(user, {"measure_ids": [command]})
        fields_ = {"content_digest": {}, "may_approve": {}, "may_withdraw": {}, "may_edit": {}}
        [seen] = self._call(self.principal, "crisis.plan", "web_read", ids, specification=fields_)
        self.assertEqual((seen["may_approve"], seen["may_edit"]), (True, False))
        self._press(self.colleague, "action_withdraw")
        self._save(self.colleague, {"measure_ids": [[1, measure.id, {"title": "又改了"}]]})
        self._press(self.colleague, "action_submit")
        with self.assertRaises(JsonRpcException):
            self._press(self.principal, "action_ask_decision", crisis_seen=seen["content_digest"])
        [seen] = self._call(self.principal, "crisis.plan", "web_read", ids, specification=fields_)
        action = self._press(
            self.principal, "action_ask_decision", crisis_seen=seen["content_digest"]
        )
        model, context = action["res_model"], action["context"]
        shown = {name: {} for name in ("res_model", "res_id", "digest", "decision", "comment")}
        opened = self._call(self.principal, model, "onchange", [], {}, [], shown, context=context)
        values = opened["value"]
        self.assertEqual(values["digest"], seen["content_digest"])
        [dialog] = self._call(
            self.principal, model, "web_save", [], values, specification={}, context=context
        )
        self._call(self.principal, model, "action_confirm", [dialog["id"]], button=True)
        self.assertEqual((self.plan.state, measure.title), ("active", "又改了"))
        with self.assertRaises(JsonRpcException):
            self._call(self.principal, model, "action_confirm", [dialog["id"]], button=True)
        with self.assertRaises(JsonRpcException):
            self._save(self.psychology, {"measure_ids": [[1, measure.id, {"title": "x"}]]})
        [form] = self._call(
            self.colleague,
            "crisis.measure",
            "web_save",
            measure.ids,
            {"result": "已开始"},
            specification={"is_fixed": {}, "result": {}},
        )
        self.assertEqual((form["is_fixed"], form["result"]), (True, "已开始"))
