from odoo import api, fields, models

from ..school.crisis_team_member import DUTIES

# Stands for the duty of people who pressed the red button for what ran already.
PRESSED = "pressed"


class CrisisEmergencyAlert(models.Model):
    """That one person was alerted to an emergency, for which duties, and when there was an answer."""

    _name = "crisis.emergency.alert"
    _description = "Alert of an Emergency"
    _inherit = ["crisis.record"]
    _order = "id"
    _rec_name = "user_id"

    emergency_id = fields.Many2one(
        "crisis.emergency", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="emergency_id.company_id", store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(
        "res.users", string="Person", required=True, ondelete="restrict", index=True
    )
    duties = fields.Char(
        string="Codes of Duties", required=True, help="Codes of the duties, with commas."
    )
    duty_labels = fields.Char(string="Duties", compute="_compute_duty_labels")
    phone = fields.Char()
    stand_in_ids = fields.Many2many("res.users", string="Stand-ins")
    stand_in_for_id = fields.Many2one("res.users", string="Stands in For", ondelete="restrict")
    date = fields.Datetime(string="Alerted", required=True)
    date_due = fields.Datetime(string="Answer By", required=True)
    date_acknowledged = fields.Datetime(string="Acknowledged")
    date_passed_on = fields.Datetime(
        string="Passed On", help="When the stand-in was called, or nobody was there to call."
    )

    _person_uniq = models.Constraint(
        "UNIQUE (emergency_id, user_id)", "This person is alerted to this emergency already."
    )
    _waiting_idx = models.Index(
        "(date_due) WHERE date_acknowledged IS NULL AND date_passed_on IS NULL"
    )

    @api.depends("duties")
    @api.depends_context("lang")
    def _compute_duty_labels(self):
        """Name the duties in the reader's language."""
        labels = dict(
            self.env["crisis.team.member"]._fields["duty"]._description_selection(self.env)
        )
        for alert in self:
            alert.duty_labels = ", ".join(labels[code] for code in alert._codes())
            if alert.duties == PRESSED:
                alert.duty_labels = self.env._("Pressed the red button too")

    def _codes(self):
        """Return the codes of the duties of this alert, in the order of the plan."""
        mine = set((self.duties or "").split(","))
        return [code for code, _label in DUTIES if code in mine]
