from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import CrisisCommon

MODULE = "crisis_intervention"
# A kind of record as another addon may bring it, with a name of its own choice.
FOREIGN = "counsel.note"


@tagged("post_install", "-at_install")
class TestOurs(CrisisCommon):
    """What is one of our records: what inherits from the base of them, whatever it is called."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # over the table of stages, as a test makes no tables
        kind = type(
            FOREIGN, (cls.registry["crisis.stage"],), {"_name": FOREIGN, "_register": False}
        )
        children = cls.registry["crisis.record"]._inherit_children
        children.add(FOREIGN)
        cls.addClassCleanup(children.discard, FOREIGN)
        cls.startClassPatcher(patch.dict(cls.registry.models, {FOREIGN: kind}))
        cls.env.registry.clear_cache()
        cls.addClassCleanup(cls.env.registry.clear_cache)
        cls.note = cls.env[FOREIGN].search([], limit=1)

    def test_every_model_of_the_addon_is(self):
        ours = self.env["crisis.record"]._is_ours
        for name, model in self.registry.items():
            if model._original_module == MODULE and not model._abstract:
                with self.subTest(model=name):
                    self.assertTrue(ours(name))
        for name in ("res.partner", "mail.message", "base", "crisis.nothing", "", None, False):
            with self.subTest(model=name):
                self.assertFalse(ours(name))

    def test_kinds_are_the_stored_ones(self):
        kinds = self.env["crisis.record"]._kinds()
        self.assertIn(FOREIGN, kinds)
        self.assertIn("crisis.case", kinds)
        for name in ("crisis.record", "crisis.kept.record", "crisis.access.review"):
            self.assertNotIn(name, kinds)

    def test_its_files_are_ours(self):
        files = self.env["ir.attachment"]
        self.assertTrue(files._is_crisis_model(FOREIGN))
        self.assertFalse(files._is_crisis_model("crisis.access.review"), "a dialog")
        with self.assertRaises(UserError):
            files.create({"name": "x", "url": "https://example.com", "type": "url",
                          "res_model": FOREIGN, "res_id": self.note.id})  # fmt: skip
        with self.assertRaises(AccessError):
            files.create(
                {"name": "x", "raw": b"x", "public": True, "res_model": FOREIGN, "res_id": 1}
            )

    def test_its_messages_stay(self):
        message = self.env["mail.message"].create(
            {
                "model": FOREIGN,
                "res_id": self.note.id,
                "body": "x",
                "author_id": self.staff.partner_id.id,
            }
        )
        with self.assertRaises(AccessError):
            message.with_user(self.staff)._check_crisis_kept()
        message.model = "res.partner"
        message.with_user(self.staff)._check_crisis_kept()

    def test_its_exports_are_a_right(self):
        with self.assertRaisesRegex(AccessError, "a right of its own"):
            self.note.with_user(self.psychology).export_data(["id"])

    @mute_logger("odoo.addons.crisis_intervention.models.odoo.ir_rule")
    def test_its_access_errors_name_nobody(self):
        rules = self.env["ir.rule"].with_user(self.staff)
        error = rules._make_access_error("read", self.note.with_user(self.staff))
        self.assertIn(f"{FOREIGN}: {self.note.id}", str(error))
        self.assertNotIn(self.note.name, str(error))
