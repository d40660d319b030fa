"""What the reader of workbooks does not tell of cells: formulas that broke, and numbers shown with leading zeros.

The reader hands cells like ``#REF!`` and ``#DIV/0!`` out as empty ones; here they are found in the sheet itself, so that
a row whose formula broke is named instead of taken for a row with a blank (Office Open XML, ECMA-376: ``<c t="e">``).
A postcode typed as a number under the format ``000000`` is shown, and meant, with its zeros; the number has none.
"""

import posixpath
import re
import zipfile
from pathlib import Path
from typing import IO
from xml.parsers import expat

_PIECE = 1 << 20
_MARK = re.compile(rb"""\bt\s*=\s*["']e["']""")
_OVERLAP = 32
_ZEROS = re.compile(r"0{2,20}")
_LETTERS = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class UnableToSearchSheet(ValueError):
    """The sheet's own text cannot be read, so nothing can be said of its formulas."""


def formula_errors(path: Path | IO[bytes], sheet: str) -> dict[tuple[int, int], str]:
    """Error texts by (row as the sheet numbers it, column counted from 0). Memory grows with the errors only.

    Raises :class:`UnableToSearchSheet` for a workbook or sheet that is no readable XML.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet)
            return _read_errors(archive, part) if part and _has_mark(archive, part) else {}
    except (expat.ExpatError, KeyError, zipfile.BadZipFile) as error:
        raise UnableToSearchSheet(str(error)) from error


def padded_numbers(path: Path | IO[bytes], sheet: str) -> dict[tuple[int, int], int]:
    """Digits that numbers are shown with at least, where their format is nothing but zeros (``000000`` gives 6).

    By row and column as in :func:`formula_errors`. Raises :class:`UnableToSearchSheet`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet)
            widths = _zero_styles(archive) if part else {}
            if not part or not widths:
                return {}
            cells = _Cells(widths)
            _parse(archive, part, cells)
            return cells.padded
    except (expat.ExpatError, KeyError, zipfile.BadZipFile) as error:
        raise UnableToSearchSheet(str(error)) from error


def cell_name(row: int, place: int) -> str:
    """What a spreadsheet calls a cell: row 4, column 1 is ``B4``."""
    letters, left = "", place + 1
    while left:
        left, digit = divmod(left - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row}"


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The archive's entry that holds the named sheet; None for a binary workbook, which has no XML."""
    names = {name.lstrip("/"): name for name in archive.namelist()}
    book = next((name for name in names if name.endswith("workbook.xml")), None)
    if book is None:
        return None
    folder = posixpath.dirname(book)
    wanted = None
    for tag, told in _elements(archive.read(names[book])):
        if tag == "sheet" and told.get("name") == sheet:
            wanted = next((value for key, value in told.items() if key.rsplit(":", 1)[-1] == "id"), None)
    relations = names[posixpath.join(folder, "_rels", f"{posixpath.basename(book)}.rels")]
    for _, told in _elements(archive.read(relations)):
        if told.get("Id") == wanted:
            target = told.get("Target", "")
            joined = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            return names[posixpath.normpath(joined)]
    raise KeyError(sheet)


def _elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """Local names and attributes of all elements of a small part, in order."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, told: found.append((tag.rsplit(":", 1)[-1], told))
    parser.Parse(content, True)
    return found


def _zero_styles(archive: zipfile.ZipFile) -> dict[str, int]:
    """Cell styles (as cells name them) whose numbers are shown with so many digits at least."""
    name = next((name for name in archive.namelist() if name.lstrip("/").endswith("xl/styles.xml")), None)
    if name is None:
        return {}
    formats: dict[str, int] = {}
    styles: dict[str, int] = {}
    number, inside = 0, False
    for tag, told in _elements(archive.read(name)):
        code = told.get("formatCode", "")
        if tag == "numFmt" and _ZEROS.fullmatch(code):
            formats[told.get("numFmtId", "")] = len(code)
        elif tag in ("cellXfs", "cellStyles", "dxfs"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            if width := formats.get(told.get("numFmtId", "")):
                styles[str(number)] = width
            number += 1
    return styles


def _has_mark(archive: zipfile.ZipFile, part: str) -> bool:
    """Most sheets have no error at all: looking for the mark costs a tenth of reading them."""
    with archive.open(part) as stream:
        tail = b""
        while piece := stream.read(_PIECE):
            if _MARK.search(tail + piece):
                return True
            tail = piece[-_OVERLAP:]
    return False


class _Cells:
    """Follows rows and cells; keeps what error cells say, and which numbers have a style of ``widths``."""

    def __init__(self, widths: dict[str, int] | None = None) -> None:
        self.widths = widths or {}
        self.padded: dict[tuple[int, int], int] = {}
        self.found: dict[tuple[int, int], str] = {}
        self.row, self.place = 0, -1
        self.is_error = self.in_value = False
        self.text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rsplit(":", 1)[-1]
        if name == "c":
            named = _LETTERS.fullmatch(attributes.get("r", ""))
            self.place = _number(named[1]) if named else self.place + 1
            self.is_error, self.text = attributes.get("t") == "e", ""
            if attributes.get("s") in self.widths and attributes.get("t", "n") == "n":
                self.padded[self.row, self.place] = self.widths[attributes["s"]]
        elif name == "row":
            told = attributes.get("r", "")
            self.row, self.place = int(told) if told.isdigit() else self.row + 1, -1
        elif name == "v":
            self.in_value = self.is_error

    def text_of(self, text: str) -> None:
        if self.in_value:
            self.text += text

    def end(self, tag: str) -> None:
        name = tag.rsplit(":", 1)[-1]
        if name == "v":
            self.in_value = False
        elif name == "c" and self.is_error:
            self.found[self.row, self.place] = self.text.strip()[:20] or "#ERROR"
            self.is_error = False


def _number(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _read_errors(archive: zipfile.ZipFile, part: str) -> dict[tuple[int, int], str]:
    cells = _Cells()
    _parse(archive, part, cells)
    return cells.found


def _parse(archive: zipfile.ZipFile, part: str, cells: _Cells) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.CharacterDataHandler = cells.text_of
    with archive.open(part) as stream:
        parser.ParseFile(stream)
