from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError

from ..roles import TRIAGE


class CrisisConcernTriage(models.TransientModel):
    """Decides on a report: open a case, attach it to the open one, or dismiss it."""

    _name = "crisis.concern.triage"
    _description = "Decide on a Report"

    concern_id = fields.Many2one("crisis.concern", required=True, ondelete="cascade")
    decision = fields.Selection(
        [("case", "Verified: case"), ("none", "Dismiss")], required=True, default="case"
    )
    line_ids = fields.One2many(
        "crisis.concern.triage.line",
        "triage_id",
        compute="_compute_lines",
        store=True,
        readonly=False,
    )
    join_ids = fields.Many2many(
        "crisis.concern",
        string="Decide Together With",
        compute="_compute_lines",
        store=True,
        readonly=False,
        help="Other waiting reports about the same students. They get the same decision.",
    )
    candidate_ids = fields.Many2many("crisis.concern", compute="_compute_candidates")
    dismiss_reason = fields.Text(help="Why no case is needed; kept with the report.")

    @api.depends("concern_id")
    def _compute_candidates(self):
        """Find the other waiting reports about these students."""
        for triage in self:
            triage.candidate_ids = self.env["crisis.concern"].search(
                [
                    ("student_ids", "in", triage.concern_id.student_ids.ids),
                    ("state", "=", "received"),
                    ("id", "!=", triage.concern_id.id),
                ]
            )

    @api.depends("concern_id", "decision")
    def _compute_lines(self):
        """Propose one line per student, with the open case where there is one."""
        for triage in self:
            concern = triage.concern_id
            triage.join_ids = triage.candidate_ids
            triage.line_ids = [(5, 0, 0)] + [
                (
                    0,
                    0,
                    {
                        "student_id": student.id,
                        "involved": triage.decision == "case",
                        "risk_level": concern.risk_level,
                        "category_ids": [(6, 0, concern.category_ids.ids)],
                    },
                )
                for student in concern.student_ids
            ]

    def action_confirm(self):
        """Carry the decision out.

        :return: action that opens the case, or closes the dialog
        :raises AccessError: the user does not decide on reports
        :raises UserError: somebody else has decided meanwhile, or something is missing
        """
        self.ensure_one()
        concerns = self.concern_id | self.join_ids
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You do not decide on reports."))
        concerns.check_access("write")
        self._lock(concerns)
        involved = self.line_ids.filtered("involved")
        if (self.line_ids - involved or not involved) and not (self.dismiss_reason or "").strip():
            raise UserError(
                self.env._("Say why no case is needed for a student, or choose a case for all.")
            )
        if not involved:
            concerns._handle({"outcome": "dismissed", "dismiss_reason": self.dismiss_reason})
            return {"type": "ir.actions.act_window_close"}
        if not all(line.risk_level or line.open_case_id for line in involved):
            raise UserError(self.env._("Choose a risk level for every student who gets a case."))
        had_open_case = involved.open_case_id
        cases = self.env["crisis.case"]._open_from_concerns(
            [line._case_values(concerns) for line in involved]
        )
        concerns._handle(
            {
                "outcome": "case_opened" if cases - had_open_case else "attached",
                "dismiss_reason": self.dismiss_reason,
            }
        )
        if len(cases) == 1:
            return cases._action_open()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_case_action"
            ),
            "domain": [("id", "in", cases.ids)],
        }

    def _lock(self, concerns):
        """Make sure that nobody else decides on these reports.

        :raises UserError: somebody does, or has done so
        """
        try:
            concerns.lock_for_update()
        except LockError:
            raise UserError(
                self.env._("Somebody else is deciding on this report just now. Please reload.")
            ) from None
        concerns.invalidate_recordset(["state"])
        if any(concern.state != "received" for concern in concerns):
            raise UserError(
                self.env._("Somebody else has decided on this report meanwhile. Please reload.")
            )
