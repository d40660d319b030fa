"""Which encoding a text file is in, decided from its bytes and said aloud."""

import codecs
from pathlib import Path

from datahub.contracts import EncodingDecision

CHUNK = 4 << 20
_OLE = b"\xd0\xcf\x11\xe0"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnableToReadDelivery(Exception):
    """The file as a whole cannot be read; `code` is stable, `message` Chinese with the remedy."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


def decide_encoding(path: Path) -> EncodingDecision:
    """UTF-8 (with or without mark) or GB18030. Raises UnableToReadDelivery for anything else.

    A file that is UTF-8 apart from some damaged places is read as UTF-8; only the damaged cells are refused.
    """
    with path.open("rb") as stream:
        first = stream.read(CHUNK)
        _refuse_what_is_no_text(first)
        marked = first.startswith(codecs.BOM_UTF8)
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        non_ascii = False
        chunk = first
        while chunk:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return _decide_damaged(first, chunk, marked)
            non_ascii = non_ascii or not chunk.isascii()
            chunk = stream.read(CHUNK)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _decide_damaged(first, first, marked)
    if marked:
        return EncodingDecision("utf-8-sig", "文件开头有 UTF-8 标记（BOM），全文符合 UTF-8")
    if non_ascii:
        return EncodingDecision("utf-8", "全文符合 UTF-8")
    return EncodingDecision("utf-8", "全文为 ASCII 字符，按 UTF-8 读取")


def _refuse_what_is_no_text(first: bytes) -> None:
    if not first.strip():
        raise UnableToReadDelivery("EMPTY_FILE", "文件为空，请检查导出结果后重新报送")
    if first.startswith(_OLE):
        raise UnableToReadDelivery(
            "OLD_EXCEL", "文件是旧版 XLS 或加密的表格，请另存为未加密的 XLSX 或 CSV 后重新报送"
        )
    if first.startswith(_UTF16):
        raise UnableToReadDelivery(
            "UTF16", "文件是 UTF-16 编码，请另存为 UTF-8 或 GB18030 编码的 CSV 后重新报送"
        )
    if b"\x00" in first[:65536]:
        raise UnableToReadDelivery("NOT_TEXT", "文件不是文本表格，请报送 CSV 或 XLSX 文件")


def _decide_damaged(first: bytes, broken: bytes, marked: bool) -> EncodingDecision:
    if marked:
        return EncodingDecision("utf-8-sig", "文件开头有 UTF-8 标记（BOM），个别字节损坏，所在行另行退回")
    good = bad = 0
    for sample in (first, broken):
        text = sample.decode("utf-8", errors="replace")
        damaged = text.count("\ufffd")
        bad += damaged
        good += sum(1 for symbol in text[: 1 << 18] if symbol > "\x7f") - text[: 1 << 18].count("\ufffd")
    if bad * 20 < good:
        return EncodingDecision("utf-8", "绝大部分符合 UTF-8，个别字节损坏，所在行另行退回")
    damaged = first.decode("gb18030", errors="replace").count("\ufffd")
    if damaged == 0:
        return EncodingDecision("gb18030", "不符合 UTF-8，符合 GB18030")
    return EncodingDecision("gb18030", "不符合 UTF-8，按 GB18030 读取，个别字节损坏，所在行另行退回")
