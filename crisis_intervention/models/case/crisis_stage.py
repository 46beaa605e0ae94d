from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ...roles import CONFIGURATOR, TRIAGE

# Those who move cases, and who set up what they have to show.
GATEKEEPERS = f"{TRIAGE},{CONFIGURATOR}"


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
    gate_ids = fields.One2many(
        "crisis.stage.gate",
        "stage_id",
        string="Before a Case May Leave It",
        copy=True,
        groups=GATEKEEPERS,
    )
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
