"""Files of an anonymity report: the table, the specification and its hierarchies, as people keep them."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from catalog.engine.privacy.hierarchies import Hierarchy, UnableToReadHierarchy, parse_hierarchy
from catalog.engine.privacy.specification import Specification
from catalog.engine.privacy.written import UnableToReadSpecification, missing_marks, read_specification

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "gb18030")
FIELD_LIMIT = 10_000_000
HEAD = 100_000


class UnableToReadFile(ValueError):
    """A file cannot be read as said; the text (Chinese) names the file and, if known, the line."""


@dataclass(frozen=True, eq=False)
class Table:
    """A file's rows as text, null = missing; ``lines``: physical line of each row; ``digest``: SHA-256 of the file."""

    name: str
    digest: str
    frame: pl.DataFrame
    lines: "pl.Series"
    delimiter: str
    encoding: str


@dataclass(frozen=True, eq=False)
class Question:
    """A specification file, read: the question, and how the files are to be read."""

    specification: Specification
    told: Mapping[str, Any]
    folder: Path


def read_question(path: Path) -> Question:
    """Read a YAML or JSON specification; hierarchy files are sought beside it.

    Raises :class:`UnableToReadFile`, :class:`UnableToReadSpecification`, ``UnableToReadHierarchy``.
    """
    text = _decoded(path, None)[0]
    try:
        told = yaml.safe_load(text)  # JSON is YAML
    except yaml.YAMLError as error:
        raise UnableToReadSpecification(f"{path.name} 不是合法的 YAML 或 JSON：{error}") from error
    folder = path.resolve().parent
    return Question(read_specification(told, lambda name: read_hierarchy(folder / name)), told, folder)


def read_hierarchy(path: Path) -> Hierarchy:
    """A CSV hierarchy; the delimiter is the one of ``; , tab |`` that the first line holds most often."""
    text, _ = _decoded(path, None)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max((";", ",", "\t", "|"), key=first.count)
    try:
        return parse_hierarchy(csv.reader(io.StringIO(text), delimiter=delimiter))
    except UnableToReadHierarchy as error:
        raise UnableToReadHierarchy(f"层级表 {path.name}：{error}") from error


def read_table(path: Path, told: Mapping[str, Any]) -> Table:
    """Read a table as the specification says: ``delimiter``, ``encoding``, ``header`` and ``missing.values``.

    Cells are stripped of surrounding blanks; empty cells are missing. Raises :class:`UnableToReadFile`.
    """
    text, encoding = _decoded(path, told.get("encoding"))
    delimiter = _delimiter(text, told.get("delimiter"))
    names = told.get("header")
    frame, lines = _fast(text, delimiter, names) or _careful(text, delimiter, names, path.name)
    frame = _cleaned(frame, missing_marks(told))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Table(path.name, digest, frame, lines, delimiter, encoding)


def _decoded(path: Path, encoding: Any) -> tuple[str, str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnableToReadFile(f"文件 {path} 无法读取：{error.strerror}。") from error
    wide = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for name in [str(encoding)] if encoding else ("utf-16",) if wide else ENCODINGS:
        try:
            return raw.decode(name), name
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise UnableToReadFile(f"不认识编码 {name}。") from error
    raise UnableToReadFile(f"文件 {path.name} 的编码无法识别，请在说明中写明 encoding。")


def _delimiter(text: str, told: Any) -> str:
    if told is not None:
        if not isinstance(told, str) or len(told) != 1:
            raise UnableToReadFile("delimiter 应为一个字符。")
        return told
    first = next((line for line in text[:HEAD].splitlines() if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _fast(text: str, delimiter: str, names: Any) -> tuple[pl.DataFrame, pl.Series] | None:
    """The quick reader, for files without quotes in which every row is one line; None if this is none."""
    if not text.strip() or '"' in text or "\r" in text.replace("\r\n", ""):
        return None
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()), separator=delimiter, has_header=names is None, infer_schema=False,
            quote_char=None,
        )  # fmt: skip
    except pl.exceptions.PolarsError:
        return None
    heads = 0 if names is not None else 1
    lines = text.count("\n") + (not text.endswith("\n"))
    whole = lines == frame.height + heads and text.count(delimiter) == lines * (frame.width - 1)
    if not whole or any("_duplicated_" in name for name in frame.columns):
        return None
    if names is not None:
        if len(names) != frame.width:
            return None
        frame.columns = [str(name) for name in names]
    frame.columns = [name.strip() for name in frame.columns]
    return frame, pl.Series("line", range(1 + heads, 1 + heads + frame.height), dtype=pl.Int64)


def _careful(text: str, delimiter: str, names: Any, name: str) -> tuple[pl.DataFrame, pl.Series]:
    """The slow reader: blank lines, line breaks within cells, and a word on the line that is wrong."""
    csv.field_size_limit(FIELD_LIMIT)
    rows = _rows(text, delimiter, name)
    heads = [str(n) for n in names] if names is not None else None
    cells: list[list[str]] = []  # by row
    lines: list[int] = []
    for line, row in rows:
        if heads is None:
            heads = [cell.strip() for cell in row]
            continue
        if len(row) != len(heads):
            raise UnableToReadFile(f"文件 {name} 第 {line} 行有 {len(row)} 列，应为 {len(heads)} 列。")
        cells.append(row)
        lines.append(line)
    if heads is None:
        raise UnableToReadFile(f"文件 {name} 是空的。")
    if twice := sorted({head for head in heads if heads.count(head) > 1}):
        raise UnableToReadFile(f"文件 {name} 的列名重复：{'、'.join(twice)}。")
    columns = zip(*cells, strict=True) if cells else [()] * len(heads)
    frame = pl.DataFrame(
        [pl.Series(head, column, dtype=pl.String) for head, column in zip(heads, columns, strict=True)]
    )
    return frame, pl.Series("line", lines, dtype=pl.Int64)


def _rows(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins at; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnableToReadFile(f"文件 {name} 第 {reader.line_num} 行无法拆分：{error}。") from error


def _cleaned(frame: pl.DataFrame, marks: Iterable[str]) -> pl.DataFrame:
    """Stripped cells; empty ones and the stated marks become null."""
    missing = {"", *marks}
    return frame.select(_cleaned_column(column, missing) for column in frame.iter_columns())


def _cleaned_column(column: pl.Series, missing: set[str]) -> pl.Series:
    """Only values that change are touched: most columns have few different values and none of those."""
    values = column.unique().drop_nulls()
    stripped = values.str.strip_chars()
    changed = pl.DataFrame({"old": values, "new": stripped}).with_columns(
        pl.when(~pl.col("new").is_in(list(missing))).then(pl.col("new"))
    )
    changed = changed.filter(pl.col("old").ne_missing(pl.col("new")))
    return column.replace(changed["old"], changed["new"]) if changed.height else column
