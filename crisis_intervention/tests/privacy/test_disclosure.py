from datetime import datetime, timedelta
from unittest import TestCase
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ... import register
from ...sealed_reading import opening
from ..common import DENIALS, CrisisCommon
from ..documents import DocumentCase

NOW = datetime(2026, 10, 12, 9, 0)


class DisclosureCase(CrisisCommon):
    """A case with everything confidential, and nobody who has read it yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.register = cls.env["crisis.disclosure"]
        cls.case = cls._make_case(
            cls.student_1, background="BACKGROUND", risk_formulation="RISK", risk_level="yellow"
        )
        cls.meeting = cls._hold_session(cls.case, notes="NOTES").sudo()
        cls.addendum = (
            cls.env["crisis.session.addendum"]
            .with_user(cls.psychology)
            .create({"session_id": cls.meeting.id, "text": "ADDED"})
        ).sudo()
        cls.finding = cls.env["crisis.medical.record"].create(
            {"case_id": cls.case.id, "finding": "FINDING"}
        )
        cls.finding._set({"state": "signed"})
        instrument = cls._make_instrument()
        cls.form = cls._make_assessment(
            cls.student_1, {"1": "1", "2": "1", "3": "0", "5": "ANSWER"}, instrument
        )
        cls.form.action_complete()
        cls.form = cls.form.sudo()
        cls._end()
        cls._empty_register()

    @classmethod
    def _end(cls):
        """End the transaction, as far as the register sees it."""
        cls._end_transaction()

    def _rows(self):
        """Return all readings in the register, in order."""
        self._end()
        return self.register.search([("kind", "=", "reading")], order="id")

    def _new(self, action):
        """Return the rows that ``action`` adds."""
        before = self._rows()
        action()
        return self._rows() - before


@tagged("post_install", "-at_install")
class TestRegister(DisclosureCase):
    """Each way of reading leaves one entry: who, what, which record, how."""

    def _ways(self, record, name):
        """Return dict of way of reading to (code of the way, action)."""
        model, id_ = record.browse(), [("id", "=", record.id)]
        return {
            "attribute": ("other", lambda: record[name]),
            "mapped": ("other", lambda: record.mapped(name)),
            "filtered": ("other", lambda: record.filtered(name)),
            "read": ("read", lambda: record.read([name])),
            "read all": ("read", lambda: record.read()),
            "search_read": ("read", lambda: model.search_read(id_, [name])),
            "web_read": ("form", lambda: record.web_read({name: {}})),
            "web_search_read": ("list", lambda: model.web_search_read(id_, {name: {}})),
            "web_read_group": (
                "list",
                lambda: model.web_read_group(
                    id_,
                    ["create_uid"],
                    ["__count"],
                    auto_unfold=True,
                    unfold_read_specification={name: {}},
                ),
            ),
            "export_data": ("export", lambda: record.export_data([name])),
            "onchange": (
                "form",
                lambda: record.onchange({name: record.id and "x"}, [name], {name: {}}),
            ),
        }

    def test_every_way_is_registered_once(self):
        for user in (self.principal, self.psychology):
            user.group_ids |= self.env.ref("crisis_intervention.group_export")
            self._confirm_roles(user)
        for record, name, user in (
            (self.case, "background", self.principal),
            (self.meeting, "notes", self.psychology),
            (self.addendum, "text", self.psychology),
            (self.form, "answers", self.psychology),
            (self.finding, "finding", self.principal),
        ):
            mine = record.with_user(user).sudo(False)
            for door, (way, action) in self._ways(mine, name).items():
                if door == "onchange":
                    continue
                with self.subTest(model=record._name, door=door):
                    self._empty_register()
                    self.env.invalidate_all()
                    rows = self._new(action)
                    self.assertEqual(len(rows), 1)
                    self.assertIn(name, rows.field_names.split(","))
                    if door != "read all":
                        self.assertEqual(rows.field_names, name)
                    self.assertEqual(
                        (rows.user_id, rows.res_model, rows.res_id, rows.way),
                        (user, record._name, record.id, way),
                    )
                    self.assertEqual(
                        (rows.case_id, rows.student_id, rows.company_id),
                        (
                            self.case if record != self.form else self.form.case_id,
                            self.student_1,
                            self.school,
                        ),
                    )

    def test_reading_from_above_is_registered(self):
        mine = self.case.with_user(self.psychology)
        self.psychology.group_ids |= self.env.ref("crisis_intervention.group_export")
        self._confirm_roles(self.psychology)
        for door, way, action in (
            (
                "nested web_read",
                "form",
                lambda: mine.web_read({"session_ids": {"fields": {"notes": {}}}}),
            ),
            ("export of a path", "export", lambda: mine.export_data(["session_ids/notes"])),
            ("dotted path", "other", lambda: mine.mapped("session_ids.notes")),
        ):
            with self.subTest(door=door):
                self._empty_register()
                rows = self._new(action)
                if way == "export":
                    exported = rows.filtered(lambda row: row.res_model == "crisis.case")
                    self.assertEqual(exported.field_names, "session_ids")
                    rows -= exported
                self.assertEqual(
                    (rows.res_model, rows.res_id, rows.field_names, rows.way),
                    ("crisis.session", self.meeting.id, "notes", way),
                )

    def test_documents_are_registered(self):
        reports = self.env["ir.actions.report"].with_user(self.psychology)
        rows = self._new(
            lambda: reports._render_qweb_html(
                "crisis_intervention.crisis_assessment_report_file", self.form.ids
            )
        )
        self.assertEqual(
            (rows.res_model, rows.res_id, rows.way), ("crisis.assessment", self.form.id, "report")
        )
        self.assertIn("answers", rows.field_names.split(","))

    def test_comparing_forms_is_registered(self):
        dialog = (
            self.env["crisis.assessment.compare"]
            .with_user(self.psychology)
            .create({"first_id": self.form.id, "second_id": self.form.id})
        )
        rows = self._new(lambda: dialog.web_read({"content": {}}))
        self.assertEqual((rows.res_model, rows.field_names), ("crisis.assessment", "answers"))

    def test_what_is_not_confidential_is_not_registered(self):
        mine = self.case.with_user(self.psychology)
        for action in (
            lambda: mine.web_read({"name": {}, "stage_id": {}, "shared_advice": {}}),
            lambda: mine.search([]).mapped("display_name"),
            lambda: self.meeting.with_user(self.moral).sudo(False).web_read({"date_start": {}}),
            # an empty field tells nothing
            lambda: (
                self.meeting.with_user(self.psychology)
                .sudo(False)
                .web_read({"confidentiality_exception": {}})
            ),
            # our own code, which shows nothing of it
            self._check_background,
        ):
            self.assertFalse(self._new(action))

    def _check_background(self):
        """Look whether there is a background, as our own code does."""
        with opening("signing"):
            self.assertTrue(self.case.background)

    @mute_logger(*DENIALS)
    def test_refused_readings_are_not_registered(self):
        for user in (self.moral, self.head_teacher, self.doctor, self.other_psychology):
            mine = self.case.with_user(user)

            def refused(mine=mine):
                with self.assertRaises(AccessError):
                    mine.read(["background"])

            self.assertFalse(self._new(refused))

    def test_readings_within_an_hour_are_one_entry(self):
        mine = self.case.with_user(self.principal)
        entries = [("entry_id", "=", False)]
        for minutes, expected in ((0, [1]), (10, [2]), (59, [3]), (61, [3, 1]), (90, [3, 2])):
            with freeze_time(NOW + timedelta(minutes=minutes)):
                self._end()
                mine.web_read({"background": {}})
                self._end()
            with self.subTest(minutes=minutes):
                found = self.register.search(entries, order="id")
                self.assertEqual(found.mapped("read_count"), expected)
        self.assertEqual(found[0].date, NOW)
        self.assertEqual(found[0].date_last, NOW + timedelta(minutes=59))
        # something else, somebody else, or in another way is another entry
        with freeze_time(NOW + timedelta(minutes=91)):
            for action in (
                lambda: mine.web_read({"risk_formulation": {}}),
                lambda: mine.read(["background"]),
                lambda: self.case.with_user(self.psychology).web_read({"background": {}}),
            ):
                self.assertFalse(self._new(action).entry_id)

    def test_released_summaries_are_registered(self):
        """Whoever of the team reads what a session gave to the team stands in the register."""
        meeting = self._hold_session(self.case, summary_draft="SUMMARY")
        meeting.action_release_summary()
        self._end()
        mine = meeting.with_user(self.moral).sudo(False)
        rows = self._new(lambda: self.assertEqual(mine.read(["summary"])[0]["summary"], "SUMMARY"))
        self.assertEqual(
            (rows.user_id, rows.res_model, rows.res_id, rows.field_names, rows.case_id),
            (self.moral, "crisis.session", meeting.id, "summary", self.case),
        )

    def test_a_board_without_confidential_fields_costs_nothing(self):
        """No statement, and no second connection."""
        mine = self.case.browse().with_user(self.psychology)
        spec = {"name": {}, "risk_level": {}, "student_id": {"fields": {"display_name": {}}}}

        def board():
            mine.web_read_group(
                [], ["stage_id"], ["__count"], auto_unfold=True, unfold_read_specification=spec
            )
            self.env.cr.precommit.run()
            register.enter_waiting()

        refused = AssertionError("the register is asked")
        with (
            patch.object(register, "_connection", side_effect=refused),
            patch.object(register, "_place_rows", side_effect=refused),
        ):
            self._end()
            board()
            spec["background"] = {}
            with TestCase.assertRaises(self, AssertionError):
                board()
        register._waiting.of.clear()

    def test_costs_one_statement(self):
        sessions = self.meeting
        for _number in range(5):
            sessions |= self._hold_session(self.case, notes="MORE").sudo()
        self._end()
        mine = sessions.with_user(self.psychology).sudo(False)
        spec = {"notes": {}, "risk_change": {}, "case_id": {"fields": {"background": {}}}}

        def queries():
            self._end()
            before = self.env.cr.sql_log_count
            mine.web_read(spec)
            self.env.cr.precommit.run()
            return self.env.cr.sql_log_count - before

        queries()
        registered = queries()
        with patch.object(register, "_enter", lambda *args, **kwargs: None):
            without = queries()
        self.assertEqual(registered, without + 1)
        self.assertGreaterEqual(len(self._rows()), 7)

    def test_nobody_changes_it(self):
        self.case.with_user(self.principal).web_read({"background": {}})
        row = self._rows()
        self.assertTrue(row)
        for user in (self.principal, self.psychology, self.env.ref("base.user_admin")):
            for entry in (row.with_user(user), row.with_user(user).sudo(), row):
                for action in (
                    lambda r=entry: r.write({"way": "form"}),
                    lambda r=entry: r.unlink(),
                    lambda r=entry: r.create({"user_id": self.staff.id}),
                    lambda r=entry: r.copy(),
                ):
                    with self.assertRaises(AccessError):
                        action()

    def test_who_reads_the_register(self):
        colleague = self._make_user("t_psychology_2", "psychology_teacher")
        self.case.with_user(self.principal).web_read({"background": {}})
        row = self._rows()
        for user, found in (
            (self.psychology, row),
            (self.principal, row),
            (colleague, row.browse()),
            (self.other_psychology, row.browse()),
        ):
            mine = self.register.with_user(user)
            self.assertEqual(mine.search([("kind", "=", "reading")]), found)
        for user in (self.moral, self.head_teacher, self.staff, self.configurator, self.district):
            with self.assertRaises(AccessError):
                self.register.with_user(user).search([])
        for user in (self.psychology, self.principal):
            action = self.case.with_user(user).action_view_disclosures()
            self.assertEqual(self.register.search(action["domain"]), row)
        for user in (colleague, self.moral):
            with self.assertRaises(AccessError):
                self.case.with_user(user).action_view_disclosures()
        self.assertEqual(row.res_name, f"Crisis Case {self.case.name}")
        self.assertEqual(row.what, "Confidential Background")

    def test_a_renamed_field_keeps_its_label(self):
        """Rows are never changed: they name fields as they were called then."""
        self.meeting.with_user(self.psychology).web_read({"notes": {}})
        self._end()
        row = self.register.search([], order="id desc", limit=1)
        self.env.cr.execute(
            "UPDATE crisis_disclosure SET field_names = 'disclosure,gone' WHERE id = %s", row.ids
        )
        self.env.invalidate_all()
        self.assertEqual(row.what, "Secrecy Broken, File")


@tagged("post_install", "-at_install")
class TestRegisterDoors(DisclosureCase, DocumentCase, HttpCase):
    """The same through the web server, whose cursors for reading cannot write."""

    def setUp(self):
        super().setUp()
        self.authenticate(self.principal.login, self.principal.login)

    def _call(self, method, *args, model="crisis.case", **kwargs):
        """Call a method as the web client does."""
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def test_web_client_and_interfaces(self):
        spec = {"background": {}}
        here = [["id", "=", self.case.id]]
        for door, way, action in (
            ("web_read", "form", lambda: self._call("web_read", self.case.ids, spec)),
            ("search", "list", lambda: self._call("web_search_read", here, spec)),
            ("read", "read", lambda: self._call("read", self.case.ids, ["background"])),
            ("search_read", "read", lambda: self._call("search_read", here, ["background"])),
        ):
            with self.subTest(door=door):
                with self.assertNoLogs("odoo.http", "WARNING"):
                    rows = self._new(action)
                self.assertEqual((rows.way, rows.user_id), (way, self.principal))
                self.assertEqual(rows.ip, "127.0.0.1")
                self.assertTrue(rows.device)

    def test_json_2(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.principal)
            ._generate("rpc", "test", datetime.now() + timedelta(days=1))
        )
        self.env.flush_all()
        answers = []
        with mute_logger("odoo.http"):
            rows = self._new(
                lambda: answers.append(
                    self.url_open(
                        "/json/2/crisis.case/read",
                        json={"ids": self.case.ids, "fields": ["background"]},
                        headers={"Authorization": f"bearer {key}"},
                    )
                )
            )
        self.assertEqual(answers[0].status_code, 403, "it opens for no program")
        self.assertFalse(rows)

    def test_files(self):
        report = self.env["crisis.mandatory.report"].create(
            {
                "case_id": self.case.id,
                "situation_ids": [
                    Command.set(self.env["crisis.mandatory.situation"].search([], limit=1).ids)
                ],
                "scan": "JVBERi0xLjQK",
            }
        )
        file = self.env["ir.attachment"].create(
            {
                "name": "x.pdf",
                "raw": b"%PDF-1.4\n",
                "res_model": self.case._name,
                "res_id": self.case.id,
            }
        )
        self.env.flush_all()
        for door, path, names in (
            ("attachment", f"/web/content/{file.id}", "file"),
            (
                "field",
                f"/web/content?model=crisis.mandatory.report&id={report.id}&field=scan",
                "scan",
            ),
        ):
            with self.subTest(door=door):
                rows = self._new(lambda p=path: self.url_open(p).content)
                self.assertEqual((rows.way, rows.field_names), ("file", names))
                self.assertEqual((rows.case_id, rows.user_id), (self.case, self.principal))
        mine = file.with_user(self.principal)
        rows = self._new(lambda: mine.read(["raw"]))
        self.assertEqual(
            (rows.way, rows.res_model, rows.field_names), ("file", "crisis.case", "file")
        )

    def test_one_document_says_who_has_seen_the_file(self):
        self.case.with_user(self.psychology).web_read({"background": {}})
        self.meeting.with_user(self.psychology).sudo(False).web_read({"notes": {}})
        self._end()
        for user in (self.psychology, self.principal):
            [page] = self._paper("crisis_case_action_report_disclosures", self.case, user, "en_US")
            page = page.replace(" ", "")  # narrow columns break names
            for text in ("WhoHasSeenThisFile", self.case.name, "t_psychology", "Notes"):
                self.assertIn(text, page)
            self.assertIn("Entriesinall:two", page)
            self.assertNotIn(self.student_1.name, page)
            self.assertNotIn("BACKGROUND", page)
        colleague = self._make_user("t_psychology_2", "psychology_teacher")
        with self.assertRaises(AccessError):
            self._print("crisis_case_action_report_disclosures", self.case, colleague)
