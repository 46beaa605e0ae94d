from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...roles import PRINCIPAL


class CrisisLegalHold(models.Model):
    """A reason for which a file must not be destroyed: a court, an investigation, a complaint."""

    _name = "crisis.legal.hold"
    _description = "Legal Hold"
    _number_prefix = "LH"
    _inherit = ["crisis.kept.record"]
    _order = "id desc"
    _check_company_auto = True
    _locked_states = frozenset(("active", "lifted"))
    _later_fields = frozenset(("lift_reason",))

    case_id = fields.Many2one(
        "crisis.case", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Ordered By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    reason = fields.Text(
        required=True, help="Who asked for it, with which letter; what it is needed for."
    )
    date = fields.Datetime(
        string="Since", required=True, readonly=True, default=fields.Datetime.now
    )
    state = fields.Selection(
        [("active", "In force"), ("lifted", "Lifted")],
        default="active",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    lift_reason = fields.Text(string="Why It Is Lifted", copy=False)
    date_lifted = fields.Datetime(string="Lifted On", readonly=True, copy=False)
    lifted_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")

    def action_lift(self):
        """Let the file go on to its destruction.

        :raises AccessError: somebody else than the principal lifts it
        :raises UserError: nothing says why
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The principal lifts a legal hold."))
        self._lock_in("active")
        if not (self.lift_reason or "").strip():
            raise UserError(self.env._("Write why it is lifted."))
        self._set(
            {
                "state": "lifted",
                "date_lifted": fields.Datetime.now(),
                "lifted_by_id": self.env.uid,
            }
        )
