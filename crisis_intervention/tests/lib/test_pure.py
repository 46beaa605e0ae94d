from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO

import pyzipper
from odoo.tests import BaseCase, tagged

from ...lib import class_label, class_move, cn_identity, disclosure_chain, school_year
from ...lib.anonymity import names_in, numbers_in
from ...lib.client_ids import command_ids, command_values, link_ids, reference
from ...lib.deadlines import due_dates, escalation_moments, is_quiet, reply_hours, tightened
from ...lib.encrypted_archive import encrypted, new_password
from ...lib.file_types import looks_active, media_type
from ...lib.pinyin import reading
from ...lib.reference_numbers import missing
from ...lib.risk import RISK_LEVELS, may_change, severity
from ...lib.signed_content import canonical, content_of, given_up, is_nonce, new_nonce, random_part
from ...lib.spreadsheet_cells import harmless


@tagged("post_install", "-at_install")
class TestPureModules(BaseCase):
    def test_severity_ranks_the_levels(self):
        self.assertEqual([severity(code) for code, _label in RISK_LEVELS], [1, 2, 3, 4])
        self.assertEqual(severity(None), 0)

    def test_levels_rise_at_once_and_fall_by_one(self):
        allowed = {
            (old, new)
            for old, _x in [*RISK_LEVELS, (None, None)]
            for new, _y in [*RISK_LEVELS, (None, None)]
            if may_change(old, new)
        }
        falls = {(o, n) for o, n in allowed if o and n and severity(n) < severity(o)}
        self.assertEqual(falls, {("red", "orange"), ("orange", "yellow"), ("yellow", "blue")})
        self.assertNotIn(("blue", None), allowed)
        self.assertIn(("blue", "red"), allowed)
        self.assertIn((None, "red"), allowed)

    def test_due_dates_skip_what_is_not_asked_for(self):
        start = datetime(2026, 9, 1, 8)
        self.assertEqual(
            due_dates({"plan": 24, "session": 0}, start), {"plan": start + timedelta(hours=24)}
        )

    def test_tightened_never_postpones(self):
        early, late = datetime(2026, 9, 1), datetime(2026, 9, 2)
        self.assertEqual(tightened(early, late), early)
        self.assertEqual(tightened(late, early), early)
        self.assertEqual(tightened(None, late), late)

    def test_only_red_goes_on_to_the_district(self):
        due = datetime(2026, 9, 1, 8)
        hours = [timedelta(hours=count) for count in (0, 12, 24, 36)]
        self.assertEqual(escalation_moments(due, 12, "red"), [due + step for step in hours])
        for level in ("orange", None):
            self.assertEqual(escalation_moments(due, 12, level), [due + step for step in hours[:3]])
        self.assertLess(reply_hours("red"), reply_hours("orange"))

    def test_quiet_hours_may_run_over_midnight(self):
        for hour, start, end, quiet in (
            (23, 22, 7, True),
            (6.9, 22, 7, True),
            (7, 22, 7, False),
            (13, 12, 14, True),
            (14, 12, 14, False),
            (3, 0, 0, False),
        ):
            with self.subTest(hour=hour, start=start, end=end):
                self.assertEqual(is_quiet(hour, start, end), quiet)

    def test_missing_references(self):
        self.assertEqual(
            missing(["CI/2026/0004", "CI/2025/0002", "CI/2026/0001", "CI/2026/0002", "draft"]),
            ["CI/2025/0001", "CI/2026/0003"],
        )
        self.assertEqual(missing([]), [])
        long = [f"D7-26-{number:03}" for number in range(1, 1002) if number not in (7, 1000)]
        self.assertEqual(missing(long), ["D7-26-007", "D7-26-1000"])


