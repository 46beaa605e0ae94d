from odoo import fields, models
from odoo.exceptions import UserError

from ...sealed_reading import opening


class CrisisAssessmentCompletion(models.AbstractModel):
    """Completing a form: checked, scored, signed, locked."""

    _name = "crisis.assessment.completion"
    _description = "Completing an Assessment"

    def action_complete(self):
        """Score, sign and lock drafts.

        :raises UserError: answers cannot be scored, or are missing without a reason
        """
        self._lock_drafts()
        now = fields.Datetime.now()
        scorers = {instrument: instrument._scorer() for instrument in self.instrument_id}
        for assessment in self:
            scorer = scorers[assessment.instrument_id]
            with opening("scoring"):
                answers = assessment.answers or {}
                missing_reason = (assessment.missing_reason or "").strip()
            assessment._check_answers(scorer, answers)
            hidden = scorer.hidden(answers)
            result = scorer.score(answers, assessment._person())
            if result.missing and not missing_reason:
                raise UserError(
                    self.env._(
                        "Items without an answer: %(items)s. Answer them, or say below why the "
                        "answers are missing.",
                        items=", ".join(result.missing),
                    )
                )
            assessment._set(
                {
                    "state": "done",
                    "date_done": now,
                    "done_by_id": self.env.uid,
                    "answers": {c: a for c, a in answers.items() if c not in hidden},
                    **assessment.instrument_id._result_values(result),
                }
            )
        self._after_completion()

    def action_refuse(self):
        """Record that student or guardians refused: a valid outcome, which holds nothing up.

        :raises UserError: no reason is given
        """
        self._lock_drafts()
        with opening("signing"):
            reasons = [(assessment.missing_reason or "").strip() for assessment in self]
        if not all(reasons):
            raise UserError(self.env._("Say below who refused, and why as far as it is known."))
        self._set(
            {
                "state": "refused",
                "answers": False,
                "date_done": fields.Datetime.now(),
                "done_by_id": self.env.uid,
            }
        )
        self._finish_case_steps()

    def _lock_drafts(self):
        """Make sure that these are drafts and nobody else completes them.

        :raises UserError: a form is completed already, or is just being completed
        """
        self.check_access("write")
        self._lock_rows(
            self.env._("Somebody else is completing this form just now. Please reload.")
        )
        self.invalidate_recordset(["state"])
        if any(assessment.state != "draft" for assessment in self):
            raise UserError(self.env._("This form is completed already. Please reload."))

    def _check_answers(self, scorer, answers):
        """Demand answers that the form offers.

        :raises UserError: names the items
        """
        errors = scorer.check(answers)
        if errors:
            raise UserError(
                self.env._(
                    "These items have an answer that the form does not offer: %(items)s.",
                    items=", ".join(error.item for error in errors),
                )
            )

    def _after_completion(self):
        """Let the case go on, and propose a level where the form calls for a higher one."""
        self._finish_case_steps()
        self._propose()

    def _finish_case_steps(self):
        """Mark the step "assessment" of open cases as done."""
        cases = self.case_id.filtered(lambda case: not case.date_closed)
        # sudo: crisis.deadline - steps are kept by the system; whoever completes a form of the
        # case has done the step
        waiting = (
            self.env["crisis.deadline"]
            .sudo()
            .search(
                [
                    ("case_id", "in", cases.ids),
                    ("kind", "=", "assessment"),
                    ("date_done", "=", False),
                ]
            )
        )
        if waiting:
            waiting.case_id.with_env(self.env)._finish_steps(waiting.with_env(self.env))
