from odoo import api, fields, models
from odoo.exceptions import UserError

from ...roles import CONFIDENTIAL


class CrisisCase(models.Model):
    """The end of a file: kept until its day, held where the law wants it, then anonymised."""

    _inherit = "crisis.case"

    date_destroyed = fields.Datetime(
        string="Destroyed On",
        readonly=True,
        copy=False,
        help="Since then nothing in it leads to the student: level, kinds and dates remain.",
    )
    hold_ids = fields.One2many(
        "crisis.legal.hold", "case_id", string="Legal Holds", readonly=True, groups=CONFIDENTIAL
    )
    on_hold = fields.Boolean(string="Legal Hold", compute="_compute_on_hold", groups=CONFIDENTIAL)

    @api.depends("hold_ids.state")
    def _compute_on_hold(self):
        """Tell whether anything forbids to destroy the file."""
        for case in self:
            case.on_hold = any(hold.state == "active" for hold in case.hold_ids)

    @api.constrains("date_closed")
    def _check_not_destroyed(self):
        """Refuse to go on with a file that is gone."""
        if self.filtered(lambda case: case.date_destroyed and not case.date_closed):
            raise UserError(
                self.env._("This file was destroyed: open a new case for the student instead.")
            )

    def action_hold(self):
        """Begin a legal hold of this case."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Legal Hold"),
            "res_model": "crisis.legal.hold",
            "views": [(False, "form")],
            "context": {"default_case_id": self.id},
        }

    def _destroy(self):
        """Anonymise these cases for good; expects an approved and witnessed destruction.

        :return: dict of counts for the destruction record
        """
        # sudo: crisis.access.grant, crisis.deadline - ends what is still open about the file
        grants = (
            self.env["crisis.access.grant"]
            .sudo()
            .search([("case_id", "in", self.ids), ("state", "in", ["draft", "waiting", "active"])])
        )
        grants._set({"state": "revoked", "date_revoked": fields.Datetime.now()})
        self.env["crisis.deadline"].sudo().search(
            [("case_id", "in", self.ids), ("date_done", "=", False)]
        ).write({"date_done": fields.Datetime.now()})
        return self.env["crisis.erasure"]._erase_cases(self)
