"""Industry codes of GB/T 4754-2017: the section letter, and the trade that decides the size class.

The letter of the section is not contained in the digits of a code, so it comes from the two-digit
division (大类). Codes are accepted with or without a leading letter and with 2, 3 or 4 digits. A code
that lost its leading zero as a number (``151`` for ``0151``) cannot be told apart from a three-digit group;
a decimal tail (``5511.0``) is dropped.
"""

import re
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

EDITION = "GB/T 4754-2017"

SECTIONS: dict[str, tuple[int, int, str]] = {
    "A": (1, 5, "农、林、牧、渔业"),
    "B": (6, 12, "采矿业"),
    "C": (13, 43, "制造业"),
    "D": (44, 46, "电力、热力、燃气及水生产和供应业"),
    "E": (47, 50, "建筑业"),
    "F": (51, 52, "批发和零售业"),
    "G": (53, 60, "交通运输、仓储和邮政业"),
    "H": (61, 62, "住宿和餐饮业"),
    "I": (63, 65, "信息传输、软件和信息技术服务业"),
    "J": (66, 69, "金融业"),
    "K": (70, 70, "房地产业"),
    "L": (71, 72, "租赁和商务服务业"),
    "M": (73, 75, "科学研究和技术服务业"),
    "N": (76, 79, "水利、环境和公共设施管理业"),
    "O": (80, 82, "居民服务、修理和其他服务业"),
    "P": (83, 83, "教育"),
    "Q": (84, 85, "卫生和社会工作"),
    "R": (86, 90, "文化、体育和娱乐业"),
    "S": (91, 96, "公共管理、社会保障和社会组织"),
    "T": (97, 97, "国际组织"),
}

SECTION_RANGES = tuple((letter, first, last) for letter, (first, last, _) in SECTIONS.items())
"""(letter, first division, last division) of every section."""

_CODE = re.compile(r"([A-Ta-t]?)([0-9]{2,4})(?:\.0+)?")
_LETTERS = ["" for _ in range(100)]
for _letter, (_first, _last, _) in SECTIONS.items():
    for _division in range(_first, _last + 1):
        _LETTERS[_division] = _letter

# Sections and divisions that the size rules of 2011 do not speak of: railways, finance, public bodies.
_WITHOUT_TRADE = frozenset({"J", "S", "T"})
_TRADE_BY_DIVISION = {
    "51": "wholesale", "52": "retail", "53": "", "54": "transport", "55": "transport", "56": "transport",
    "57": "transport", "58": "transport", "59": "storage", "60": "post", "61": "hotel", "62": "catering",
    "63": "telecom", "64": "telecom", "65": "software", "71": "leasing", "72": "leasing",
}  # fmt: skip
_TRADE_BY_SECTION = {"A": "farming", "B": "industry", "C": "industry", "D": "industry", "E": "building"}
_TRADE_BY_GROUP = {"701": "estate", "702": "property"}


def digits_of(code: str) -> str:
    """The digits of an industry code (2 to 4), or ``""`` when it is not one."""
    match = _CODE.fullmatch(code.strip())
    return match.group(2) if match else ""


def section_of(code: str) -> str:
    """Section letter A-T of a code such as ``3854``, ``C3854`` or ``38``; ``""`` when there is none."""
    digits = digits_of(code)
    return _LETTERS[int(digits[:2])] if digits else ""


def section_name(letter: str) -> str:
    """Chinese name of a section; KeyError for an unknown letter."""
    return SECTIONS[letter][2]


def division_of(code: str) -> str:
    """The two-digit division (大类) of a code, or ``""`` when it is not one."""
    digits = digits_of(code)
    return digits[:2] if section_of(digits) else ""


def trade_of(code: str) -> str:
    """Which line of the size rules a code falls under; ``""`` where they do not apply or it is unknown."""
    digits = digits_of(code)
    section = section_of(digits)
    if not section or section in _WITHOUT_TRADE:
        return ""
    if digits[:3] in _TRADE_BY_GROUP:
        return _TRADE_BY_GROUP[digits[:3]]
    if digits[:2] in _TRADE_BY_DIVISION:
        return _TRADE_BY_DIVISION[digits[:2]]
    return _TRADE_BY_SECTION.get(section, "other")


def sections_of(codes: Iterable[str]) -> NDArray[np.str_]:
    """Section letters of many codes, in order."""
    return _looked_up(codes, section_of)


def trades_of(codes: Iterable[str]) -> NDArray[np.str_]:
    """Trades of many codes, in order."""
    return _looked_up(codes, trade_of)


def _looked_up(codes: Iterable[str], function: Callable[[str], str]) -> NDArray[np.str_]:
    distinct, places = np.unique(np.asarray(list(codes), dtype=str), return_inverse=True)
    return np.array([function(str(code)) for code in distinct], dtype=str)[places]
