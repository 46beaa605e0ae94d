from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..committed import CommittedCase


@tagged("post_install", "-at_install")
class TestApprovedAtOnce(CommittedCase):
    """Real transactions: who withdraws while somebody decides, who plans while somebody submits."""

    _models = (
        "crisis.approval",
        "crisis.number.gap",
        "crisis.chronology",
        "crisis.escalation",
        "crisis.deadline",
        "crisis.measure",
        "crisis.plan",
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
            cls.school = env["res.company"].create({"name": "Approving School"})
            cls.psychology = cls._make_user("a_psychology", "psychology_teacher")
            cls.principal = cls._make_user("a_principal", "principal")
            cls.class_1 = cls._make_class("1班", 1)
        cls.addClassCleanup(cls._take_away)

    @classmethod
    def _of_school(cls, model):
        company = cls.env[model]._fields.get("company_id")
        if company and company.store:
            return super()._of_school(model)
        return SQL("case_id IN (SELECT id FROM crisis_case WHERE company_id = %s)", cls.school.id)

    def _draft(self, number):
        """Commit a plan of a case of its own, and return the ids of plan and measure."""
        with self._committing() as env:
            student = self._make_student(f"学生{number}", number, self.class_1.with_env(env))
            self.psychology = self.psychology.with_env(env)
            case = self._make_case(student, risk_level="orange")
            plan = self._make_plan(case, user=self.psychology)
            return plan.id, plan.measure_ids.id

    def _job(self, user, model, id_, method, *args):
        """Return a call as ``user`` in a transaction of its own, with Odoo's repetition."""

        def job():
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                record = env[model].with_user(user.id).browse(id_)
                try:
                    return retrying(lambda: getattr(record, method)(*args) or True, env)
                except Exception:
                    cr.rollback()
                    raise

        return job

    def _state(self, plan_id):
        """Return state of the plan, decisions in the order they were made, title of its measure."""
        with self._committing() as env:
            plan = env["crisis.plan"].browse(plan_id)
            log = plan.approval_ids.sorted("id")
            return plan.state, log.mapped("decision"), log.mapped("digest"), plan.measure_ids.title

    def test_withdrawn_and_approved(self):
        for number in range(4):
            plan_id, _measure = self._draft(f"A1{number}")
            self._job(self.psychology, "crisis.plan", plan_id, "action_submit")()
            with mute_logger("odoo.sql_db"):
                results = self._together(
                    self._job(self.psychology, "crisis.plan", plan_id, "action_withdraw"),
                    self._job(self.principal, "crisis.plan", plan_id, "action_approve"),
                )
            failed = [result for result in results if isinstance(result, Exception)]
            self.assertEqual([type(error) for error in failed], [UserError], results)
            self.assertRegex(str(failed[0]), "Somebody else")
            state, decisions, _digests, _title = self._state(plan_id)
            self.assertIn(
                (state, decisions[1:]), [("draft", ["withdrawn"]), ("active", ["approved"])]
            )

    def test_approved_twice(self):
        plan_id, _measure = self._draft("A20")
        self._job(self.psychology, "crisis.plan", plan_id, "action_submit")()
        approve = self._job(self.principal, "crisis.plan", plan_id, "action_approve")
        with mute_logger("odoo.sql_db"):
            results = self._together(approve, approve)
        self.assertEqual(sum(isinstance(result, UserError) for result in results), 1, results)
        self.assertEqual(self._state(plan_id)[1], ["asked", "approved"])

    def test_planned_while_it_is_submitted(self):
        """Either the change is in what was asked for, or it was refused: never in between."""
        for number in range(6):
            plan_id, measure_id = self._draft(f"A3{number}")
            submit = self._job(self.psychology, "crisis.plan", plan_id, "action_submit")
            change = self._job(
                self.psychology, "crisis.measure", measure_id, "write", {"title": "改过"}
            )
            jobs = [submit, change]
            with mute_logger("odoo.sql_db"):
                results = dict(zip((submit, change), self._together(*jobs), strict=True))
            if isinstance(results[submit], UserError):
                submit()
            state, _decisions, _digests, title = self._state(plan_id)
            self.assertEqual(state, "waiting", results)
            self.assertEqual(title == "改过", results[change] is True, results)
            # approved without a word: what stands there is what was asked for
            self._job(self.principal, "crisis.plan", plan_id, "action_approve")()
            state, _decisions, digests, title_after = self._state(plan_id)
            self.assertEqual((state, title_after), ("active", title))
            self.assertEqual(len(set(digests)), 1)
