"""Masks of Chinese practice, value by value: what is kept is what people are used to see, the rest are stars.

A masked value is de-identified, not anonymous: with a birth date beside it, six kept digits of an identity number
single many people out, so masked columns count as quasi-identifiers in the proof. A value that does not look like
what it should be is starred altogether, for nobody knows which part of it tells.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

import polars as pl

STAR = "*"
ALL_HIDDEN = STAR * 4
_COMPOUND = (
    "欧阳司马上官诸葛夏侯皇甫尉迟公孙慕容令狐长孙宇文司徒司空端木东方独孤南宫轩辕澹台"
    "申屠公冶太叔仲孙钟离濮阳淳于单于完颜呼延闻人赫连拓跋万俟百里东郭西门左丘第五"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND[place : place + 2] for place in range(0, len(_COMPOUND), 2))
DOTS = "·•・‧"
_MOBILE = re.compile(r"^(\+?86)?(1[3-9]\d)(\d{4})(\d{4})$")
_LANDLINE = re.compile(r"^(0\d{2,3})(\d{7,8})(?:转?(\d{1,5}))?$")
_EMAIL = re.compile(r"^([^@\s]+)@([^@\s]+\.[^@\s]+)$")
_PLATE = re.compile(r"^([\u4e00-\u9fff][A-Z][A-Z0-9])([A-Z0-9]{3,4})([A-Z0-9\u4e00-\u9fff])$")
_IPV4 = re.compile(r"^(\d{1,3})(?:\.\d{1,3}){3}$")
_PLACE = re.compile(r"^(.*?(?:街道|镇|乡))|^(.*?[区县市旗](?=[^市区县]*$))")


class MaskKind(StrEnum):
    """What kind of value a column holds."""

    NAME = "name"
    CITIZEN_ID = "citizen_id"
    PHONE = "phone"
    ADDRESS = "address"
    CARD = "card"
    PLATE = "plate"
    EMAIL = "email"
    CREDIT_CODE = "credit_code"
    IP = "ip"
    CUSTOM = "custom"


MASK_LABELS = {
    MaskKind.NAME: "姓名",
    MaskKind.CITIZEN_ID: "公民身份号码",
    MaskKind.PHONE: "电话",
    MaskKind.ADDRESS: "地址",
    MaskKind.CARD: "银行卡号",
    MaskKind.PLATE: "车牌号",
    MaskKind.EMAIL: "电子邮箱",
    MaskKind.CREDIT_CODE: "统一社会信用代码",
    MaskKind.IP: "IP 地址",
    MaskKind.CUSTOM: "自定位数",
}


def tidy(text: str) -> str:
    """Half-width, without blanks, hyphens and a spreadsheet's leading apostrophe, upper case."""
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\-‐-―'’`]", "", folded).upper()


def mask_name(text: str) -> str:
    """张三丰 to 张**, 欧阳娜 to 欧阳*, 阿卜杜拉·买买提 to 阿***·***; a single character is starred."""
    name = re.sub(
        r"\s", "", unicodedata.normalize("NFKC", text).translate(dict.fromkeys(map(ord, DOTS), "·"))
    )
    if "·" in name.strip("·"):
        parts = [STAR * len(part) for part in name.split("·")]
        return name[0] + "·".join(parts)[1:]
    kept = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return STAR if len(name) < 2 else name[:kept] + STAR * (len(name) - kept)


def mask_citizen_id(text: str) -> str:
    """330282199001011234 to 330282********1234; the 15-digit form keeps 6 and 3; anything else is starred."""
    code = tidy(text)
    if re.fullmatch(r"\d{17}[\dX]", code):
        return keep(code, 6, 4)
    return keep(code, 6, 3) if re.fullmatch(r"\d{15}", code) else ALL_HIDDEN


def mask_phone(text: str) -> str:
    """13812345678 to 138****5678 (a country code is dropped), 0574-63812345 to 0574-******45."""
    number = tidy(text).translate(dict.fromkeys(map(ord, "()"), None))
    if found := _MOBILE.match(number):
        return f"{found[2]}****{found[4]}"
    if found := _LANDLINE.match(number):
        return f"{found[1]}-{keep(found[2], 0, 2)}"
    return ALL_HIDDEN


def mask_address(text: str) -> str:
    """Kept down to the town or street, or else the district; what follows, and any other address, is starred."""
    address = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    found = _PLACE.match(address)
    place = next((group for group in found.groups() if group), "") if found else ""
    return f"{place}{ALL_HIDDEN}" if place != address or not place else address


def mask_card(text: str) -> str:
    """The first four and the last four digits of 12 to 19 stay."""
    digits = tidy(text)
    return keep(digits, 4, 4) if re.fullmatch(r"\d{12,19}", digits) else ALL_HIDDEN


def mask_plate(text: str) -> str:
    """浙B12345 to 浙B1***5; new-energy plates likewise."""
    plate = tidy(text).translate(dict.fromkeys(map(ord, DOTS), None))
    found = _PLATE.match(plate)
    return f"{found[1]}{STAR * len(found[2])}{found[3]}" if found else ALL_HIDDEN


def mask_email(text: str) -> str:
    """The first letter and the domain stay; the number of stars is always the same."""
    found = _EMAIL.match(unicodedata.normalize("NFKC", text).strip())
    return f"{found[1][0]}****@{found[2]}" if found else ALL_HIDDEN


def mask_credit_code(text: str) -> str:
    """The authority and the place (8) and the two check symbols stay; the body of the subject is starred."""
    code = tidy(text)
    return keep(code, 8, 2) if re.fullmatch(r"[0-9A-Z]{18}", code) else ALL_HIDDEN


def mask_ip(text: str) -> str:
    """192.168.1.1 to 192.*.*.*."""
    found = _IPV4.match(text.strip())
    return f"{found[1]}.*.*.*" if found else ALL_HIDDEN


def keep(text: str, start: int, end: int) -> str:
    """The first ``start`` and last ``end`` characters stay; a text no longer than both is starred altogether."""
    if len(text) <= start + end:
        return STAR * max(len(text), 1)
    return text[:start] + STAR * (len(text) - start - end) + text[len(text) - end :]


MASKS: dict[MaskKind, Callable[[str], str]] = {
    MaskKind.NAME: mask_name,
    MaskKind.CITIZEN_ID: mask_citizen_id,
    MaskKind.PHONE: mask_phone,
    MaskKind.ADDRESS: mask_address,
    MaskKind.CARD: mask_card,
    MaskKind.PLATE: mask_plate,
    MaskKind.EMAIL: mask_email,
    MaskKind.CREDIT_CODE: mask_credit_code,
    MaskKind.IP: mask_ip,
}


def mask_column(column: pl.Series, kind: MaskKind, start: int = 0, end: int = 0) -> pl.Series:
    """The column as masked text; nulls stay null. ``start`` and ``end`` for :attr:`MaskKind.CUSTOM` only."""
    mask = MASKS.get(kind, lambda text: keep(text, start, end))
    return over_values(column, mask)


def over_values(column: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    """Apply a function of text to a column, once for each different value."""
    text = column.cast(pl.String)
    values = text.unique().drop_nulls().to_list()
    if not values:
        return text
    changed = pl.Series([change(value) for value in values], dtype=pl.String)
    return text.replace_strict(values, changed, default=None, return_dtype=pl.String)
