from odoo import api, fields, models
from odoo.tools.i18n import format_list
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import due_dates, tightened
from ...lib.declarations import Step
from ...lib.risk import severity
from ...roles import TRIAGE

_lt = LazyTranslate(__name__)

# A case without a level runs by this one, so that a missing decision never stops the clock.
DEFAULT_LEVEL = "yellow"
# Of a discreet step the activity on the case says only that something waits.
DISCREET = "crisis_intervention.mail_activity_next_step"


def _shown(step):
    """Return the activity that stands on the case for ``step``: all who read the case see it."""
    return DISCREET if step.discreet or step.about_access else step.activity


class CrisisCaseSteps(models.AbstractModel):
    """Steps of a case: deadlines by the response standard, and the owner's activity for the next.

    Those of the standard follow from the level; records below the case open and close others.
    """

    _name = "crisis.case.steps"
    _description = "Steps of a Case"
    _inherit = ["crisis.record"]

    clock_start = fields.Datetime(
        default=fields.Datetime.now,
        readonly=True,
        copy=False,
        help="Deadlines count from here: the opening, or the report of a danger to life.",
    )
    next_deadline = fields.Datetime(
        compute="_compute_next_step", store=True, index=True, compute_sudo=True
    )
    next_step = fields.Selection(
        selection=lambda self: self._selection_of("_case_steps"),
        compute="_compute_next_step",
        store=True,
        compute_sudo=True,
        groups=TRIAGE,
        help="Which step it is tells more than the readers of the shared part may know.",
    )
    open_step_count = fields.Integer(
        string="Open Steps",
        compute="_compute_next_step",
        store=True,
        compute_sudo=True,
        groups=TRIAGE,
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue")

    @api.model
    def _case_steps(self):
        """Declare the step that is done by word of mouth, without a record."""
        return (
            *super()._case_steps(),
            Step(
                "first_contact",
                _lt("First contact with the student"),
                "crisis_intervention.mail_activity_first_contact",
                10,
            ),
        )

    @api.model
    def _action_begin(self, case, step):
        """Lead to the case itself, where its step is marked as done."""
        return case._action_form()

    @api.depends("deadline_ids.date_due", "deadline_ids.date_done", "date_closed")
    def _compute_next_step(self):
        """Keep the earliest open deadline on the case, where lists and cards can sort by it."""
        declared = self._by_code("_case_steps")  # nobody can do those of an addon that is gone
        for case in self:
            waiting = case.deadline_ids.filtered(lambda d: not d.date_done and d.kind in declared)
            steps = [] if case.date_closed else waiting.sorted(lambda d: (d.date_due, d.id))
            case.next_deadline = steps[0].date_due if steps else False
            case.next_step = steps[0].kind if steps else False
            case.open_step_count = len(steps)

    @api.depends("next_deadline")
    def _compute_is_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for case in self:
            case.is_overdue = bool(case.next_deadline) and case.next_deadline < now

    def _running_level(self):
        """Return the level by which this case runs: its own, or the usual one until it has any."""
        self.ensure_one()
        return self.risk_level or DEFAULT_LEVEL

    def _policy(self):
        """Return the response standard in force for the level of this case, or an empty one."""
        self.ensure_one()
        policies = self.env["crisis.response.policy"]._for_companies(self.company_id)
        empty = self.env["crisis.response.policy"]
        return policies.get((self.company_id.id, self._running_level()), empty)

    def _hours(self):
        """Return case to its step hours by the school's standard of the level; {} without one."""
        policies = self.env["crisis.response.policy"]._for_companies(self.company_id)
        result = {}
        for case in self:
            policy = policies.get((case.company_id.id, case._running_level()))
            result[case] = policy._step_hours() if policy else {}
        return result

    def _start_steps(self):
        """Create the deadlines of new cases and the owners' activities."""
        hours = self._hours()
        # sudo: crisis.deadline - nobody writes deadlines directly, they follow from the standard
        self.env["crisis.deadline"].sudo().create(
            [
                {"case_id": case.id, "kind": kind, "date_due": due}
                for case in self
                for kind, due in due_dates(hours[case], case.clock_start).items()
            ]
        )
        self._sync_activities(fresh=True)

    def _after_level(self, old_levels):
        """Let deadlines follow a changed level.

        A raised level pulls what is open forward and adds what the new level asks for; a lowered
        one only gives the next review more time.

        :param old_levels: dict of case to level code before the change
        """
        changed = self.filtered(lambda case: case.risk_level != old_levels[case])
        if not changed:
            return
        now = fields.Datetime.now()
        hours = changed._hours()
        # sudo: crisis.deadline - see _start_steps
        deadlines = self.env["crisis.deadline"].sudo()
        steps = deadlines.search([("case_id", "in", changed.ids)])
        known = steps.filtered(lambda step: not step.res_id)
        new_values = []
        for case in changed:
            raised = case.severity > severity(old_levels[case])
            mine = known.filtered(lambda deadline, case=case: deadline.case_id == case)
            for kind, due in due_dates(hours[case], now).items():
                if kind in ("guardian", "consent") and case.guardians_not_told:
                    continue  # nobody may do it
                waiting = mine.filtered(lambda d, kind=kind: d.kind == kind and not d.date_done)
                if waiting and raised:
                    waiting.date_due = tightened(waiting.date_due, due)
                elif waiting and kind == "review":
                    waiting.date_due = due
                elif raised and (
                    # what was done once is not done again, but that each level is reviewed
                    kind == "review" or not mine.filtered(lambda d, kind=kind: d.kind == kind)
                ):
                    new_values.append({"case_id": case.id, "kind": kind, "date_due": due})
        deadlines.create(new_values)
        steps.filtered(lambda step: not step.date_done)._escalate_anew()
        changed._sync_activities()
        raised = changed.filtered(lambda c: c.severity > severity(old_levels[c]))
        # a case that was to be closed is not any more
        raised._close_steps(["closing"])
        raised._tell_level()

    def _open_step(self, kind, due, record=None, user=None, role=None):
        """Open a deadline of this case.

        :param str kind: one that a kind of record declares
        :param due: moment (UTC, naive)
        :param record: what it is about; a step without one is unique in the case
        :param user: who does it; by default the owner of the case
        :param str role: instead of ``user``, the role that decides (see ``crisis.approval``)
        :return: ``crisis.deadline`` record
        """
        self.ensure_one()
        # sudo: crisis.deadline - kept by the system; the callers have checked what they do
        deadlines = self.env["crisis.deadline"].sudo()
        # before the insert: only one of a kind may be open, and one may just have been closed
        deadlines.flush_model(["date_done"])
        values = {
            "case_id": self.id,
            "kind": kind,
            "date_due": due,
            "user_id": user.id if user else False,
            "role": role,
        }
        if record:
            # left out otherwise: Odoo stores an empty reference as 0, which is no NULL
            values.update(res_model=record._name, res_id=record.id)
        step = deadlines.create(values)
        # sudo: crisis.case - the case's activity; the user may have rights on the record only
        self.sudo()._sync_activities()
        return step

    def _close_steps(self, kinds, records=None):
        """Mark open deadlines of these cases as done.

        :param kinds: step codes
        :param records: those about these records; by default those about none
        """
        domain = [
            ("case_id", "in", self.ids),
            ("date_done", "=", False),
            ("kind", "in", list(kinds)),
            ("res_model", "=", records._name if records is not None else False),
        ]
        if records is not None:
            domain.append(("res_id", "in", records.ids))
        # sudo: crisis.deadline, crisis.case - see _open_step
        steps = self.env["crisis.deadline"].sudo().search(domain)
        if steps:
            steps.write({"date_done": fields.Datetime.now(), "done_by_id": self.env.uid})
            cases = steps.case_id.sudo()
            self.env["crisis.escalation"]._settle(cases)
            cases._sync_activities()

    def _finish_steps(self, deadlines):
        """Mark ``deadlines`` of these cases as done now.

        :param deadlines: open ``crisis.deadline`` records the user may write
        """
        # sudo: crisis.deadline - see _start_steps; the callers have checked the right to write
        deadlines.sudo().write({"date_done": fields.Datetime.now(), "done_by_id": self.env.uid})
        self._log_steps(deadlines, self.env._("Step done: %s"))
        self.env["crisis.escalation"]._settle(self)
        self._sync_activities()

    def _reopen_steps(self, deadlines):
        """Take back ``deadlines`` marked as done by mistake.

        :param deadlines: done ``crisis.deadline`` records the user may write
        """
        # sudo: crisis.deadline - see _start_steps; the callers have checked the right to write
        steps = deadlines.sudo()
        steps.write({"date_done": False, "done_by_id": False})
        # the level may have changed meanwhile
        steps._escalate_anew()
        self._log_steps(deadlines, self.env._("Step taken back: %s"))
        self._sync_activities()

    def _log_steps(self, deadlines, pattern):
        """Put one harmless line per case into the chatter."""
        labels = dict(self.env["crisis.deadline"]._fields["kind"]._description_selection(self.env))
        bodies = {
            case.id: pattern % format_list(self.env, [labels[deadline.kind] for deadline in lines])
            for case, lines in deadlines.grouped("case_id").items()
        }
        self._message_log_batch(bodies=bodies)

    def _restart_steps(self):
        """Let the open deadlines of reopened cases count from now."""
        now = fields.Datetime.now()
        hours = self._hours()
        # sudo: crisis.deadline - see _start_steps
        waiting = (
            self.env["crisis.deadline"]
            .sudo()
            .search([("case_id", "in", self.ids), ("date_done", "=", False)])
        )
        for deadline in waiting:
            due = due_dates(hours[deadline.case_id], now).get(deadline.kind)
            deadline.date_due = due or max(deadline.date_due, now)
        cases = self - waiting.filtered(lambda deadline: deadline.kind == "review").case_id
        for case in cases.with_env(self.env):
            case._open_step("review", due_dates(hours[case], now).get("review", now))

    def _sync_activities(self, fresh=False):
        """Keep exactly one activity per open case: the next step, for the owner, at its date.

        :param bool fresh: the cases were just created and cannot have an activity yet
        """
        types = {
            kind: self.env["ir.model.data"]._xmlid_to_res_id(_shown(step))
            for kind, (_model, step) in self._by_code("_case_steps").items()
        }
        # sudo: mail.activity - the system keeps this activity; it holds a type and a date only.
        # quick update: owners are told once by _tell_owners, not per activity
        activities = self.env["mail.activity"].sudo()
        # and those marked as done are no reminder, in views of archived records either
        activities = activities.with_context(mail_activity_quick_update=True, active_test=True)
        existing = {}
        if not fresh:
            existing = activities.search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("activity_type_id", "in", list(types.values())),
                ]
            ).grouped("res_id")
        lacking, to_remove = {}, activities
        for case in self:
            mine = existing.get(case.id, activities)
            if case.next_step not in types:  # nothing waits, or a step of an addon that is gone
                to_remove |= mine
                continue
            due = fields.Datetime.context_timestamp(case, case.next_deadline).date()
            wanted = (types[case.next_step], case.user_id.id, due)
            kept = mine[:1]
            to_remove |= mine - kept
            if not kept:
                lacking.setdefault((case.next_step, due), []).append((case, case.user_id))
            elif (kept.activity_type_id.id, kept.user_id.id, kept.date_deadline) != wanted:
                names = ("activity_type_id", "user_id", "date_deadline")
                kept.write(dict(zip(names, wanted, strict=True)))
        to_remove.unlink()
        for (kind, due), pairs in lacking.items():
            _model, step = self._by_code("_case_steps")[kind]
            self._plan_activities(_shown(step), pairs, due)

    def _tell_owners(self):
        """Tell owners other than the user that a case is theirs now (content-free mail)."""
        for owner, cases in self.grouped("user_id").items():
            if owner != self.env.user:
                cases[0]._tell_people(
                    partner_ids=owner.partner_id.ids,
                    subject=self.env._("Case assigned"),
                    body=self.env._("You are the owner of this case now."),
                )
