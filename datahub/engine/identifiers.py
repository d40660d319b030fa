"""Check digits of the four Chinese identifiers: one value with a reason, or a whole column as a mask.

Sources: GB 32100-2015 (unified social credit code), GB 11714-1997 (organisation code), GB 11643-1999
(citizen id), ISO 7064 MOD 11,10 (15-digit register number).
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from datahub.contracts import Kind

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORG_CHECKS = "0123456789X0"
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
REGISTRARS = "123456789ANY"
"""First symbol of a USCC: the registering authorities of GB 32100 and its later additions."""

PROVINCES = frozenset(
    region + place
    for region, places in (
        *(("1", "12345"), ("2", "123"), ("3", "1234567"), ("4", "123456")),
        *(("5", "01234"), ("6", "12345"), ("7", "1"), ("8", "123")),
    )
    for place in places
)
AREA_ENDED: Mapping[str, int] = {"332221": 1983, "330222": 1988, "339009": 1989}
"""Former codes of Cixi and the year each ended: an id keeps the code of its first issue, so nobody born later
can carry it. Codes of other places are checked by province."""
FIRST_BIRTH_YEAR = 1850

_DROPPED = dict.fromkeys(map(ord, "-‐‑‒–—―−－'\"‘’“”`\ufeff\u200b"), None)


@dataclass(frozen=True)
class IdentifierProblem:
    """Why an identifier is refused: a stable code and a Chinese reason with the remedy, without the value."""

    code: str
    message: str


def normalise_identifier(text: str) -> str:
    """Full-width to half-width, without spaces, hyphens and quotes, upper case."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(folded.translate(_DROPPED).split()).upper()


def uscc_check(body: str) -> str:
    """Check symbol for the first 17 symbols of a USCC."""
    total = sum(
        USCC_ALPHABET.index(symbol) * weight for symbol, weight in zip(body, USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[(31 - total % 31) % 31]


def org_check(body: str) -> str:
    """Check symbol for the first 8 symbols of an organisation code; letters count A=10 to Z=35."""
    total = sum(ORG_ALPHABET.index(symbol) * weight for symbol, weight in zip(body, ORG_WEIGHTS, strict=True))
    return ORG_CHECKS[11 - total % 11]


def citizen_check(body: str) -> str:
    """Check symbol for the first 17 digits of a citizen id."""
    return ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(body, ID_WEIGHTS, strict=True)) % 11]


def register_check(body: str) -> str:
    """Check digit for the first 14 digits of a register number (ISO 7064 MOD 11,10)."""
    product = 10
    for digit in body:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return str((11 - product) % 10)


def uscc_problem(code: str) -> IdentifierProblem | None:
    """What is wrong with a normalised USCC; None when it is valid."""
    shape = _shape_problem(code, 18, USCC_ALPHABET, "统一社会信用代码", "（不使用字母 I、O、S、V、Z）")
    if shape:
        return shape
    if code[0] not in REGISTRARS or not code[1].isdigit():
        return IdentifierProblem("AREA", "第 1—2 位登记管理部门和机构类别代码不符合规则，请核对证照")
    if not code[2:8].isdigit():
        return IdentifierProblem("AREA", "第 3—8 位登记机关行政区划码应为 6 位数字，请核对证照")
    expected, inner = uscc_check(code[:17]), org_check(code[8:16])
    if code[17] != expected and code[16] != inner:
        return IdentifierProblem(
            "CHECK_DIGIT",
            f"末位校验码按前 17 位推算应为 {expected}，第 17 位按第 9—16 位推算应为 {inner}，"
            "两处均不相符，请核对整个代码",
        )
    if code[17] != expected:
        return IdentifierProblem("CHECK_DIGIT", f"末位校验码按前 17 位推算应为 {expected}，请核对是否录错")
    if code[16] != inner:
        return IdentifierProblem(
            "CHECK_DIGIT", f"第 17 位按主体标识码（第 9—16 位）推算应为 {inner}，请核对是否录错"
        )
    return None


