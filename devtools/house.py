"""The rules of this house that no linter knows, read from the source without running it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from .common import ROOT, addons, manifest

# A model file of more lines is composed of parts, see docs/ARCHITECTURE.md.
MOST_LINES = 400
_MODEL_FOLDERS = ("models", "wizard")


def long_files(root: Path = ROOT) -> list[str]:
    """Return the model files that are too long."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in _models(root)}
    return [
        f"{path.relative_to(root)}: {length} lines, at most {MOST_LINES}"
        for path, length in lengths.items()
        if length > MOST_LINES
    ]


def scattered_models(root: Path = ROOT) -> list[str]:
    """Return the models that one addon builds in more than one class."""
    places = defaultdict(list)
    for path in _models(root):
        addon = path.relative_to(root).parts[0]
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ClassDef) and (model := model_of(node)):
                places[addon, model].append(f"{path.relative_to(root)}:{node.lineno}")
    return [
        f"{model} stands in {len(found)} classes: {', '.join(found)}"
        for (_addon, model), found in places.items()
        if len(found) > 1
    ]


def model_of(node: ast.ClassDef) -> str | None:
    """Return the name of the model that a class builds or extends, if it is one."""
    values = {
        target.id: line.value
        for line in node.body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name) and target.id in ("_name", "_inherit")
    }
    named = values.get("_name") or values.get("_inherit")
    if isinstance(named, ast.List) and len(named.elts) == 1:
        named = named.elts[0]
    return named.value if isinstance(named, ast.Constant) else None


def imports_against_the_arrows(root: Path = ROOT) -> list[str]:
    """Return the imports of one addon of ours from another that its manifest does not depend on."""
    found = []
    for addon in addons(root):
        reached = _reached(addon, root)
        for path in sorted((root / addon).rglob("*.py")):
            found += [
                f"{path.relative_to(root)}:{line} imports {other}, which {addon} does not depend on"
                for line, other in _imported_addons(path)
                if other in addons(root) and other not in reached
            ]
    return found


def _reached(addon: str, root: Path) -> set[str]:
    """Return the addon and those of ours that it depends on, over others too."""
    reached: set[str] = set()
    waiting = [addon]
    while waiting:
        name = waiting.pop()
        if name in addons(root) and name not in reached:
            reached.add(name)
            waiting += manifest(name, root)["depends"]
    return reached


def _imported_addons(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the addon of each import from ``odoo.addons``."""
    for node in ast.walk(_tree(path)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("odoo.addons."):
                yield node.lineno, name.split(".")[2]


def _models(root: Path) -> list[Path]:
    """Return the files of all addons that hold models and dialogs."""
    return sorted(
        path
        for addon in addons(root)
        for folder in _MODEL_FOLDERS
        for path in (root / addon / folder).rglob("*.py")
    )


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
