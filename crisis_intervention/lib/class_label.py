"""How people write a class: ``三年级2班``, ``3年级2班``, ``三(2)班``, ``3.2``, ``Grade 3 Class 2``.

Pure text work, no ORM.
"""

import re

_DIGITS = {character: number for number, character in enumerate("〇一二三四五六七八九十")}
_NUMBER = r"(\d{1,2}|[一二三四五六七八九十]{1,3})"
_PATTERNS = [
    re.compile(rf"(?:grade)?\s*{_NUMBER}\s*年级\s*[（(]?\s*{_NUMBER}\s*[）)]?\s*班?", re.I),
    re.compile(rf"{_NUMBER}\s*[（(]\s*{_NUMBER}\s*[）)]\s*班?"),
    re.compile(r"(\d{1,2})\s*[.\-/]\s*(\d{1,2})"),
    re.compile(r"grade\s*(\d{1,2})[\s,]*(?:class\s*)?(\d{1,2})\s*班?", re.I),
]

_GRADE = re.compile(rf"(?:grade\s*)?{_NUMBER}\s*(?:年级)?", re.I)


def _number(text: str) -> int:
    """Return the value of digits or of Chinese numerals up to 99."""
    if text.isdigit():
        return int(text)
    tens, found, units = text.partition("十")
    if not found:
        return _DIGITS[text]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[units] if units else 0)


def parse(text: str) -> tuple[int, str] | None:
    """Return (grade, class number as text) of what people write, or None when it is no class."""
    for pattern in _PATTERNS:
        match = pattern.fullmatch(text.strip())
        if match:
            try:
                return _number(match[1]), str(_number(match[2]))
            except KeyError:
                return None
    return None


def parse_grade(text: str) -> int | None:
    """Return the grade of ``五``, ``5年级`` or ``Grade 5``, or None when it is no grade."""
    match = _GRADE.fullmatch(text.strip())
    try:
        return _number(match[1]) if match else None
    except KeyError:
        return None
