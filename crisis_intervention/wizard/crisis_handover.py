from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.odoo.res_users import HEAD_TEACHER
from ..roles import PSYCHOLOGY, TRIAGE


class CrisisHandover(models.TransientModel):
    """Gives the open cases and classes of one person to others, before that person leaves."""

    _name = "crisis.handover"
    _description = "Handover"
    _inherit = ["crisis.record"]

    from_user_id = fields.Many2one(
        "res.users", string="Handed over by", required=True, ondelete="cascade"
    )
    case_user_id = fields.Many2one(
        "res.users", string="New Owner of the Cases", domain=lambda self: self._role(PSYCHOLOGY)
    )
    case_ids = fields.Many2many(
        "crisis.case",
        string="Open Cases",
        compute="_compute_case_ids",
        store=True,
        readonly=False,
    )
    head_teacher_id = fields.Many2one(
        "res.users", string="New Head Teacher", domain=lambda self: self._role(HEAD_TEACHER)
    )
    class_ids = fields.Many2many(
        "crisis.class",
        "crisis_handover_class_rel",
        string="Classes Led",
        compute="_compute_class_ids",
        store=True,
        readonly=False,
    )
    psychology_teacher_id = fields.Many2one(
        "res.users", string="New Psychology Teacher", domain=lambda self: self._role(PSYCHOLOGY)
    )
    psychology_class_ids = fields.Many2many(
        "crisis.class",
        "crisis_handover_psychology_class_rel",
        string="Classes Cared for",
        compute="_compute_psychology_class_ids",
        store=True,
        readonly=False,
    )

    measure_user_id = fields.Many2one(
        "res.users",
        string="New Owner of the Measures",
        domain=lambda self: self._role("crisis_intervention.group_staff"),
    )
    measure_ids = fields.Many2many(
        "crisis.measure",
        string="Open Measures",
        compute="_compute_measure_ids",
        store=True,
        readonly=False,
    )

    @api.model
    def _role(self, group):
        """Return the domain of active users who hold ``group``."""
        return [("all_group_ids", "in", self.env.ref(group).ids), ("share", "=", False)]

    # sudo(False) in these: stored fields are computed as superuser, who sees other schools as well

    @api.depends("from_user_id")
    def _compute_case_ids(self):
        """Propose every open case of the person."""
        for wizard in self:
            wizard.case_ids = (
                self.env["crisis.case"]
                .sudo(False)
                .search([("user_id", "=", wizard.from_user_id.id), ("date_closed", "=", False)])
            )

    @api.depends("from_user_id")
    def _compute_class_ids(self):
        """Propose every class the person leads."""
        for wizard in self:
            wizard.class_ids = (
                self.env["crisis.class"]
                .sudo(False)
                .search([("head_teacher_ids", "in", wizard.from_user_id.ids)])
            )

    @api.depends("from_user_id")
    def _compute_psychology_class_ids(self):
        """Propose every class the person cares for as psychology teacher."""
        for wizard in self:
            wizard.psychology_class_ids = (
                self.env["crisis.class"]
                .sudo(False)
                .search([("psychology_teacher_id", "=", wizard.from_user_id.id)])
            )

    @api.depends("from_user_id")
    def _compute_measure_ids(self):
        """Propose every measure the person still has to do."""
        for wizard in self:
            wizard.measure_ids = (
                self.env["crisis.measure"]
                .sudo(False)
                .search(
                    [
                        ("user_id", "=", wizard.from_user_id.id),
                        ("state", "in", ["draft", "todo", "doing"]),
                        ("case_id.date_closed", "=", False),
                    ]
                )
            )

    def action_hand_over(self):
        """Give what is listed to the persons chosen.

        :raises AccessError: the user does not decide on cases
        :raises UserError: something is listed without a new owner
        """
        self.ensure_one()
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(
                self.env._(
                    "Psychology teacher, moral education director or principal hand over cases."
                )
            )
        for duties, successor in (
            (self.case_ids, self.case_user_id),
            (self.class_ids, self.head_teacher_id),
            (self.psychology_class_ids, self.psychology_teacher_id),
            (self.measure_ids, self.measure_user_id),
        ):
            if duties and (not successor or successor == self.from_user_id):
                raise UserError(
                    self.env._(
                        "Choose another person for everything that is listed, or take lines off "
                        "the list and hand them over in a second round."
                    )
                )
        self.case_ids.filtered(lambda case: case.user_id == self.from_user_id).write(
            {"user_id": self.case_user_id.id}
        )
        self.class_ids.write(
            {
                "head_teacher_ids": [
                    Command.unlink(self.from_user_id.id),
                    Command.link(self.head_teacher_id.id),
                ]
            }
        )
        # sudo: crisis.measure - the principal hands over without writing plans; only the owner
        # changes, of measures that the user may read
        self.measure_ids.check_access("read")
        self.measure_ids.sudo().filtered(lambda m: m.user_id == self.from_user_id)._hand_to(
            self.measure_user_id
        )
        self.psychology_class_ids.write({"psychology_teacher_id": self.psychology_teacher_id.id})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Handed over."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