def org_code_problem(code: str) -> IdentifierProblem | None:
    """What is wrong with a normalised organisation code (9 symbols, hyphen dropped); None when valid."""
    shape = _shape_problem(code, 9, ORG_ALPHABET, "组织机构代码", "")
    if shape:
        return shape
    expected = org_check(code[:8])
    if code[8] != expected:
        return IdentifierProblem("CHECK_DIGIT", f"末位校验码按前 8 位推算应为 {expected}，请核对是否录错")
    return None


def citizen_id_problem(code: str) -> IdentifierProblem | None:
    """What is wrong with a normalised citizen id; None when valid. The message never repeats the number."""
    if len(code) == 15 and code.isdigit():
        return IdentifierProblem("LENGTH", "为 15 位旧号码，请改用 18 位公民身份号码")
    shape = _shape_problem(code, 18, "0123456789X", "公民身份号码", "")
    if shape:
        return shape
    if not code[:17].isdigit():
        return IdentifierProblem("ALPHABET", "前 17 位应全为数字，字母 X 只能在末位")
    if code[17] != citizen_check(code[:17]):
        damaged = "；末尾为“000”，疑似被电子表格改写，请将该列设为文本格式后重新导出"
        hint = damaged if code.endswith("000") else ""
        return IdentifierProblem("CHECK_DIGIT", f"末位校验码不符，请核对是否录错{hint}")
    year, month, day = int(code[6:10]), int(code[10:12]), int(code[12:14])
    if year < FIRST_BIRTH_YEAR or not _is_date(year, month, day):
        return IdentifierProblem("BAD_DATE", "第 7—14 位出生日期不存在，请核对")
    if code[:2] not in PROVINCES or year > AREA_ENDED.get(code[:6], 9999):
        return IdentifierProblem("AREA", "前 6 位地址码不存在或在出生年份前已停用，请核对")
    return None


def register_no_problem(code: str) -> IdentifierProblem | None:
    """What is wrong with a normalised 15-digit register number; None when valid."""
    shape = _shape_problem(code, 15, "0123456789", "注册号", "")
    if shape:
        return shape
    expected = register_check(code[:14])
    if code[14] != expected:
        return IdentifierProblem("CHECK_DIGIT", f"末位校验码按前 14 位推算应为 {expected}，请核对是否录错")
    return None


PROBLEM_OF: Mapping[Kind, Callable[[str], IdentifierProblem | None]] = {
    Kind.USCC: uscc_problem,
    Kind.ORG_CODE: org_code_problem,
    Kind.CITIZEN_ID: citizen_id_problem,
    Kind.REGISTER_NO: register_no_problem,
}


def is_valid_uscc(text: str) -> bool:
    """True for a valid USCC in any usual spelling (spaces, hyphens, full-width, lower case)."""
    return uscc_problem(normalise_identifier(text)) is None


def make_demo_uscc(prefix: str, number: int) -> str:
    """A valid USCC of the block that GB 11714 reserves for private use, so it never meets a real firm.

    prefix: two symbols such as 91, 92, 93. number: 1 to 99999. Raises ValueError outside of that.
    """
    if len(prefix) != 2 or prefix[0] not in REGISTRARS or not prefix[1].isdigit():
        raise ValueError(f"prefix {prefix!r} is not a registrar and a kind")
    if not 1 <= number <= 99999:
        raise ValueError(f"number {number} is outside 1-99999")
    body = f"PDY{number:05d}"
    code = f"{prefix}330282{body}{org_check(body)}"
    return code + uscc_check(code)


def valid_mask(kind: Kind, values: pl.Series) -> np.ndarray:
    """Which of the normalised values are valid identifiers of that kind.

    values: String series, nulls allowed (never valid). Returns a boolean array of the same length; equals
    `PROBLEM_OF[kind](value) is None` for every value.
    """
    length, check = _VECTOR_CHECKS[kind]
    mask = np.zeros(len(values), dtype=bool)
    candidates = np.flatnonzero((values.str.len_bytes() == length).fill_null(False).to_numpy())
    if candidates.size == 0:
        return mask
    chosen = values if candidates.size == len(values) else values.gather(candidates)
    joined = chosen.str.join("").item().encode()
    symbols = np.frombuffer(joined, dtype=np.uint8).reshape(-1, length)
    mask[candidates] = check(symbols)
    return mask


