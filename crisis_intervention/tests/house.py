"""What the sources of our addons keep to, read off their syntax trees: nothing of Odoo in here."""

import ast
import re
from collections import defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# What every class says of itself, so that nothing is lost when two of them say it.
ITSELF = frozenset(("_name", "_inherit", "_description"))
_NOTHING = frozenset(
    (
        *("return", "return None", "return ''", "return ()", "return []", "return {}"),
        *("return False", "raise NotImplementedError"),
    )
)
# Texts that mean a group of names by their spelling: "crisis.", "crisis.%", "^crisis_", ...
_SPELLED = re.compile(r"\^?crisis\\?[._]%?|crisis_intervention\\?[._]%?")
# What is asked about names of ours: method to how its argument begins then.
_ASKED = {
    "startswith": ("crisis",),
    "removeprefix": ("crisis",),
    "endswith": ("_",),
    "removesuffix": ("_",),
}


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def sources(addon: Path, *folders: str) -> dict[str, ast.Module]:
    """Return the syntax trees of the files below ``folders`` of an addon, by path inside it."""
    return {
        str(path.relative_to(addon)): parsed(path)
        for folder in folders
        for path in sorted((addon / folder).rglob("*.py"))
    }


def classes(tree: ast.Module) -> list[ast.ClassDef]:
    """Return the classes at the top of a file."""
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def bound(body: list[ast.stmt]) -> list[tuple[str, ast.stmt]]:
    """Return what a class body binds, in its order: names (no dunders) and their statements.

    What belongs to a property of the same name (``@name.setter``) is no second binding.
    """
    result = []
    for node in body:
        names: list[str] = []
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names = [] if _of_property(node) else [node.name]
        elif isinstance(node, ast.Assign):
            names = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        result += [(name, node) for name in names if not name.startswith("__")]
    return result


def _of_property(node: ast.stmt) -> bool:
    """Tell whether a method is the second half of a property."""
    return any(
        isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter")
        for decorator in node.decorator_list
    )


def doubles(node: ast.ClassDef) -> list[str]:
    """Return the names that one class body binds twice: the first of them is silently lost."""
    seen: set[str] = set()
    names = [name for name, _statement in bound(node.body)]
    return [name for name in names if name in seen or seen.add(name)]


def target(node: ast.ClassDef) -> str | None:
    """Return the name of the model that a class defines or extends, None for other classes."""
    values = {
        name: statement.value
        for name, statement in bound(node.body)
        if name in ("_name", "_inherit") and isinstance(statement, ast.Assign)
    }
    names = {name: _texts(value) for name, value in values.items()}
    return next((found[0] for found in (names.get("_name"), names.get("_inherit")) if found), None)


def _texts(node: ast.expr) -> list[str]:
    """Return the texts of a text, list or tuple."""
    if isinstance(node, ast.List | ast.Tuple):
        return [text for element in node.elts for text in _texts(element)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def extended_twice(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Return the models that have two classes in one addon, with the files of these.

    :param trees: path to syntax tree, of one addon
    """
    places = defaultdict(list)
    for path, tree in trees.items():
        for node in classes(tree):
            if target(node):
                places[target(node)].append(path)
    return {model: paths for model, paths in sorted(places.items()) if len(paths) > 1}


def created_openly(tree: ast.Module) -> list[int]:
    """Return the lines that create records of ours with all that the client presets."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create"
        and isinstance(model := node.func.value, ast.Subscript)
        and isinstance(model.value, ast.Attribute)
        and model.value.attr == "env"
        and isinstance(model.slice, ast.Constant)
        and str(model.slice.value).partition(".")[0] == "crisis"
    ]


def goes_on(statement: ast.stmt) -> bool:
    """Tell whether a statement is a method that calls the method it overrides."""
    return isinstance(statement, FUNCTIONS) and any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == statement.name
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "super"
        for node in ast.walk(statement)
    )


def says_nothing(statement: ast.stmt) -> bool:
    """Tell whether a statement is a method that only waits to be overridden.

    It has no body, or raises NotImplementedError, or returns what is empty.
    """
    if not isinstance(statement, FUNCTIONS):
        return False
    return all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        or ast.unparse(line) in _NOTHING
        for line in statement.body
    )


def is_field(statement: ast.stmt) -> bool:
    """Tell whether a statement defines a field: Odoo joins what several classes say of it."""
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and not any(isinstance(t, ast.Name) and t.id.startswith("_") for t in statement.targets)
    )


def hidden(definers, overrides, widens=lambda first, second: False):
    """Return what one class hides from another without being meant to, as sentences.

    :param list definers: (owner, class node) of the classes a model is made of, outermost first
    :param overrides: function of two owners: whether the first is built on the second, so that
        it may replace what that one defines
    :param widens: function of two owners: whether the first may add to fields of the second
    """
    known = defaultdict(list)
    for owner, node in definers:
        for name, statement in bound(node.body):
            if name not in ITSELF:
                known[name].append((owner, node.name, statement))
    return [
        f"{name} of {inner} ({lost_in}) is hidden by that of {outer} ({place})"
        for name, places in known.items()
        for (outer, place, statement), (inner, lost_in, lost) in combinations(places, 2)
        if not overrides(outer, inner)
        and not goes_on(statement)
        and not says_nothing(lost)
        and not (is_field(statement) and is_field(lost) and widens(outer, inner))
    ]


def spelled(tree: ast.Module) -> list[str]:
    """Return the rules of a file that go by the spelling of names, with their lines.

    These are texts that stand for all names beginning in one way, and questions about beginnings
    and ends of our names (XML ids end in ``_something``). Names put together are no rule.
    """
    nodes = list(ast.walk(tree))
    pieces = {id(piece) for n in nodes if isinstance(n, ast.JoinedStr) for piece in n.values}
    # docstrings, and other texts that nobody uses
    pieces |= {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    found = {}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in pieces:
            if isinstance(node.value, str) and _SPELLED.fullmatch(node.value):
                found.setdefault(node.lineno, repr(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            texts = [text for argument in node.args for text in _texts(argument)]
            if any(text.startswith(_ASKED.get(node.func.attr, ())) for text in texts):
                found[node.lineno] = ast.unparse(node)
    return [f"line {line}: {text}" for line, text in sorted(found.items())]
