from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

# What a stage may demand before a case leaves it. All but the first two and the last are met by
# a step of the same name (crisis.deadline) that is done.
GATES = (
    "verified",
    "level",
    "assessment",
    "plan",
    "plan_approval",
    "session",
    "review",
    "summary",
)


class CrisisStage(models.Model):
    """Stage of a case, with its gates: what must be there before a case may leave it."""

    _name = "crisis.stage"
    _description = "Intervention Stage"
    _inherit = ["crisis.record"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        translate=True, help="What is done in this stage, and by whom; shown above the column."
    )
    sequence = fields.Integer(default=10)
    fold = fields.Boolean(string="Folded in Kanban")
    closed = fields.Boolean(
        string="Closing Stage",
        help="Cases that arrive here are closed: their deadlines stop, and the student may get a "
        "new case. Exactly one stage closes.",
    )
    rotting_threshold_days = fields.Integer(
        string="Days to Rot",
        help="A case that stays longer in this stage is marked on its card. 0 turns it off.",
    )
    gate_verified = fields.Boolean(string="Needs Verification")
    gate_level = fields.Boolean(string="Needs a Risk Level")
    gate_assessment = fields.Boolean(string="Needs an Assessment")
    gate_plan = fields.Boolean(string="Needs a Plan")
    gate_plan_approval = fields.Boolean(string="Needs an Approved Plan")
    gate_session = fields.Boolean(string="Needs a Session")
    gate_review = fields.Boolean(string="Needs a Review")
    gate_summary = fields.Boolean(string="Needs a Closing Summary")
    active = fields.Boolean(default=True)

    @api.constrains("closed", "active", "sequence")
    def _check_one_closing_stage(self):
        """Demand exactly one closing stage, the last one: a case must have a way out."""
        stages = self._in_order()
        closing = stages.filtered("closed")
        if len(closing) != 1 or closing != stages[-1]:
            raise ValidationError(
                self.env._("Exactly one stage closes a case, and it is the last one.")
            )

    @api.constrains("active")
    def _check_no_case_left(self):
        """Refuse to archive a stage that still holds cases: they would vanish from the board."""
        # sudo: crisis.case - only whether any exists; configurators may not read cases
        archived = self.filtered(lambda stage: not stage.active)
        if self.env["crisis.case"].sudo().search_count([("stage_id", "in", archived.ids)], limit=1):
            raise ValidationError(
                self.env._("Cases are still in this stage. They must be moved on first.")
            )

    @api.model
    def _in_order(self):
        """Return all stages in use, in their order."""
        return self.browse(self._ordered_ids())

    @tools.ormcache()
    def _ordered_ids(self):
        """Return the ids of all stages in use; every board and every move asks for them."""
        # sudo: crisis.stage - the cache is shared by all users; stages are the same for all
        return tuple(self.sudo().search([("active", "=", True)])._ids)

    @api.model_create_multi
    def create(self, vals_list):
        """Add stages and forget the cached order."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Change stages and forget the cached order."""
        self.env.registry.clear_cache()
        return super().write(vals)

    def _gates(self):
        """Return the codes of the gates that are on, in the order of ``GATES``."""
        self.ensure_one()
        return [code for code in GATES if self[f"gate_{code}"]]
