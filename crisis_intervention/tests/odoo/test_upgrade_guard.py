import inspect
from pathlib import Path

from odoo.addons.mail.models.mail_thread import MailThread
from odoo.tests import TransactionCase, tagged

from .. import upgrade_guard

ADDON = "crisis_intervention"


@tagged("post_install", "-at_install")
class TestUpgradeGuard(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = upgrade_guard.guarded(cls.env.registry, ADDON)

    def test_overrides_were_read_against_this_odoo(self):
        addons = upgrade_guard.our_addons(self.env.registry)
        self.assertIn(ADDON, addons)
        for addon in addons:
            found = upgrade_guard.guarded(self.env.registry, addon)
            lines = upgrade_guard.differences(found, upgrade_guard.stored(addon))
            if lines:
                self.fail("\n".join([*lines, "Then: ./dev guard --accept"]))

    def test_private_public_inherited_and_plain_overrides_are_found(self):
        places = {
            "base/models/ir_rule.py: IrRule._make_access_error": "models/odoo/ir_rule.py",
            "base/models/ir_attachment.py: IrAttachment.write": "models/odoo/ir_attachment.py",
            "mail/models/mail_thread.py: MailThread._notify_thread_by_email": (
                "models/mixins/crisis_quiet_thread.py"
            ),
            "web/controllers/export.py: CSVExport.web_export_csv": "controllers/export.py",
            "odoo/orm/fields.py: Field.condition_to_sql": "sealed_fields.py",
        }
        for method, file in places.items():
            with self.subTest(method=method):
                self.assertIn(f"{ADDON}/{file}: ", "".join(self.found[method]["ours"]))

    def test_a_method_of_odoo_that_changes_is_told(self):
        text = Path(inspect.getsourcefile(MailThread)).read_text(encoding="utf-8")
        name = "_notify_thread_by_email"
        head = text.index(f"def {name}(")
        begin = text.index('"""', text.index('"""', head) + 3) + 3
        before = upgrade_guard.fingerprint(text, "MailThread", name)
        self.assertEqual(
            before,
            self.found[f"mail/models/mail_thread.py: MailThread.{name}"]["hash"],
        )

        def after(inserted):
            changed = f"{text[:begin]}\n{inserted}{text[begin:]}"
            return upgrade_guard.fingerprint(changed, "MailThread", name)

        self.assertEqual(before, after("        # a comment, and an empty line\n"))
        self.assertNotEqual(before, after("        message = message.sudo()\n"))

    def test_layout_and_docstring_do_not_count(self):
        texts = (
            "class A:\n    def b(self):\n        return [1,2]\n",
            'class A:\n    def b(\n        self\n    ):\n        """Say."""\n        return [\n1, 2]\n',
            "import c\n\nclass A:\n    x = 1\n\n    def b(self):\n        return [1, 2]  # so\n",
        )
        hashes = {upgrade_guard.fingerprint(text, "A", "b") for text in texts}
        self.assertEqual(len(hashes), 1)
        other = "class A:\n    @api.private\n    def b(self):\n        return [1, 2]\n"
        self.assertNotIn(upgrade_guard.fingerprint(other, "A", "b"), hashes)
        with self.assertRaises(ValueError):
            upgrade_guard.fingerprint(other, "A", "c")

    def test_changed_new_moved_and_gone_overrides_are_told(self):
        rule = "base/models/ir_rule.py: IrRule._make_access_error"
        now = {rule: self.found[rule]}
        self.assertEqual(upgrade_guard.differences(now, now), [])
        for kept, words in (
            ({}, "which nobody has noted"),
            ({rule: {**now[rule], "hash": "0"}}, "which has changed"),
        ):
            [line] = upgrade_guard.differences(now, kept)
            self.assertIn(f"{ADDON}/models/odoo/ir_rule.py: IrRule overrides {rule}", line)
            self.assertIn(words, line)
        ours = f"{ADDON}/models/odoo/ir_rule.py: IrRule"
        self.assertEqual(
            upgrade_guard.differences(now, {rule: {**now[rule], "ours": ["a.py: A"]}}),
            [f"a.py: A does not override any more {rule}", f"{ours} overrides {rule}"],
        )
        [line] = upgrade_guard.differences({}, now)
        self.assertIn("not overridden any more", line)
