"""Numbers in Chinese words 中文数字, for num2words, which has none up to 0.5.14. No ORM.

How it is written follows GB/T 15835-2011 and the rules for bank forms 支付结算办法:

- 零 stands once for a run of zeros, and not for zeros that end a group of four digits: 十万零五百,
  but 十万五千.
- 2 is always 二, as in written numbers, never 两; 10 to 19 begin with 十, inside with 一十.
- What counts is written with 零, what only names (years) with 〇: 一百零一, but 二〇二六.
- From 10**12 on 万亿, not 兆, which means other numbers elsewhere.
"""

from decimal import ROUND_HALF_UP, Decimal

from num2words import CONVERTER_CLASSES, num2words
from num2words.base import Num2Word_Base

# The ten digits and the four places of a group.
_NORMAL = ("零一二三四五六七八九", ("", "十", "百", "千"))
_FORMAL = ("零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"))
_YEAR_DIGITS = "〇一二三四五六七八九"
_GROUPS = {0: "", 4: "万", 8: "亿", 12: "万"}
_CENT = Decimal("0.01")


def _integer_words(number: int, formal: bool) -> str:
    """Return the words of ``number``, 0 to 10**16 - 1."""
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


class Num2WordsZh(Num2Word_Base):
    """Converter to simplified Chinese with the interface of num2words; it keeps no state.

    Numbers are ``int``, ``float`` or ``Decimal`` between -10**16 and 10**16, both excluded. For any
    other number every method raises OverflowError, for NaN ValueError, for other types TypeError.
    """

    def setup(self):
        self.negword = "负"
        self.pointword = "点"
        self.MAXVAL = 10**16

    def to_cardinal(self, value, formal: bool = False) -> str:
        """Return the number in words: 一千零一十, 负三点零五.

        Decimals are read digit by digit as they are written, without zeros at the end.

        :param formal: in characters that cannot be altered 大写: 10 is 壹拾
        """
        number = self._number(value)
        integer, _point, decimals = format(number.copy_abs(), "f").partition(".")
        decimals = decimals.rstrip("0")
        words = self.negword if number < 0 else ""
        words += _integer_words(int(integer), formal)
        if decimals:
            digits = (_FORMAL if formal else _NORMAL)[0]
            words += self.pointword + "".join(digits[int(digit)] for digit in decimals)
        return words

    def to_ordinal(self, value, formal: bool = False) -> str:
        """Return 第三 for 3; raise TypeError for negative numbers and fractions."""
        number = self._number(value)
        self.verify_ordinal(number)
        return "第" + self.to_cardinal(number, formal=formal)

    def to_ordinal_num(self, value) -> str:
        """Return 第3 for 3; raise TypeError for negative numbers and fractions."""
        number = self._number(value)
        self.verify_ordinal(number)
        return f"第{int(number)}"

    def to_year(self, value, **_options) -> str:
        """Return the year digit by digit, 二〇二六; a negative one as 公元前二二一, without 年.

        Options of other languages change nothing. Raise TypeError for fractions.
        """
        number = self._number(value)
        if number != int(number):
            raise TypeError(f"Not a year: {value}")
        digits = "".join(_YEAR_DIGITS[int(digit)] for digit in str(abs(int(number))))
        return ("公元前" if number < 0 else "") + digits

    def to_currency(self, val, currency: str = "CNY", **_options) -> str:
        """Return an amount of RMB as on a bank form: 壹仟肆佰零玖元伍角, 壹佰元整.

        As everywhere in num2words an ``int`` counts the smallest unit: 150 are 壹元伍角, 150.0 are
        壹佰伍拾元整. The rest is rounded half up to 分. Options of other languages change nothing.

        :raise NotImplementedError: for any currency but CNY
        """
        if currency != "CNY":
            raise NotImplementedError(f"Only CNY is written in Chinese words, not {currency}")
        number = self._number(val)
        number = number * _CENT if isinstance(val, int) else number.quantize(_CENT, ROUND_HALF_UP)
        number = self._number(number)
        cents = int(abs(number) * 100)
        yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
        digits = _FORMAL[0]
        words = f"{_integer_words(yuan, formal=True)}元" if yuan or not cents else ""
        if jiao:
            words += f"{digits[jiao]}角"
        elif fen and yuan:
            words += digits[0]
        words += f"{digits[fen]}分" if fen else ""
        return (self.negword if number < 0 else "") + words + ("" if jiao or fen else "整")

    def _number(self, value) -> Decimal:
        """Return ``value`` exactly as it is written; raise what the class promises."""
        if not isinstance(value, (int, float, Decimal)):
            raise TypeError(self.errmsg_nonnum % (value,))
        number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
        if number.is_nan():
            raise ValueError("NaN has no words")
        if not -self.MAXVAL < number < self.MAXVAL:
            raise OverflowError("Chinese words are made for numbers below 10**16 only")
        return number


_CONVERTER = Num2WordsZh()


def register() -> None:
    """Make ``num2words(…, lang="zh_CN")`` and ``"zh"`` work; a second call changes nothing."""
    # The table serves the whole process: a Chinese that num2words ships one day, with options of
    # its own that other addons may use, stays. Our own titles do not depend on it: see ordinal().
    if "zh" not in CONVERTER_CLASSES:
        for lang in ("zh", "zh_CN"):
            CONVERTER_CLASSES.setdefault(lang, _CONVERTER)


def ordinal(number: int, lang: str | None) -> str:
    """Return the ordinal in words for titles: 第三 in Chinese, "third" in English.

    :param lang: code as Odoo has it (``zh_CN``, ``en_US``); English for none and for languages that
        num2words does not know, as Odoo writes amounts
    :raise TypeError: for negative numbers and fractions
    :raise OverflowError: for numbers the language has no words for
    """
    if lang and lang.startswith("zh"):
        return _CONVERTER.to_ordinal(number)
    try:
        return num2words(number, lang=lang or "en", to="ordinal")
    except NotImplementedError:
        return num2words(number, lang="en", to="ordinal")
