"""``./dev matrix``: the access matrix of the tests as the table of docs/ACCESS.md."""

import ast
import importlib.util
import re

from .common import ROOT, note
from .marked import fill

ADDON = "crisis_intervention"
DOCUMENT = ROOT / "docs/ACCESS.md"
MARK = "access matrix"
# Columns: role of the tests, English and Chinese name. Nobody reads anything without a role, and
# Odoo's administrator is a configurator.
COLUMNS = [
    ("staff", "Staff 教职工"),
    ("head_teacher", "Head teacher 班主任"),
    ("school_doctor", "Doctor 校医"),
    ("security_officer", "Security 安保"),
    ("psychology_teacher", "Psychology 心理教师"),
    ("moral_education", "Moral ed. 德育主任"),
    ("principal", "Principal 校长"),
    ("district", "District 区中心"),
    ("configurator", "Configurator 配置管理员"),
]
# What most records are to somebody, from the least to the most distant; the first one that a model
# has is what a cell says without a word beside it.
COMMON = ("any", "other_class", "general", "own_school", "others_report", "referred_here", "own")
# Relations that are told by a word beside the letters; the others are walls, which say nothing.
WORDS = {
    "own": "own",
    "own_report": "own",
    "own_class": "class",
    "medical": "med",
    "own_case": "own",
    "alerted": "on duty",
    "referred_here": "referred",
    "reported_here": "reported",
    "emergency": "emergencies",
    "own_school": "school",
    "being_filled_in": "drafts",
}
LETTERS = "RWCD"
# Fields named in one line; the file of the tests names them all.
SHOWN = 5


def main() -> int:
    """Write the table into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(fill(text, MARK, table()), encoding="utf-8")
    note(f"{DOCUMENT.name}: access matrix written")
    return 0


def check(_workshop: object = None) -> list[str]:
    """Return what is out of date, without writing anything."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return [] if text == fill(text, MARK, table()) else [f"{DOCUMENT.name}: run ./dev matrix"]


def table() -> str:
    """Return the table in Markdown: a line per model, and one per group of narrower fields."""
    matrix = _load()
    names = _model_names()
    lines = [
        "| | " + " | ".join(title for _role, title in COLUMNS) + " |",
        "| --- |" + " --- |" * len(COLUMNS),
    ]
    for model, relations in matrix.cells().items():
        if "own_dialog" in relations:
            continue
        cells = [condensed({r: row[role] for r, row in relations.items()}) for role, _ in COLUMNS]
        lines.append(f"| {names[model]} | " + " | ".join(cells) + " |")
        for fields, readers, writers in matrix.FIELDS.get(model, ()):
            granted = matrix.GRANTED.get(model, {})
            cells = [
                _field_cell(role, readers, writers, granted.get(fields.split()[0], ()))
                for role, _ in COLUMNS
            ]
            listed = fields.split()
            told = ", ".join(f"`{name}`" for name in listed[:SHOWN])
            told += f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
            lines.append(f"| – {told} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def condensed(cells: dict[str, str]) -> str:
    """Return what a role may do with a model in one cell.

    Letters alone hold for records in general, words beside letters for records of that relation:
    ``R · RW class`` reads all, and writes those about the own class.

    :param cells: relation to cell of the access matrix
    """
    if all(cell == "-" for cell in cells.values()):
        return "–"
    usual = next((relation for relation in COMMON if relation in cells), "own")
    letters = {r: "" if cell in ("x", "-") else _ordered(cell) for r, cell in cells.items()}
    base = letters.get(usual, "")
    if usual in ("own", "referred_here"):
        base = ""
    parts: dict[str, list[str]] = {}
    for relation, mine in letters.items():
        word = WORDS.get(relation)
        if word and mine and not set(mine) <= set(base):
            words = parts.setdefault(mine, [])
            if word not in words:
                words.append(word)
    found = ([base] if base else []) + [
        f"{mine} {', '.join(words)}" for mine, words in parts.items()
    ]
    return " · ".join(found) or "–"


def _field_cell(role: str, readers: set, writers: set, granted: tuple) -> str:
    """Return what a role may do with fields of a narrower audience."""
    if role in readers:
        return "RW" if role in writers else "R"
    return "grant" if role in granted else "–"


def _ordered(cell: str) -> str:
    """Return the letters of a cell in their usual order."""
    return "".join(letter for letter in LETTERS if letter in cell)


def _load():
    """Return the module with the matrix, which needs no Odoo."""
    path = ROOT / ADDON / "tests/access_matrix.py"
    spec = importlib.util.spec_from_file_location("access_matrix", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _model_names() -> dict[str, str]:
    """Return model to its English and Chinese name, from the sources and the translation."""
    chinese = dict(
        re.findall(
            r'^#: .*model:ir\.model,name:.*\n(?:#.*\n)*msgid "(.+)"\nmsgstr "(.+)"$',
            (ROOT / ADDON / "i18n/zh_CN.po").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    names = {}
    for path in sorted((ROOT / ADDON).glob("[mw]*/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                values = {
                    target.id: line.value.value
                    for line in node.body
                    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
                    for target in line.targets
                    if isinstance(target, ast.Name)
                }
                if "_name" in values and "_description" in values:
                    english = values["_description"]
                    names[values["_name"]] = f"{english} {chinese.get(english, '')}".strip()
    return names
