import ast
import sys
from pathlib import Path
from typing import NamedTuple

from odoo.modules.module import Manifest
from odoo.tests import BaseCase, TransactionCase, tagged

from .. import house

CORE = "crisis_intervention"


class Owner(NamedTuple):
    """Whose class it is: a model's, in an addon."""

    model: str
    addon: str

    def __str__(self):
        return self.model


@tagged("post_install", "-at_install")
class TestHouse(TransactionCase):
    """One class in one place, over all models that our addons define or extend."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addons = {
            name: Path(manifest.path)
            for name in cls.registry._init_modules
            if (manifest := Manifest.for_addon(name))
            and CORE in (name, *manifest.get("depends", ()))
        }

    def _definers(self, model):
        """Return (owner, syntax tree) of the classes of ours that ``model`` is made of."""
        definers = []
        for cls in type(self.env[model]).mro():
            addon = cls.__module__.removeprefix("odoo.addons.").split(".")[0]
            if addon in self.addons and "pool" not in vars(cls):
                tree = house.parsed(Path(sys.modules[cls.__module__].__file__))
                definers += [
                    (Owner(cls._name, addon), node)
                    for node in house.classes(tree)
                    if node.name == cls.__name__ and house.target(node) in (cls._name, None)
                ]
        return definers

    def _overrides(self, outer, inner):
        """Tell whether the model of ``outer`` is built on that of ``inner``."""
        return outer.model != inner.model and issubclass(
            self.registry[outer.model], self.registry[inner.model]
        )

    def test_buttons_create_by_themselves(self):
        """Our code creates by ``_make`` or as superuser: a context of the client presets nothing."""
        found = {
            f"{path}:{line}"
            for addon in self.addons.values()
            for path, tree in house.sources(addon, "models", "wizard").items()
            for line in house.created_openly(tree)
        }
        self.assertEqual(found, set())

    def test_no_attribute_of_a_model_is_lost(self):
        """Of two classes or parts of a model none hides what the other one says."""
        found, attributes = set(), 0
        for model in self.registry:
            definers = self._definers(model)
            attributes += sum(len(house.bound(node.body)) for _owner, node in definers)
            found |= set(
                house.hidden(
                    definers,
                    self._overrides,
                    # Odoo joins what addons say of one field
                    lambda outer, inner: outer.model == inner.model and outer.addon != inner.addon,
                )
            )
        self.assertGreater(attributes, 2000)
        self.assertFalse(found, "\n".join(sorted(found)))

    def test_no_class_says_something_twice(self):
        found, seen = [], 0
        for addon, path in self.addons.items():
            for file, tree in house.sources(path, "models", "wizard", "controllers").items():
                for node in house.classes(tree):
                    seen += 1
                    found += [f"{addon}/{file}: {name}" for name in house.doubles(node)]
        self.assertGreater(seen, 120)
        self.assertFalse(found, "\n".join(found))

    def test_no_model_is_extended_in_its_own_addon(self):
        found, seen = [], 0
        for addon, path in self.addons.items():
            trees = house.sources(path, "models", "wizard")
            seen += sum(bool(house.target(n)) for t in trees.values() for n in house.classes(t))
            found += [
                f"{addon}: {model} in {', '.join(files)}"
                for model, files in house.extended_twice(trees).items()
            ]
        self.assertGreater(seen, 120)
        self.assertFalse(found, "\n".join(found))

    def test_every_kind_of_record_is_one_of_ours(self):
        """All that is stored, dialogs included, stands on the base that keeps our rules."""
        names = [name for name in self.registry if name.split(".")[0] == "crisis"]
        kinds = [name for name in names if not self.registry[name]._abstract]
        base = self.registry["crisis.record"]
        self.assertGreater(len(kinds), 60)
        self.assertFalse([name for name in kinds if not issubclass(self.registry[name], base)])

    def test_no_rule_goes_by_spelling(self):
        found, seen = [], 0
        for addon, path in self.addons.items():
            for file, tree in house.sources(path, "models", "wizard", "controllers").items():
                seen += 1
                found += [f"{addon}/{file}, {rule}" for rule in house.spelled(tree)]
        self.assertGreater(seen, 120)
        self.assertFalse(found, "\n".join(found))


@tagged("post_install", "-at_install")
class TestHouseChecks(BaseCase):
    """Each check finds what it is for: shown on sources that are wrong in one way."""

    def _classes(self, source):
        """Return the classes of a source."""
        return house.classes(ast.parse(source))

    def test_doubles(self):
        source = """
class Company(models.Model):
    _inherit = "res.company"
    _minutes_range = models.Constraint("CHECK (a >= 1)", "x")
    _hours_range = models.Constraint("CHECK (b >= 1)", "x")

    @property
    def place(self): pass

    @place.setter
    def place(self, value): pass

    def _check(self): pass
