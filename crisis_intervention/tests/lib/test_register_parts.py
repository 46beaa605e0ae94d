import gzip
import json
from datetime import datetime

from odoo.tests import BaseCase, tagged

from ...lib.register_parts import digest_of, merged, packed, rows_of

ROWS = [
    {"number": 3, "case_id": 7, "date": datetime(2023, 1, 2, 3, 4, 5), "text": "查阅"},
    {"number": 5, "case_id": 71, "date": None, "text": '"case_id":7,'},
    {"number": 9, "case_id": 7, "date": None, "text": None},
]


@tagged("post_install", "-at_install")
class TestRegisterParts(BaseCase):
    """Archived rows come back as they were, and another digest tells of every change."""

    def test_rows_come_back(self):
        part = packed("0", ROWS)
        self.assertEqual((part.count, part.first, part.last), (3, 3, 9))
        expected = [{**row, "date": row["date"] and row["date"].isoformat()} for row in ROWS]
        self.assertEqual(list(rows_of(part.content)), expected)
        self.assertEqual(packed("0", ROWS), part)
        self.assertEqual(packed("", []).count, 0)

    def test_rows_about_something(self):
        part = packed("0", ROWS)
        found = [row["number"] for row in rows_of(part.content, ("case_id", 7))]
        self.assertEqual(found, [3, 9])
        self.assertEqual(list(rows_of(part.content, ("case_id", 8))), [])

    def test_the_digest_tells_of_every_change(self):
        part = packed("0", ROWS)
        self.assertEqual(digest_of("0", part.content), (part.digest, len(ROWS)))
        digests = {digest_of("1", part.content)[0]}
        for index in range(len(ROWS)):
            digests.add(packed("0", ROWS[:index] + ROWS[index + 1 :]).digest)
            for name in ROWS[index]:
                changed = [dict(row) for row in ROWS]
                changed[index][name] = 4
                digests.add(packed("0", changed).digest)
        digests.add(packed("0", ROWS[::-1]).digest)
        self.assertNotIn(part.digest, digests)
        self.assertEqual(len(digests), 2 + len(ROWS) * 5)

    def test_what_is_no_part_has_no_digest(self):
        content = packed("0", ROWS).content
        for wrong in (b"x", content[:-9], content[:30]):
            self.assertEqual(digest_of("0", wrong), ("", 0))

    def test_sources_are_merged_and_opened_late(self):
        opened = []

        def source(name, *numbers):
            def begin():
                opened.append(name)
                return iter(numbers)

            return (numbers[0] if numbers else 0, begin)

        sources = [source("a", 1, 4, 9), source("b", 2, 3), source("c", 8, 10), source("d")]
        rows = merged(sources, lambda number: number)
        self.assertEqual([next(rows) for _each in range(4)], [1, 2, 3, 4])
        self.assertNotIn("c", opened)
        self.assertEqual(list(rows), [8, 9, 10])
        self.assertEqual(sorted(opened), ["a", "b", "c", "d"])

    def test_it_is_what_it_says(self):
        """JSON lines, as any tool reads them."""
        lines = gzip.decompress(packed("0", ROWS).content).decode().splitlines()
        self.assertEqual([json.loads(line)["number"] for line in lines], [3, 5, 9])
