"""Personal and business identifiers inside running text: identity numbers, phones, cards, credit codes, names.

Numbers are believed only with a right check digit (identity GB 11643, credit code GB 32100, cards Luhn) or a right
shape (phones); names only beside a word that announces them. Full-width digits and blanks or dashes between digits
are seen through.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from datahub.engine.identifiers import citizen_check, uscc_problem

from .masks import COMPOUND_SURNAMES, over_values


class FoundKind(StrEnum):
    """What was found in a text."""

    CITIZEN_ID = "citizen_id"
    CREDIT_CODE = "credit_code"
    CARD = "card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    EMAIL = "email"
    PLATE = "plate"
    NAME = "name"


FOUND_LABELS = {
    FoundKind.CITIZEN_ID: "身份号码",
    FoundKind.CREDIT_CODE: "信用代码",
    FoundKind.CARD: "银行卡号",
    FoundKind.MOBILE: "手机号",
    FoundKind.LANDLINE: "固定电话",
    FoundKind.EMAIL: "电子邮箱",
    FoundKind.PLATE: "车牌号",
    FoundKind.NAME: "姓名",
}
PERSONAL = frozenset({FoundKind.CITIZEN_ID, FoundKind.CARD, FoundKind.MOBILE, FoundKind.EMAIL, FoundKind.PLATE,
                      FoundKind.NAME})  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One finding: characters ``start`` to ``end`` (half-open) of the text."""

    kind: FoundKind
    start: int
    end: int


_GAP = r"[ \-\u3000]?"
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣邓郁"
    "单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾"
    "暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍"
    "却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利"
    "蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖付涂邸仝闫"
)
_HANZI = r"[\u4e00-\u9fff]"
_SURNAME = rf"(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|[{_SURNAMES}])"
_ANNOUNCED = re.compile(
    r"(?:姓名|联系人|负责人|法定代表人|法人代表|法人|当事人|经办人|户主|被执行人|申请人|投诉人|举报人|患者|业主|承租人|户名|收款人)"
    rf"(?:[：:为是]|\s)*(?P<name>{_SURNAME}{_HANZI}{{1,2}}?)(?={_HANZI}?(?:[，。、；：,;:\s（(/]|$|电话|手机|身份|联系|住|系|于|，))"
)
_ADDRESSED = re.compile(rf"(?P<name>{_SURNAME}{_HANZI}{{1,2}})(?=先生|女士|同志|老师|小姐|大爷|阿姨)")
_DOTTED = re.compile(rf"(?P<name>{_HANZI}{{2,6}}·{_HANZI}{{2,6}})")
_DIGITS = re.compile(rf"(?<![0-9A-Za-z])[0-9](?:{_GAP}[0-9]){{10,18}}(?:{_GAP}[Xx])?(?![0-9A-Za-z])")
_CREDIT = re.compile(r"(?<![0-9A-Za-z])[0-9ANYa-z][0-9]\d{6}[0-9A-Za-z]{10}(?![0-9A-Za-z])")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(?:0\d{2,3}[- ]|\(0\d{2,3}\))\d{7,8}(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]·?[A-Z0-9]{5,6}(?![A-Z0-9])"
)


def find_identifiers(text: str) -> list[Found]:
    """Everything found, in the order of the text, without overlaps (the surer kind wins)."""
    folded = text.translate(_HALF_WIDTH)
    found: list[Found] = []
    for candidate in _candidates(folded):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in found):
            found.append(candidate)
    return sorted(found, key=lambda one: one.start)


def redact(text: str, kinds: Iterable[FoundKind] = PERSONAL) -> str:
    """The text with every finding of ``kinds`` replaced by what it was: 〔手机号〕."""
    wanted, parts, at = frozenset(kinds), [], 0
    for found in find_identifiers(text):
        if found.kind in wanted:
            parts += [text[at : found.start], f"〔{FOUND_LABELS[found.kind]}〕"]
            at = found.end
    return "".join([*parts, text[at:]])


def redact_column(column: pl.Series, kinds: Iterable[FoundKind] = PERSONAL) -> pl.Series:
    """:func:`redact` over a column; nulls stay null."""
    wanted = frozenset(kinds)
    return over_values(column, lambda text: redact(text, wanted))


def scan_column(column: pl.Series) -> Counter[FoundKind]:
    """How many rows hold a finding of each kind."""
    rows: Counter[FoundKind] = Counter()
    if column.dtype != pl.String:
        return rows
    counted = column.drop_nulls().value_counts(name="rows")
    for text, times in zip(counted[column.name], counted["rows"], strict=True):
        for kind in {found.kind for found in find_identifiers(text)}:
            rows[kind] += times
    return rows


def _candidates(text: str) -> Iterable[Found]:
    """Findings by how sure they are."""
    for match in _CREDIT.finditer(text):
        if uscc_problem(match[0].upper()) is None:
            yield Found(FoundKind.CREDIT_CODE, *match.span())
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"[ \-\u3000]", "", match[0]).upper()
        if is_citizen_id(digits):
            yield Found(FoundKind.CITIZEN_ID, *match.span())
    for match in _MOBILE.finditer(text):
        yield Found(FoundKind.MOBILE, *match.span())
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"[ \-\u3000]", "", match[0])
        if 16 <= len(digits) <= 19 and passes_luhn(digits):
            yield Found(FoundKind.CARD, *match.span())
    for kind, pattern in (
        (FoundKind.LANDLINE, _LANDLINE), (FoundKind.EMAIL, _EMAIL), (FoundKind.PLATE, _PLATE),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            yield Found(kind, *match.span())
    for pattern in (_ANNOUNCED, _ADDRESSED, _DOTTED):
        for match in pattern.finditer(text):
            yield Found(FoundKind.NAME, *match.span("name"))


def is_citizen_id(digits: str) -> bool:
    """18 symbols with a right check symbol and birth date, or 15 digits with a right birth date."""
    if re.fullmatch(r"[1-8]\d{16}[\dX]", digits):
        return digits[17] == citizen_check(digits[:17]) and _is_day(digits[6:14])
    return bool(re.fullmatch(r"[1-8]\d{14}", digits)) and _is_day("19" + digits[6:12])


def passes_luhn(digits: str) -> bool:
    """The check digit of bank cards (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_day(text: str) -> bool:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) <= date(2100, 1, 1)
    except ValueError:
        return False
