from odoo import fields, models


class CrisisClassMoveLine(models.Model):
    """What a move did to one class."""

    _name = "crisis.class.move.line"
    _description = "Class of a Move"
    _inherit = ["crisis.record"]
    _order = "grade, id"
    _rec_name = "label"

    move_id = fields.Many2one(
        "crisis.class.move", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="move_id.company_id", store=True, index=True, precompute=True
    )
    class_id = fields.Many2one(
        "crisis.class", required=True, readonly=True, index=True, ondelete="restrict"
    )
    label = fields.Char(string="Class Before", required=True, readonly=True)
    next_label = fields.Char(string="Class Afterwards", readonly=True)
    grade = fields.Integer(
        string="Grade Before", required=True, readonly=True, index=True, aggregator=None
    )
    leaves = fields.Boolean(readonly=True)
    student_count = fields.Integer(string="Students", readonly=True)

    def _put_back(self, year):
        """Give the class of this line its grade and ``year`` again."""
        self.ensure_one()
        # sudo: crisis.class - the one that the move changed, unchanged since; rights were checked
        class_ = self.class_id.sudo()
        class_.write({"grade": self.grade, "school_year": year, "active": True})
        class_.flush_recordset()
