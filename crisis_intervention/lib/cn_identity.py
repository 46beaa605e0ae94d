"""Numbers and phones of people in China: pure checks, no ORM."""

import re

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

_PHONE = re.compile(r"\+?[\d\s\-()（）]{6,20}")


def _is_resident_number(text: str) -> bool:
    """Tell whether ``text`` has the form, the birth date and the check digit of such a number.

    Without python-stdnum's list of regions: inside Odoo the library cannot open its data files.
    """
    try:
        number: str = ric.compact(text)
        if not re.fullmatch(r"\d{17}[\dX]", number):
            return False
        ric.get_birth_date(number)
        return bool(ric.calc_check_digit(number) == number[-1])
    except ValidationError:
        return False


def is_national_number(text: str) -> bool:
    """Tell whether ``text`` is a national student number 全国学籍号.

    ``G`` and a valid resident identity number, or ``L`` and 18 characters for students without one
    (kinds as the national register uses them; the check digits are python-stdnum's work).
    """
    kind, number = text[:1].upper(), text[1:]
    if kind == "L":
        return bool(re.fullmatch(r"[0-9A-Za-z]{18}", number))
    return kind == "G" and _is_resident_number(number)


def is_phone(text: str) -> bool:
    """Tell whether ``text`` looks like a phone number: 6 to 15 digits, common separators."""
    digits = re.sub(r"\D", "", text)
    return bool(_PHONE.fullmatch(text.strip())) and 6 <= len(digits) <= 15
