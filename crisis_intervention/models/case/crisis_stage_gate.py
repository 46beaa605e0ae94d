from odoo import fields, models
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

    def _unmet(self, cases):
        """Return those of ``cases`` that have yet to meet this gate.

        Costs as many queries for a thousand cases as for one.
        """
        self.ensure_one()
        # sudo: facts for the gate, also of records the user may not read; only the name of the
        # gate leaves this method
        facts = cases.sudo()
        asked = facts.filtered(
            lambda case: severity(case._running_level()) >= severity(self.risk_level)
        )
        model, _gate = self._by_code("_stage_gates").get(self.code, (None, None))
        if not asked or not model:
            return cases.browse()  # nobody can meet what an addon demanded that is gone
        met = self.env[model].sudo()._cases_meeting_gate(self.sudo(), asked)
        return cases & (asked - met)

    def _label(self):
        """Return what is demanded in the user's language, with the instruments that count."""
        self.ensure_one()
        label = dict(self._selection_of("_stage_gates")).get(self.code, self.code)
        names = self.instrument_ids.mapped("name")
        return f"{label} ({format_list(self.env, names)})" if names else label
