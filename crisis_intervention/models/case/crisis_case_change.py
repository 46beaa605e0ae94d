from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Event
from ...lib.risk import RISK_LEVELS

_lt = LazyTranslate(__name__)


class CrisisCaseChange(models.Model):
    """Why a case changed its level, went back a stage or was reopened: append-only."""

    _name = "crisis.case.change"
    _description = "Case Change"
    _inherit = ["crisis.record"]
    _order = "date desc, id desc"
    _rec_name = "date"

    case_id = fields.Many2one("crisis.case", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        required=True,
        default=lambda self: self.env.uid,
        ondelete="restrict",
    )
    old_level = fields.Selection(RISK_LEVELS)
    new_level = fields.Selection(RISK_LEVELS)
    old_stage_id = fields.Many2one("crisis.stage", ondelete="restrict")
    new_stage_id = fields.Many2one("crisis.stage", ondelete="restrict")
    reason = fields.Text(required=True)
    date_closed = fields.Datetime(
        string="Was Closed", help="Of a case that was reopened: the closing that this ended."
    )
    closed_by_id = fields.Many2one("res.users", ondelete="restrict")

    @api.model
    def _log(self, cases, reason, before):
        """Keep the reason of changes of level and stage.

        :param cases: ``crisis.case`` records after a write
        :param str reason: given by the user
        :param before: dict of case to its ``Facts`` before the write
        """
        changed = cases.filtered(
            lambda case: (
                (case.risk_level, case.stage_id) != (before[case].risk_level, before[case].stage_id)
            )
        )
        # sudo: crisis.case.change - written here only, nobody has the right to write it directly
        self.sudo().create(
            [
                {
                    "case_id": case.id,
                    "old_level": before[case].risk_level,
                    "new_level": case.risk_level,
                    "old_stage_id": before[case].stage_id.id,
                    "new_stage_id": case.stage_id.id,
                    "reason": reason,
                    "date_closed": not case.date_closed and before[case].date_closed,
                    "closed_by_id": not case.date_closed and before[case].closed_by_id.id,
                }
                for case in changed
            ]
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event("change", _lt("Level or stage changed"), "date", "user_id", icon="fa-exchange"),
            Event(
                "closed_before",
                _lt("Case closed before"),
                "date_closed",
                "closed_by_id",
                icon="fa-unlock-alt",
            ),
        )

    def _timeline_detail(self):
        """Return the levels, or the stages, before and after."""
        if self.old_level == self.new_level:
            return f"{self.old_stage_id.name} → {self.new_stage_id.name}"
        levels = dict(self._fields["new_level"]._description_selection(self.env))
        return f"{levels.get(self.old_level, '')} → {levels.get(self.new_level, '')}"
