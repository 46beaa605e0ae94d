from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

from .. import once
from ..lib import class_move
from ..lib.approved_content import digest
from ..lib.once import key_of
from ..roles import TRIAGE


class CrisisClassPromote(models.TransientModel):
    """Moves the classes of a school up: once for each school year, in its season, as shown."""

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
    seen = fields.Char(
        default=lambda self: self._present(self.env.company),
        help="Digest of what the user was shown; what a client sends can only be refused by it.",
    )
    from_year = fields.Char(
        string="From School Year", compute="_compute_plan", help="The oldest year still running."
    )
    to_year = fields.Char(string="To School Year", compute="_compute_plan")
    class_ids = fields.Many2many("crisis.class", compute="_compute_plan", string="Move Up")
    leaving_class_ids = fields.Many2many("crisis.class", compute="_compute_plan", string="Leave")
    student_count = fields.Integer(compute="_compute_plan", string="Students Who Move Up")
    leaver_count = fields.Integer(compute="_compute_plan", string="Students Who Leave")
    open_case_ids = fields.Many2many(
        "crisis.case", compute="_compute_plan", string="Their Open Cases"
    )
    problems = fields.Text(string="Not Possible", compute="_compute_plan")

    @api.depends("company_id")
    def _compute_plan(self):
        """Show what will happen, and what stands in the way."""
        students = self.env["crisis.student"]
        for wizard in self:
            plan = wizard._plan()
            wizard.from_year = plan and plan.from_year
            wizard.to_year = plan and plan.to_year
            classes = self.env["crisis.class"]
            moving = classes.browse(each.id for each in plan.moving) if plan else classes
            leaving = classes.browse(each.id for each in plan.leaving) if plan else classes
            wizard.class_ids = moving
            wizard.leaving_class_ids = leaving
            wizard.student_count = students.search_count([("class_id", "in", moving.ids)])
            wizard.leaver_count = students.search_count([("class_id", "in", leaving.ids)])
            wizard.open_case_ids = self.env["crisis.case"].search(
                [("class_id", "in", leaving.ids), ("date_closed", "=", False)]
            )
            wizard.problems = "\n".join(wizard._problems(plan))

    def _plan(self):
        """Return what would be done now (``lib.class_move.Plan``), or None."""
        classes = self.env["crisis.class"].search([("company_id", "=", self.company_id.id)])
        return class_move.plan(
            (class_move.Class(c.id, c.grade, c.name, c.school_year) for c in classes),
            self.company_id.crisis_final_grade,
        )

    def _problems(self, plan):
        """Return the sentences that say why classes are not moved now."""
        if not plan:
            return [self.env._("This school has no classes yet.")]
        year = class_move.year_to_move_into(fields.Date.context_today(self))
        moved = self.env["crisis.class.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("to_year", "=", plan.to_year),
                ("state", "=", "done"),
            ],
            limit=1,
        )
        if moved:
            return [
                self.env._(
                    "%(name)s has moved the classes into %(year)s already. Correct what is left "
                    "on the class itself.",
                    name=moved.user_id.name,
                    year=plan.to_year,
                )
            ]
        if not year:
            return [
                self.env._(
                    "Classes move up from July to September. At other times of the year change "
                    "grade and school year on the class itself."
                )
            ]
        if plan.to_year > year:
            return [self.env._("All classes are in %(year)s already: nothing to move.", year=year)]
        if plan.clashes:
            classes = self.env["crisis.class"].browse(each.id for each in plan.clashes)
            return [
                self.env._(
                    "These classes of %(year)s are there already, and others would move into "
                    "their place: %(classes)s. Archive or rename them first.",
                    year=plan.to_year,
                    classes=format_list(self.env, classes.mapped("display_name")),
                )
            ]
        return []

    @api.model
    def _present(self, company):
        """Return the digest of all that the preview is made of."""
        day = fields.Date.context_today(self)
        return digest(
            {
                "school": self.env["crisis.class.move"]._state_digest(company),
                "final": company.crisis_final_grade,
                "year": class_move.year_to_move_into(day),
            }
        )

    def action_promote(self):
        """Raise grade and year of every class; archive the leaving classes and their students.

        :raises AccessError: the user may not keep the classes
        :raises UserError: it is not the time, was done already, or is not what the user was shown
        """
        self.ensure_one()
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You may not move classes up."))
        once.one_by_one(self.env, key_of("classes", self.company_id.id))
        plan = self._plan()
        problems = self._problems(plan)
        if problems:
            raise UserError("\n".join(problems))
        if self.seen != self._present(self.company_id):
            raise UserError(
                self.env._(
                    "Classes or students have changed since you opened this. Open it again and "
                    "look at what will happen now."
                )
            )
        moving, leaving = self.class_ids, self.leaving_class_ids
        move = self.env["crisis.class.move"]._carry_out(
            self.company_id, plan.from_year, plan.to_year, moving, leaving
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(moved)s classes moved up, %(left)s students left.",
                    moved=len(moving),
                    left=move.leaver_count,
                ),
                "next": move._action_form(name=self.env._("Move of Classes")),
            },
        }
