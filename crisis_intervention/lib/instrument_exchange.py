"""Exchange file of an instrument: XML to the plain tree and back. Pure, no ORM.

The tree is the one :func:`instrument_definition.definition` reads, with texts added. A text is a
dict of language to text: ``{"": text}`` where all languages share it, else ``en_US`` first and
further ones. What equals its default stands neither in the tree nor in the file.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from .instrument_check import check
from .instrument_definition import INFORMANTS, Tree, definition

SIZE_LIMIT = 1_000_000  # bytes; a form of 100 items takes about 60,000
DATA = Path(__file__).parents[1] / "data"
SCHEMA = DATA / "instrument.rng"
SHIPPED = DATA / "instruments"
FORMAT = "1"
BASE = "en_US"

_FLOATS = frozenset(("score", "weight", "low", "high", "factor", "threshold"))
_INTEGERS = frozenset(
    ("age-min", "age-max", "grade-min", "grade-max", "missing-allowed", "decimals")
)
_FLAGS = frozenset(("needs-wording", "reverse", "flag-blank", "total", "invalid"))
_LISTS = frozenset(("informants", "items", "answers"))
_DEFAULTS = {"weight": 1.0, "factor": 1.0, "threshold": 0.0, "missing-allowed": 0, "decimals": 0}
_LIMITS = ("age-min", "age-max", "grade-min", "grade-max")
# Element to its attributes and its texts, in the order of the file.
_ATTRIBUTES = {
    "instrument": ("format", "code", "version", "kind", "informants", *_LIMITS, "needs-wording"),
    "option": ("code", "score"),
    "item": (
        *("code", "kind", "reverse", "weight", "low", "high"),
        *("flag-from", "flag-level", "flag-blank"),
    ),
    "condition": ("items", "answers"),
    "scale": (
        *("code", "total", "rule", "factor", "threshold", "missing-allowed", "decimals"),
        "items",
    ),
    "band": ("scale", "low", "high", "gender", *_LIMITS, "informant", "risk-level", "invalid"),
}
_TEXTS = {
    "instrument": ("name", "description"),
    "option": ("label",),
    "item": ("section", "topic", "text"),
    "condition": (),
    "scale": ("name",),
    "band": ("name", "recommendation"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file is refused.

    ``code`` is one of ``too_large``, ``not_xml``, ``doctype``, ``schema``, ``text_lang`` or a code
    of :mod:`instrument_check`; ``line`` counts from 1, 0 is the file as a whole.
    """

    line: int
    code: str
    details: dict[str, Any] = field(default_factory=dict, hash=False)


def _schema() -> etree.RelaxNG:
    """Return the schema, compiled anew: it keeps the errors of the last file on itself."""
    return etree.RelaxNG(etree.parse(SCHEMA))


def load(data: bytes) -> tuple[Tree | None, list[Fault]]:
    """Read an exchange file.

    Nothing is fetched and no entity is resolved, whatever the file says.

    :return: the tree and no fault, or None and every fault found
    """
    if len(data) > SIZE_LIMIT:
        return None, [Fault(0, "too_large")]
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if b"<!DOCTYPE" in data:
            return None, [Fault(_doctype_line(data), "doctype")]
        return None, [Fault(error.lineno or 0, "not_xml", {"message": error.msg})]
    if root.getroottree().docinfo.doctype:
        return None, [Fault(_doctype_line(data), "doctype")]
    schema = _schema()
    if not schema.validate(root):
        return None, [
            Fault(entry.line or _own_line(root), "schema", {"message": entry.message})
            for entry in schema.error_log
        ]
    faults = [
        Fault(_own_line(element), "text_lang")
        for parent in root.iter(*_TEXTS)
        for element in _badly_said(parent)
    ]
    if faults:
        return None, faults
    tree = _instrument(root)
    faults = [
        Fault(_line(root, problem.place), problem.code, problem.details)
        for problem in check(definition(tree))
    ]
    return (None, faults) if faults else (tree, [])


def _doctype_line(data: bytes) -> int:
    """Return the line of the document type; 1 where it is in an encoding without ASCII."""
    return data.count(b"\n", 0, max(data.find(b"<!DOCTYPE"), 0)) + 1


