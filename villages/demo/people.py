"""Invented people: names, households, years of birth, phones. The same seed makes the same village."""

import random
from dataclasses import dataclass

SURNAMES = "余岑胡沈毛潘陈徐孙罗叶黄郑马方施卢陆高张王李周吴钱楼翁华"
ELDER_MEN = ("阿根", "阿宝", "国良", "建国", "志明", "金水", "水根", "阿毛", "德兴", "长根", "永年", "仁康")
ELDER_WOMEN = ("阿娣", "阿珍", "彩娟", "菊英", "秀凤", "月琴", "阿囡", "桂芳", "杏花", "素珍", "惠娟", "金凤")
MEN = (
    "建军",
    "伟杰",
    "志强",
    "海波",
    "国平",
    "立群",
    "晓东",
    "俊",
    "浩",
    "宇航",
    "子轩",
    "一鸣",
    "佳栋",
    "凯",
)
WOMEN = (
    "丽萍",
    "海燕",
    "亚芬",
    "红霞",
    "佳宁",
    "晓敏",
    "静",
    "雪琴",
    "思源",
    "雨桐",
    "诗涵",
    "梦瑶",
    "倩",
    "燕飞",
)
# Qiaotou's eight villages and its neighbourhood; codes from a range that no real division uses.
VILLAGES = (
    ("330282109901", "毛三斢村", False, 30.2951, 121.3902), ("330282109902", "潭河沿村", False, 30.2876, 121.3785),
    ("330282109903", "丰潭村", False, 30.3012, 121.3671), ("330282109904", "五丰村", False, 30.3104, 121.3823),
    ("330282109905", "烟墩村", False, 30.3187, 121.3954), ("330282109906", "五姓村", False, 30.2843, 121.4011),
    ("330282109907", "小桥头村", False, 30.2765, 121.3866), ("330282109908", "上林湖村", False, 30.1742, 121.3461),
    ("330282109909", "桥头社区", True, 30.2930, 121.3841),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One invented resident. ``zeal`` 0-1: how often he or she takes part."""

    household: int
    name: str
    gender: str
    birth_year: int
    is_head: bool
    is_party_member: bool
    phone: str
    agrees: bool
    zeal: float


def make_people(village_number: int, count: int, seed: int, this_year: int) -> list[Person]:
    """``count`` people in households of one to five; older ones own fewer phones and have more time."""
    chance = random.Random(f"people:{seed}:{village_number}")
    people: list[Person] = []
    household = 0
    while len(people) < count:
        household += 1
        surname = chance.choice(SURNAMES)
        oldest = this_year - chance.randint(30, 86)
        for place in range(min(chance.choice((1, 2, 2, 3, 3, 4, 5)), count - len(people))):
            people.append(
                _person(chance, household, surname, oldest, place, village_number, len(people), this_year)
            )
    return people


def _person(
    chance: random.Random, household: int, surname: str, oldest: int, place: int, village: int, number: int,
    this_year: int,
) -> Person:  # fmt: skip
    year = oldest if place == 0 else oldest + chance.randint(-2, 4) if place == 1 else oldest + 24 + place * 3
    year = min(year, this_year - 6)
    woman = place == 1 or (place > 1 and chance.random() < 0.5)
    age = this_year - year
    names = (ELDER_WOMEN if woman else ELDER_MEN) if age >= 55 else (WOMEN if woman else MEN)
    family = chance.choice(SURNAMES) if place == 1 else surname
    has_phone = age >= 14 and chance.random() < (0.45 if age >= 75 else 0.75 if age >= 65 else 0.96)
    return Person(
        household=household, name=family + chance.choice(names), gender="f" if woman else "m", birth_year=year,
        is_head=place == 0, is_party_member=age >= 20 and chance.random() < 0.07,
        phone=f"19{village % 10}{number:08d}" if has_phone else "", agrees=age >= 14 and chance.random() < 0.86,
        zeal=min(1.0, chance.betavariate(1.6, 4.5) * (1.5 if age >= 55 else 1.0)) if age >= 14 else 0.0,
    )  # fmt: skip
