"""Merges a fresh template into an addon's template and Chinese translation, by polib.

Usage: po_merge.py [--check] FRESH.pot TEMPLATE.pot TRANSLATION.po
Prints one line per problem; exit code 1 when there is any.
"""

import sys
from pathlib import Path

import polib

# Where git tells when something changed, dates in the files would only make differences.
_DATES = ("POT-Creation-Date", "PO-Revision-Date")


def _read(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=0) if path.exists() else polib.POFile(wrapwidth=0)


def _merge(translation: polib.POFile, template: polib.POFile) -> None:
    """Bring a translation to the terms of a template, in its order; what is gone goes."""
    translation.metadata = {
        **template.metadata,
        "Language": "zh_CN",
        "Language-Team": "",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    translation.header = ""
    translation.merge(template)
    places = {entry.msgid_with_context: place for place, entry in enumerate(template)}
    kept = [entry for entry in translation if not entry.obsolete]
    translation[:] = sorted(kept, key=lambda entry: places[entry.msgid_with_context])


def main(arguments: list[str]) -> int:
    """Merge or check, see the module's description."""
    check_only = arguments[0] == "--check"
    fresh_path, template_path, translation_path = map(Path, arguments[check_only:])
    template, translation = _read(fresh_path), _read(translation_path)
    for key in _DATES:
        template.metadata.pop(key, None)
    _merge(translation, template)
    problems = [
        f"{translation_path.name}: no Chinese for {entry.msgid!r}"
        for entry in translation
        if not entry.translated()
    ]
    for path, catalogue in ((template_path, template), (translation_path, translation)):
        if not check_only:
            catalogue.save(str(path))
        elif not path.exists() or path.read_text(encoding="utf-8") != str(catalogue):
            problems.append(f"{path.name} is out of date: run ./dev i18n")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
