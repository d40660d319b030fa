"""Which encoding a text file is in: sure where bytes prove it, a question to the publisher where they do not."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE_BYTES = 1 << 20
NEAR = 0.15
SHOWN = 60
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8（带 BOM）"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16（带 BOM）"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16（带 BOM）"),
)
LABELS = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8（带 BOM）", "gb18030": "GB18030（含 GBK、GB2312）", "big5": "Big5 繁体",
    "utf-16": "UTF-16", "utf-16-le": "UTF-16 小端", "utf-16-be": "UTF-16 大端", "cp1252": "西文 Windows-1252",
    "shift_jis": "日文 Shift_JIS", "xlsx": "XLSX 工作簿",
}  # fmt: skip
CHOICES = ("utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "shift_jis")
_LEGACY = ("gb18030", "big5", "shift_jis", "cp1252")


@dataclass(frozen=True)
class EncodingCandidate:
    """An encoding the bytes allow, how plausible its text is (0 to 1), and how the text begins."""

    name: str
    label: str
    plausibility: float
    sample: str


@dataclass(frozen=True)
class EncodingProposal:
    """The most plausible first; ``is_sure`` is False when the publisher must say which it is."""

    candidates: tuple[EncodingCandidate, ...]
    is_sure: bool
    reason: str

    @property
    def name(self) -> str:
        return self.candidates[0].name


def propose_encoding(raw: bytes, *, is_whole: bool = True) -> EncodingProposal:
    """What ``raw`` (the beginning of a file) may be. Never fails: at worst the publisher is asked."""
    for mark, name, label in _MARKS:
        if raw.startswith(mark):
            return EncodingProposal((_candidate(raw, name, 1.0),), True, f"文件开头有标记，为 {label}")
    if (wide := _without_mark_but_wide(raw)) is not None:
        return EncodingProposal((_candidate(raw, wide, 0.9),), True, "隔字节为零，为不带标记的 UTF-16")
    if raw.isascii():
        return EncodingProposal((_candidate(raw, "utf-8", 1.0),), True, "全部为 ASCII 字符")
    if decodes(raw, "utf-8", is_whole=is_whole):
        return EncodingProposal((_candidate(raw, "utf-8", 1.0),), True, "符合 UTF-8")
    return _legacy(raw, is_whole)


def decodes(raw: bytes, name: str, *, is_whole: bool = True) -> bool:
    """Do the bytes obey the encoding; a character cut off at the end of a piece is no fault."""
    try:
        codecs.getincrementaldecoder(name)("strict").decode(raw, final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _legacy(raw: bytes, is_whole: bool) -> EncodingProposal:
    found = [
        _candidate(raw, name, _plausibility(raw, name))
        for name in _LEGACY
        if decodes(raw, name, is_whole=is_whole)
    ]
    mostly_utf8 = raw.decode("utf-8", errors="replace")
    damaged = mostly_utf8.count("\ufffd")
    good = sum(1 for symbol in mostly_utf8 if symbol > "\x7f") - damaged
    if damaged * 20 < good:
        found.append(_candidate(raw, "utf-8", 0.95))
    if not found:
        found = [_candidate(raw, "gb18030", 0.3), _candidate(raw, "utf-8", 0.2)]
    found.sort(key=lambda one: -one.plausibility)
    best = found[0].plausibility
    near = [one for one in found if best - one.plausibility < NEAR]
    is_sure = len(near) == 1 and best >= 0.6
    asked = "字节本身不足以判定编码，请对照样例选择显示正确的一种"
    reason = f"不符合 UTF-8，最像 {found[0].label}" if is_sure else asked
    return EncodingProposal(tuple(found), is_sure, reason)


def _plausibility(raw: bytes, name: str) -> float:
    """Share of the non-ASCII characters that are common in the language of the encoding."""
    text = raw[:65536].decode(name, errors="ignore")
    foreign = [symbol for symbol in text if symbol > "\x7f"]
    if not foreign:
        return 0.0
    return sum(_is_common(symbol, name) for symbol in foreign) / len(foreign)


def _is_common(symbol: str, name: str) -> bool:
    if symbol in "，。、；：？！（）《》“”‘’【】％—…·　℃㎡":
        return name != "cp1252"
    if name == "cp1252":
        return symbol in "éèêàâçôöüäßñóáí€£°–’"
    if name == "shift_jis":
        return "\u3040" <= symbol <= "\u30ff"
    try:
        coded = symbol.encode("gb2312" if name == "gb18030" else "big5")
    except UnicodeEncodeError:
        return False
    if len(coded) != 2:
        return False
    # The first level of either standard: the characters in everyday use.
    return 0xB0 <= coded[0] <= 0xD7 if name == "gb18030" else 0xA4 <= coded[0] <= 0xC6


def _without_mark_but_wide(raw: bytes) -> str | None:
    head = raw[:4096]
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < max(2, len(head) // 40):  # a stray zero byte is damage; commas and digits make many
        return None
    if odd > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > odd * 4 else None


def _candidate(raw: bytes, name: str, plausibility: float) -> EncodingCandidate:
    text = raw[:8192].decode(name, errors="replace").lstrip("\ufeff")
    # The first place that is not ASCII is where encodings differ.
    at = next((place for place, symbol in enumerate(text) if symbol > "\x7f"), 0)
    sample = " ".join(text[max(0, at - 5) : at + SHOWN].split())
    return EncodingCandidate(name, LABELS[name], round(plausibility, 3), sample)


def labels(names: Sequence[str]) -> list[tuple[str, str]]:
    """Encodings as choices of a form."""
    return [(name, LABELS[name]) for name in names]
