"""Reading a copy that turned up somewhere: rows as text under their headings, whatever format they left in."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

import fastexcel
import orjson

MARK = re.compile(rb"(?<![0-9A-F])[0-9A-F]{16}(?![0-9A-F])")
MOST_ROWS = 500_000
LARGEST_BYTES = 2 * 1024**3
TRUE, FALSE = frozenset({"true", "t", "1", "是"}), frozenset({"false", "f", "0", "否"})


class UnableToReadCopy(ValueError):
    """The file is no table in one of the formats data leaves in; the text says why."""


@dataclass(frozen=True)
class CopyRows:
    """Headings and rows of text; a row may be shorter than the headings."""

    heads: tuple[str, ...]
    rows: list[Sequence[str]]


def marks_in(content: bytes, name: str) -> list[str]:
    """Everything in a file (and its name) that is written like a mark, once each."""
    found = MARK.findall(name.upper().encode()) + MARK.findall(content)
    return list(dict.fromkeys(mark.decode() for mark in found))


def read_copy(path: Path) -> CopyRows:
    """CSV, TSV, JSON, XML or XLSX by what the content looks like. Raises :class:`UnableToReadCopy`."""
    if path.stat().st_size > LARGEST_BYTES:
        raise UnableToReadCopy("文件超过 2 GB，请截取一部分后再比对。")
    content = path.read_bytes()
    if content[:2] == b"PK":
        return _headed(_sheet_rows(path))
    text = _decoded(content)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _from_json(text)
    if start == "<":
        return _from_xml(text)
    line = text.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",\t;|", key=line.count)
    return _headed(list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter)))


def canonical(text: Any, kind: str) -> str:
    """A cell as both sides write it: numbers without trailing noughts, dates as days, booleans t or f."""
    value = "" if text is None else str(text).strip()
    if not value:
        return ""
    if kind in ("integer", "number"):
        try:
            number = Decimal(value.replace(",", ""))
        except InvalidOperation:
            return value
        return format(number.normalize(), "f") if number.is_finite() else value
    if kind == "date":
        return value.replace("/", "-")[:10]
    if kind == "timestamp":
        return value.replace("T", " ").replace("/", "-")[:19]
    if kind == "boolean":
        word = value.casefold()
        return "t" if word in TRUE else "f" if word in FALSE else word
    # An apostrophe keeps a spreadsheet from running a cell.
    return value[1:] if value[0] == "'" and value[1:2] in tuple("=+-@\t\r") else value


def _headed(rows: list[Sequence[str]]) -> CopyRows:
    """The first row of two cells or more is the heading; a line above it is for people."""
    wide = max((len([c for c in row if c]) for row in rows[:20]), default=0)
    for place, row in enumerate(rows[:20]):
        filled = [cell for cell in row if cell]
        if filled and len(filled) >= min(2, wide):
            heads = tuple(re.sub(r"（[^（）]*）\Z", "", cell.strip()) for cell in row)
            return CopyRows(heads, rows[place + 1 : place + 1 + MOST_ROWS])
    raise UnableToReadCopy("文件中没有表头。")


def _sheet_rows(path: Path) -> list[Sequence[str]]:
    try:
        book = fastexcel.read_excel(path)
        rows: list[Sequence[str]] = []
        for number, name in enumerate(book.sheet_names):
            frame = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
            found = [[cell or "" for cell in row] for row in frame.iter_rows()]
            rows += found if number == 0 else found[1:]
    except Exception as error:  # the library raises its own kinds and bare ones
        raise UnableToReadCopy("不是可读的 XLSX 工作簿。") from error
    return rows


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnableToReadCopy("无法识别文件编码。")


def _from_json(text: str) -> CopyRows:
    try:
        told = orjson.loads(text.lstrip("\ufeff"))
    except orjson.JSONDecodeError as error:
        raise UnableToReadCopy("不是完整的 JSON。") from error
    if isinstance(told, dict) and isinstance(told.get("result"), dict):
        told = told["result"]
    fields: list[str] = []
    if isinstance(told, dict):
        fields = [str(f.get("id", "")) for f in told.get("fields", []) if isinstance(f, Mapping)]
        told = told.get("records", told.get("rows", []))
    records = told if isinstance(told, list) else []
    if records and isinstance(records[0], Mapping):
        heads = tuple(str(key) for key in records[0])
        return CopyRows(heads, _cells([[r.get(h) for h in heads] for r in records if isinstance(r, Mapping)]))
    if fields:
        return CopyRows(tuple(fields), _cells(r for r in records if isinstance(r, list)))
    raise UnableToReadCopy("JSON 中没有行。")


def _from_xml(text: str) -> CopyRows:
    if "<!" in text[:4096]:  # ours has no document type; entities are not expanded
        raise UnableToReadCopy("XML 含有文档类型声明，不予读取。")
    try:
        root = fromstring(text.lstrip("\ufeff").encode())  # noqa: S314
    except ParseError as error:
        raise UnableToReadCopy("不是完整的 XML。") from error
    rows: list[dict[str, str]] = []
    heads: dict[str, None] = {}
    for element in root.iter("row"):
        row = {child.get("name") or child.tag: child.text or "" for child in element}
        row["_id"] = element.get("_id") or ""
        heads.update(dict.fromkeys(row))
        rows.append(row)
    return CopyRows(tuple(heads), _cells([row.get(h, "") for h in heads] for row in rows))


def _cells(rows: Iterable[Sequence[Any]]) -> list[Sequence[str]]:
    read: list[Sequence[str]] = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return read[:MOST_ROWS]
