from odoo import api, fields, models
from odoo.exceptions import UserError

from ..deadlines import STEP_KINDS


class CrisisDeadline(models.Model):
    """A step of a case that the response standard demands by a certain moment."""

    _name = "crisis.deadline"
    _description = "Case Deadline"
    _order = "date_done desc, date_due, id"
    _rec_name = "kind"

    case_id = fields.Many2one("crisis.case", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(STEP_KINDS, string="Step", required=True, readonly=True)
    date_due = fields.Datetime(string="Due", required=True, readonly=True)
    date_done = fields.Datetime(string="Done", readonly=True)
    done_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    is_overdue = fields.Boolean(compute="_compute_is_overdue")

    _open_kind_uniq = models.UniqueIndex(
        "(case_id, kind) WHERE date_done IS NULL", "This step is waiting in the case already."
    )

    @api.depends("date_due", "date_done")
    def _compute_is_overdue(self):
        """Compare with the clock; never stored, as stored flags do not age."""
        now = fields.Datetime.now()
        for deadline in self:
            deadline.is_overdue = not deadline.date_done and deadline.date_due < now

    def action_done(self):
        """Record that the steps were done now, by the user (who may write the case)."""
        self.case_id.check_access("write")
        if self.filtered("date_done"):
            raise UserError(self.env._("This step is done already."))
        self.case_id._finish_steps(self)

    def action_undo(self):
        """Take back a step marked done by mistake (by somebody who may write the case)."""
        self.case_id.check_access("write")
        self.case_id._reopen_steps(self)
