"""Reading of Chinese names, for searching by sound and by initials. No ORM.

pypinyin knows the usual readings; surnames with a reading of their own are listed here.
"""

from pypinyin import lazy_pinyin

# Surnames read otherwise than the same character in words.
_SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "朴": "piao",
    "盖": "ge",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "长孙": "zhang sun",
    "澹台": "tan tai",
    "冼": "xian",
    "缪": "miao",
    "乐": "yue",
    "员": "yun",
    "黑": "he",
    "召": "shao",
    "种": "chong",
    "秘": "bi",
    "繁": "po",
    "折": "she",
    "洗": "xian",
    "逄": "pang",
    "覃": "qin",
}


def reading(name: str) -> tuple[str, str]:
    """Return (pinyin without tones and spaces, initials) of ``name``; both lower case.

    Latin letters and digits stay as they are: ``("zhangwei", "zw")`` for 张伟.
    """
    name = name.strip()
    syllables = []
    for length in (2, 1):
        surname = _SURNAMES.get(name[:length])
        if surname:
            syllables = surname.split()
            name = name[length:]
            break
    for part in lazy_pinyin(name):
        syllables += part.split()
    syllables = [syllable.lower() for syllable in syllables if syllable.strip("·• ")]
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)
