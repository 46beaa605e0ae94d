import json
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.instrument_definition import Person
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
        known = {
            vals["id"]: vals
            for vals in students.read(["gender", "birth_date", "class_id", "company_id"], load=None)
        }
        grades = {class_.id: class_.grade for class_ in students.class_id}
        cases = self.env["crisis.case"]._read_group(
            [("student_id", "in", students.ids), ("date_closed", "=", False)],
            ["student_id"],
            ["id:recordset"],
        )
        case_ids = {student.id: case.id for student, case in cases}
        results = instrument._score_batch(
            [(form["answers"], _person(known[form["student_id"]], grades, form)) for form in forms]
        )
        companies = [known[form["student_id"]]["company_id"] for form in forms]
        names = {
            company_id: iter(
                self.env["crisis.numbering"]._draw(
                    self._name, self.env["res.company"].browse(company_id), count
                )
            )
            for company_id, count in Counter(companies).items()
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
            "id",
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
        self.env.flush_all()
        cr = self.env.cr
        # before the insert, as sealed texts are bound to their record
        cr.execute(
            "SELECT nextval(pg_get_serial_sequence('crisis_assessment', 'id')) "
            "FROM generate_series(1, %s)",
            [len(forms)],
        )
        ids = [id_ for [id_] in cr.fetchall()]
        rows = [
            (
                id_,
                next(names[company_id]),
                form["student_id"],
                company_id,
                case_ids.get(form["student_id"]),
                form["informant"],
                form["date"],
                self._sealed_value("answers", form["answers"], id_),
                self._sealed_value("missing_reason", form.get("missing_reason"), id_),
                json.dumps(values["result"]),
                values["score"],
                values["has_score"],
                values["band_id"] or None,
                values["flag_count"],
                values["valid"],
                values["risk_level"] or None,
            )
            for id_, company_id, form, values in zip(ids, companies, forms, results, strict=True)
        ]
        columns = ", ".join([*own, *common])
        fixed = ", ".join(f"%({name})s" for name in common)
        template = "(" + ", ".join(["%s"] * len(own)) + ", "
        template += cr.mogrify(fixed, common).decode().replace("%", "%%") + ")"
        cr.execute_values(
            f"INSERT INTO crisis_assessment ({columns}) VALUES %s",
            rows,
            template=template,
            page_size=len(rows),
        )
        assessments = self.browse(ids)
        self.env["crisis.chronology"]._follow(assessments)
        # only these can finish a step or propose a level
        self.browse(
            assessment.id
            for assessment, form, values in zip(assessments, forms, results, strict=True)
            if values["risk_level"] or form["student_id"] in case_ids
        )._after_completion()
        return assessments

    def _sealed_value(self, name, value, id_):
        """Return ``value`` of a sealed field as the column of record ``id_`` holds it."""
        return self._fields[name].convert_to_column_insert(value, self, {"id": id_})


def _person(student, grades, form):
    """Return whom a form is about.

    :param dict student: values of the student
    :param dict grades: class id to grade
    """
    return Person(
        gender=student["gender"] or None,
        age=_years(student["birth_date"], form["date"]),
        grade=grades.get(student["class_id"]) or None,
        informant=form["informant"],
    )
