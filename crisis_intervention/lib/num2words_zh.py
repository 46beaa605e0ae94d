"""Counts and ordinals in words for documents, by num2words and, in Chinese, by our own rules.

num2words has no Chinese up to 0.5.14. Ours 中文数字 is not registered there: its table of languages
serves the whole process, and would change the amounts of Odoo's other apps. No ORM.

How it is written follows GB/T 15835-2011 and the rules for bank forms 支付结算办法:

- 零 stands once for a run of zeros, and not for zeros that end a group of four digits: 十万零五百,
  but 十万五千.
- 2 is always 二, as in written numbers, never 两; 10 to 19 begin with 十, inside with 一十.
- What nobody may alter on paper is written in characters 大写 that have no stroke to spare: 壹, 拾.
- From 10**12 on 万亿, not 兆, which means other numbers elsewhere.
"""

from num2words import num2words

# The ten digits and the four places of a group.
_NORMAL = ("零一二三四五六七八九", ("", "十", "百", "千"))
_FORMAL = ("零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"))
_GROUPS = {0: "", 4: "万", 8: "亿", 12: "万"}
_LIMIT = 10**16


def chinese(number: int, formal: bool = False) -> str:
    """Return ``number`` in Chinese words: 一千零一十.

    :param number: 0 to 10**16 - 1
    :param formal: in characters that cannot be altered: 壹仟零壹拾
    :raises OverflowError: for other numbers
    """
    if not 0 <= number < _LIMIT:
        raise OverflowError("Chinese words are made for 0 to 10**16 - 1")
    digits, places = _FORMAL if formal else _NORMAL
    if not number:
        return digits[0]
    text = str(number)
    words = ""
    gap = False
    for place, digit in zip(range(len(text) - 1, -1, -1), map(int, text), strict=True):
        if digit:
            words += (digits[0] if gap else "") + digits[digit] + places[place % 4]
        gap = not digit
        # 亿 also after an empty group, for the 万 before it: 一万亿.
        if place % 4 == 0:
            filled = number // 10**place % 10000
            if filled or place == 8:
                words += _GROUPS[place]
            gap = not filled
    return words if formal or not words.startswith("一十") else words[1:]


def counted(number: int, lang: str | None) -> str:
    """Return how many there are, as a document says it: 叁拾贰, or "thirty-two".

    :param number: 0 or more
    :param lang: see ``ordinal``
    """
    return chinese(number, formal=True) if _is_chinese(lang) else _foreign(number, lang, "cardinal")


def ordinal(number: int, lang: str | None) -> str:
    """Return the ordinal for titles: 第三, or "third".

    :param number: 0 or more
    :param lang: code as Odoo has it (``zh_CN``, ``en_US``); English for none and for languages that
        num2words does not know
    """
    return f"第{chinese(number)}" if _is_chinese(lang) else _foreign(number, lang, "ordinal")


def _is_chinese(lang: str | None) -> bool:
    """Tell whether ``lang`` is written in Chinese."""
    return (lang or "").startswith("zh")


def _foreign(number: int, lang: str | None, kind: str) -> str:
    """Return what num2words says, in English where it does not know ``lang``."""
    try:
        return str(num2words(number, lang=lang or "en", to=kind))
    except NotImplementedError:
        return str(num2words(number, lang="en", to=kind))
