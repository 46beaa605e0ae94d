from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import walls
from ..common import MODULE
from .test_role_confirmation import RoleCase


@tagged("post_install", "-at_install")
class TestWalls(RoleCase):
    """Rights on our models come with modules: Settings change none, with all rights neither."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.env["ir.model"]._get("crisis.session")
        cls.own = cls.env["res.groups"].create(
            {"name": "x", "user_ids": [Command.set(cls.friend.ids)]}
        )
        cls.right = cls.env["ir.model.access"].search([("model_id", "=", cls.model.id)], limit=1)
        cls.rule = cls.env["ir.rule"].search([("model_id", "=", cls.model.id)], limit=1)
        cls.foreign = cls.env["ir.model"]._get("res.partner.category")

    def _attempts(self, env):
        """Yield (name, attempt) of each way to change what our models open."""
        group, rule, right = (x.with_env(env) for x in (self.own, self.rule, self.right))
        ours = self._group("psychology_teacher").with_env(env)
        data = env["ir.model.data"].search(
            [("module", "=", MODULE), ("name", "=", "group_psychology_teacher")]
        )
        new_right = {
            "name": "x", "model_id": self.model.id, "group_id": group.id, "perm_read": True,
        }  # fmt: skip
        new_rule = {"name": "x", "model_id": self.model.id, "domain_force": "[(1, '=', 1)]"}
        elsewhere = env["ir.model.access"].create({**new_right, "model_id": self.foreign.id})
        rule_elsewhere = env["ir.rule"].create({**new_rule, "model_id": self.foreign.id})
        yield "new right", lambda: env["ir.model.access"].create(new_right)
        yield (
            "right by the group",
            lambda: group.write(
                {
                    "model_access": [
                        Command.create({k: v for k, v in new_right.items() if k != "group_id"})
                    ]
                }
            ),
        )
        yield (
            "right by the model",
            lambda: self.model.with_env(env).write(
                {
                    "access_ids": [
                        Command.create({"name": "x", "group_id": group.id, "perm_read": True})
                    ]
                }
            ),
        )
        yield "right moved here", lambda: elsewhere.write({"model_id": self.model.id})
        yield "right widened", lambda: right.write({"perm_unlink": True})
        yield "right of another group", lambda: right.write({"group_id": group.id})
        yield "right switched off", lambda: right.write({"active": False})
        yield "right deleted", lambda: right.unlink()
        yield (
            "right imported",
            lambda: self._load(
                env["ir.model.access"],
                ["name", "model_id/.id", "group_id/.id", "perm_read"],
                ["x", str(self.model.id), str(group.id), "1"],
            ),
        )
        yield "new rule", lambda: env["ir.rule"].create(new_rule)
        yield "rule moved here", lambda: rule_elsewhere.write({"model_id": self.model.id})
        yield "rule changed", lambda: rule.write({"domain_force": "[(1, '=', 1)]"})
        yield "rule switched off", lambda: rule.write({"active": False})
        yield "rule for nothing", lambda: rule.write({"perm_read": False})
        yield "rule deleted", lambda: rule.unlink()
        yield "rule by the group", lambda: group.write({"rule_groups": [Command.link(rule.id)]})
        yield "rule for another group", lambda: rule.write({"groups": [Command.link(group.id)]})
        yield (
            "new group with a rule",
            lambda: env["res.groups"].create({"name": "y", "rule_groups": [Command.link(rule.id)]}),
        )
        yield "our group copied", lambda: ours.copy()
        yield (
            "our group implies",
            lambda: (
                self._group("staff").with_env(env).write({"implied_ids": [Command.link(ours.id)]})
            ),
        )
        yield "our group deleted", lambda: ours.unlink()
        yield "name of our group", lambda: data.write({"res_id": group.id})
        yield "name of our group deleted", lambda: data.unlink()
        yield (
            "name moved here",
            lambda: env["ir.model.data"].create(
                {"module": MODULE, "name": "group_x", "model": "res.groups", "res_id": group.id}
            ),
        )
        for model, related in (
            ("crisis.case", None),
            ("crisis.student", "class_id.name"),
            ("res.partner", None),
        ):
            values = {
                "name": "x_wall",
                "field_description": "x",
                "model_id": env["ir.model"]._get_id(model),
                "ttype": "char",
                "related": related,
            }
            if model == "res.partner":
                values.update(ttype="many2one", relation="crisis.case", related=False)
            yield f"field in {model}", lambda v=values: env["ir.model.fields"].create(v)

    def _load(self, model, names, row):
        """Import a row; raise what the import says."""
        result = model.load(names, [row])
        if not result["ids"]:
            raise AccessError(str(result["messages"]))

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.models", "odoo.sql_db")
    def test_nobody_changes_them(self):
        """By the forms of Settings, by import, and by code of an administrator with all rights."""
        tried = 0
        for env in (self.env(user=self.administrator, su=False), self.env):
            for context in ({}, {"install_mode": True, "module": MODULE, "_force_unlink": True}):
                for name, attempt in self._attempts(env(context={**env.context, **context})):
                    with self.subTest(way=name, su=env.su, context=bool(context)):
                        with self.assertRaises(AccessError), self.env.cr.savepoint():
                            attempt()
                            self.env.flush_all()
                        tried += 1
                    self.env.invalidate_all()
        self.assertGreaterEqual(tried, 100)

    def test_other_models_stay_open(self):
        env = self.env(user=self.administrator, su=False)
        right = env["ir.model.access"].create(
            {"name": "x", "model_id": self.foreign.id, "group_id": self.own.id}
        )
        right.perm_read = True
        right.unlink()
        rule = env["ir.rule"].create({"name": "x", "model_id": self.foreign.id})
        self.own.with_env(env).rule_groups = rule
        rule.active = False
        rule.unlink()
        self._group("staff").with_env(env).user_ids |= self.nobody

    def test_modules_change_them(self):
        self.patch(self.registry, "ready", False)
        self.assertTrue(walls.is_loading(self.env))
        self.right.perm_unlink = True
        self.rule.active = False
