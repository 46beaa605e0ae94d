"""What the rows of a benchmark database say, as SQL; and how many are spare."""

# Records of each kind that none of the others refers to, to create new ones with.
SPARE = 400

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈彭吕苏"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰春梅海燕雪晨宇浩轩子涵梓欣怡佳"


def picked(texts, number: str) -> str:
    """Return SQL that picks from ``texts`` by ``number``."""
    values = ",".join(f"'{text}'" for text in texts)
    return f"(ARRAY[{values}])[1 + mod({number}, {len(texts)})]"


def person(pick=lambda texts: texts, number: str = "n") -> str:
    """Return SQL for the name number ``number``: 64,000 names of three characters."""
    surnames, given = pick(_SURNAMES), pick(_GIVEN)
    first = picked(given, f"{number} / {len(_SURNAMES)}")
    second = picked(given, f"{number} / {len(_SURNAMES) * len(_GIVEN)} + {number}")
    return f"{picked(surnames, number)} || {first} || {second}"
