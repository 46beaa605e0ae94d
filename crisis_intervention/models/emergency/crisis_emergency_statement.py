from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...lib.anonymity import names_in, numbers_in
from ...roles import EMERGENCY, PRINCIPAL


class CrisisEmergencyStatement(models.AbstractModel):
    """The statement to the school community: no personal data, released by the principal."""

    _name = "crisis.emergency.statement"
    _description = "Statement about an Emergency"

    statement = fields.Text(
        string="Statement to the School Community",
        copy=False,
        groups=EMERGENCY,
        help="What families and staff are told. No name, no class, no way how it happened, no "
        "guess about causes.",
    )
    date_statement = fields.Datetime(string="Released", readonly=True, copy=False, groups=EMERGENCY)
    statement_by_id = fields.Many2one(
        "res.users",
        string="Released By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        groups=EMERGENCY,
    )

    def _check_statement_stays(self, vals):
        """Keep a released statement as it is.

        :raises UserError: it was released already
        """
        # sudo: whether it was released, also where the user may not read it
        if "statement" in vals and any(emergency.sudo().date_statement for emergency in self):
            self.check_access("write")
            raise UserError(self.env._("A released statement is never changed."))

    def action_draft_statement(self):
        """Write the statement from the template, to be completed.

        :raises UserError: somebody has written one already
        """
        self.ensure_one()
        self.check_access("write")
        self._refuse_drill()
        if (self.statement or "").strip():
            raise UserError(
                self.env._(
                    "There is a statement already. Empty it and save to begin with the template again."
                )
            )
        # sudo: res.company - the name of the school
        school = self.company_id.sudo().name
        self.statement = self.env._(
            "To all families, students and staff of %(school)s\n\n"
            "On %(date)s there was an incident at our school that concerns all of us. The people "
            "involved are being cared for, and the school acts by its emergency plan together "
            "with the responsible authorities.\n\n"
            "Classes go on as usual. Children may react with questions, fear, anger or silence, "
            "and all of this is normal. Please listen to them, answer honestly and briefly, keep "
            "to the daily routine, and spend time together.\n\n"
            "Whoever needs to talk finds the psychology teacher in the counselling room. The "
            "national line 12356 and the youth line 12355 are there as well.\n\n"
            "To protect those concerned, please pass on no names, pictures or guesses, also not "
            "in groups and online. The school will inform you as soon as there is something new.\n\n"
            "%(school)s",
            school=school,
            date=fields.Date.to_string(
                fields.Datetime.context_timestamp(self, self.date_start).date()
            ),
        )

    def action_release_statement(self):
        """Release the statement, unless it names a student of the school.

        :raises AccessError: the user is not the principal
        :raises UserError: there is none, it was released, or a name or number occurs in it
        """
        self.ensure_one()
        self.check_access("write")
        self._refuse_drill()
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The principal releases the statement."))
        if self.date_statement:
            raise UserError(self.env._("This statement was released already."))
        if not (self.statement or "").strip():
            raise UserError(self.env._("Write the statement first, or take the template."))
        if self._names_students(self.statement):
            raise UserError(
                self.env._(
                    "A name or number of a student of this school occurs in the statement. Take "
                    "out everything by which a child can be found out, and release it then."
                )
            )
        self._set({"date_statement": fields.Datetime.now(), "statement_by_id": self.env.uid})
        self._log("release")

    def _names_students(self, text):
        """Tell whether ``text`` holds a name or number of a student of this school, past or present.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: crisis.student - compared here, nothing leaves the method
        students = (
            self.env["crisis.student"]
            .sudo()
            .with_context(active_test=False)
            .search_fetch(
                [("company_id", "=", self.company_id.id)],
                ["name", "student_number", "national_number"],
            )
        )
        numbers = [*students.mapped("student_number"), *students.mapped("national_number")]
        return bool(
            names_in(text, set(students.mapped("name"))) or numbers_in(text, filter(None, numbers))
        )
