from odoo import Command, fields, models
from odoo.exceptions import UserError

# Category of the case that each type stands for: its duties by law begin with the case.
CATEGORIES = {
    "suicide": "suicide_attempt",
    "self_harm": "self_harm",
    "violence": "violence",
    "bullying": "bullying",
    "death": "accident",
    "weapon": "violence",
}


class CrisisEmergencyStudents(models.AbstractModel):
    """The children it is about: each gets a report and a red case. Never in a drill."""

    _name = "crisis.emergency.students"
    _description = "Students of an Emergency"

    def add_students(self, student_ids):
        """Name students who were not known at first; those named already stay.

        :param list student_ids: ids of ``crisis.student``
        :raises UserError: it is a drill, or a student is not of this school
        """
        self._check_may_act()
        self._refuse_drill()
        students = self.env["crisis.student"].browse(student_ids).exists()
        students.check_access("read")
        # sudo: crisis.emergency - the right to act was checked; students are added here only
        own = self.sudo()
        new = students - own.student_ids.sudo(False)
        if not new:
            return
        if any(student.company_id != self.company_id for student in new):
            raise UserError(self.env._("Choose students of this school."))
        own._set({"student_ids": [Command.link(student.id) for student in new]})
        for _student in new:
            self._log("student")
        self._involve(new)
        self._ring()

    def _involve(self, students):
        """File a report about ``students`` as the user, and open or raise their cases to red.

        When that is not possible (nobody to own a case yet) the emergency goes on: people first.

        :param students: ``crisis.student`` records
        """
        if not students:
            return
        self._refuse_drill()
        students = students.with_env(self.env)
        if not self._try(lambda: self._file_report(students), "report"):
            self._log("failure")

    def _file_report(self, students):
        """File the report; open or raise the cases where that is possible."""
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        concern = self.env["crisis.concern"]._make(
            {
                "company_id": self.company_id.id,
                "student_ids": [Command.set(students.ids)],
                "observed_at": min(self.date_start, fields.Datetime.now()),
                "location": self.place,
                "description": self.env._(
                    "Emergency %(reference)s: %(kind)s.", reference=self.name, kind=kind
                ),
                "immediate_danger": "yes",
                "told_in_person": "yes",
                "informant": "self",
                "category_ids": [Command.set(self._case_category().ids)],
            }
        )
        # sudo: crisis.emergency - links that those who decide on reports may see
        self.sudo()._set({"concern_ids": [Command.link(concern.id)]})
        if not self._try(lambda: self._open_cases(concern), "case"):
            self._log("failure")

    def _open_cases(self, concern):
        """Open the cases of the students of ``concern``, or raise them to red."""
        cases = self.env["crisis.case"]._open_for_emergency(concern, self.date_start)
        # sudo: crisis.emergency - see _file_report
        self.sudo()._set({"case_ids": [Command.link(case.id) for case in cases]})

    def _case_category(self):
        """Return the category of cases that this type of emergency opens, if there is one."""
        name = CATEGORIES.get(self.kind)
        category = name and self.env.ref(
            f"crisis_intervention.crisis_category_{name}", raise_if_not_found=False
        )
        return category or self.env["crisis.category"]