def _table(alphabet: str) -> np.ndarray:
    table = np.full(256, -1, dtype=np.int8)
    for value, symbol in enumerate(alphabet):
        table[ord(symbol)] = value
    return table


_USCC_VALUE, _ORG_VALUE, _DIGIT_VALUE = _table(USCC_ALPHABET), _table(ORG_ALPHABET), _table("0123456789")
_REGISTRAR_VALUE = _table(REGISTRARS)
_USCC_SYMBOL = np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)
_ORG_SYMBOL = np.frombuffer(ORG_CHECKS.encode(), dtype=np.uint8)
_ID_SYMBOL = np.frombuffer(ID_CHECKS.encode(), dtype=np.uint8)
_USCC_W, _ORG_W, _ID_W = (np.array(w, dtype=np.float32) for w in (USCC_WEIGHTS, ORG_WEIGHTS, ID_WEIGHTS))
_TENS = np.array([100000, 10000, 1000, 100, 10, 1], dtype=np.float32)
_PROVINCE_KNOWN = np.isin(np.arange(100), [int(province) for province in PROVINCES])
_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Row sums as integers. Single precision is exact here: every sum stays far below 2 to the 24th."""
    return (values.astype(np.float32) @ weights).astype(np.int32)


def _org_mask(symbols: np.ndarray) -> np.ndarray:
    values = _ORG_VALUE[symbols]
    rest = _weighted(values[:, :8], _ORG_W) % 11
    return (values.min(axis=1) >= 0) & (_ORG_SYMBOL[11 - rest] == symbols[:, 8])


def _uscc_mask(symbols: np.ndarray) -> np.ndarray:
    values = _USCC_VALUE[symbols]
    rest = _weighted(values[:, :17], _USCC_W) % 31
    good = (values.min(axis=1) >= 0) & (_USCC_SYMBOL[(31 - rest) % 31] == symbols[:, 17])
    good &= (_REGISTRAR_VALUE[symbols[:, 0]] >= 0) & (_DIGIT_VALUE[symbols[:, 1:8]].min(axis=1) >= 0)
    return good & _org_mask(symbols[:, 8:17])


def _citizen_mask(symbols: np.ndarray) -> np.ndarray:
    digits = _DIGIT_VALUE[symbols[:, :17]]
    good = (digits.min(axis=1) >= 0) & (_ID_SYMBOL[_weighted(digits, _ID_W) % 11] == symbols[:, 17])
    year = _weighted(digits[:, 6:10], _TENS[2:])
    month, day = _weighted(digits[:, 10:12], _TENS[4:]), _weighted(digits[:, 12:14], _TENS[4:])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = _DAYS[np.clip(month, 0, 12)] - ((month == 2) & ~leap)
    good &= (year >= FIRST_BIRTH_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= days)
    area = _weighted(digits[:, :6], _TENS)
    good &= _PROVINCE_KNOWN[np.clip(area // 10000, 0, 99)]
    for code, ended in AREA_ENDED.items():
        good &= (area != int(code)) | (year <= ended)
    return good


def _register_mask(symbols: np.ndarray) -> np.ndarray:
    digits = _DIGIT_VALUE[symbols].astype(np.int32)
    product = np.full(len(symbols), 10, dtype=np.int32)
    for place in range(14):
        product = (product + digits[:, place]) % 10
        product = np.where(product == 0, 10, product) * 2 % 11
    return (digits >= 0).all(axis=1) & ((11 - product) % 10 == digits[:, 14])


_VECTOR_CHECKS: Mapping[Kind, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    Kind.USCC: (18, _uscc_mask),
    Kind.ORG_CODE: (9, _org_mask),
    Kind.CITIZEN_ID: (18, _citizen_mask),
    Kind.REGISTER_NO: (15, _register_mask),
}


def _shape_problem(
    code: str, length: int, alphabet: str, name: str, unused_letters: str
) -> IdentifierProblem | None:
    if len(code) != length:
        return IdentifierProblem("LENGTH", f"{name}应为 {length} 位，实为 {len(code)} 位，请补全或核对")
    for place, symbol in enumerate(code, start=1):
        if symbol not in alphabet:
            return IdentifierProblem(
                "ALPHABET", f"第 {place} 位字符不在规定的字符集内{unused_letters}，请核对"
            )
    return None


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
