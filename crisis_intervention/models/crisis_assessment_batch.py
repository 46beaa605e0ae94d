import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..instrument_definition import Person
from .crisis_assessment import _years


class CrisisAssessment(models.Model):
    """Many completed forms at once: one insert, whatever their number."""

    _inherit = "crisis.assessment"

    @api.model
    def _record_batch(self, instrument, forms, entry="transcription"):
        """Store completed forms with their results.

        Queries are constant in the number of forms that propose no level; nothing is stored when
        one form is refused. Values go straight to the table, as the ORM takes several times longer.

        :param instrument: published ``crisis.instrument`` record
        :param forms: list of dicts: student_id, answers (checked by the caller's scorer),
            informant, date, and optionally missing_reason
        :param str entry: how the forms were filled in
        :return: ``crisis.assessment`` records, in the order of ``forms``
        :raises AccessError: the user may not create assessments about these students
        :raises UserError: the instrument is not published
        """
        self.check_access("create")
        instrument.check_access("read")
        if instrument.state != "published":
            raise UserError(self.env._("This instrument is not published, or not any more."))
        if not forms:
            return self
        students = self.env["crisis.student"].browse(form["student_id"] for form in forms)
        students.check_access("read")
        students.fetch(["gender", "birth_date", "class_id", "company_id"])
        students.class_id.fetch(["grade"])
        cases = self.env["crisis.case"]._read_group(
            [("student_id", "in", students.ids), ("date_closed", "=", False)],
            ["student_id"],
            ["id:recordset"],
        )
        case_ids = {student.id: case.id for student, case in cases}
        results = instrument._score_batch(
            [
                (form["answers"], _person(student, form))
                for student, form in zip(students, forms, strict=True)
            ]
        )
        names = {
            company: iter(self.env["crisis.numbering"]._draw(self._name, company, len(group)))
            for company, group in _grouped(students).items()
        }
        now = fields.Datetime.now()
        common = {
            "instrument_id": instrument.id,
            "user_id": self.env.uid,
            "done_by_id": self.env.uid,
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
            "date_done": now,
            "create_date": now,
            "write_date": now,
            "entry": entry,
            "state": "done",
            "active": True,
            "proposal": "none",
        }
        own = (
            "name",
            "student_id",
            "company_id",
            "case_id",
            "informant",
            "date",
            "answers",
            "missing_reason",
            "result",
            "score",
            "has_score",
            "band_id",
            "flag_count",
            "valid",
            "risk_level",
        )
        rows = [
            (
                next(names[student.company_id]),
                student.id,
                student.company_id.id,
                case_ids.get(student.id),
                form["informant"],
                form["date"],
                json.dumps(form["answers"]),
                form.get("missing_reason") or None,
                json.dumps(values["result"]),
                values["score"],
                values["has_score"],
                values["band_id"] or None,
                values["flag_count"],
                values["valid"],
                values["risk_level"] or None,
            )
            for student, form, values in zip(students, forms, results, strict=True)
        ]
        self.env.flush_all()
        columns = ", ".join([*own, *common])
        fixed = ", ".join(f"%({name})s" for name in common)
        cr = self.env.cr
        template = "(" + ", ".join(["%s"] * len(own)) + ", "
        template += cr.mogrify(fixed, common).decode().replace("%", "%%") + ")"
        inserted = cr.execute_values(
            f"INSERT INTO crisis_assessment ({columns}) VALUES %s RETURNING id",
            rows,
            template=template,
            page_size=len(rows),
            fetch=True,
        )
        assessments = self.browse(row[0] for row in inserted)
        assessments._after_completion()
        return assessments


def _grouped(students):
    """Return dict of company to the list of its students, doubles included."""
    groups = {}
    for student in students:
        groups.setdefault(student.company_id, []).append(student)
    return groups


def _person(student, form):
    """Return whom a form is about."""
    return Person(
        gender=student.gender or None,
        age=_years(student.birth_date, form["date"]),
        grade=student.class_id.grade or None,
        informant=form["informant"],
    )
