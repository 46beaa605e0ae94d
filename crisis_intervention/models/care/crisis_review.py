from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Chapter, Counter, Done, Event, Excerpt, Gate, Step
from ...lib.risk import RISK_LEVELS, severity

_lt = LazyTranslate(__name__)

DECISIONS = [
    ("continue", "Continue"),
    ("step_up", "Step up"),
    ("step_down", "Step down"),
    ("close", "Ready to close"),
    ("reopen", "Reopen"),
]
LEVELS = [code for code, _label in RISK_LEVELS]


class CrisisReview(models.Model):
    """A review of a case: what changed, the level from now on, and when to look again."""

    _name = "crisis.review"
    _description = "Case Review"
    _number_prefix = "RV"
    _inherit = ["crisis.signed.record"]
    _order = "date desc, id desc"

    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    present = fields.Char(help="Who took part in the review.")
    changes = fields.Text(string="What Changed", help="For better and for worse, since last time.")
    effect = fields.Selection(
        [("good", "Helps"), ("some", "Helps a little"), ("none", "Does not help")],
        string="Effect of the Measures",
    )
    decision = fields.Selection(DECISIONS, required=True, default="continue")
    old_level = fields.Selection(RISK_LEVELS, string="Level Before", readonly=True, copy=False)
    new_level = fields.Selection(
        RISK_LEVELS,
        string="Level From Now On",
        compute="_compute_new_level",
        store=True,
        readonly=False,
    )
    reason = fields.Text(help="Why the level stays or changes; kept for good.")
    date_next = fields.Date(
        string="Next Review",
        compute="_compute_date_next",
        store=True,
        readonly=False,
        help="At the latest after the interval of the level.",
    )
    is_lapse = fields.Boolean(
        string="By Lapse of Time",
        readonly=True,
        copy=False,
        help="Made by the system: the level was not reviewed in time and nothing spoke for it.",
    )

    @api.depends("decision", "case_id")
    def _compute_new_level(self):
        """Propose the level that the decision leads to."""
        for review in self:
            level = review.case_id.risk_level
            step = {"step_up": 1, "step_down": -1}.get(review.decision, 0)
            if level:
                position = min(max(LEVELS.index(level) + step, 0), len(LEVELS) - 1)
                level = LEVELS[position]
            review.new_level = level

    @api.depends("new_level", "date", "decision")
    def _compute_date_next(self):
        """Propose the end of the interval of the new level."""
        for review in self:
            latest = review._latest_next()
            review.date_next = latest if review.decision != "close" else False

    def _latest_next(self):
        """Return the last day on which the next review may be."""
        self.ensure_one()
        policies = self.env["crisis.response.policy"]._for_companies(self.company_id)
        policy = policies.get((self.company_id.id, self.new_level))
        if not policy:
            return False
        day = fields.Datetime.context_timestamp(self, self.date or fields.Datetime.now()).date()
        return day + timedelta(days=policy.review_interval_days)

    def _check_before_signing(self):
        """Demand reasons, a level that fits the decision, and a next date within the interval."""
        for review in self:
            case = review.case_id
            if not (review.changes or "").strip() or not (review.reason or "").strip():
                raise UserError(
                    self.env._("Write what changed, and why the level stays or changes.")
                )
            change = severity(review.new_level) - case.severity
            wanted = {"continue": change == 0, "step_up": change > 0, "step_down": change == -1}
            if not wanted.get(review.decision, change == 0):
                raise UserError(
                    self.env._(
                        "Decision and level do not fit together: up by any number of steps, down "
                        "by one, or the same level."
                    )
                )
            if review.decision == "reopen" and not case.date_closed:
                raise UserError(self.env._("This case is open: choose another decision."))
            if review.decision == "step_down":
                review._check_recent_assessment()
            latest = review._latest_next()
            if (
                review.decision != "close"
                and latest
                and not (review.date_next and review.date_next <= latest)
            ):
                raise UserError(self.env._("The next review is due on %s at the latest.", latest))

    def _check_case_runs(self):
        """Let closed cases be reopened."""
        others = self.filtered(lambda review: review.decision != "reopen")
        return super(CrisisReview, others)._check_case_runs()

    def _check_recent_assessment(self):
        """Demand a fresh assessment where the standard asks for one before a level falls."""
        case = self.case_id
        days = case._policy().lowering_assessment_days if case._policy() else 0
        if not days:
            return
        since = fields.Datetime.now() - timedelta(days=days)
        # sudo: crisis.assessment - whether there is one; nothing of it leaves the method
        recent = (
            self.env["crisis.assessment"]
            .sudo()
            .search_count(
                [
                    ("case_id", "=", case.id),
                    ("state", "=", "done"),
                    ("date_done", ">=", since),
                ],
                limit=1,
            )
        )
        if not recent:
            raise UserError(
                self.env._(
                    "Before this level goes down, the student is assessed again: the last %s days "
                    "hold no completed assessment.",
                    days,
                )
            )

    def _after_signing(self):
        """Set the level, close the step, and open the next one."""
        for review in self:
            case = review.case_id
            review._set({"old_level": case.risk_level})
            # sudo: crisis.case - whoever signs a review decides on the level; checked before
            decided = case.sudo()
            if review.decision == "reopen":
                decided.write(
                    {
                        "stage_id": decided._stage_to_reopen().id,
                        "change_reason": review.reason,
                    }
                )
            if review.new_level != case.risk_level:
                decided._review_level(review.new_level, review.reason)
            decided._close_steps(["review"])
            if review.decision == "close":
                decided._open_closing()
            else:
                decided._close_steps(["closing"])
            if review.date_next:
                due = datetime.combine(review.date_next, time(10, 0))
                decided._open_step("review", max(due, fields.Datetime.now() + timedelta(hours=1)))

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state", "user_id"), sequence=130)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(("date", "effect", "changes", "decision", "date_next"), sequence=110)

    @api.model
    def _stage_gates(self):
        """Declare the gate of a signed review."""
        gate = Gate("review", _lt("Review done"), 70, states=("signed",))
        return (*super()._stage_gates(), gate)

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "review", _lt("Review"), "date", "user_id", states=("signed",), icon="fa-refresh"
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that levels are reviewed, and a case that is ready is closed by a review."""
        return (
            *super()._case_steps(),
            Step("review", _lt("Review"), "crisis_intervention.mail_activity_review", 70),
            Step(
                "closing",
                _lt("Closing of a case that needs no more care"),
                "crisis_intervention.mail_activity_closing",
                160,
                context=(("default_decision", "close"),),
            ),
        )

    @api.model
    def _case_counter(self):
        return Counter("review_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                130,
                "crisis_intervention.crisis_review_action_report_record",
                (("state", "=", "signed"),),
            ),
        )

    @api.model
    def _done_in_case(self):
        done = Done((("state", "in", ("signed",)),), _lt("Reviews"), sequence=60)
        return (*super()._done_in_case(), done)
