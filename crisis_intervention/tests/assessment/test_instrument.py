import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ...lib.instrument_exchange import SHIPPED, load
from ..common import CrisisCommon
from ..documents import DocumentCase

ENTITIES = b"""<!DOCTYPE instrument [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<instrument>&x;</instrument>"""


@tagged("post_install", "-at_install")
class TestInstrument(CrisisCommon):
    """Instruments: drafts, versions, publishing, the exchange file."""

    def _import(self, data, user=None):
        """Return an import dialog with a file."""
        return (
            self.env["crisis.instrument.import"]
            .with_user(user or self.psychology)
            .with_company(self.school)
            .create({"file": base64.b64encode(data), "filename": "x.xml"})
        )

    def test_shipped_instruments_are_published_once(self):
        shipped = self.env["crisis.instrument"].search([("company_id", "=", False)])
        self.assertEqual(len(shipped), 14)
        self.assertEqual(set(shipped.mapped("state")), {"published"})
        self.env["crisis.instrument"]._install_shipped()
        again = self.env["crisis.instrument"].search([("company_id", "=", False)])
        self.assertEqual(again, shipped)

    def test_export_gives_the_same_file_back(self):
        for path in sorted(SHIPPED.glob("*.xml")):
            instrument = self.env["crisis.instrument"].search([("code", "=", path.stem)])
            with self.subTest(code=path.stem):
                exported = base64.b64decode(instrument.with_user(self.psychology).exchange_file)
                self.assertEqual(exported.decode(), path.read_bytes().decode())

    def test_import_previews_then_makes_a_draft(self):
        data = (
            (SHIPPED / "crisis_risk_rating.xml")
            .read_bytes()
            .replace(b'version="1"', b'version="2"')
        )
        before = self.env["crisis.instrument"].search_count([])
        dialog = self._import(data)
        self.assertTrue(dialog.is_good)
        self.assertIn("Crisis risk rating form", dialog.preview)
        self.assertEqual(self.env["crisis.instrument"].search_count([]), before)
        draft = self.env["crisis.instrument"].browse(dialog.action_import()["res_id"])
        self.assertEqual((draft.state, draft.company_id), ("draft", self.school))
        self.assertEqual(base64.b64decode(draft.exchange_file), data)
        draft.with_user(self.psychology).action_publish()
        shared = self.env["crisis.instrument"].search(
            [("code", "=", draft.code), ("company_id", "=", False)]
        )
        self.assertEqual(shared.state, "published", "other schools keep it")
        self.assertEqual(shared.replaced_company_ids, self.school)

    def test_faulty_files_are_refused_and_nothing_is_saved(self):
        good = (SHIPPED / "crisis_risk_rating.xml").read_bytes()
        before = self.env["crisis.instrument"].search_count([])
        for name, data, text in (
            ("broken", good[:500], "Line "),
            ("entities", ENTITIES, "DOCTYPE"),
            ("large", good + b" " * 1_000_000, "1 MB"),
            ("unknown", good.replace(b"<items>", b"<items><x/>"), "Line "),
            ("hole", good.replace(b'low="13"', b'low="14"'), "no band holds the score 13"),
            ("double", good.replace(b'item code="2"', b'item code="1"'), "1 is used twice"),
        ):
            with self.subTest(name=name):
                dialog = self._import(data)
                self.assertFalse(dialog.is_good)
                self.assertIn(text, dialog.preview)
                with self.assertRaises(UserError) as caught:
                    dialog.action_import()
                self.assertIn(text, str(caught.exception))
        self.assertEqual(self.env["crisis.instrument"].search_count([]), before)

    def test_who_imports(self):
        data = (SHIPPED / "gad_7.xml").read_bytes()
        for user in (self.staff, self.head_teacher, self.doctor, self.moral, self.principal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._import(data, user)

    def test_published_ones_are_locked(self):
        instrument = self._make_instrument()
        item = instrument.item_ids[0]
        scale = instrument.scale_ids
        before = instrument.exchange_file
        parts = {"instrument_id": instrument.id, "code": "x"}
        other = self._make_instrument(published=False, code="other")
        for name, way in {
            "name": lambda: instrument.write({"name": "x"}),
            "state": lambda: instrument.write({"state": "draft"}),
            "item": lambda: item.write({"reverse": True}),
            "item removed": item.unlink,
            "item moved away": lambda: item.write({"instrument_id": other.id}),
            "item added": lambda: item.create(parts),
            "option": lambda: instrument.option_ids[0].write({"score": 5}),
            "scale": lambda: scale.write({"rule": "mean"}),
            "band": lambda: instrument.band_ids[0].write({"high": 9}),
            "one2many": lambda: instrument.write({"item_ids": [(1, item.id, {"weight": 3})]}),
            "removed": instrument.unlink,
        }.items():
            with self.subTest(way=name), self.assertRaises(UserError):
                way()
        self.env.invalidate_all()
        self.assertEqual(instrument.exchange_file, before)

    def test_publishing_names_every_fault(self):
        bands = [{"scale": "total", "low": 0.0, "high": 4.0, "name": {"": "x"}}]
        draft = self._make_instrument(published=False, bands=bands, informants=[])
        with self.assertRaises(UserError) as caught:
            draft.action_publish()
        self.assertIn("no band holds the score 5", str(caught.exception))
        self.assertIn("who answers", str(caught.exception))
        self.assertEqual(draft.state, "draft")

    def test_new_version_supersedes_and_old_forms_keep_theirs(self):
        first = self._make_instrument()
        form = self._make_assessment(self.student_1, {"1": "1", "2": "3", "3": "0"}, first)
        form.action_complete()
        action = first.with_user(self.psychology).action_new_version()
        second = self.env["crisis.instrument"].browse(action["res_id"])
        self.assertEqual((second.version, second.state), ("2", "draft"))
        second.item_ids[0].reverse = True
        second.action_publish()
        self.assertEqual(first.state, "superseded")
        self.assertEqual((form.instrument_id, form.score), (first, 1.0))

    def test_every_sentence_of_a_fault_can_be_made(self):
        instrument = self.env["crisis.instrument"]
        for code, sentence in instrument._fault_sentences().items():
            with self.subTest(code=code):
                self.assertTrue(instrument._explain(code, {"code": "a"}))
                self.assertTrue(sentence)

    def test_texts_stay_for_languages_switched_on_later(self):
        instrument = self.env["crisis.instrument"].search([("code", "=", "asq")])
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = instrument.with_context(lang="zh_CN")
        tree, _faults = load((SHIPPED / "asq.xml").read_bytes())
        self.assertEqual(chinese.name, tree["name"]["zh_CN"])
        self.assertEqual(chinese.item_ids[0].topic, tree["items"][0]["topic"]["zh_CN"])


@tagged("post_install", "-at_install")
class TestAssessmentPaper(CrisisCommon, DocumentCase):
    """What is printed of an assessment, and for whom."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.form = cls._make_assessment(
            cls.student_1,
            {"1": "0", "2": "3", "3": "2", "4": "N", "5": "学生原话"},
            cls._make_instrument(),
        )
        cls.form.action_complete()

    def _html(self, report, user, lang="zh_CN"):
        """Render a report as ``user``."""
        reports = self.env["ir.actions.report"].with_user(user).with_context(lang=lang)
        self.env.invalidate_all()
        content, _kind = reports._render_qweb_html(
            f"crisis_intervention.crisis_assessment_report_{report}", self.form.ids
        )
        return content.decode()

    def test_for_the_file(self):
        page = self._html("file", self.psychology)
        for text in ("学生原话", "第一次评估", "林小禾", "不是诊断", "情绪检查"):
            self.assertIn(text, page)
        self.assertIn("first assessment", self._html("file", self.psychology, "en_US"))

    def test_for_guardians_without_answers(self):
        for user in (self.psychology, self.principal, self.moral):
            page = self._html("guardian", user)
            with self.subTest(user=user.login):
                self.assertIn("林小禾", page)
                self.assertNotIn("学生原话", page)
                self.assertNotIn("三", page, "a red flag would tell the answer")

    def test_nobody_else_prints(self):
        for user in (self.principal, self.moral):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._html("file", user)
        for user in (self.head_teacher, self.staff, self.doctor, self.other_psychology):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._html("guardian", user)

    def test_pdf(self):
        """The paper is really printed: both languages, every page named and numbered."""
        for user, report in ((self.psychology, "file"), (self.principal, "guardian")):
            for lang, words in (
                ("zh_CN", ("作答者", "第一次评估", "严格保密")),
                ("en_US", ("Answers from", "first assessment", "Confidential")),
            ):
                with self.subTest(report=report, lang=lang):
                    pages = self._paper(f"crisis_assessment_report_{report}", self.form, user, lang)
                    for number, page in enumerate(pages, 1):
                        self.assertIn(self.school.name, page)
                        self.assertIn(words[-1], page)
                        self.assertIn(f"{self.form.name} {number} / {len(pages)}", page)
                    for word in ("林小禾", *words):
                        self.assertIn(word, "".join(pages))

    def test_many_forms_in_one_print(self):
        """Each form has page numbers of its own, whatever build of the printing program."""
        forms = self.form
        for _other in range(2):
            forms |= self._make_assessment(self.student_2, {"1": "1"}, self.form.instrument_id)
        pages = self._paper("crisis_assessment_report_file", forms, self.psychology)
        firsts = [page for page in pages if " 1 / " in page]
        self.assertEqual(len(firsts), 3)
        for form, page in zip(forms, firsts, strict=True):
            self.assertIn(form.name, page)

    def test_locked_through_the_door_of_the_web_client(self):
        """The lock of a completed form holds for what a browser or a script sends."""
        self.authenticate("t_psychology", "t_psychology")
        before = self.form.read(["answers", "state", "conclusion"])
        model = "crisis.assessment"
        for method, args in (
            ("write", [self.form.ids, {"answers": {}}]),
            ("web_save", [self.form.ids, {"conclusion": "x"}]),
            ("action_complete", [self.form.ids]),
            ("_set", [self.form.ids, {"state": "draft"}]),
            ("unlink", [self.form.ids]),
        ):
            params = {"model": model, "method": method, "args": args, "kwargs": {}}
            if method == "web_save":
                params["kwargs"] = {"specification": {}}
            with (
                self.subTest(method=method),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException),
            ):
                self.make_jsonrpc_request("/web/dataset/call_kw", params)
        self.env.invalidate_all()
        self.assertEqual(self.form.read(["answers", "state", "conclusion"]), before)