def _badly_said(parent: etree._Element) -> list[etree._Element]:
    """Return the texts below ``parent`` that are given twice, or in languages without English."""
    bad = []
    for name in _TEXTS[str(parent.tag)]:
        texts = parent.findall(name)
        langs = [text.get("lang", "") for text in texts]
        if texts and (
            len(set(langs)) != len(langs)
            or ("" in langs and len(langs) > 1)
            or ("" not in langs and langs[0] != BASE)
        ):
            bad.append(texts[0])
    return bad


def _line(root: etree._Element, place: tuple[str, int]) -> int:
    """Return the line of the item, scale or band that a problem is about."""
    part, index = place
    parent = root.find(part)
    if parent is None:
        return _own_line(root)
    return _own_line(parent[index] if index < len(parent) else parent)


def _own_line(element: etree._Element) -> int:
    """Return the line of an element in the file."""
    return int(element.sourceline or 0)


def _instrument(root: etree._Element) -> Tree:
    """Return the tree of a valid file."""
    tree = _entry(root)
    del tree["format"]
    source = root.findtext("source")
    if source:
        tree["source"] = source
    for part in ("options", "items", "scales", "bands"):
        parent = root.find(part)
        if parent is not None:
            tree[part] = [_entry(element) for element in parent]
    return tree


def _entry(element: etree._Element) -> Tree:
    """Return attributes and texts of one element, and what an item or scale has below it."""
    entry: Tree = {}
    tag = str(element.tag)
    for name in _ATTRIBUTES[tag]:
        value = element.get(name)
        if value is None:
            continue
        value = _value(name, value.strip())  # the schema allows spaces around a token
        if value != _DEFAULTS.get(name):
            entry[name.replace("-", "_")] = value
    for name in _TEXTS[tag]:
        texts = {text.get("lang", ""): text.text for text in element.findall(name)}
        if texts:
            entry[name] = texts
    condition = element.find("condition")
    if condition is not None:
        entry["condition"] = _entry(condition)
    if tag == "item" and element.find("option") is not None:
        entry["options"] = [_entry(option) for option in element.findall("option")]
    if tag == "scale" and element.find("standard") is not None:
        entry["table"] = [
            tuple(float(row.get(name, "")) for name in ("low", "high", "value"))
            for row in element.findall("standard")
        ]
    return entry


def _value(name: str, text: str) -> Any:
    """Return the value of an attribute of the file."""
    if name in _FLOATS:
        return float(text)
    if name in _INTEGERS:
        return int(text)
    if name in _FLAGS:
        return True
    if name == "informants":
        return [code for code, _label in INFORMANTS if code in text.split()]
    return text.split() if name in _LISTS else text


def dump(tree: Tree) -> bytes:
    """Write a tree as an exchange file, always in the same form.

    :param tree: a tree with texts, as :func:`load` returns it
    """
    root = _element("instrument", {"format": FORMAT, **tree})
    if tree.get("source"):
        etree.SubElement(root, "source").text = tree["source"]
    for part in ("options", "items", "scales", "bands"):
        if tree.get(part):
            parent = etree.SubElement(root, part)
            parent.extend(_element(part[:-1], entry) for entry in tree[part])
    etree.indent(root, "  ")
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _element(tag: str, entry: Tree) -> etree._Element:
    """Return the element of an entry of the tree."""
    element = etree.Element(tag)
    for name in _ATTRIBUTES[tag]:
        value = entry.get(name.replace("-", "_"))
        if value is None or value is False or value == _DEFAULTS.get(name):
            continue
        element.set(name, _text(name, value))
    for name in _TEXTS[tag]:
        for lang, text in entry.get(name, {}).items():
            child = etree.SubElement(element, name, {"lang": lang} if lang else {})
            child.text = text
    if entry.get("condition"):
        element.append(_element("condition", entry["condition"]))
    if tag == "item":
        element.extend(_element("option", option) for option in entry.get("options", ()))
    for row in entry.get("table", ()):
        pairs = zip(("low", "high", "value"), row, strict=True)
        etree.SubElement(element, "standard", {name: _number(value) for name, value in pairs})
    return element


def _text(name: str, value: Any) -> str:
    """Return the value of an attribute as it stands in the file."""
    if name in _FLOATS:
        return _number(value)
    if name in _LISTS:
        return " ".join(value)
    return "true" if value is True else str(value)


def _number(value: float) -> str:
    """Return a number without needless decimals."""
    if value == int(value):
        return str(int(value))
    return format(Decimal(repr(float(value))), "f")  # the schema knows no exponents
