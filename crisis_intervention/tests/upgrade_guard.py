"""Which methods of Odoo our addons override, and what these methods say today.

An override repeats or relies on what Odoo's method does: when Odoo changes that method, the override
has to be read again. Each addon keeps what it was last read against in tests/odoo/upgrade_guard.json.
"""

import ast
import functools
import hashlib
import inspect
import json
import sys
from pathlib import Path

from odoo.modules.module import Manifest

AUTHOR = "crisis_intervention developers"
FILE = "tests/odoo/upgrade_guard.json"
_METHODS = (classmethod, staticmethod, property, functools.cached_property)


def our_addons(registry):
    """Return the names of the loaded addons that are ours."""
    return {name for name in registry._init_modules if Manifest.for_addon(name)["author"] == AUTHOR}


def guarded(registry, addon):
    """Return what an addon overrides, as its file keeps it: method of Odoo to hash and places."""
    result = {}
    for (class_, method), ours in overrides(registry, addon).items():
        text = Path(inspect.getsourcefile(class_)).read_text(encoding="utf-8")
        result[f"{file_of(class_)}: {class_.__qualname__}.{method}"] = {
            "model": getattr(class_, "_name", None) or class_.__qualname__,
            "hash": fingerprint(text, class_.__qualname__, method),
            "ours": sorted(f"{file_of(our)}: {our.__qualname__}" for our in ours),
        }
    return dict(sorted(result.items()))


def stored(addon):
    """Return what the addon keeps of the last time its overrides were read."""
    path = Path(Manifest.for_addon(addon).path, FILE)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def accept(registry):
    """Keep what is overridden now, for each of our addons that overrides something."""
    for addon in sorted(our_addons(registry)):
        # a line per method, so that a difference can be read
        lines = [
            f"{json.dumps(method)}: {json.dumps(entry)}"
            for method, entry in guarded(registry, addon).items()
        ]
        path = Path(Manifest.for_addon(addon).path, FILE)
        if lines or path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def differences(found, kept):
    """Return a line for each override that has to be read again, or noted."""
    lines = []
    for method, now in found.items():
        then = kept.get(method)
        if not then or now["hash"] != then["hash"]:
            told = "has changed: read both again" if then else "nobody has noted"
            lines.append(f"{', '.join(now['ours'])} overrides {method}, which {told}")
            continue
        for place in sorted({*now["ours"]} ^ {*then["ours"]}):
            told = "overrides" if place in now["ours"] else "does not override any more"
            lines.append(f"{place} {told} {method}")
    return lines + [f"{method} is not overridden any more" for method in kept.keys() - found.keys()]


def fingerprint(text, class_name, method):
    """Return a hash of a method in a source text: comments, layout and docstring do not count."""
    nodes = [ast.parse(text)]
    for name in (*class_name.split("."), method):
        nodes = [child for node in nodes for child in node.body if name in _names(child)]
    if not nodes:
        raise ValueError(f"no {class_name}.{method} in the source")
    return hashlib.sha256(repr([_shape(node) for node in nodes]).encode()).hexdigest()[:16]


def _names(node):
    """Return the names that a statement in the body of a class or module defines."""
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {getattr(node, "name", None)}


def _shape(node):
    """Return a syntax tree as plain tuples that are the same in every version of Python."""
    if isinstance(node, list):
        return [_shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    values = dict(ast.iter_fields(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
        values["body"] = node.body[1:]
    # newer versions have more fields, which are empty in what older ones understand
    return type(node).__name__, [
        (name, _shape(value)) for name, value in values.items() if value not in (None, [])
    ]


def overrides(registry, addon):
    """Return what an addon overrides: (class of Odoo, method) to the classes of the addon.

    Only what the addon depends on is Odoo's here, so that the answer is the same in every database.
    """
    odoo = _dependencies(addon)
    found = {}
    for bases in (*(model.mro() for model in registry.values()), *_plain_classes(addon)):
        bases = [(class_, _origin(class_)) for class_ in bases]
        for place, (class_, origin) in enumerate(bases):
            if origin != addon:
                continue
            for other, other_origin in bases[place + 1 :]:
                if other_origin in odoo:
                    for name in methods(class_) & methods(other):
                        found.setdefault((other, name), set()).add(class_)
    return found


def _dependencies(addon):
    """Return the addons of others that an addon depends on; "" stands for Odoo's framework."""
    reached, waiting = set(), ["base", addon]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += Manifest.for_addon(name)["depends"]
    return {"", *(name for name in reached if Manifest.for_addon(name)["author"] != AUTHOR)}


def _plain_classes(addon):
    """Yield the bases of the classes of an addon that are no models: fields, controllers."""
    prefix = f"odoo.addons.{addon}."
    for name, module in list(sys.modules.items()):
        if name.startswith(prefix) and not name.startswith(f"{prefix}tests"):
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == name:
                    yield value.mro()


def _origin(class_):
    """Return the addon that defines a class, "" for Odoo's framework, None for all else."""
    if getattr(class_, "pool", None) is not None:
        # made by the registry, defined by nobody
        return None
    first, *parts = class_.__module__.split(".")
    if first != "odoo":
        return None
    return parts[1] if parts[:1] == ["addons"] else ""


def file_of(class_):
    """Return the file of a class below the folder of Odoo, or of our addons."""
    return class_.__module__.removeprefix("odoo.addons.").replace(".", "/") + ".py"


def methods(class_):
    """Return the names of the methods that a class defines itself."""
    return {
        name
        for name, value in vars(class_).items()
        if inspect.isfunction(value) or isinstance(value, _METHODS)
    }
