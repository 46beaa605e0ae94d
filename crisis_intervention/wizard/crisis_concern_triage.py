from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..roles import TRIAGE
from ..sealed_fields import SealedText
from ..sealed_reading import typed


class CrisisConcernTriage(models.TransientModel):
    """Decides on a report: open a case, attach it to the open one, or dismiss it."""

    _name = "crisis.concern.triage"
    _description = "Decide on a Report"
    _inherit = ["crisis.confidential"]

    concern_id = fields.Many2one("crisis.concern", required=True, ondelete="cascade")
    decision = fields.Selection(
        [("case", "Verified: case"), ("none", "Dismiss")], required=True, default="case"
    )
    # what is proposed is searched with sudo(False): superuser would propose hidden reports
    line_ids = fields.One2many(
        "crisis.concern.triage.line",
        "triage_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    join_ids = fields.Many2many(
        "crisis.concern",
        string="Decide Together With",
        compute="_compute_join_ids",
        store=True,
        readonly=False,
        help="Other waiting reports about the same students. They get the same decision.",
    )
    candidate_ids = fields.Many2many("crisis.concern", compute="_compute_candidates")
    situation_ids = fields.Many2many(
        "crisis.mandatory.situation",
        string="Must Be Reported By Law",
        help="The nine situations in which the law makes the school report at once. A tick starts "
        "a clock in each case, until it is reported or the principal decides otherwise.",
    )
    dismiss_reason = SealedText(help="Why no case is needed; kept with the report.")

    @api.depends("concern_id")
    def _compute_candidates(self):
        """Find the other waiting reports about these students."""
        for triage in self:
            triage.candidate_ids = (
                self.env["crisis.concern"]
                .sudo(False)
                .search(
                    [
                        ("student_ids", "in", triage.concern_id.student_ids.ids),
                        ("state", "=", "received"),
                        ("id", "!=", triage.concern_id.id),
                    ]
                )
            )

    @api.depends("concern_id", "decision")
    def _compute_join_ids(self):
        """Propose the waiting reports that are about these students only."""
        for triage in self:
            students = triage.concern_id.student_ids
            triage.join_ids = triage.candidate_ids.filtered(
                lambda other, students=students: other.student_ids <= students
            )

    @api.depends("concern_id", "decision")
    def _compute_line_ids(self):
        """Propose one line per student; further reports taken in later leave the lines alone."""
        for triage in self:
            concern = triage.concern_id
            red = "red" in (concern | triage.join_ids).mapped("risk_level")
            triage.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "student_id": student.id,
                        "risk_level": "red" if red else False,
                        "category_ids": [Command.set(concern.category_ids.ids)],
                    }
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
        if self.decision == "none":
            involved = involved.browse()
        self._check_complete(involved)
        if not involved:
            concerns._handle(
                {"outcome": "dismissed", "dismiss_reason": typed(self, "dismiss_reason")}
            )
            return {"type": "ir.actions.act_window_close"}
        had_open_case = involved.open_case_id
        cases = self.env["crisis.case"]._open_from_concerns(
            [line._case_values(concerns) for line in involved]
        )
        self._note_situations(cases)
        concerns._handle(
            {
                "outcome": "case_opened" if cases - had_open_case else "attached",
                "dismiss_reason": typed(self, "dismiss_reason"),
            }
        )
        if len(cases) == 1:
            return cases._action_form()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_case_action"
            ),
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", cases.ids)],
        }

    def _note_situations(self, cases):
        """Start the clock of a report that the law demands, in each case."""
        if self.situation_ids:
            self.env["crisis.mandatory.report"]._make(
                [
                    {
                        "case_id": case.id,
                        "situation_ids": [Command.set(self.situation_ids.ids)],
                    }
                    for case in cases
                ]
            )

    def _check_complete(self, involved):
        """Demand a decision about every student of every report.

        :param involved: lines whose student gets a case
        :raises UserError: says what is missing
        """
        dismisses = not involved or self.line_ids - involved
        if dismisses and not (typed(self, "dismiss_reason") or "").strip():
            raise UserError(
                self.env._("Say why no case is needed for a student, or choose a case for all.")
            )
        if len(involved.student_id) != len(involved):
            raise UserError(self.env._("A student stands in two lines: keep one of them."))
        if not all(line.risk_level or line.open_case_id for line in involved):
            raise UserError(self.env._("Choose a risk level for every student who gets a case."))
        known = self.line_ids.student_id | self.concern_id.student_ids
        for other in self.join_ids:
            if other.student_ids - known:
                raise UserError(
                    self.env._(
                        "Report %(reference)s is about further students. Add a line for each of "
                        "them, or take the report out and decide on it separately.",
                        reference=other.name,
                    )
                )

    def _lock(self, concerns):
        """Make sure that nobody else decides on these reports.

        :raises UserError: somebody does, or has done so
        """
        concerns._lock_rows(
            self.env._("Somebody else is deciding on this report just now. Please reload.")
        )
        concerns.invalidate_recordset(["state"])
        if any(concern.state != "received" for concern in concerns):
            raise UserError(
                self.env._("Somebody else has decided on this report meanwhile. Please reload.")
            )
