from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import access_matrix
from ..common import DENIALS
from .matrix import AccessMatrixCase

# How records that may be about several cases, or are one, lead to them.
CASE_LINKS = {
    "crisis.case": "id",
    "crisis.concern": "case_ids",
    "crisis.emergency": "case_ids",
}
# Which roles have a chronology at all.
CHRONOLOGY_READERS = {
    *("head_teacher", "school_doctor", "psychology_teacher", "moral_education", "principal"),
}


@tagged("post_install", "-at_install")
class TestKeptBySystem(AccessMatrixCase):
    """Where a role may do something with a record, but not this."""

    def test_no_oracle_for_open_cases(self):
        """Trying to open a case tells nobody without access whether the student has one."""
        for role in access_matrix.ROLES:
            if "C" in self.table["crisis.case"]["own_class"][role]:
                continue
            self._take(role)
            answers = set()
            for student in (self.student_1, self.student_2, self.spare["own_class"]):
                with self.subTest(role=role, student=student.student_number):
                    cases = self._mine(self.env["crisis.case"])
                    try:
                        refusal = self._refusal(
                            lambda m=cases, s=student: m.create({"student_id": s.id})
                        )
                    except RedirectWarning as warning:
                        refusal = warning
                    answers.add(str(refusal))
                    self.assertIsInstance(refusal, AccessError)
            with self.subTest(role=role):
                self.assertEqual(len(answers), 1)

    def test_no_context_deletes(self):
        """What is never deleted stays, also under the key by which Odoo removes modules."""
        kept = [record for record in self.records.values() if hasattr(record, "_unlink_never")]
        self.assertGreater(len({record._name for record in kept}), 15)
        for record in kept:
            forced = record.sudo().with_context(_force_unlink=True)
            with self.subTest(model=record._name):
                self.assertIsInstance(self._refusal(forced.unlink), UserError)

    def test_handover_lists_nothing_of_other_schools(self):
        """The proposals of the dialog are computed within the user's own access."""
        self._take("psychology_teacher")
        dialog = (
            self.env["crisis.handover"]
            .with_user(self.me)
            .create({"from_user_id": self.other_psychology.id})
        ).sudo()
        self.assertFalse(dialog.case_ids)
        self.assertFalse(dialog.class_ids)
        self.assertFalse(dialog.psychology_class_ids)

    def test_steps_are_dated_by_the_system(self):
        """Roles mark steps as done; when they are due, who did them and when is not theirs."""
        deadline = self.records["crisis.deadline", "other_class"]
        for role in ("psychology_teacher", "moral_education", "principal"):
            self._take(role)
            for values in (
                {"date_due": "2030-01-01 00:00:00"},
                {"date_done": "2020-01-01 00:00:00"},
                {"done_by_id": self.staff.id},
                {"kind": "session"},
            ):
                with self.subTest(role=role, field=next(iter(values))):
                    refusal = self._refusal(lambda v=values: self._mine(deadline).write(v))
                    self.assertIsInstance(refusal, UserError)

    def test_steps_are_finished_by_those_who_write_the_case(self):
        """Whoever may write a case marks its steps as done, and nobody else does."""
        for role in access_matrix.ROLES:
            self._take(role)
            for relation in self.table["crisis.deadline"]:
                row = self.table["crisis.case"][relation]
                deadline = self.records["crisis.deadline", relation]
                with self.subTest(role=role, relation=relation):
                    refusal = self._refusal(lambda d=deadline: self._mine(d).action_done())
                    if "W" in row[role]:
                        self.assertIsNone(refusal)
                    else:
                        self.assertIsInstance(refusal, AccessError)


@tagged("post_install", "-at_install")
class TestChronologyRows(AccessMatrixCase):
    """Each role has a row for what it may read by the matrix, and for nothing else."""

    @mute_logger(*DENIALS)
    def test_rows_follow_the_matrix(self):
        everything = self.env["crisis.chronology"].search([])
        happened = {(row.res_model, row.res_id) for row in everything}
        for role in access_matrix.ROLES:
            self._take(role)
            rows = self._mine(self.env["crisis.chronology"])
            with self.subTest(role=role):
                if role not in CHRONOLOGY_READERS:
                    self.assertIsInstance(self._refusal(lambda r=rows: r.search([])), AccessError)
                    continue
                shown = {(row.res_model, row.res_id) for row in rows.search([])}
                readable_cases = {
                    self.records["crisis.case", relation].id
                    for relation, row in self.table["crisis.case"].items()
                    if "R" in row[role]
                }
                for (model, relation), record in self.records.items():
                    if (model, record.id) not in happened:
                        continue
                    link = CASE_LINKS.get(model, "case_id")
                    cases = record.sudo().mapped(link)
                    expected = "R" in self.table[model][relation][role] and bool(
                        readable_cases.intersection(cases if link == "id" else cases.ids)
                    )
                    with self.subTest(model=model, relation=relation):
                        self.assertEqual((model, record.id) in shown, expected)
                for model, res_id in shown:
                    self.assertTrue(self._mine(self.env[model].browse(res_id)).has_access("read"))
                foreign = everything.filtered(lambda r, s=shown: (r.res_model, r.res_id) not in s)
                self.assertTrue(foreign)
                for row in foreign:
                    refusal = self._refusal(lambda r=row: self._mine(r).read(["kind", "line"]))
                    self.assertIsInstance(refusal, AccessError)
