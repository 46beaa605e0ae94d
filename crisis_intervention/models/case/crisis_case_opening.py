from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError

from ...lib.risk import severity
from ...roles import PSYCHOLOGY


class CrisisCaseOpening(models.AbstractModel):
    """How a case begins: directly, from reports or by an emergency; one open case per student."""

    _name = "crisis.case.opening"
    _description = "Opening of a Case"

    date_opened = fields.Datetime(
        string="Opened", default=fields.Datetime.now, required=True, readonly=True, copy=False
    )

    @api.model
    def _students_to_open_for(self, vals_list):
        """Return the students the new cases are about, in the order of ``vals_list``.

        :raises UserError: an entry names none
        """
        ids = [vals.get("student_id") for vals in vals_list]
        if not all(ids):
            raise UserError(self.env._("Choose the student the case is about."))
        return self.env["crisis.student"].browse(ids)

    @api.model
    def _opening_values(self, vals_list, students):
        """Return complete values of new cases: numbered, in a stage, and with an owner.

        :param students: the student of each entry of ``vals_list``
        """
        references = {
            company: iter(self.env["crisis.numbering"]._draw(self._name, company, len(group)))
            for company, group in students.grouped("company_id").items()
        }
        first = self.env["crisis.stage"]._in_order()[:1]
        return [
            {
                "stage_id": first.id,
                **{key: value for key, value in vals.items() if key != "change_reason"},
                "student_id": student.id,
                "name": next(references[student.company_id]),
                "user_id": vals.get("user_id") or self._default_owner(student).id,
            }
            for vals, student in zip(vals_list, students, strict=True)
        ]

    def _begin(self):
        """Let new cases run: their deadlines, the gates before their stage, those to be told."""
        self._start_steps()
        self._check_moves(dict.fromkeys(self, self.env["crisis.stage"]._in_order()[:1]))
        # sudo: crisis.case - a case that is entered as closed gets its date like one that is moved
        self.sudo().filtered(lambda case: case.stage_id.closed and not case.date_closed).write(
            {"date_closed": fields.Datetime.now(), "closed_by_id": self.env.uid}
        )
        self._begin_measures_of_categories()
        self._tell_owners()
        self._tell_level()

    def _begin_measures_of_categories(self):
        """Begin the measures that law or plan demand for the categories of these cases, once."""
        # sudo: crisis.plan.template, crisis.measure - duties of the school, whoever opens the case
        templates = (
            self.env["crisis.plan.template"]
            .sudo()
            .search([("starts_with_case", "=", True), ("category_ids", "!=", False)])
        )
        values = []
        concerned = self.sudo().filtered(lambda case: case.category_ids & templates.category_ids)
        for case in concerned:
            begun = case.measure_ids.template_id
            for template in templates - begun:
                if template.company_id and template.company_id != case.company_id:
                    continue
                if template.category_ids & case.category_ids:
                    values += [
                        {**measure, "case_id": case.id, "template_id": template.id}
                        for measure in template._measure_values(case)
                    ]
        if values:
            # sudo: crisis.measure - see above
            self.env["crisis.measure"].sudo().create(values)

    @api.model
    def _open_from_concerns(self, vals_list):
        """Open cases from decided reports, or attach the reports to the open cases.

        Expects a caller that has checked the right to decide on these reports.

        :param vals_list: list of dicts ``student_id``, ``concern_ids`` (ids), ``risk_level``,
            ``category_ids`` (ids); one per student
        :return: ``crisis.case`` records, in the order of ``vals_list``
        """
        # sudo: crisis.case - those who decide on reports open cases through this method only
        cases_sudo = self.sudo()
        student_ids = [vals["student_id"] for vals in vals_list]
        open_cases = {
            case.student_id.id: case
            for case in cases_sudo.search(
                [("student_id", "in", student_ids), ("date_closed", "=", False)]
            )
        }
        for case in open_cases.values():
            case._refuse_concerned()
        now = fields.Datetime.now()
        new = [vals for vals in vals_list if vals["student_id"] not in open_cases]
        created = cases_sudo.create([self._prepare_from_concerns(vals, now) for vals in new])
        open_cases.update((case.student_id.id, case) for case in created)
        reason = self.env._("Raised by a further report")
        for vals in vals_list:
            case = open_cases[vals["student_id"]]
            if case in created:
                continue
            case.write(
                {
                    "concern_ids": [(4, concern_id) for concern_id in vals["concern_ids"]],
                    "category_ids": [(4, category_id) for category_id in vals["category_ids"]],
                }
            )
            if severity(vals["risk_level"]) > case.severity:
                case.write({"risk_level": vals["risk_level"], "change_reason": reason})
        return self.browse(open_cases[student_id].id for student_id in student_ids)

    @api.model
    def _prepare_from_concerns(self, vals, now):
        """Return the values of a new, verified case for one entry of ``_open_from_concerns``."""
        # sudo: crisis.concern - reads the times of reports the caller has just decided on
        concerns = self.env["crisis.concern"].sudo().browse(vals["concern_ids"])
        danger = concerns.filtered(lambda concern: concern.immediate_danger == "yes")
        student = self.env["crisis.student"].browse(vals["student_id"])
        return {
            "student_id": vals["student_id"],
            "user_id": self._default_owner(student, without=concerns.concerned_user_ids).id,
            "concern_ids": [(6, 0, vals["concern_ids"])],
            "category_ids": [(6, 0, vals["category_ids"])],
            "risk_level": vals["risk_level"],
            "verified_at": now,
            "verified_by_id": self.env.uid,
            "clock_start": min(danger.mapped("create_date"), default=now),
        }

    @api.model
    def _open_for_emergency(self, concern, start):
        """Open red cases for the students of ``concern``, or raise their open ones to red.

        Not verified by that: those who decide on reports do so afterwards, with the report.

        :param concern: the report of the emergency, just filed by the user
        :param start: when the emergency began (UTC); the clocks run from there
        :return: ``crisis.case`` records
        :raises AccessError: the report is somebody else's
        """
        if concern.reporter_id != self.env.user:
            raise AccessError(self.env._("A case is opened here with one's own report only."))
        # sudo: crisis.case - whoever starts an emergency opens cases by it and in no other way;
        # nothing of them is returned to the client
        cases_sudo = self.sudo()
        open_cases = cases_sudo.search(
            [("student_id", "in", concern.student_ids.ids), ("date_closed", "=", False)]
        )
        for case in open_cases:
            case.write({"concern_ids": [Command.link(concern.id)]})
            if case.risk_level != "red":
                case.write(
                    {"risk_level": "red", "change_reason": self.env._("Raised by an emergency")}
                )
        created = cases_sudo.create(
            [
                {
                    "student_id": student.id,
                    "concern_ids": [Command.set(concern.ids)],
                    "category_ids": [Command.set(concern.category_ids.ids)],
                    "risk_level": "red",
                    "clock_start": start,
                }
                for student in concern.student_ids - open_cases.student_id.sudo(False)
            ]
        )
        return open_cases | created

    @api.model
    def _default_owner(self, student, without=None):
        """Return the psychology teacher of the student's class, the user, or one of the school.

        :param without: ``res.users`` who cannot own the case, as a report behind it is about them
        :raises UserError: there is nobody
        """
        without = without or self.env["res.users"]
        user = self.env.user
        teacher = student.class_id.psychology_teacher_id - without
        # whose role at this school still waits to be confirmed could not open the case
        company = student.company_id
        for colleague in (teacher, user - without):
            if colleague and colleague._holds(PSYCHOLOGY, company):
                return colleague
        if holders := company._crisis_holders(PSYCHOLOGY) - without:
            return holders.sorted("id")[0]
        if without:
            raise UserError(
                self.env._(
                    "The report is about every psychology teacher of this school, so nobody could "
                    "own the case: give another person this role first, or ask the district "
                    "centre for one."
                )
            )
        raise UserError(
            self.env._("The school has no psychology teacher yet: give somebody this role first.")
        )

    def _refuse_concerned(self):
        """Refuse cases to the person whom a report behind one of them is about.

        :raises UserError: that is the user
        """
        if self.env.user in self._concerned():
            raise UserError(
                self.env._(
                    "You cannot open a case of this student. File a report: those on duty decide "
                    "what is to be done."
                )
            )

    @api.model
    def _refuse_second_case(self, students):
        """Lead to the open case instead of opening a second one.

        :raises RedirectWarning: one of ``students`` has an open case
        """
        # Of two who open a case of the same student the second has to begin again, and then sees
        # the first: a row that was written meanwhile makes Odoo repeat the request.
        self.env.cr.execute(
            "UPDATE crisis_student SET write_date = write_date WHERE id = ANY(%s)",
            [students.ids],
        )
        # sudo: crisis.case - only the reference of a case in the user's schools is shown, to users
        # who may open cases and so may read them
        existing = self.sudo().search(
            [
                ("student_id", "in", students.ids),
                ("date_closed", "=", False),
                ("company_id", "in", self.env.companies.ids),
            ],
            limit=1,
        )
        existing._refuse_concerned()
        if existing:
            raise RedirectWarning(
                self.env._(
                    "This student has an open case: %(reference)s. Continue there.",
                    reference=existing.name,
                ),
                existing._action_form(),
                self.env._("Open the case"),
            )
