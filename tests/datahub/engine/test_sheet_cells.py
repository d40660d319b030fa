"""Broken formulas and leading zeros are found in the cells they stand in, whoever wrote the workbook."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from datahub.engine.sheet_cells import UnableToSearchSheet, cell_name, formula_errors, padded_numbers


def book(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as made:
        made.add_worksheet("说明").write(0, 0, "填报说明")
        sheet = made.add_worksheet("数 据&表")
        sheet.write_row(2, 1, ["名称", "数量"])
        sheet.write_formula(3, 2, "=1/0", None, "#DIV/0!")
        sheet.write(4, 1, "#REF!")  # a text that only looks like one
        sheet.write_formula(6, 27, "=NA()", None, "#N/A")
    return path


def rewritten(source: Path, target: Path, change) -> Path:
    """The same workbook with its XML written as other programs write it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def test_errors_are_named_by_row_and_column(tmp_path):
    found = formula_errors(book(tmp_path / "a.xlsx"), "数 据&表")
    assert found == {(4, 2): "#DIV/0!", (7, 27): "#N/A"}
    assert formula_errors(tmp_path / "a.xlsx", "说明") == {}


@pytest.mark.parametrize(
    ("row", "place", "name"), [(4, 1, "B4"), (7, 27, "AB7"), (1, 0, "A1"), (2, 701, "ZZ2")]
)
def test_a_cell_is_called_what_the_spreadsheet_calls_it(row, place, name):
    assert cell_name(row, place) == name


def test_cells_without_references_and_prefixed_tags_are_counted(tmp_path):
    rows = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row/><x:row>'
        "<x:c/><x:c t = 'e'><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    path = rewritten(
        book(tmp_path / "a.xlsx"), tmp_path / "b.xlsx",
        lambda name, text: rows.encode() if name.endswith("sheet2.xml") else text,
    )  # fmt: skip
    assert formula_errors(path, "数 据&表") == {(2, 1): "#DIV/0!"}


def test_a_sheet_that_is_no_xml_is_refused(tmp_path):
    path = rewritten(
        book(tmp_path / "a.xlsx"), tmp_path / "b.xlsx",
        lambda name, text: text.replace(b"</row>", b"") if name.endswith("sheet2.xml") else text,
    )  # fmt: skip
    with pytest.raises(UnableToSearchSheet):
        formula_errors(path, "数 据&表")


def test_numbers_under_a_format_of_zeros_are_named_with_their_digits(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet("表")
        zeros, money = made.add_format({"num_format": "000000"}), made.add_format({"num_format": "0.00"})
        sheet.write(0, 0, "邮编", zeros)
        sheet.write_number(1, 0, 15300, zeros)
        sheet.write_number(1, 1, 12, money)
        sheet.write_number(1, 2, 7)
    assert padded_numbers(path, "表") == {(2, 0): 6}
