"""Tests of the comparison before and after an update."""

import unittest
from unittest.mock import patch

from devtools import upgrade
from devtools.common import DevError
from devtools.upgrade import Snapshot


class TestUpgrade(unittest.TestCase):
    def setUp(self):
        rows = {"1": {"name": "a", "level": "red"}, "2": {"name": "b", "level": "blue"}}
        self.before = Snapshot({"crisis_case": rows}, {"x.stage": ("crisis.stage", "7")})

    def _after(self, rows: dict, **xml_ids) -> list[tuple[str, str]]:
        """Return the differences to a database with these rows of the only table."""
        known = xml_ids or {"x.stage": ("crisis.stage", "7")}
        return list(upgrade.compare(self.before, Snapshot({"crisis_case": rows}, known)))

    def test_nothing_differs(self):
        rows = {key: {**row, "new": "1"} for key, row in self.before.tables["crisis_case"].items()}
        self.assertEqual(self._after(rows), [])

    def test_every_kind_of_difference(self):
        rows = self.before.tables["crisis_case"]
        one = {"1": rows["1"]}
        for after, name, told in (
            (one, "crisis_case rows", "crisis_case: 1 of 2 rows are gone"),
            ({**rows, "3": rows["1"]}, "crisis_case rows", "crisis_case: 1 rows more than 2"),
            (
                {**rows, "2": {"name": "c", "level": "blue"}},
                "crisis_case.name",
                "crisis_case.name: 1 of 2 differ, such as 2: 'b', now 'c'",
            ),
            (
                {key: {"name": row["name"]} for key, row in rows.items()},
                "crisis_case.level",
                "crisis_case.level: the column is gone",
            ),
        ):
            with self.subTest(told=told):
                self.assertEqual(self._after(after), [(name, told)])
        gone = list(upgrade.compare(self.before, Snapshot()))
        self.assertEqual(
            [name for name, _told in gone], ["crisis_case", "crisis.stage x.stage"], gone
        )
        moved = self._after(rows, **{"x.stage": ("crisis.stage", "8")})
        self.assertEqual(
            moved, [("crisis.stage x.stage", "x.stage (crisis.stage) is another record")]
        )

    def test_migrations_are_named_and_happen(self):
        differences = [("crisis_case.level", "level differs"), ("crisis_case.name", "name differs")]
        self.assertEqual(
            upgrade.unexpected(differences, {"crisis_case.l*": "new scale"}, {}), ["name differs"]
        )
        later = {"crisis_case.name": "of a later one", "crisis_plan.name": "not there yet"}
        self.assertEqual(
            upgrade.unexpected(differences, {"crisis_case.l*": "new scale"}, later), []
        )
        [line] = upgrade.unexpected([], {"crisis_case.l*": "new scale"}, later)
        self.assertIn("named as migrated (new scale), but does not differ", line)

    def test_a_missing_history_is_told(self):
        with (
            patch.object(upgrade, "releases", return_value={"1.0": "0" * 40}),
            patch.object(upgrade, "locked"),
            self.assertRaisesRegex(DevError, "not in the history here: git fetch --unshallow"),
        ):
            upgrade._source("1.0")
        with self.assertRaisesRegex(DevError, "No release 0.1; there are 19"):
            upgrade._source("0.1")


if __name__ == "__main__":
    unittest.main()
