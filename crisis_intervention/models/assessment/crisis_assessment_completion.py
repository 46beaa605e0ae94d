from odoo import fields, models
from odoo.exceptions import LockError, UserError

from ...lib.scoring import Scorer


class CrisisAssessment(models.Model):
    """Completing a form: checked, scored, signed, locked."""

    _inherit = "crisis.assessment"

    def action_complete(self):
        """Score, sign and lock drafts.

        :raises UserError: answers cannot be scored, or are missing without a reason
        """
        self._lock_drafts()
        now = fields.Datetime.now()
        scorers = {instrument: instrument._scorer() for instrument in self.instrument_id}
        for assessment in self:
            scorer = scorers[assessment.instrument_id]
            answers = assessment.answers or {}
            assessment._check_answers(scorer, answers)
            hidden = scorer.hidden(answers)
            result = scorer.score(answers, assessment._person())
            if result.missing and not (assessment.missing_reason or "").strip():
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
        if not all((assessment.missing_reason or "").strip() for assessment in self):
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
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._("Somebody else is completing this form just now. Please reload.")
            ) from None
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


class CrisisInstrument(models.Model):
    """Results of forms as values of their records."""

    _inherit = "crisis.instrument"

    def _result_values(self, result):
        """Return the values of an assessment for the result of scoring it.

        :param result: ``scoring.Result`` of a form of this instrument
        """
        bands = self.band_ids
        total = next((s for s in self.scale_ids if s.is_total), self.scale_ids[:1])
        main = next((score for score in result.scores if score.scale == total.code), None)
        return {
            "result": {
                "scores": [
                    {
                        "scale": score.scale,
                        "value": score.value,
                        "raw": score.raw,
                        "missing": score.missing,
                        "band": None if score.band is None else bands[score.band].id,
                        "why": score.why,
                    }
                    for score in result.scores
                ],
                "flags": list(result.flags),
                "open_flags": list(result.open_flags),
            },
            "score": (main and main.value) or 0,
            "has_score": bool(main) and main.value is not None,
            "band_id": bands[main.band].id if main and main.band is not None else False,
            "flag_count": len(result.flags),
            "valid": result.valid,
            "risk_level": result.level or False,
        }

    def _score_batch(self, forms):
        """Score many forms.

        :param forms: list of (answers, ``Person``)
        :return: list of dicts of values, in the order of ``forms``
        """
        scorer = Scorer(self._definition())
        return [self._result_values(scorer.score(answers, person)) for answers, person in forms]
