from odoo import api, fields, models
from odoo.tools.i18n import format_list

from ...lib.risk import RISK_LEVELS, severity


class CrisisStageGate(models.Model):
    """One thing that a stage demands before a case leaves it, from a level on.

    What can be demanded is declared by the kinds of record that meet it.
    """

    _name = "crisis.stage.gate"
    _description = "Gate of a Stage"
    _inherit = ["crisis.record"]
    _order = "stage_id, sequence, id"
    _rec_name = "code"

    stage_id = fields.Many2one("crisis.stage", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    code = fields.Selection(
        selection=lambda self: self._selection_of("_stage_gates"), string="Demanded", required=True
    )
    risk_level = fields.Selection(
        RISK_LEVELS,
        string="From Level",
        help="Cases below this level pass without. Empty: it is asked of all cases.",
    )
    instrument_ids = fields.Many2many(
        "crisis.instrument",
        string="Instruments",
        domain="[('state', '=', 'published')]",
        help="Only forms of these instruments count, in any version. Empty: those of all.",
    )

    @api.depends("code", "instrument_ids")
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_display_name(self):
        """Say what is demanded, and of which instruments as far as the user may know them."""
        labels = dict(self._selection_of("_stage_gates"))
        for gate in self:
            label = labels.get(gate.code, gate.code)
            names = gate.instrument_ids._filtered_access("read").mapped("name")
            gate.display_name = f"{label} ({format_list(self.env, names)})" if names else label

    def _unmet(self, cases):
        """Return those of ``cases`` that have yet to meet this gate.

        Costs as many queries for a thousand cases as for one. What no kind declares, because its
        addon is gone, is met by nobody until the row is deleted.
        """
        self.ensure_one()
        # sudo: facts for the gate, also of records the user may not read; only the name of the
        # gate leaves this method
        facts = cases.sudo()
        asked = facts.filtered(
            lambda case: severity(case._running_level()) >= severity(self.risk_level)
        )
        model, _gate = self._by_code("_stage_gates").get(self.code, (None, None))
        met = facts.browse()
        if asked and model:
            met = self.env[model].sudo()._cases_meeting_gate(self.sudo(), asked)
        return cases & (asked - met)
