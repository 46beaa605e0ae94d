import random
import re
from decimal import Decimal

from num2words import CONVERTER_CLASSES, num2words
from odoo.tests import BaseCase, tagged

from ...lib.num2words_zh import Num2WordsZh, ordinal, register

_PLAIN = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
# Each unit with its value and the limit of what may stand before it.
_UNITS = (
    ("亿", 10**8, 10**8),
    ("万", 10**4, 10**4),
    ("千", 1000, 10),
    ("百", 100, 10),
    ("十", 10, 10),
)
_BARE = re.compile(r"(?<![一二三四五六七八九壹贰叁肆伍陆柒捌玖])[十百千拾佰仟]")


def read(words):
    """Return the number that ``words`` say, by splitting at the highest unit."""
    words = words.translate(_PLAIN)
    if words != "零":
        words = words.removeprefix("零")
    for unit, value, limit in _UNITS:
        if unit in words:
            before, _unit, after = words.rpartition(unit)
            times = read(before) if before else 1
            rest = read(after) if after else 0
            if times >= limit or rest >= value:
                raise ValueError(f"Not a number: {words}")
            return times * value + rest
    if words not in _DIGITS:
        raise ValueError(f"Not a number: {words}")
    return _DIGITS[words]


def spoken_zeros(number):
    """Return how many 零 the number has, from its digits alone."""
    digits = str(number)
    count = 0
    for run in re.finditer(r"(?<=[1-9])0+(?=[1-9])", digits):
        # Zeros up to the end of a group are silent, unless they are the whole group.
        ends_group = (len(digits) - run.end()) % 4 == 0
        count += not ends_group or len(run[0]) >= 4
    return count


