"""Tables as they are published: titles, notes, flags, delimiters, and numbers in many dresses."""

import numpy as np
import pytest

from index.engine.table import UnableToReadTable, parse_number, read_table


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5), ("12.3%", 12.3), ("１２．５", 12.5), ("97.5 b", 97.5), ("97.5(p)", 97.5), ("−3", -3.0),
        ("+0.5", 0.5), ("1e3", 1000.0), (" 7 ", 7.0), ("12,34", None), ("1_000", None), ("inf", None), ("2o", None),
        ("十", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_printed(cell: str, value: float | None) -> None:
    assert parse_number(cell) == value


def test_titles_above_and_notes_below_are_left_out() -> None:
    table = read_table(
        "表 1 普惠金融指数\n\n县,信贷,说明\n慈溪,12,a\n\n余姚,..,b\n注：初步数\n数据来源：统计局,,\n", "t.csv"
    )
    assert list(table.columns) == ["县", "信贷", "说明"]
    assert table.lines == [4, 6]
    assert np.array_equal(table.numbers("信贷"), [12, np.nan], equal_nan=True)


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_four_delimiters_are_known(sign: str) -> None:
    assert read_table(f"a{sign}b\nx{sign}1\n", "t.csv").column("b") == ["1"]


def test_a_quoted_cell_may_hold_lines_and_the_next_line_is_counted_right() -> None:
    table = read_table('a,b\n"x\ny",1\nz,q\n', "t.csv")
    assert table.lines == [2, 4]
    with pytest.raises(UnableToReadTable, match="第 4 行“b”列：“q”不是数字"):
        table.numbers("b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "空的"), ("a,b\n", "没有数据行"), ("a,a\n1,2\n", "用了两次"), ("a,,c\n1,2,3\n", "没有列名"),
        ("a,b\n1,2,3\n", "有 3 列"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_told(text: str, words: str) -> None:
    with pytest.raises(UnableToReadTable, match=words):
        read_table(text, "t.csv")


def test_an_unknown_column_is_told_with_near_ones() -> None:
    with pytest.raises(UnableToReadTable, match="是否应为 population"):
        read_table("population,b\n1,2\n", "t.csv").column("populaton")
