from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list

from ...roles import TRIAGE
from .crisis_stage import GATES

# Gates that a record in one of these states meets.
GATE_RECORDS = {
    "assessment": ("crisis.assessment", ["done", "refused"]),
    "plan": ("crisis.plan", ["waiting", "active", "replaced"]),
    "plan_approval": ("crisis.plan", ["active", "replaced"]),
    "session": ("crisis.session", ["signed"]),
    "review": ("crisis.review", ["signed"]),
}


class CrisisCaseGates(models.AbstractModel):
    """The stage of a case: gates, the checklist towards the next stage, moving on and back."""

    _name = "crisis.case.gates"
    _description = "Stages of a Case"

    stage_id = fields.Many2one(
        "crisis.stage",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        copy=False,
        default=lambda self: self.env["crisis.stage"]._in_order()[:1],
        group_expand="_read_group_stage_ids",
    )
    date_last_stage_update = fields.Datetime(
        string="In Stage Since", default=fields.Datetime.now, readonly=True, copy=False
    )
    verified_at = fields.Datetime(readonly=True, copy=False, groups=TRIAGE)
    verified_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict", groups=TRIAGE
    )
    next_stage_id = fields.Many2one(
        "crisis.stage", compute="_compute_next_stage", groups=TRIAGE, compute_sudo=False
    )
    gate_checklist = fields.Json(
        compute="_compute_next_stage",
        groups=TRIAGE,
        help="What the next stage asks for: list of {code, label, met}.",
    )
    gates_met = fields.Boolean(compute="_compute_next_stage", groups=TRIAGE)
    is_first_stage = fields.Boolean(compute="_compute_next_stage", groups=TRIAGE)

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """Show every stage as a column, empty ones too."""
        return stages._in_order()

    @api.depends(
        "stage_id",
        "risk_level",
        "verified_at",
        "outcome",
        "closing_summary",
        "assessment_ids.state",
        "plan_ids.state",
        "session_ids.state",
        "review_ids.state",
    )
    @api.depends_context("lang")
    def _compute_next_stage(self):
        """Show what is still missing before the case may go on."""
        stages = self.env["crisis.stage"]._in_order()
        met = self._met_gates()
        labels = dict(self._gate_labels())
        for case in self:
            later = stages.filtered(lambda s, case=case: s.sequence > case.stage_id.sequence)
            case.next_stage_id = later[:1]
            case.is_first_stage = case.stage_id == stages[:1]
            wanted = case.stage_id._gates() if case.stage_id else []
            case.gate_checklist = [
                {"code": code, "label": labels[code], "met": code in met[case]} for code in wanted
            ]
            case.gates_met = met[case].issuperset(wanted)

    @api.model
    def _gate_labels(self):
        """Return (gate code, label in the user's language) pairs."""
        translations = {
            "verified": self.env._("Crisis verified"),
            "level": self.env._("Risk level set"),
            "assessment": self.env._("Assessment done"),
            "plan": self.env._("Intervention plan made"),
            "plan_approval": self.env._("Plan approved"),
            "session": self.env._("Intervention session held"),
            "review": self.env._("Review done"),
            "summary": self.env._("Outcome and closing summary written"),
        }
        return [(code, translations[code]) for code in GATES]

    def _met_gates(self):
        """Return dict of case to the set of gate codes whose conditions it fulfils."""
        result = {case: set() for case in self}
        for code, (model, states) in GATE_RECORDS.items():
            # sudo: facts for the gates; only gate names leave the method
            found = (
                self.env[model]
                .sudo()
                ._read_group([("case_id", "in", self.ids), ("state", "in", states)], ["case_id"])
            )
            with_record = {case.id for (case,) in found}
            for case in self:
                if case._origin.id in with_record:
                    result[case].add(code)
        # sudo: crisis.case - see above
        for case, facts in zip(self, self.sudo(), strict=True):
            policy = case._policy()
            if facts.verified_at:
                result[case].add("verified")
            if facts.risk_level:
                result[case].add("level")
            if facts.outcome and (facts.closing_summary or "").strip():
                result[case].add("summary")
            if policy and not policy.hours_plan:
                result[case] |= {"plan", "plan_approval"}
        return result

    def _check_moves(self, old_stages):
        """Check the gates of every stage that was left or jumped over.

        :param old_stages: dict of case to the ``crisis.stage`` it comes from
        :raises UserError: names each case and what it still needs
        """
        forward = self.filtered(lambda c: c.stage_id.sequence > old_stages[c].sequence)
        if not forward:
            return
        stages = self.env["crisis.stage"]._in_order()
        met = forward._met_gates()
        labels = dict(self._gate_labels())
        problems = []
        for case in forward:
            start, end = old_stages[case].sequence, case.stage_id.sequence
            for stage in stages.filtered(lambda s, a=start, b=end: a <= s.sequence < b):
                missing = [labels[code] for code in stage._gates() if code not in met[case]]
                if missing:
                    problems.append(
                        self.env._(
                            "%(case)s cannot leave the stage “%(stage)s” yet. Missing: %(gates)s.",
                            case=case.name,
                            stage=stage.name,
                            gates=format_list(self.env, missing),
                        )
                    )
        if problems:
            raise UserError("\n".join(problems))

    def _check_moves_back(self, stage_id, reason):
        """Demand a reason for going back, and a free place for reopening.

        :raises UserError: no reason is given
        :raises RedirectWarning: a closed case would become a second open one
        """
        stage = self.env["crisis.stage"].browse(stage_id)
        back = self.filtered(lambda case: stage.sequence < case.stage_id.sequence)
        if back and not reason:
            raise UserError(
                self.env._("Say why the case goes back: use the button Move Back on the case.")
            )
        reopened = back.filtered("date_closed")
        if reopened and not stage.closed:
            self._refuse_second_case(reopened.student_id)

    def _arrive(self, old_stages):
        """Finish a move between stages: gates, dates, deadlines.

        :param old_stages: dict of case to the ``crisis.stage`` it comes from
        """
        self._check_moves(old_stages)
        now = fields.Datetime.now()
        closing = self.filtered(lambda case: case.stage_id.closed)
        closing._check_closing(old_stages)
        reopened = self.filtered(lambda case: case.date_closed) - closing
        # sudo: crisis.case - dates kept by the system; the caller's right to write was checked
        self.sudo().write({"date_last_stage_update": now})
        if closing:
            closing.sudo().write({"date_closed": now, "closed_by_id": self.env.uid})
            closing._end_with_case()
        if reopened:
            # archived ones come back into sight
            reopened.sudo().write({"date_closed": False, "closed_by_id": False, "active": True})
            reopened._restart_steps()
        if closing or reopened:
            self._sync_activities()

    def action_next_stage(self):
        """Move on to the next stage; its gates are checked as on every way."""
        for case in self:
            if case.next_stage_id:
                case.stage_id = case.next_stage_id

    def action_verify(self):
        """Confirm that the crisis is real (opened without a report, so nobody has verified it)."""
        self.check_access("write")
        todo = self.filtered(lambda case: not case.verified_at)
        # sudo: crisis.case - kept by the system; the right to write was checked above
        todo.sudo().write({"verified_at": fields.Datetime.now(), "verified_by_id": self.env.uid})
        todo._message_log_batch(
            bodies=dict.fromkeys(todo.ids, self.env._("The crisis was verified."))
        )

    def action_gate(self, code):
        """Do or open what gate ``code`` of the checklist asks for.

        :param str code: one of the codes in ``GATES``
        :return: window action to do it, or None when it was done at once (verification)
        :raises UserError: the code is unknown
        """
        self.ensure_one()
        self.check_access("write")
        if code not in GATES:
            raise UserError(self.env._("This requirement does not exist."))
        if code == "verified":
            return self.action_verify()
        if code == "level":
            return self.action_change_level()
        if code == "assessment":
            return self._action_new_assessment()
        if code == "summary":
            return self._action_wizard("crisis_case_change_view_form_summary")
        return self._action_step(code)

    def action_move_back(self):
        """Open the dialog that moves the case back and asks why."""
        return self._action_wizard("crisis_case_change_view_form_back")

    def _action_wizard(self, view):
        """Return the dialog ``view`` of the change wizard for this case."""
        self.ensure_one()
        return self.env["crisis.case.change.wizard"]._action_form(
            name=self.name,
            views=[(self.env.ref(f"crisis_intervention.{view}").id, "form")],
            target="new",
            context={"default_case_id": self.id},
        )

    def _stage_to_reopen(self):
        """Return the stage in which a reopened case goes on: the intervention."""
        stages = self.env["crisis.stage"]._in_order()
        return stages.filtered("gate_session")[-1:] or stages[:1]
