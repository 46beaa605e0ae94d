"""Merges a fresh template into an addon's template and Chinese translation (needs polib).

Usage: po_merge.py [--check] FRESH.pot TEMPLATE.pot TRANSLATION.po
Prints one line per problem; exit code 1 when there is any.
"""

import sys
from pathlib import Path

import polib

_DATES = ("POT-Creation-Date", "PO-Revision-Date")


def _content(catalogue: polib.POFile) -> list[tuple]:
    """Return what matters of a catalogue: not its dates."""
    return [(e.msgid, e.msgctxt, e.msgstr, tuple(e.occurrences)) for e in catalogue]


def _read(path: Path) -> polib.POFile:
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def main(arguments: list[str]) -> int:
    """Merge or check, see the module's description."""
    check_only = arguments[0] == "--check"
    fresh_path, template_path, translation_path = map(Path, arguments[check_only:])
    fresh = _read(fresh_path)
    template, translation = _read(template_path), _read(translation_path)
    merged = polib.POFile(wrapwidth=0)
    merged.metadata = {
        **{key: value for key, value in fresh.metadata.items() if key not in _DATES},
        "Language": "zh_CN",
        "Language-Team": "",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    known = {entry.msgid: entry.msgstr for entry in translation if not entry.obsolete}
    for entry in fresh:
        merged.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=known.get(entry.msgid, ""),
                comment=entry.comment,
                occurrences=entry.occurrences,
                flags=[flag for flag in entry.flags if flag != "fuzzy"],
            )
        )
    problems = [
        f"{translation_path.name}: no Chinese for {e.msgid!r}" for e in merged if not e.msgstr
    ]
    if check_only:
        if _content(fresh) != _content(template):
            problems.append(f"{template_path.name} is out of date: run ./dev i18n")
        if _content(merged) != _content(translation):
            problems.append(f"{translation_path.name} is out of date: run ./dev i18n")
    else:
        for key in _DATES:
            fresh.metadata.pop(key, None)
        fresh.wrapwidth = 0
        fresh.save(str(template_path))
        merged.save(str(translation_path))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