@tagged("post_install", "-at_install")
class TestDirectoryModules(BaseCase):
    def test_classes_move_in_the_summer(self):
        for day, year in (
            (date(2026, 6, 30), None),
            (date(2026, 7, 1), "2026-2027"),
            (date(2026, 9, 30), "2026-2027"),
            (date(2026, 10, 1), None),
            (date(2027, 1, 1), None),
        ):
            self.assertEqual(class_move.year_to_move_into(day), year)

    def test_plan_of_a_move(self):
        def classes(*found):
            return [class_move.Class(n, *each) for n, each in enumerate(found)]

        self.assertIsNone(class_move.plan([], 6))
        plan = class_move.plan(
            classes((6, "1", "2025-2026"), (1, "2", "2025-2026"), (2, "2", "2026-2027"),
                    (1, "1", "2025-2026"), (2, "3", "2026-2027")),
            6,
        )  # fmt: skip
        self.assertEqual((plan.from_year, plan.to_year), ("2025-2026", "2026-2027"))
        self.assertEqual([each.id for each in plan.moving], [3, 1])
        self.assertEqual([each.id for each in plan.leaving], [0])
        self.assertEqual([each.id for each in plan.clashes], [2], "stands where one moves to")
        self.assertEqual(class_move.highest_first((1, 3, 1)), [3, 1])

    def test_school_year_turns_in_august(self):
        self.assertEqual(school_year.school_year_of(date(2026, 7, 31)), "2025-2026")
        self.assertEqual(school_year.school_year_of(date(2026, 8, 1)), "2026-2027")
        self.assertEqual(school_year.following("2025-2026"), "2026-2027")
        for text in ("2026", "2026-2028", "26-27"):
            self.assertFalse(school_year.is_school_year(text))
            with self.assertRaises(ValueError):
                school_year.following(text)

    def test_class_labels(self):
        cases = {
            "三年级2班": (3, "2"),
            "3年级（12）班": (3, "12"),
            "六(1)班": (6, "1"),
            "二（十一）": (2, "11"),
            "3.2": (3, "2"),
            "Grade 3 Class 2": (3, "2"),
            "初三": None,
            "": None,
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertEqual(class_label.parse(text), expected)

    def test_grades(self):
        for text, expected in (
            ("5", 5),
            ("五", 5),
            (" 五年级", 5),
            ("5年级", 5),
            ("Grade 5", 5),
            ("5班", None),
            ("", None),
            ("林", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(class_label.parse_grade(text), expected)

    def test_reading_of_names(self):
        cases = {
            "张伟": ("zhangwei", "zw"),
            "单雄": ("shanxiong", "sx"),
            "尉迟恭": ("yuchigong", "ycg"),
            "Anna Li": ("annali", "al"),
            "": ("", ""),
        }
        for name, expected in cases.items():
            with self.subTest(name=name):
                self.assertEqual(reading(name), expected)

    def test_identity(self):
        self.assertTrue(cn_identity.is_national_number("G11010519491231002X"))
        self.assertFalse(cn_identity.is_national_number("G110105194912310021"))
        self.assertTrue(cn_identity.is_phone("+86 139-0000-0000"))
        self.assertFalse(cn_identity.is_phone("12-34"))


@tagged("post_install", "-at_install")
class TestPrivacyModules(BaseCase):
    def test_names_and_numbers_do_not_hide(self):
        text = "据悉，林 小·禾(Ｓ０１２)昨日返校，Anna Li 在场。Annalise 3"
        self.assertEqual(
            names_in(text, ["林小禾", "周子墨", "anna li", "Ann", "林", ""]), ["林小禾", "anna li"]
        )
        self.assertEqual(numbers_in(text, ["S012", "012", "3", ""]), ["S012"])

    def test_files_are_known_by_their_content(self):
        for content, kind in (
            (b"\0\0\0\x18ftypheic", "image/heic"),
            (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
            (b"\0\0\0\x18ftypisom", "video/mp4"),
            (b"ID3\4", "audio/mpeg"),
            (b"\xff\xfb\x90", "audio/mpeg"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (b"%PDF-1.7", None),
            (b"", None),
        ):
            with self.subTest(content=content):
                self.assertEqual(media_type(content), kind)
        for content in (b"\xef\xbb\xbf <svg>", b"#!/bin/sh", b"MZ\x90", b"x<SCRIPT>"):
            with self.subTest(content=content):
                self.assertTrue(looks_active(content))
        self.assertFalse(looks_active("a < b，没有标签".encode()))

    def test_cells_compute_nothing(self):
        for value in ("=1+1", "+1", "-1", "@x", "\t=1", "\r", "\n="):
            self.assertEqual(harmless(value), f"'{value}")
        for value in ("林小禾", "", 1, -1.5, None, False):
            self.assertEqual(harmless(value), value)

    def test_archives_open_with_their_password_only(self):
        password = new_password()
        self.assertRegex(password, r"^([a-z2-9]{4}-){4}[a-z2-9]{4}$")
        archive = encrypted("export.csv", "个案".encode(), password)
        self.assertNotIn("个案".encode(), archive)
        with pyzipper.AESZipFile(BytesIO(archive)) as opened:
            self.assertEqual(opened.namelist(), ["export.csv"])
            with self.assertRaises(RuntimeError):
                opened.read("export.csv", pwd=b"wrong")
            self.assertEqual(opened.read("export.csv", pwd=password.encode()).decode(), "个案")

    def test_a_chain_tells_where_it_breaks(self):
        def sign(text, key="k"):
            return f"{key}:{hash(text)}"

        def tells(signature, text):
            return None if signature.startswith("lost:") else signature == sign(text)

        contents = [("a", datetime(2026, 9, 1)), ("b", None), ("c", 3), ("d", 4)]
        rows = disclosure_chain.chained(disclosure_chain.End(), contents, sign)
        head = rows[-1].end
        changed = rows[1]._replace(content=("B", None))
        unsigned = rows[1]._replace(signature="")
        lost = rows[1]._replace(signature=sign("", "lost"))
        [forged] = disclosure_chain.chained(rows[0].end, [("B", None)], sign)
        old = [row._replace(signature="") for row in rows]
        other = disclosure_chain.End(4, rows[0].hash)
        for name, chain, end, anchors, expected in (
            ("whole", rows, head, {}, []),
            ("known outside", rows, head, {2: rows[1].hash, 4: head.hash}, []),
            ("from before rows were signed", old, head, {}, []),
            ("an unknown key", [rows[0], lost, *rows[2:]], head, {}, [("changed", 2)]),
            ("changed", [rows[0], changed, *rows[2:]], head, {}, [("changed", 2)]),
            ("no signature", [rows[0], unsigned, *rows[2:]], head, {}, [("changed", 2)]),
            ("of another history", [rows[0], forged, *rows[2:]], head, {}, [("linked", 3)]),
            ("missing", [rows[0], rows[2], rows[3]], head, {}, [("missing", 2)]),
            ("tail", rows[:2], head, {}, [("tail", 2)]),
            ("longer", rows, rows[1].end, {}, [("beyond", 2)]),
            ("another end", rows, other, {}, [("head", 4)]),
            ("no end", rows, None, {}, [("no_head", 4)]),
            ("taken back", rows[:2], rows[1].end, {4: head.hash}, [("older", 4)]),
            ("another history", rows, head, {2: "0"}, [("older", 2)]),
            ("empty", [], disclosure_chain.End(), {}, []),
        ):
            with self.subTest(name):
                walk = disclosure_chain.Walk(tells, anchors)
                walk.see(chain)
                walk.finish(end, is_signed=True)
                found = [(fault.problem, fault.number) for fault in walk.faults]
                self.assertEqual(found, expected)
        walk = disclosure_chain.Walk(tells, rotated=3)
        walk.see([rows[0], lost, *rows[2:]])
        self.assertEqual(walk.faults, [], "a key that was taken away when another one came")
        walk = disclosure_chain.Walk(tells)
        walk.see(rows)
        walk.finish(head, is_signed=False)
        self.assertEqual(walk.faults, [disclosure_chain.Fault("head", 4)])

    def test_ids_that_clients_send(self):
        """Whatever the database would take for an id counts as one."""
        for value, ids in (
            *((7, [7]), ("7", [7]), (7.0, [7]), ([7, "x"], [7]), ({"id": 7}, [7])),
            *((0, []), (-7, []), (True, []), (False, []), (None, []), ("virtual_7", []), ([], [])),
            *(("x", []), ({}, []), (float("inf"), [])),
        ):
            with self.subTest(value=value):
                self.assertEqual(link_ids(value), ids)
        lines = [
            (0, 0, {"a": 1}),
            (1, 5, {"b": 2}),
            (2, 6),
            (3, 7),
            (4, "8", False),
            (5,),
            (6, 0, [9, "10"]),
        ]
        self.assertEqual(command_ids(lines), [5, 6, 7, 8, 9, 10])
        self.assertEqual(command_ids([11, "12"]), [11, 12])
        self.assertEqual(command_ids(False), [])
        self.assertEqual(list(command_values(lines)), [(0, {"a": 1}), (5, {"b": 2})])
        self.assertEqual(reference("crisis.case,7"), ("crisis.case", 7))
        for nothing in ("crisis.case,", "crisis.case,x", "crisis.case,0", False, None):
            self.assertIsNone(reference(nothing))

    def test_what_is_signed_is_written_in_one_way(self):
        beijing = timezone(timedelta(hours=8))
        for one, other in (
            (3.0, Decimal("3.00")),
            (-0.0, 0.0),
            (datetime(2026, 9, 1, 8), datetime(2026, 9, 1, 16, tzinfo=beijing)),
            ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
            (frozenset((3, 1, 2)), [1, 2, 3]),
        ):
            with self.subTest(value=one):
                self.assertEqual(
                    content_of("x", 1, "n", {"a": one}), content_of("x", 1, "n", {"a": other})
                )
        with self.assertRaises(TypeError):
            canonical(b"x")

    def test_different_things_are_signed_differently(self):
        values = (
            *(None, False, True, 0, 1, 1.5, "", "0", "1", "None", "1.5", "2026-09-01"),
            *(date(2026, 9, 1), datetime(2026, 9, 1), [], ["1"], [1], {}, {"1": 1}, "儿"),
        )
        texts = {content_of("x", 1, "n", {"a": value}) for value in values}
        self.assertEqual(len(texts), len(values))
        one = content_of("x", 1, "n", {"a": 1, "b": None})
        others = {
            content_of("y", 1, "n", {"a": 1, "b": None}),
            content_of("x", 2, "n", {"a": 1, "b": None}),
            content_of("x", 1, "m", {"a": 1, "b": None}),
            content_of("x", 1, "n", {"a": 1}),
            content_of("x", 1, "n", {"a": None, "b": 1}),
            given_up("x", 1, "n"),
            content_of("x", 1, "n", {}),
        }
        self.assertEqual(len(others | {one}), 8)

    def test_later_nonces_are_larger(self):
        first = new_nonce(1_800_000_000.5)
        self.assertRegex(first, "^[0-9a-f]{32}$")
        self.assertNotEqual(new_nonce(1_800_000_000.5), first)
        self.assertGreater(new_nonce(1_800_000_001), first)
        for clock in (1_800_000_000.5, 1_700_000_000):
            self.assertGreater(new_nonce(clock, first), first, "also when a clock is set back")
        for before in ("zz", "é", "f" * 31, "F" * 32, "f" * 32):
            self.assertTrue(is_nonce(new_nonce(1, before)), "whatever stands in the database")

    def test_random_part_of_a_seal(self):
        self.assertEqual(random_part("2027:abc"), "abc")
        self.assertEqual((random_part(""), random_part(None)), ("", ""))
