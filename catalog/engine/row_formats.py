"""How a whole table leaves: SQL that spells each row as CSV, TSV, JSON or XML, so that COPY does the work.

Only physical names and literals made here become SQL.
"""

import json
import re
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from .columns import Column

BOM = "\ufeff"
# JSON and XML escape control characters, so these two never stand in a line: COPY leaves it as it is.
RAW_OPTIONS = " WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
CSV_OPTIONS = " WITH (FORMAT csv)"
TSV_OPTIONS = " WITH (FORMAT csv, DELIMITER E'\\t')"
DELIMITERS = {RAW_OPTIONS: b"\x02", CSV_OPTIONS: b",", TSV_OPTIONS: b"\t"}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_XML_NAME = re.compile(r"[A-Za-z\u4e00-\u9fff][\w.\u4e00-\u9fff-]*")


def literal(text: str) -> str:
    """A text as an SQL literal, whatever it holds; percent signs are not placeholders here."""
    return "'" + text.replace("\x00", "").replace("'", "''") + "'"


def cell(column: Column) -> str:
    """One column as text other programs read: booleans in words, times with a T."""
    name = column.physical
    if column.type == "boolean":
        return f"CASE {name} WHEN true THEN 'true' WHEN false THEN 'false' END"
    if column.type == "timestamp":
        return f"to_char({name}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    return name


def harmless_cell(column: Column) -> str:
    """The same for spreadsheets: a text they would take for a formula begins with an apostrophe."""
    if column.type != "text":
        return cell(column)
    name = column.physical
    return f"CASE WHEN {name} ~ '^[=+@\\t\\r-]' THEN '''' || {name} ELSE {name} END"


def delimited_row(columns: Sequence[Column], *, for_spreadsheets: bool = False) -> str:
    """Columns for COPY in CSV format."""
    spell = harmless_cell if for_spreadsheets else cell
    return ", ".join(spell(column) for column in columns)


def delimited_head(names: Sequence[str], delimiter: str) -> str:
    """The header line of CSV or TSV."""
    return delimiter.join(_quoted(name, delimiter) for name in names) + "\n"


def json_row(columns: Sequence[Column], *, as_objects: bool) -> str:
    """A row as a JSON list, or as an object by code."""
    if not as_objects:
        return f"json_build_array({', '.join(cell_for_json(c) for c in columns)})::text"
    # A function takes a hundred arguments: pairs are made in pieces and joined as text.
    pieces = []
    for start in range(0, len(columns), 40):
        part = columns[start : start + 40]
        pairs = ", ".join(f"{literal(c.code)}, {cell_for_json(c)}" for c in part)
        inner = f"json_build_object({pairs})::text"
        pieces.append(f"substr({inner}, 2, length({inner}) - 2)")
    return "'{' || " + " || ', ' || ".join(pieces) + " || '}'"


def cell_for_json(column: Column) -> str:
    if column.type == "timestamp":
        return cell(column)
    return column.physical


def xml_row(columns: Sequence[Column]) -> str:
    """A row as an element; a code that is no XML name stands in an attribute. Nulls are left out."""
    parts = []
    for column in columns:
        if column.physical == "_id":
            continue
        named = _XML_NAME.fullmatch(column.code)
        begin = f"<{column.code}>" if named else f"<value name={quoteattr(column.code)}>"
        end = f"</{column.code}>" if named else "</value>"
        shown = f"({cell(column)})::text"
        for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            shown = f"replace({shown}, '{plain}', '{written}')"
        shown = f"regexp_replace({shown}, '[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f]', '', 'g')"
        shown = f"replace({shown}, E'\\n', '&#10;')"
        parts.append(f"coalesce({literal(begin)} || {shown} || {literal(end)}, '')")
    return "'<row _id=\"' || _id || '\">' || " + " || ".join(parts or ["''"]) + " || '</row>'"


def json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _quoted(name: str, delimiter: str) -> str:
    return (
        '"' + name.replace('"', '""') + '"' if any(c in name for c in (delimiter, '"', "\n", "\r")) else name
    )