"""
        [node] = self._classes(source)
        self.assertEqual(house.doubles(node), [])
        for again in (
            '    _minutes_range = models.Constraint("CHECK (c >= 1)", "x")',
            "    def _minutes_range(self): pass",
            "    _minutes_range: str = 1",
        ):
            [node] = self._classes(source + again)
            self.assertEqual(house.doubles(node), ["_minutes_range"])
        [node] = self._classes(source + "    def _check(self): pass")
        self.assertEqual(house.doubles(node), ["_check"])

    def _hidden(self, source, built=(), widens=lambda *owners: False):
        """Return what is hidden between the classes of a source, outermost first."""
        definers = [(node.name, node) for node in self._classes(source)]
        found = house.hidden(definers, lambda *owners: owners in built, widens)
        return [sentence.split()[0] for sentence in found]

    def test_hidden_between_two_classes_of_a_model(self):
        """Two constraints of one name, as they once stood in two files."""
        source = """
class Access(models.Model):
    _inherit = "res.company"
    _range = models.Constraint("CHECK (a >= 1)", "x")
    phone = fields.Char()

    def write(self, vals):
        return super().write(vals)

class Company(models.Model):
    _inherit = "res.company"
    _other_range = models.Constraint("CHECK (b >= 1)", "x")

    def write(self, vals):
        return super().write(vals)
"""
        self.assertEqual(self._hidden(source), [])
        same = source.replace("_other_range", "_range")
        self.assertEqual(self._hidden(same), ["_range"])
        lost = source.replace("return super().write(vals)", "return True", 1)
        self.assertEqual(self._hidden(lost), ["write"])
        other = source.replace("super().write(vals)", "super().create(vals)", 1)
        self.assertEqual(self._hidden(other), ["write"], "calls another method")
        field = f"{source}\n    phone = fields.Char(string='x')\n"
        self.assertEqual(self._hidden(field), ["phone"])
        self.assertEqual(self._hidden(field, widens=lambda *owners: True), [])
        self.assertEqual(self._hidden(same, widens=lambda *owners: True), ["_range"])

    def test_a_hook_is_nothing_to_hide(self):
        source = """
class Outer(models.AbstractModel):
    def _events(self): return (1,)

class Inner(models.AbstractModel):
    def _events(self):
        \"""Return what happened.\"""
        return ()
"""
        self.assertEqual(self._hidden(source), [])
        for body in ("raise NotImplementedError", "pass", "return None", "return"):
            self.assertEqual(self._hidden(source.replace("return ()", body)), [])
        for body in ("return (2,)", "raise UserError", "self._a()", "x = 1"):
            with self.subTest(body=body):
                self.assertEqual(self._hidden(source.replace("return ()", body)), ["_events"])

    def test_hidden_between_two_parts_of_a_model(self):
        source = """
class Case(models.Model):
    _states = ("open", "closed")

class Gates(models.AbstractModel):
    _states = ("open",)

class Steps(models.AbstractModel):
    _limit = 3
"""
        built = {("Case", "Gates"), ("Case", "Steps")}
        self.assertEqual(self._hidden(source, built), [], "a class may replace what parts say")
        self.assertEqual(self._hidden(source.replace("_limit", "_states"), built), ["_states"])

    def test_creates_for_clients(self):
        good = (
            'self.env["crisis.x"].sudo().create(v)\nself.env["crisis.x"]._make(v)\nfiles.create(v)'
        )
        self.assertEqual(house.created_openly(ast.parse(good)), [])
        self.assertEqual(house.created_openly(ast.parse('self.env["crisis.x"].create(v)')), [1])

    def test_extended_twice(self):
        base = '\nclass A(models.Model):\n    _name = "a.b"\n    _inherit = ["part.one", "c.d"]\n'
        more = '\nclass B(models.Model):\n    _inherit = "c.d"\n'
        trees = {"a.py": ast.parse(base), "b.py": ast.parse(more)}
        self.assertEqual(house.extended_twice(trees), {})
        for again in (
            '\nclass C(models.Model):\n    _inherit = "a.b"\n',
            '\nclass C(models.Model):\n    _inherit = ["a.b"]\n',
            '\nclass C(models.Model):\n    _name = "a.b"\n    _inherit = ["a.b", "x.y"]\n',
        ):
            found = house.extended_twice({**trees, "c.py": ast.parse(again)})
            self.assertEqual(found, {"a.b": ["a.py", "c.py"]})
        found = house.extended_twice({"b.py": ast.parse(more + more)})
        self.assertEqual(found, {"c.d": ["b.py", "b.py"]})

    def test_spelled(self):
        good = '''
"""crisis."""
for name in names:
    self.env[f"crisis_intervention.{name}"].search([("model", "=", "crisis.case")])
    name.removeprefix("default_").endswith(".xml")
'''
        self.assertEqual(house.spelled(ast.parse(good)), [])
        for bad in (
            'name.startswith("crisis.")',
            'name.startswith(("crisis.case", "mail."))',
            'name[:7] == "crisis."',
            'domain = [("model", "=like", "crisis.%")]',
            're.match("^crisis_", name)',
            'report.endswith("_guardian")',
            'report.endswith(("_notice", "_consent"))',
        ):
            with self.subTest(bad=bad):
                self.assertEqual(len(house.spelled(ast.parse(good + bad))), 1)
