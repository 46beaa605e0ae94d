import io

import openpyxl
from odoo.tests import tagged
from odoo.tools import file_open

from ..common import CrisisCommon

FIELDS = [
    "name",
    "student_number",
    "national_number",
    "gender",
    "birth_date",
    "class_id",
    "guardian_ids/name",
    "guardian_ids/relation",
    "guardian_ids/phone",
    "guardian_ids/is_primary",
]


def _row(number, **changes):
    """Return a right row of a class list, with ``changes`` by column."""
    values = {
        "name": f"学生{number}",
        "student_number": f"I{number:05}",
        "national_number": "",
        "gender": "male",
        "birth_date": "2017-03-04",
        "class_id": f"3年级{1 + number % 2}班",
        "guardian_ids/name": f"家长{number}",
        "guardian_ids/relation": "mother",
        "guardian_ids/phone": f"139{number:08}",
        "guardian_ids/is_primary": "1",
        **changes,
    }
    return [values[field] for field in FIELDS]


@tagged("post_install", "-at_install")
class TestStudentImport(CrisisCommon):
    def setUp(self):
        super().setUp()
        self.students = (
            self.env["crisis.student"].with_user(self.psychology).with_company(self.school)
        )

    def test_students_with_class_and_guardians(self):
        second = _row(0, **dict.fromkeys(FIELDS[:6], ""))
        second[6:] = ["祖母", "grandparent_paternal", "13800000000", ""]
        result = self.students.load(FIELDS, [_row(1), second, _row(2)])
        self.assertFalse(result["messages"])
        first, other = self.students.browse(result["ids"])
        self.assertEqual(first.class_id, self.class_2)
        self.assertEqual(first.guardian_ids.mapped("name"), ["家长1", "祖母"])
        self.assertEqual(first.guardian_ids.filtered("is_primary").name, "家长1")
        self.assertEqual(other.class_id, self.class_1)
        self.assertEqual(first.membership_ids.class_id, self.class_2)

    def test_a_bad_file_is_refused_as_a_whole_with_each_row_named(self):
        self._make_student("已在校", "I90000", self.class_1)
        bad = {
            "name": {"name": ""},
            "class_id": {"class_id": "9年级9班"},
            "gender": {"gender": "neither"},
            "birth_date": {"birth_date": "31.02.2017"},
            "national_number": {"national_number": "G123"},
            "student_number": {"student_number": "I90000"},
            "guardian_ids/phone": {"guardian_ids/phone": "abc"},
            "guardian_ids/name": {"guardian_ids/name": ""},
            "guardian_ids/relation": {"guardian_ids/relation": "neighbour"},
        }
        rows = [_row(0)]
        for position, changes in enumerate(bad.values(), 1):
            rows.append(_row(position, **changes))
        rows.append(_row(50, student_number="I00000"))
        extra = [""] * 6 + ["第二家长", "father", "13800000001", "1"]
        rows += [_row(51), extra]
        before = self.students.search_count([])
        result = self.students.load(FIELDS, rows)
        self.assertFalse(result["ids"])
        self.assertEqual(self.students.search_count([]), before, "nothing half done")
        named = {(m["rows"]["from"], m["field"]) for m in result["messages"]}
        expected = {(i, column.split("/")[0]) for i, column in enumerate(bad, 1)}
        expected |= {(10, "student_number"), (12, "guardian_ids")}
        self.assertEqual(named, expected)
        for message in result["messages"]:
            row = message["rows"]["from"] + 1
            self.assertIn(f"Row {row},", message["message"])
            self.assertIn(message["field_name"], message["message"])

    def test_queries_do_not_grow_with_the_rows(self):
        self.students.load(FIELDS, [_row(900)])
        counts = []
        for start, size in ((1, 10), (2000, 1000)):
            rows = [_row(i) for i in range(start, start + size)]
            with self._counting(counts):
                result = self.students.load(FIELDS, rows)
            self.assertFalse(result["messages"])
        # Odoo inserts rows by the hundred: students, guardians and class history
        self.assertLessEqual(counts[1], counts[0] + 3 * 1000 / 100 + 5, f"10 and 1,000: {counts}")

    def test_odoo_imports_the_whole_file_in_one_go(self):
        lines = [",".join(FIELDS)] + [",".join(_row(i)) for i in range(3000)]
        wizard = self.env["base_import.import"].with_user(self.psychology)
        wizard = wizard.with_company(self.school).create(
            {
                "res_model": "crisis.student",
                "file": "\n".join(lines).encode(),
                "file_type": "text/csv",
                "file_name": "classes.csv",
            }
        )
        options = {
            "quoting": '"',
            "separator": ",",
            "has_headers": True,
            "limit": 2000,
            "encoding": "utf-8",
            "date_format": "%Y-%m-%d",
        }
        preview = wizard.parse_preview(dict(options))
        self.assertFalse(preview["batch"])
        result = wizard.execute_import(FIELDS, FIELDS, dict(options))
        self.assertFalse(result["messages"])
        self.assertEqual(len(result["ids"]), 3000)
        self.assertFalse(result["nextrow"])
        students = self.students.browse(result["ids"])
        self.assertEqual(len(students.guardian_ids), 3000)

    def test_template_can_be_imported(self):
        template = self.students.get_import_templates()[0]["template"]
        path = template.removeprefix("/crisis_intervention/")
        with file_open(f"crisis_intervention/{path}", "rb") as file:
            content = file.read()
        self.assertTrue(content.startswith(b"PK"))
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        header = [cell.value for cell in sheet[1]]
        self.assertEqual(header, FIELDS)
