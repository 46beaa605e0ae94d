from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...lib.approved_content import digest
from ...lib.class_move import highest_first
from ...roles import TRIAGE


class CrisisClassMove(models.Model):
    """That the classes of a school moved up into a school year: once for each year, to take back."""

    _name = "crisis.class.move"
    _description = "Move of Classes"
    _inherit = ["crisis.record"]
    _order = "date desc, id desc"
    _rec_name = "to_year"

    company_id = fields.Many2one("res.company", string="School", required=True, index=True)
    from_year = fields.Char(string="From School Year", required=True, readonly=True)
    to_year = fields.Char(string="To School Year", required=True, readonly=True)
    state = fields.Selection(
        [("done", "Moved"), ("taken_back", "Taken back")],
        default="done",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users", string="Moved By", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Datetime(string="Moved On", required=True, readonly=True)
    back_user_id = fields.Many2one(
        "res.users", string="Taken Back By", readonly=True, ondelete="restrict"
    )
    date_back = fields.Datetime(string="Taken Back On", readonly=True)
    line_ids = fields.One2many("crisis.class.move.line", "move_id", string="Classes", readonly=True)
    leaver_count = fields.Integer(string="Students Who Left", readonly=True, aggregator=None)
    may_take_back = fields.Boolean(compute="_compute_may_take_back")
    outcome_digest = fields.Char(
        readonly=True, groups=fields.NO_ACCESS, help="How classes and students were afterwards."
    )
    undo = fields.Json(
        readonly=True, groups=fields.NO_ACCESS, help="Ids of what it archived, began and ended."
    )

    _year_uniq = models.UniqueIndex(
        "(company_id, to_year) WHERE state = 'done'",
        "The classes of this school were moved into this school year already.",
    )

    @api.depends("state")
    def _compute_may_take_back(self):
        """Tell whether nothing was built on it since."""
        for move in self:
            move.may_take_back = move.state == "done" and move._is_last_word()

    @api.model
    def _state_digest(self, company):
        """Return a digest of the classes of a school and of who is in them."""
        self.env["crisis.class"].flush_model()
        self.env["crisis.student"].flush_model()
        query = SQL(
            """
            SELECT (SELECT string_agg(
                        md5(concat_ws('|', id, grade, name, school_year, active)), '' ORDER BY id
                    ) FROM crisis_class WHERE company_id = %(company)s),
                   (SELECT md5(string_agg(
                        concat_ws('|', id, class_id, active, leave_date), ';' ORDER BY id
                    )) FROM crisis_student WHERE company_id = %(company)s)
            """,
            company=company.id,
        )
        [[classes, students]] = self.env.execute_query(query)
        return digest({"classes": classes, "students": students})

    def _is_last_word(self):
        """Tell whether classes and students are as this move left them."""
        self.ensure_one()
        # sudo: a digest, compared with another
        return self.sudo().outcome_digest == self._state_digest(self.company_id)

    @api.model
    def _carry_out(self, company, from_year, to_year, moving, leaving):
        """Move classes up, archive those that leave with their students, and write it down.

        :param moving: ``crisis.class`` that go up one grade
        :param leaving: ``crisis.class`` that leave the school
        :return: the ``crisis.class.move``
        """
        today = fields.Date.context_today(self)
        students = self.env["crisis.student"]
        memberships = self.env["crisis.class.membership"]
        leavers = students.search([("class_id", "in", leaving.ids)])
        staying = students.search([("class_id", "in", moving.ids)])
        lines = [line._move_values(leaving) for line in moving | leaving]
        closed = memberships._close(leavers | staying)
        leavers.filtered(lambda student: not student.leave_date).leave_date = today
        leavers.active = False
        leaving.active = False
        by_grade = moving.grouped("grade")
        for grade in highest_first(by_grade):
            by_grade[grade].write({"grade": grade + 1, "school_year": to_year})
            by_grade[grade].flush_recordset()
        opened = memberships._open(staying)
        # sudo: crisis.class.move - written here only; the right to move them was checked
        return self.sudo()._make(
            [
                {
                    "company_id": company.id,
                    "from_year": from_year,
                    "to_year": to_year,
                    "user_id": self.env.uid,
                    "date": fields.Datetime.now(),
                    "leaver_count": len(leavers),
                    "line_ids": [fields.Command.create(line) for line in lines],
                    "outcome_digest": self._state_digest(company),
                    "undo": {
                        "day": fields.Date.to_string(today),
                        "students": leavers.ids,
                        "closed": closed.ids,
                        "opened": opened.ids,
                    },
                }
            ]
        )

    def action_take_back(self):
        """Put classes and students back to where they were, as if they had not been moved.

        :raises AccessError: the user may not move classes
        :raises UserError: something was built on it, or it was taken back already
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You may not move classes up."))
        # sudo: crisis.class.move - nobody has the right to write it; checked just above
        own = self.sudo()
        if not own._claim(SQL("state = 'done'")):
            raise UserError(self.env._("This was taken back already. Please reload."))
        if not self._is_last_word():
            raise UserError(
                self.env._(
                    "Classes or students of this school were changed after this move, so it "
                    "cannot be taken back as a whole. Correct the classes one by one."
                )
            )
        undo = own.undo
        # the lowest first: the way back of the way up
        for line in own.line_ids.sorted("grade"):
            line._put_back(own.from_year)
        # sudo: crisis.student - those whom this move archived, unchanged since
        students = self.env["crisis.student"].sudo().browse(undo["students"]).exists()
        students.filtered(
            lambda student: fields.Date.to_string(student.leave_date) == undo["day"]
        ).leave_date = False
        students.active = True
        # sudo: crisis.class.membership - kept by the system; these lines were never true
        memberships = self.env["crisis.class.membership"].sudo()
        memberships.browse(undo["opened"]).exists().unlink()
        memberships.browse(undo["closed"]).exists().date_to = False
        own.write(
            {
                "state": "taken_back",
                "back_user_id": self.env.uid,
                "date_back": fields.Datetime.now(),
                "undo": False,
            }
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was done."""
        raise UserError(self.env._("Moves of classes are never deleted."))
