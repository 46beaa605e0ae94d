import random
import re

from num2words import CONVERTER_CLASSES
from odoo.tests import BaseCase, tagged

from ...lib.num2words_zh import chinese, counted, ordinal

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
    def test_vectors(self):
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
        }
        for number, words in cases.items():
            self.assertEqual(chinese(number), words)

    def test_formal_vectors(self):
        cases = {
            0: "零",
            10: "壹拾",
            11: "壹拾壹",
            32: "叁拾贰",
            101: "壹佰零壹",
            1010: "壹仟零壹拾",
            100500: "壹拾万零伍佰",
            23456789: "贰仟叁佰肆拾伍万陆仟柒佰捌拾玖",
            10**12: "壹万亿",
        }
        for number, words in cases.items():
            self.assertEqual(chinese(number, formal=True), words)

    def test_what_has_no_words(self):
        self.assertEqual(read(chinese(10**16 - 1)), 10**16 - 1)
        for number in (-1, 10**16, 10**5000):
            with self.assertRaises(OverflowError):
                chinese(number)

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
                words = chinese(number, formal=formal)
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

    def test_nothing_changes_for_other_apps(self):
        """Odoo's own amounts in words speak what num2words and Odoo speak."""
        converters = {type(converter).__module__ for converter in CONVERTER_CLASSES.values()}
        self.assertFalse({name for name in converters if "crisis" in name})

    def test_counts_of_documents(self):
        for lang in ("zh", "zh_CN", "zh_TW", "zh_HK"):
            self.assertEqual(counted(32, lang), "叁拾贰")
            self.assertEqual(counted(0, lang), "零")
        for lang in ("en", "en_US", None, "", "xx_YY"):
            self.assertEqual(counted(32, lang), "thirty-two")
        self.assertEqual(counted(3, "de_DE"), "drei")

    def test_ordinals_of_titles(self):
        for lang in ("zh", "zh_CN", "zh_TW", "zh_HK"):
            self.assertEqual(ordinal(3, lang), "第三")
            self.assertEqual(ordinal(12, lang), "第十二")
        for lang in ("en", "en_US", "en_GB", None, "", "xx_YY"):
            self.assertEqual(ordinal(3, lang), "third")
        self.assertEqual(ordinal(3, "de_DE"), "dritte")