@tagged("post_install", "-at_install")
class TestNum2WordsZh(BaseCase):
    def setUp(self):
        super().setUp()
        self.zh = Num2WordsZh()

    def test_cardinal_vectors(self):
        cases = {
            0: "零",
            2: "二",
            10: "十",
            12: "十二",
            20: "二十",
            100: "一百",
            101: "一百零一",
            110: "一百一十",
            111: "一百一十一",
            200: "二百",
            1001: "一千零一",
            1010: "一千零一十",
            1100: "一千一百",
            2222: "二千二百二十二",
            10000: "一万",
            10001: "一万零一",
            10010: "一万零一十",
            11000: "一万一千",
            100000: "十万",
            100500: "十万零五百",
            105000: "十万五千",
            110000: "十一万",
            1000010: "一百万零一十",
            1010000: "一百零一万",
            10**8: "一亿",
            10**8 + 1: "一亿零一",
            10**8 + 5000: "一亿零五千",
            10**8 + 10**7: "一亿一千万",
            10**8 + 10**5: "一亿零一十万",
            10**9: "十亿",
            1234567890: "十二亿三千四百五十六万七千八百九十",
            10**12 - 1: "九千九百九十九亿九千九百九十九万九千九百九十九",
            10**12: "一万亿",
            10**12 + 1: "一万亿零一",
            10**12 + 10**8: "一万零一亿",
            10**12 + 10**11: "一万一千亿",
            10**12 + 10**7: "一万亿零一千万",
            10**13: "十万亿",
            -10: "负十",
            -101: "负一百零一",
        }
        for number, words in cases.items():
            self.assertEqual(self.zh.to_cardinal(number), words)

    def test_decimals_digit_by_digit(self):
        cases = [
            (3.14, "三点一四"),
            (0.5, "零点五"),
            (-0.5, "负零点五"),
            (10.05, "十点零五"),
            (100.0, "一百"),
            (-0.0, "零"),
            (1e-7, "零点零零零零零零一"),
            (1e15, "一千万亿"),
            (Decimal("1.50"), "一点五"),
            (Decimal("1E+4"), "一万"),
            (Decimal("0." + "1" * 40), "零点" + "一" * 40),
        ]
        for number, words in cases:
            self.assertEqual(self.zh.to_cardinal(number), words)
        self.assertEqual(self.zh.to_cardinal(10.25, formal=True), "壹拾点贰伍")

    def test_formal_vectors(self):
        cases = {
            0: "零",
            10: "壹拾",
            11: "壹拾壹",
            101: "壹佰零壹",
            1010: "壹仟零壹拾",
            100500: "壹拾万零伍佰",
            23456789: "贰仟叁佰肆拾伍万陆仟柒佰捌拾玖",
            10**12: "壹万亿",
            -7: "负柒",
        }
        for number, words in cases.items():
            self.assertEqual(self.zh.to_cardinal(number, formal=True), words)

    def test_ordinals(self):
        cases = {
            0: "第零",
            1: "第一",
            2: "第二",
            3: "第三",
            10: "第十",
            12: "第十二",
            110: "第一百一十",
        }
        for number, words in cases.items():
            self.assertEqual(self.zh.to_ordinal(number), words)
        self.assertEqual(self.zh.to_ordinal(3.0), "第三")
        self.assertEqual(self.zh.to_ordinal(10, formal=True), "第壹拾")
        self.assertEqual(self.zh.to_ordinal_num(3), "第3")
        self.assertEqual(self.zh.to_ordinal_num(12.0), "第12")
        for method in (self.zh.to_ordinal, self.zh.to_ordinal_num):
            for wrong in (-1, 1.5, "3", None):
                with self.assertRaises(TypeError):
                    method(wrong)

    def test_years(self):
        cases = {
            2026: "二〇二六",
            2000: "二〇〇〇",
            1999: "一九九九",
            618: "六一八",
            -221: "公元前二二一",
        }
        for number, words in cases.items():
            self.assertEqual(self.zh.to_year(number), words)
        with self.assertRaises(TypeError):
            self.zh.to_year(2026.5)

    def test_currency_as_on_a_bank_form(self):
        # With a decimal point: the examples of 支付结算办法, and the edges.
        cases = {
            "1409.50": "壹仟肆佰零玖元伍角",
            "6007.14": "陆仟零柒元壹角肆分",
            "1680.32": "壹仟陆佰捌拾元叁角贰分",
            "16409.02": "壹万陆仟肆佰零玖元零贰分",
            "325.04": "叁佰贰拾伍元零肆分",
            "100": "壹佰元整",
            "0": "零元整",
            "0.50": "伍角",
            "0.05": "伍分",
            "-10.20": "负壹拾元贰角",
            "0.004": "零元整",
            "-0.004": "零元整",
            "1.005": "壹元零壹分",
            "1.999": "贰元整",
        }
        for number, words in cases.items():
            self.assertEqual(self.zh.to_currency(Decimal(number)), words)
            self.assertEqual(self.zh.to_currency(float(number)), words)
        self.assertEqual(self.zh.to_currency(150), "壹元伍角")
        self.assertEqual(self.zh.to_currency(-100), "负壹元整")
        self.assertEqual(
            self.zh.to_currency(Decimal("9999999999999999.99"))[-10:], "玖佰玖拾玖元玖角玖分"
        )
        with self.assertRaises(NotImplementedError):
            self.zh.to_currency(1, currency="EUR")
        with self.assertRaises(OverflowError):
            self.zh.to_currency(Decimal("9999999999999999.999"))

    def test_what_has_no_words(self):
        self.assertEqual(read(self.zh.to_cardinal(10**16 - 1)), 10**16 - 1)
        methods = (
            self.zh.to_cardinal,
            self.zh.to_ordinal,
            self.zh.to_ordinal_num,
            self.zh.to_year,
            self.zh.to_currency,
        )
        for method in methods:
            for number in (10**16, -(10**16), 10**5000, float("inf"), Decimal("1E+999999")):
                with self.assertRaises(OverflowError):
                    method(number)
            for number in (float("nan"), Decimal("NaN"), Decimal("sNaN")):
                with self.assertRaises(ValueError):
                    method(number)
            for number in ("12", None, [1], (1, 2)):
                with self.assertRaises(TypeError):
                    method(number)

    def test_words_read_back_by_another_method(self):
        numbers = set(range(20001))
        for power in range(16):
            for times in (1, 2, 9, 10, 11):
                numbers.update(range(times * 10**power - 12, times * 10**power + 13))
        for high in range(5, 16):
            numbers.update(10**high + 10**low for low in range(high))
        rng = random.Random(20260901)
        numbers.update(int(10 ** rng.uniform(0, 12)) for _count in range(2000))
        # Few digits other than zero, where the rules for 零 are.
        for _count in range(2000):
            digits = rng.choices("0123456789", [20, *[1] * 9], k=rng.randint(5, 13))
            numbers.add(int("".join(digits)))
        numbers = {number for number in numbers if 0 <= number < 10**16}
        self.assertGreater(len(numbers), 22000)
        for number in numbers:
            for formal in (False, True):
                words = self.zh.to_cardinal(number, formal=formal)
                self.assertEqual(read(words), number, words)
                self.assertNotIn("零零", words)
                if number:
                    self.assertFalse(words.startswith("零") or words.endswith("零"), words)
                    self.assertEqual(words.count("零"), spoken_zeros(number), f"{number} {words}")
                alphabet = (
                    "零壹贰叁肆伍陆柒捌玖拾佰仟万亿" if formal else "零一二三四五六七八九十百千万亿"
                )
                self.assertLessEqual(set(words), set(alphabet))
                # A place never stands without its digit, save the 十 that begins a number.
                bare = _BARE.search(words)
                self.assertTrue(not bare or (not formal and bare.span() == (0, 1)), words)
                self.assertFalse(words.startswith("一十"), words)

    def test_the_reader_is_strict(self):
        for words in ("一百二百", "十百", "一万一万", "两", "一二"):
            with self.assertRaises(ValueError):
                read(words)

    def test_num2words_speaks_chinese(self):
        register()
        before = dict(CONVERTER_CLASSES)
        register()
        self.assertEqual(CONVERTER_CLASSES, before)
        for lang in ("zh", "zh_CN"):
            self.assertEqual(num2words(3, lang=lang, to="ordinal"), "第三")
            self.assertEqual(num2words(101, lang=lang), "一百零一")
            self.assertEqual(num2words("-3.05", lang=lang), "负三点零五")
            self.assertEqual(num2words(2026, lang=lang, to="year"), "二〇二六")
            self.assertEqual(num2words(10, lang=lang, formal=True), "壹拾")
            self.assertEqual(num2words(150.0, lang=lang, to="currency"), "壹佰伍拾元整")

    def test_a_chinese_of_num2words_stays(self):
        for shipped in ({"zh": "theirs"}, {"zh": "theirs", "zh_CN": "theirs"}, {"zh_CN": "theirs"}):
            table = dict(CONVERTER_CLASSES)
            self.addCleanup(CONVERTER_CLASSES.update, table)
            for lang in ("zh", "zh_CN"):
                CONVERTER_CLASSES.pop(lang)
            CONVERTER_CLASSES.update(shipped)
            register()
            self.assertLessEqual(shipped.items(), CONVERTER_CLASSES.items())
            # num2words takes "zh" for zh_CN when it has nothing nearer.
            speaks = CONVERTER_CLASSES.get("zh_CN", CONVERTER_CLASSES["zh"])
            self.assertEqual(speaks, "theirs")
            self.assertEqual(ordinal(3, "zh_CN"), "第三")
            CONVERTER_CLASSES.update(table)

    def test_ordinal_for_titles(self):
        for lang in ("zh", "zh_CN", "zh_TW", "zh_HK"):
            self.assertEqual(ordinal(3, lang), "第三")
            self.assertEqual(ordinal(12, lang), "第十二")
        for lang in ("en", "en_US", "en_GB", None, False, "", "xx_YY"):
            self.assertEqual(ordinal(3, lang), "third")
        self.assertEqual(ordinal(3, "de_DE"), "dritte")
        for lang in ("zh_CN", "en_US"):
            for wrong in (-1, 1.5):
                with self.assertRaises(TypeError):
                    ordinal(wrong, lang)
