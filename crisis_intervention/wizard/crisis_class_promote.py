from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..lib import school_year
from ..roles import TRIAGE


class CrisisClassPromote(models.TransientModel):
    """Moves the classes of a school up at the end of a school year."""

    _name = "crisis.class.promote"
    _description = "Move Classes Up"
    _inherit = ["crisis.record"]

    company_id = fields.Many2one(
        "res.company",
        string="School",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    from_year = fields.Char(
        string="From School Year", compute="_compute_plan", help="The oldest year still running."
    )
    to_year = fields.Char(string="To School Year", compute="_compute_plan")
    class_ids = fields.Many2many("crisis.class", compute="_compute_plan", string="Move Up")
    leaving_class_ids = fields.Many2many("crisis.class", compute="_compute_plan", string="Leave")
    leaver_count = fields.Integer(compute="_compute_plan", string="Students Who Leave")
    open_case_ids = fields.Many2many(
        "crisis.case", compute="_compute_plan", string="Their Open Cases"
    )

    @api.depends("company_id")
    def _compute_plan(self):
        """Show what will happen."""
        for wizard in self:
            classes = self.env["crisis.class"].search([("company_id", "=", wizard.company_id.id)])
            wizard.from_year = min(classes.mapped("school_year"), default=False)
            wizard.to_year = wizard.from_year and school_year.following(wizard.from_year)
            current = classes.filtered(lambda c, year=wizard.from_year: c.school_year == year)
            final = wizard.company_id.crisis_final_grade
            leaving = current.filtered(lambda c, final=final: c.grade >= final)
            wizard.leaving_class_ids = leaving
            wizard.class_ids = current - leaving
            wizard.leaver_count = self.env["crisis.student"].search_count(
                [("class_id", "in", leaving.ids)]
            )
            wizard.open_case_ids = self.env["crisis.case"].search(
                [("class_id", "in", leaving.ids), ("date_closed", "=", False)]
            )

    def action_promote(self):
        """Raise grade and year of every class; archive the leaving classes and their students.

        :raises AccessError: the user may not keep the classes
        :raises UserError: the year to come has begun for all classes already
        """
        self.ensure_one()
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You may not move classes up."))
        today = fields.Date.context_today(self)
        if not self.from_year or self.to_year > school_year.following(
            school_year.school_year_of(today)
        ):
            raise UserError(
                self.env._("All classes are in the coming school year already: nothing to move.")
            )
        to_year, moving, leaving = self.to_year, self.class_ids, self.leaving_class_ids
        memberships = self.env["crisis.class.membership"]
        students = self.env["crisis.student"]
        leavers = students.search([("class_id", "in", leaving.ids)])
        memberships._close(leavers)
        leavers.write({"active": False, "leave_date": today})
        leaving.write({"active": False})
        staying = students.search([("class_id", "in", moving.ids)])
        memberships._close(staying)
        # the highest first, so that no two classes share grade and name on the way
        for grade, classes in sorted(moving.grouped("grade").items(), reverse=True):
            classes.write({"grade": grade + 1, "school_year": to_year})
            classes.flush_recordset()
        memberships._open(staying)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(moved)s classes moved up, %(left)s students left.",
                    moved=len(moving),
                    left=len(leavers),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
