"""Typing a paper form as one row of characters. Pure, no ORM."""

import re
from dataclasses import dataclass

from .instrument_definition import Definition, Item
from .scoring import Scorer

BLANK = "-"
_SEPARATORS = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row cannot be taken: ``count`` (of answers), ``answer``, ``range``, ``not_asked``.

    ``position`` counts the answers typed from 1; 0 is the row as a whole.
    """

    code: str
    position: int = 0
    item: str = ""
    typed: str = ""


def typed_items(definition: Definition) -> list[Item]:
    """Return the items a row holds an answer for: all but free text."""
    return [item for item in definition.items if item.kind != "text"]


def transcribe(definition: Definition, row: str) -> tuple[dict[str, str | float], list[RowError]]:
    """Read a row such as ``1 0 2 - 3`` or ``102-3``: the answers in the order of the form.

    Separators are needed only where an answer has more than one character; ``-`` is a blank.

    :return: answers (item code to option code or number; blanks left out) and errors; the answers
        are only good when there is no error
    """
    items = typed_items(definition)
    row = row.strip()
    tokens = [token for token in _SEPARATORS.split(row) if token]
    if all(_single(item) for item in items):
        tokens = list("".join(tokens))
    if len(tokens) != len(items):
        return {}, [RowError("count", typed=str(len(tokens)), item=str(len(items)))]
    answers: dict[str, str | float] = {}
    errors = []
    for position, (item, token) in enumerate(zip(items, tokens, strict=True), 1):
        if token in (BLANK, "－", "—"):
            continue
        answer = _answer(item, token)
        if answer is None:
            errors.append(RowError("answer", position, item.code, token))
        else:
            answers[item.code] = answer
    scorer = Scorer(definition)
    where = {item.code: position for position, item in enumerate(items, 1)}
    if not errors:
        errors = [
            RowError("range", where[error.item], error.item, str(answers[error.item]))
            for error in scorer.check(answers)
        ]
        errors += [
            RowError("not_asked", where[code], code, str(answers[code]))
            for code in sorted(scorer.hidden(answers) & answers.keys(), key=where.__getitem__)
        ]
    return answers, errors


def _single(item: Item) -> bool:
    """Tell whether every answer to ``item`` is one character."""
    if item.kind == "number":
        return False
    return all(len(option.code) == 1 for option in item.options)


def _answer(item: Item, token: str) -> str | float | None:
    """Return the answer that ``token`` stands for, None when there is no such answer."""
    if item.kind == "number":
        try:
            return float(token)
        except ValueError:
            return None
    by_case = {option.code.casefold(): option.code for option in item.options}
    return by_case.get(token.casefold())
