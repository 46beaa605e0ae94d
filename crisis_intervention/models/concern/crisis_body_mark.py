from odoo import api, fields, models
from odoo.exceptions import UserError


class CrisisBodyMark(models.Model):
    """A mark on the body, as seen by the reporter: place on a figure, size, colour."""

    _name = "crisis.body.mark"
    _description = "Mark on the Body"
    _inherit = ["crisis.record"]
    _order = "id"
    _rec_name = "kind"

    concern_id = fields.Many2one("crisis.concern", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        related="concern_id.company_id", store=True, index=True, precompute=True
    )
    side = fields.Selection([("front", "Front"), ("back", "Back")], required=True, default="front")
    x = fields.Float(required=True, help="Percent of the figure's width, from the left.")
    y = fields.Float(required=True, help="Percent of the figure's height, from the top.")
    kind = fields.Selection(
        [
            ("bruise", "Bruise"),
            ("cut", "Cut"),
            ("burn", "Burn"),
            ("swelling", "Swelling"),
            ("scar", "Scar"),
            ("other", "Other"),
        ],
        required=True,
        default="bruise",
    )
    size_mm = fields.Integer(string="Size (mm)")
    colour = fields.Selection(
        [
            ("red", "Red"),
            ("blue", "Blue or purple"),
            ("green", "Green or yellow"),
            ("brown", "Brown or black"),
            ("skin", "As the skin"),
        ]
    )
    note = fields.Char()

    _place_range = models.Constraint(
        "CHECK(x BETWEEN 0 AND 100 AND y BETWEEN 0 AND 100)",
        "A mark lies on the figure: choose its place again.",
    )
    _size_positive = models.Constraint(
        "CHECK(size_mm >= 0)", "The size of a mark is given in millimetres, 0 or more."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Add marks together with their report only.

        :raises UserError: the report was submitted before
        """
        marks = super().create(vals_list)
        # a reference is drawn when the report is complete: before that it is being submitted
        if any(mark.concern_id.name for mark in marks):
            raise UserError(self.env._("The report is submitted. Write an addition instead."))
        return marks

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change.

        :raises UserError: always
        """
        raise UserError(self.env._("A submitted report is never changed. Write an addition."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was reported."""
        raise UserError(self.env._("Marks are never deleted."))
