from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Gate
from ...roles import TRIAGE

_lt = LazyTranslate(__name__)


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
        help="What the next stage asks for: list of {id, code, label, met}.",
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
        "stage_id.gate_ids.code",
        "stage_id.gate_ids.risk_level",
        "stage_id.gate_ids.instrument_ids",
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
        missing = self._missing_gates({case: case.stage_id.gate_ids for case in self})
        for case in self:
            later = stages.filtered(lambda s, case=case: s.sequence > case.stage_id.sequence)
            case.next_stage_id = later[:1]
            case.is_first_stage = case.stage_id == stages[:1]
            case.gate_checklist = [
                {
                    "id": gate.id,
                    "code": gate.code,
                    "label": gate.display_name,
                    "met": gate not in missing[case],
                }
                for gate in case.stage_id.gate_ids
            ]
            case.gates_met = not missing[case]

    @api.model
    def _stage_gates(self):
        """Declare what a case itself has to show."""
        return (
            *super()._stage_gates(),
            Gate("verified", _lt("Crisis verified"), sequence=10),
            Gate("level", _lt("Risk level set"), sequence=20),
            Gate("summary", _lt("Outcome and closing summary written"), sequence=80),
        )

    @api.model
    def _cases_meeting_gate(self, gate, cases):
        """Look at the case itself where it meets its gate; see ``_stage_gates``."""
        conditions = {
            "verified": lambda case: case.verified_at,
            "level": lambda case: case.risk_level,
            "summary": lambda case: case.outcome and (case.closing_summary or "").strip(),
        }
        if gate.code in conditions:
            return cases.filtered(conditions[gate.code])
        return super()._cases_meeting_gate(gate, cases)

    def _missing_gates(self, asked):
        """Return dict of case to those gates asked of it that it has yet to meet.

        :param asked: dict of case to ``crisis.stage.gate`` records
        """
        gates = self.env["crisis.stage.gate"].union(*asked.values())
        missing = dict.fromkeys(self, gates.browse())
        for gate in gates:
            for case in gate._unmet(self.filtered(lambda c, gate=gate: gate in asked[c])):
                missing[case] |= gate
        return missing

    def _check_moves(self, old_stages):
        """Check the gates of every stage that was left or jumped over.

        :param old_stages: dict of case to the ``crisis.stage`` it comes from
        :raises UserError: names each case and what it still needs
        """
        forward = self.filtered(lambda c: c.stage_id.sequence > old_stages[c].sequence)
        if not forward:
            return
        stages = self.env["crisis.stage"]._in_order()
        left = {
            case: stages.filtered(
                lambda s, case=case: (
                    old_stages[case].sequence <= s.sequence < case.stage_id.sequence
                )
            )
            for case in forward
        }
        missing = forward._missing_gates({case: left[case].gate_ids for case in forward})
        problems = [
            self.env._(
                "%(case)s cannot leave the stage “%(stage)s” yet. Missing: %(gates)s.",
                case=case.name,
                stage=stage.name,
                gates=format_list(self.env, gates.mapped("display_name")),
            )
            for case in forward
            for stage, gates in missing[case].grouped("stage_id").items()
        ]
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
        closing._check_closing()
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
        """Move on to the next stage; its gates are checked as on every way.

        The form sends the stage that it shows: pressed twice, the case moves once.

        :raises UserError: the case has moved since
        """
        seen = self.env.context.get("crisis_seen")
        if seen and self.stage_id.ids != [seen]:
            raise UserError(self.env._("Somebody else has done this meanwhile. Please reload."))
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

        :param str code: one that a kind of record declares
        :return: window action to do it, or None when it was done at once (verification)
        :raises UserError: the code is unknown
        """
        self.ensure_one()
        self.check_access("write")
        model, _gate = (
            self.env["crisis.stage.gate"]._by_code("_stage_gates").get(code, (None, None))
        )
        if not model:
            raise UserError(self.env._("This requirement does not exist."))
        return self.env[model]._action_meet_gate(code, self)

    @api.model
    def _action_meet_gate(self, code, case):
        """Do or open what meets a gate of the case itself."""
        if code == "verified":
            return case.action_verify()
        if code == "level":
            return case.action_change_level()
        if code == "summary":
            return case._action_wizard("crisis_case_change_view_form_summary")
        return super()._action_meet_gate(code, case)

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
        treating = stages.filtered(lambda stage: "session" in stage.gate_ids.mapped("code"))
        return treating[-1:] or stages[:1]
