import json
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import signatures
from ...lib.instrument_definition import Person, age_on

# What each form of a batch has of its own; the other columns are the same for all.
_OWN = (
    *("id", "name", "student_id", "company_id", "case_id", "informant", "date", "answers"),
    *("missing_reason", "result", "score", "has_score", "band_id", "flag_count", "valid"),
    "risk_level",
)


class CrisisAssessmentBatch(models.AbstractModel):
    """Many completed forms at once: one insert, whatever their number."""

    _name = "crisis.assessment.batch"
    _description = "Many Assessments at Once"

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
        rows = self._batch_rows(instrument, forms)
        self._number_rows(rows)
        assessments = self._insert_rows(rows, {"instrument_id": instrument.id, "entry": entry})
        # only these can finish a step or propose a level
        self.browse(
            row["id"] for row in rows if row["risk_level"] or row["case_id"]
        )._after_completion()
        return assessments

    def _batch_rows(self, instrument, forms):
        """Return the scored forms as list of values, without id and reference."""
        students = self._batch_students(forms)
        results = instrument._score_batch(
            [(form["answers"], _person(students[form["student_id"]], form)) for form in forms]
        )
        return [
            {
                "student_id": form["student_id"],
                "company_id": students[form["student_id"]]["company_id"],
                "case_id": students[form["student_id"]]["case_id"],
                "informant": form["informant"],
                "date": form["date"],
                "answers": form["answers"],
                "missing_reason": form.get("missing_reason"),
                **values,
            }
            for form, values in zip(forms, results, strict=True)
        ]

    def _batch_students(self, forms):
        """Return dict of student id to the student's school, open case, and what norms go by.

        :raises AccessError: the user may not read one of the students
        """
        students = self.env["crisis.student"].browse(form["student_id"] for form in forms)
        students.check_access("read")
        known = students.read(["gender", "birth_date", "class_id", "company_id"], load=None)
        grades = {class_.id: class_.grade for class_ in students.class_id}
        cases = self.env["crisis.case"]._read_group(
            [("student_id", "in", students.ids), ("date_closed", "=", False)],
            ["student_id"],
            ["id:recordset"],
        )
        case_ids = {student.id: case.id for student, case in cases}
        return {
            vals["id"]: {
                **vals,
                "grade": grades.get(vals["class_id"]),
                "case_id": case_ids.get(vals["id"]),
            }
            for vals in known
        }

    def _number_rows(self, rows):
        """Give each row the next reference of its school."""
        numbering, companies = self.env["crisis.numbering"], self.env["res.company"]
        names = {
            company_id: iter(numbering._draw(self._name, companies.browse(company_id), count))
            for company_id, count in Counter(row["company_id"] for row in rows).items()
        }
        for row in rows:
            row["name"] = next(names[row["company_id"]])

    def _insert_rows(self, rows, common):
        """Insert completed forms; each row is given its id.

        :param list rows: dicts that hold the columns of ``_OWN``
        :param dict common: values that are the same for all
        :return: ``crisis.assessment`` records
        """
        now = fields.Datetime.now()
        common = {
            **common,
            "user_id": self.env.uid,
            "done_by_id": self.env.uid,
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
            "date_done": now,
            "create_date": now,
            "write_date": now,
            "state": "done",
            "active": True,
            "proposal": "none",
        }
        self.env.flush_all()
        cr = self.env.cr
        # before the insert, as sealed texts are bound to their record
        cr.execute(
            "SELECT nextval(pg_get_serial_sequence('crisis_assessment', 'id')) "
            "FROM generate_series(1, %s)",
            [len(rows)],
        )
        for row, [id_] in zip(rows, cr.fetchall(), strict=True):
            row["id"] = id_
        columns = ", ".join([*_OWN, *common])
        fixed = ", ".join(f"%({name})s" for name in common)
        template = "(" + ", ".join(["%s"] * len(_OWN)) + ", "
        template += cr.mogrify(fixed, common).decode().replace("%", "%%") + ")"
        with signatures.beginning(self.browse()) as sign:
            cr.execute_values(
                f"INSERT INTO crisis_assessment ({columns}) VALUES %s",
                [self._column_values(row) for row in rows],
                template=template,
                page_size=len(rows),
            )
            assessments = self.browse(row["id"] for row in rows)
            sign(assessments)
        self.env["crisis.chronology"]._follow(assessments)
        return assessments

    def _column_values(self, row):
        """Return the values of a row as its columns hold them, in the order of ``_OWN``."""
        columns = {
            **row,
            "result": json.dumps(row["result"]),
            "band_id": row["band_id"] or None,
            "risk_level": row["risk_level"] or None,
        }
        for name in ("answers", "missing_reason"):
            columns[name] = self._fields[name].convert_to_column_insert(row[name], self, row)
        return tuple(columns[name] for name in _OWN)


def _person(student, form):
    """Return whom a form is about.

    :param dict student: values of the student
    """
    return Person(
        gender=student["gender"] or None,
        age=age_on(form["date"], student["birth_date"]),
        grade=student["grade"] or None,
        informant=form["informant"],
    )
