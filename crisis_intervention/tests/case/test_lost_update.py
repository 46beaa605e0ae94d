import re

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ... import text_versions
from ...lib.sealed import PREFIX
from ...sealed_fields import Sealed
from ..common import CrisisCommon

STALE = "saved “Confidential Background” on .* while you were writing"


@tagged("post_install", "-at_install")
class TestLostUpdate(CrisisCommon):
    """Two people write one long text: the second one does not write over the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._make_user("t_psychology_2", "psychology_teacher")
        cls.case = cls._make_case(cls.student_1, background="父母分居。", shared_advice="多鼓励。")
        cls.env.flush_all()

    def _form(self, user, *names, record=None):
        """Return what the form of ``user`` has read: (values, record to save it by)."""
        record = (self.case if record is None else record).with_user(user)
        names = names or ("background",)
        [values] = record.web_read({**{name: {} for name in names}, "text_versions": {}})
        sent = {record._name: {str(record.id): values["text_versions"]}}
        return values, record.with_context(**{text_versions.READ: sent})

    # ------------------------------------------------------------------ which texts

    def test_every_long_text_that_a_client_writes(self):
        """They are found by themselves; which are not guarded is said with its reason."""
        guarded = set()
        for name in self.env["crisis.record"]._kinds():
            model = self.env[name]
            for field in model._fields.values():
                if field.type not in ("text", "html") or not field.store or field.translate:
                    continue
                if field.name not in model._client_fields():
                    continue
                with self.subTest(field=str(field)):
                    reason = model._unguarded_texts.get(field.name, "")
                    self.assertNotEqual(bool(reason), field.name in model._guarded_texts())
                guarded.add(str(field))
        self.assertGreater(len(guarded), 50)
        for field in (
            "crisis.case.background",
            "crisis.case.risk_formulation",
            "crisis.case.shared_advice",
            "crisis.plan.summary",
            "crisis.plan.goals",
            "crisis.session.notes",
            "crisis.session.summary_draft",
            "crisis.emergency.report.facts",
            "crisis.measure.result",
        ):
            self.assertIn(field, guarded)

    def test_reasons_are_those_of_fields_that_exist(self):
        for name in self.env["crisis.record"]._kinds():
            model = self.env[name]
            for field, reason in model._unguarded_texts.items():
                self.assertIn(field, model._fields, name)
                self.assertGreater(len(reason), 20, name)

    def test_every_view_in_which_a_text_is_written_holds_its_version(self):
        """So the web client has read a version whenever it saves a text."""
        checked = set()

        def check(model, arch, view):
            for node in arch.iter("form", "list"):
                above = [a.get("name") for a in node.iterancestors("field")][::-1]
                shown = model
                for name in above:
                    shown = self.env[shown._fields[name].comodel_name]
                if shown._name not in kinds:
                    continue
                own = [
                    field.get("name")
                    for field in node.iter("field")
                    if next(field.iterancestors("form", "list")) is node
                ]
                texts = set(own) & set(shown._guarded_texts())
                if texts:
                    self.assertEqual(own.count("text_versions"), 1, view.display_name)
                    checked.update(f"{shown._name}.{name}" for name in texts)

        kinds = set(self.env["crisis.record"]._kinds())
        views = self.env["ir.ui.view"].search(
            [
                ("type", "in", ("form", "list")),
                ("model", "like", "crisis.%"),
                ("mode", "=", "primary"),
            ]
        )
        for view in views:
            model = self.env[view.model]
            check(model, model._get_view(view.id, view.type)[0], view)
        self.assertGreater(len(checked), 40)

    # ------------------------------------------------------------------ what a version tells

    def test_a_version_tells_nothing(self):
        other = self._make_case(self.student_2, background="父母分居。", shared_advice="多鼓励。")
        [mine, others] = (
            case.with_user(self.psychology).text_versions for case in (self.case, other)
        )
        for name in ("background", "shared_advice"):
            self.assertNotEqual(mine[name], others[name], "the same text is not recognised")
        before = mine["background"]
        self.case._as_system().write({"background": "父母分居。"})
        after = self.case.with_user(self.psychology).text_versions["background"]
        self.assertNotEqual(before, after, "a guess at a sealed text is not confirmed")

    def test_versions_are_those_of_what_one_may_read(self):
        known = self.case.with_user(self.head_teacher).text_versions
        self.assertIn("shared_advice", known)
        self.assertNotIn("background", known)
        with self.assertRaises(AccessError):
            self.case.with_user(self.nobody).read(["text_versions"])

    def test_a_form_being_filled_in_keeps_the_versions_it_has_read(self):
        """The server tells a newer version with the newer text only."""
        record = self.case.with_user(self.psychology)
        spec = {"text_versions": {}, "shared_advice": {}}
        self.case._as_system().write({"shared_advice": "新的。"})
        result = record.onchange({"shared_advice": "我的。"}, ["shared_advice"], spec)
        self.assertFalse(result["value"].get("text_versions"))

    # ------------------------------------------------------------------ saving

    def test_the_second_one_does_not_write_over_the_first(self):
        _values, first = self._form(self.psychology)
        _values, second = self._form(self.colleague)
        first.web_save({"background": "父母分居，祖母照顾。"}, {})
        with self.assertRaisesRegex(UserError, STALE) as refused:
            second.web_save({"background": "父亲外出务工。"}, {})
        self.assertEqual(
            refused.exception.context["crisis_stale_texts"],
            [
                {
                    "model": "crisis.case",
                    "id": self.case.id,
                    "field": "background",
                    "by": self.psychology.name,
                    "at": refused.exception.context["crisis_stale_texts"][0]["at"],
                    "own": False,
                }
            ],
        )
        self.assertNotIn("祖母", str(refused.exception), "the text itself is read as always")
        stored = self.case.with_user(self.psychology).background
        self.assertEqual(stored, "父母分居，祖母照顾。")
        # with the newer text before the eyes it is saved
        values, second = self._form(self.colleague)
        second.web_save({"background": values["background"] + "父亲外出务工。"}, {})
        self.assertIn("祖母照顾。父亲", self.case.with_user(self.psychology).background)

    def test_saving_again_and_again(self):
        """The answer to a save holds the version of what was saved."""
        _values, record = self._form(self.psychology)
        spec = {"background": {}, "text_versions": {}}
        for text in ("一", "二", "三"):
            [values] = record.web_save({"background": text}, spec)
            _values, record = (
                values,
                record.with_context(
                    **{
                        text_versions.READ: {
                            "crisis.case": {str(record.id): values["text_versions"]}
                        }
                    }
                ),
            )
            self.assertEqual(values["background"], text)

    def test_other_fields_need_no_version(self):
        record = self.case.with_user(self.psychology)
        self.case._as_system().write({"background": "新的。"})
        record.write({"medical_involved": True})
        self.assertTrue(record.medical_involved)

    def test_who_has_not_read_writes_over_nothing(self):
        record = self.case.with_user(self.psychology)
        right = record.text_versions["background"]
        for sent in (
            None,
            "x",
            [],
            {},
            {"crisis.case": "x"},
            {"crisis.case": {str(record.id): right}},
            {"crisis.case": {str(record.id): {"background": "0" * 32}}},
            {"crisis.case": {str(record.id): {"background": True}}},
            {"crisis.case": {str(record.id): {"shared_advice": right}}},
            {"crisis.plan": {str(record.id): {"background": right}}},
            {"crisis.case": {str(record.id + 1): {"background": right}}},
        ):
            with self.subTest(sent=sent), self.assertRaises(UserError):
                record.with_context(**{text_versions.READ: sent}).write({"background": "我的。"})
        self.assertEqual(record.background, "父母分居。")
        sent = {"crisis.case": {record.id: {"background": right}}}
        record.with_context(**{text_versions.READ: sent}).write({"background": "我的。"})
        self.assertEqual(record.background, "我的。")

    def test_what_is_empty_takes_a_text_of_programs(self):
        record = self.case.with_user(self.psychology)
        record.write({"risk_formulation": "第一版。"})
        with self.assertRaisesRegex(UserError, "a text that you have not read"):
            record.write({"risk_formulation": "第二版。"})
        with self.assertRaisesRegex(UserError, "a text that you have not read"):
            record.write({"risk_formulation": False})
        self.assertEqual(record.risk_formulation, "第一版。")

    def test_two_begin_the_same_text(self):
        _values, first = self._form(self.psychology, "risk_formulation")
        _values, second = self._form(self.colleague, "risk_formulation")
        first.web_save({"risk_formulation": "甲"}, {})
        with self.assertRaisesRegex(UserError, "while you were writing"):
            second.web_save({"risk_formulation": "乙"}, {})

    def test_of_several_records_each_is_looked_at(self):
        other = self._make_case(self.student_2, shared_advice="多陪伴。")
        both = (self.case | other).with_user(self.psychology)
        with self.assertRaises(UserError):
            self._having_read(both[0]).browse(both.ids).write({"shared_advice": "同一句。"})
        self._having_read(both).write({"shared_advice": "同一句。"})
        self.assertEqual(set(both.mapped("shared_advice")), {"同一句。"})

    def test_lines_are_looked_at_as_well(self):
        """A text in a line of a form is guarded like one of the form."""
        plan = self._make_plan(self.case)
        measure = plan.measure_ids
        measure.sudo().write({"method": "每天课间见一次。"})
        old = self._having_read(measure)
        measure.sudo().write({"method": "每周三见一次。"})
        lines = [Command.update(measure.id, {"method": "随时。"})]
        for context in ({}, old.env.context):
            with self.assertRaises(UserError):
                plan.with_context(**context).write({"measure_ids": lines})
        new = self._having_read(measure)
        plan.with_context(**new.env.context).write({"measure_ids": lines})
        self.assertEqual(measure.method, "随时。")

    def test_whoever_may_not_write_is_told_so_first(self):
        for user in (self.head_teacher, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.case.with_user(user).write({"background": "我的。"})

    def test_own_code_writes(self):
        self.case.with_user(self.psychology)._as_system().write({"background": "甲"})
        self.case.sudo().write({"background": "乙"})
        self.assertEqual(self.case.with_user(self.psychology).background, "乙")

    def test_a_page_that_is_closed_loses_nothing(self):
        """Nobody is there to choose: what was typed is added to what stands there."""
        leaving = {text_versions.LEAVING: True}
        for name in ("background", "shared_advice"):
            with self.subTest(name=name):
                self.case._as_system().write({name: "甲"})
                _values, second = self._form(self.colleague, name)
                _values, third = self._form(self.colleague, name)
                self.case._as_system().write({name: "乙"})
                second.with_context(**leaving).web_save({name: "丙"}, {})
                text = self.case.with_user(self.psychology)[name]
                written_by = rf"^乙\n\n— {re.escape(self.colleague.name)}.* —\n\n丙$"
                self.assertRegex(text, written_by)
                third.with_context(**leaving).web_save({name: False}, {})
                self.assertEqual(self.case.with_user(self.psychology)[name], text)
        # it writes over nothing, whatever else a client sends
        both = self.case | self._make_case(self.student_2, shared_advice="丁")
        with self.assertRaises(UserError):
            both.with_user(self.psychology).with_context(**leaving).write({"shared_advice": "x"})

    def test_a_form_of_a_test_reads_and_writes(self):
        """As the web client does: opened, changed, saved."""
        with Form(self._having_read(self.case.with_user(self.psychology))) as form:
            form.shared_advice = "多陪伴。"
        self.assertEqual(self.case.shared_advice, "多陪伴。")


@tagged("post_install", "-at_install")
class TestEarlierVersions(CrisisCommon):
    """What stood in a confidential text of a case is kept, sealed, and registered when read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls._make_case(cls.student_1, background="甲", risk_formulation="子")
        cls.env.flush_all()

    def _versions(self, user=None):
        """Return the earlier versions, for ``user``, newest first."""
        versions = self.env["crisis.text.version"].with_user(user or self.psychology)
        return versions.search([("case_id", "=", self.case.id)])

    def _save(self, user, **texts):
        self._having_read(self.case.with_user(user)).write(texts)

    def test_each_text_that_is_replaced(self):
        colleague = self._make_user("t_psychology_2", "psychology_teacher")
        self.assertFalse(self._versions())
        self._save(self.psychology, background="乙")
        self._save(colleague, background="丙", risk_formulation="子")
        self._save(colleague, risk_formulation=False, shared_advice="x")
        kept = [(v.field_name, v.text, v.user_id) for v in self._versions().sorted("id")]
        self.assertEqual(
            kept,
            [
                ("background", "甲", self.psychology),
                ("background", "乙", colleague),
                ("risk_formulation", "子", colleague),
            ],
        )

    def test_own_code_and_pages_that_are_closed(self):
        self.case.with_user(self.psychology)._as_system().write({"background": "乙"})
        mine = self.case.with_user(self.psychology)
        mine.with_context(crisis_texts_leaving=True).write({"background": "丙"})
        self.assertEqual(self._versions().sorted("id").mapped("text"), ["甲", "乙"])
        self.assertTrue(mine.background.startswith("乙\n\n"))

    def test_what_is_refused_is_not_kept(self):
        with self.assertRaises(UserError):
            self.case.with_user(self.psychology).write({"background": "乙"})
        self.assertFalse(self._versions())

    def test_they_are_sealed(self):
        self._save(self.psychology, background="乙")
        self.env.flush_all()
        self.env.cr.execute("SELECT text FROM crisis_text_version")
        [[column]] = self.env.cr.fetchall()
        self.assertTrue(column.startswith(PREFIX))
        self.assertNotIn("甲", column)

    def test_who_reads_them(self):
        """Those who read the text of now; nobody changes them."""
        self._save(self.psychology, background="乙")
        for user in (self.psychology, self.principal):
            self.assertEqual(self._versions(user).text, "甲")
            action = self.case.with_user(user).action_view_text_versions()
            self.assertEqual(
                (action["res_model"], action["target"]), ("crisis.text.version", "new")
            )
        self.assertFalse(self._versions(self.other_psychology))
        version = self._versions().sudo()
        for user in (self.moral, self.head_teacher, self.doctor, self.configurator, self.district):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    version.with_user(user).read(["text"])
                with self.assertRaises(AccessError):
                    self.case.with_user(user).action_view_text_versions()
        mine = version.with_user(self.psychology).sudo(False)
        for act in (
            lambda: mine.write({"text": "x"}),
            lambda: mine.unlink(),
            lambda: mine.create({"case_id": self.case.id, "field_name": "background", "text": "x"}),
        ):
            with self.assertRaises(UserError):
                act()

    def test_a_reading_is_registered(self):
        self._save(self.psychology, background="乙")
        self._end_transaction()
        before = self.env["crisis.disclosure"].search([], order="id desc", limit=1).id
        self._versions(self.principal).web_search_read(
            [("case_id", "=", self.case.id)], {"text": {}}
        )
        self._end_transaction()
        rows = self.env["crisis.disclosure"].search(
            [("id", ">", before), ("res_model", "=", "crisis.text.version")]
        )
        self.assertEqual(rows.user_id, self.principal)
        self.assertEqual(rows.case_id, self.case)
        self.assertEqual(rows.student_id, self.student_1)
        self.assertEqual(rows.way, "list")

    def test_every_text_that_keeps_versions_is_sealed_and_of_a_case(self):
        found = {
            name: self.env[name]._kept_texts
            for name in self.env["crisis.record"]._kinds()
            if self.env[name]._kept_texts
        }
        self.assertEqual(found, {"crisis.case": ("background", "risk_formulation")})
        for name in found["crisis.case"]:
            self.assertIsInstance(self.case._fields[name], Sealed)
            self.assertIn(name, self.case._guarded_texts())
