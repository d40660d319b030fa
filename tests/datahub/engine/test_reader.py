"""Opening real-looking files: encodings, delimiters, notes, ragged rows, lone quotes, workbooks."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datahub.engine import csv_blocks
from datahub.engine.checks import check_block
from datahub.engine.definitions import get_item
from datahub.engine.reader import UnableToReadDelivery, open_delivery

ARREARS = get_item("water.arrears")
HEADER = "统一社会信用代码,企业名称,用户号,统计年月,欠费期数,欠费金额"
ROW = "91330282PDY00001XU,慈溪市演示电器有限公司,8001,2024-01,2,350.5"


def deliver(tmp_path: Path, text: str, encoding: str = "utf-8", item=ARREARS):
    path = tmp_path / "delivery.csv"
    path.write_bytes(text.encode(encoding))
    return open_delivery(path, item)


def everything(delivery):
    """All rows and refusals of a delivery, and how many lines were skipped."""
    blocks = list(delivery.blocks())
    if not blocks:
        return pl.DataFrame(schema={"line": pl.Int64}), pl.DataFrame(schema={"line": pl.Int64}), 0
    frame = pl.concat([block.frame for block in blocks])
    return frame, pl.concat([block.rejections for block in blocks]), sum(block.skipped for block in blocks)


@pytest.mark.parametrize(
    ("encoding", "decided"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030")],
)
def test_the_encoding_is_decided_and_recorded(tmp_path, encoding, decided):
    delivery = deliver(tmp_path, f"{HEADER}\r\n{ROW}\r\n", encoding)
    assert delivery.encoding.name == decided
    assert delivery.encoding.reason
    frame, _, _ = everything(delivery)
    assert frame["ent_name"].to_list() == ["慈溪市演示电器有限公司"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_damaged_byte_costs_its_row_and_not_the_file(tmp_path, encoding):
    good = f"{HEADER}\n" + f"{ROW}\n" * 40
    path = tmp_path / "delivery.csv"
    raw = good.encode(encoding).replace(
        "慈溪市".encode(encoding), "慈溪市".encode(encoding)[:-1] + b"\xff", 1
    )
    path.write_bytes(raw)
    delivery = open_delivery(path, ARREARS)
    assert delivery.encoding.name == encoding
    frame, rejections, _ = everything(delivery)
    checked = check_block(ARREARS, frame, today=date(2026, 4, 1))
    assert (checked.received + rejections.height, checked.rows.height) == (40, 39)
    assert set(checked.rejections["line"]) == {2}


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    delivery = deliver(tmp_path, f"{HEADER}\n{ROW}\n".replace(",", delimiter))
    assert delivery.delimiter == delimiter
    assert everything(delivery)[0].height == 1


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_endings_of_all_systems_are_understood(tmp_path, newline):
    frame, _, _ = everything(deliver(tmp_path, newline.join([HEADER, ROW, ROW]), "gb18030"))
    assert frame["line"].to_list() == [2, 3]


def test_notes_above_and_below_the_table_are_no_rows(tmp_path):
    head = ["慈溪市水费欠费明细表", "统计口径：截至上月末,,,,,", "", HEADER]
    tail = ["合计,,,,4,701", "填表人：张某", "", ",,,,,"]
    text = "\n".join([*head, ROW, ",,,,,", ROW, *tail])
    delivery = deliver(tmp_path, text)
    assert delivery.header_line == 4
    frame, rejections, skipped = everything(delivery)
    assert frame["line"].to_list() == [5, 7]
    assert rejections.is_empty()
    assert skipped == 5


def test_columns_in_another_order_and_unknown_ones_do_no_harm(tmp_path):
    delivery = deliver(tmp_path, "序号,AMT,tyshxydm,欠费年月,YHH,备用\n1,5,91330282PDY00001XU,202401,8,x\n")
    assert delivery.match.unused == ("序号", "备用")
    frame, _, _ = everything(delivery)
    assert frame.drop("line").rows(named=True) == [
        {"amount": "5", "uscc": "91330282PDY00001XU", "month": "202401", "user_no": "8"}
    ]


def test_a_unit_in_the_header_is_taken_over(tmp_path):
    delivery = deliver(tmp_path, f"{HEADER.replace('欠费金额', '欠费金额（万元）')}\n{ROW}\n")
    assert delivery.units == {"amount": "万元"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"  \n\n", "EMPTY_FILE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "OLD_EXCEL"),
        ("\ufeffa,b\n".encode("utf-16-le"), "UTF16"),
        (b"a\x00b", "NOT_TEXT"),
        (b"a,b\n1,2\n", "NO_HEADER"),
        (b"PK\x03\x04broken", "BAD_XLSX"),
        ("统一社会信用代码,企业名称,用户号\n1,2,3\n".encode(), "MISSING_COLUMNS"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(tmp_path, content, code):
    path = tmp_path / "delivery.csv"
    path.write_bytes(content)
    with pytest.raises(UnableToReadDelivery) as refusal:
        open_delivery(path, ARREARS)
    assert refusal.value.code == code
    assert "请" in refusal.value.message


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(UnableToReadDelivery, match="统计年月、欠费金额"):
        deliver(tmp_path, "统一社会信用代码,用户号\n1,2\n")


def test_a_ragged_row_costs_that_row(tmp_path):
    frame, rejections, _ = everything(
        deliver(tmp_path, "\n".join([HEADER, ROW, ROW + ",多", "短,行", ROW + ",,", ROW]))
    )
    assert frame["line"].to_list() == [2, 5, 6]
    assert rejections["line"].to_list() == [3, 4]
    assert rejections["code"].to_list() == ["ROW_SHAPE", "ROW_SHAPE"]
    assert rejections["message"][0].startswith("第 3 行：应有 6 列，实有 7 列")


def test_a_lone_quote_costs_that_row(tmp_path):
    broken = ROW.replace("慈溪市", '"慈溪市')
    frame, rejections, _ = everything(deliver(tmp_path, "\n".join([HEADER, ROW, broken, ROW, ROW])))
    assert frame["line"].to_list() == [2, 4, 5]
    assert rejections.select("line", "code").rows() == [(3, "ROW_QUOTE")]


def test_two_lone_quotes_do_not_swallow_what_stands_between(tmp_path):
    broken = ROW.replace("慈溪市", '"慈溪市')
    frame, rejections, _ = everything(deliver(tmp_path, "\n".join([HEADER, broken, ROW, ROW, broken, ROW])))
    assert frame["line"].to_list() == [3, 4, 6]
    assert rejections["line"].to_list() == [2, 5]


def test_a_quote_inside_a_plain_cell_is_an_ordinary_character(tmp_path):
    inch = ROW.replace("演示", '5" 管')
    frame, rejections, _ = everything(deliver(tmp_path, f"{HEADER}\n{inch}\n{ROW}"))
    assert frame["ent_name"].to_list()[0] == '慈溪市5" 管电器有限公司'
    assert rejections.is_empty()


def test_a_cell_of_several_lines_keeps_the_line_it_begins_on(tmp_path):
    long = ROW.replace("慈溪市演示电器有限公司", '"慈溪市\n演示,""电器""\n有限公司"')
    frame, _, _ = everything(deliver(tmp_path, "\n".join([HEADER, ROW, long, ROW])))
    assert frame["line"].to_list() == [2, 3, 6]
    assert frame["ent_name"][1] == '慈溪市\n演示,"电器"\n有限公司'


def test_a_lone_quote_in_a_large_file_costs_one_row(tmp_path):
    broken = ROW.replace("慈溪市", '"慈溪市')
    rows = [ROW] * 60_000
    rows[100] = broken
    frame, rejections, _ = everything(deliver(tmp_path, "\n".join([HEADER, *rows]), "gb18030"))
    assert rejections["line"].to_list() == [102]
    assert frame.height == 59_999
    assert frame["line"][-1] == 60_001


def write_rows(path: Path, rows: list) -> list[tuple[int, list[str]]]:
    """Write cells through the csv module and strings as they are; returns the cells with their first lines."""
    text, expected = HEADER + "\n", []
    for row in rows:
        line = text.count("\n") + 1
        if isinstance(row, str):
            text += row + "\n"
            continue
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(row)
        text += buffer.getvalue()
        expected.append((line, row))
    path.write_text(text, encoding="utf-8")
    return expected


def rows_read(delivery):
    frame, rejections, _ = everything(delivery)
    order = list(delivery.match.columns)
    return [(row["line"], [row[code] or "" for code in order]) for row in frame.to_dicts()], rejections


pieces = st.sampled_from([64, 300, 1 << 20])
any_cells = st.tuples(*[st.text(st.sampled_from('甲乙a1 ,"\n;'), max_size=5) for _ in range(4)])
full_rows = any_cells.map(lambda inner: ["k", *inner, "9"])
plain_rows = st.tuples(*[st.text("甲乙a1 ;", max_size=5) for _ in range(4)]).map(
    lambda inner: ["k", *inner, "9"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(full_rows, st.sampled_from(["短,行", "多,多,多,多,多,多,多,", ""])), max_size=25),
    pieces,
)
def test_blocks_of_any_size_give_back_what_the_csv_module_wrote(tmp_path, monkeypatch, rows, piece):
    monkeypatch.setattr(csv_blocks, "PIECE", piece)
    expected = write_rows(tmp_path / "delivery.csv", rows)
    read, rejections = rows_read(open_delivery(tmp_path / "delivery.csv", ARREARS))
    assert read == expected
    assert rejections.height == rows.count("短,行") + rows.count("多,多,多,多,多,多,多,")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(plain_rows, st.just('开,"头,未,合,起,来')), max_size=25), pieces)
def test_lone_quotes_anywhere_cost_their_own_rows_only(tmp_path, monkeypatch, rows, piece):
    monkeypatch.setattr(csv_blocks, "PIECE", piece)
    expected = write_rows(tmp_path / "delivery.csv", rows)
    read, rejections = rows_read(open_delivery(tmp_path / "delivery.csv", ARREARS))
    assert read == expected
    assert rejections["line"].to_list() == [n for n, row in enumerate(rows, start=2) if isinstance(row, str)]


def test_raw_rows_come_back_as_delivered(tmp_path):
    delivery = deliver(tmp_path, "\n".join([HEADER, ROW, "短,行", ROW.replace("演示", '"x'), ROW]))
    rows = dict(delivery.raw_rows([3, 4]))
    assert rows[3] == ["短", "行"]
    assert rows[4][1] == '慈溪市"x电器有限公司'


def write_book(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("填报说明").write(0, 0, "请按表头填写")
    sheet = book.add_worksheet("明细")
    sheet.write(2, 0, "水费欠费明细")
    sheet.write_row(4, 0, HEADER.split(","))
    sheet.write_row(5, 0, ["91330282PDY00001XU", "甲", "8001", "", "2", "1,350.5"])
    sheet.write_datetime(5, 3, datetime(2024, 1, 1), book.add_format({"num_format": "yyyy-mm"}))
    sheet.write_row(7, 0, ["91330282PDY000028U", "乙", 8002, "2024年2月", 3, 12.25])
    sheet.write_row(8, 0, ["合计", "", "", "", 5, 1362.75])
    book.close()


def test_a_workbook_is_read_from_the_sheet_that_has_the_header(tmp_path):
    path = tmp_path / "delivery.xlsx"
    write_book(path)
    delivery = open_delivery(path, ARREARS)
    assert (delivery.sheet, delivery.header_line, delivery.encoding.name) == ("明细", 5, "xlsx")
    frame, _, skipped = everything(delivery)
    checked = check_block(ARREARS, frame, today=date(2026, 4, 1))
    assert checked.rejections.is_empty()
    assert checked.rows["line"].to_list() == [6, 8]
    assert checked.rows["nums"].to_list() == [[1350.5, 2.0], [12.25, 3.0]]
    assert checked.rows["natural_key"].to_list() == ["8001\x1f2024-01", "8002\x1f2024-02"]
    assert skipped == 2
    assert dict(delivery.raw_rows([8]))[8][:3] == ["91330282PDY000028U", "乙", "8002"]


def test_a_broken_formula_refuses_its_row_by_sheet_row_and_column(tmp_path):
    path = tmp_path / "delivery.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("明细")
        sheet.write_row(1, 1, HEADER.split(","))
        sheet.write_row(2, 1, ["91330282PDY00001XU", "甲", "8001", "2024-01", 2, 1350.5])
        sheet.write_row(3, 1, ["91330282PDY000028U", "乙", "8002", "2024-02", 3])
        sheet.write_formula(3, 6, "=F4/0", None, "#DIV/0!")
        sheet.write_formula(3, 9, "=#REF!", None, "#REF!")  # outside the columns that are read
    delivery = open_delivery(path, ARREARS)
    frame, rejections, _ = everything(delivery)
    assert frame["line"].to_list() == [3]
    assert rejections.row(0, named=True) == {
        "line": 4, "column": "欠费金额", "code": "FORMULA_ERROR", "value_shown": "#DIV/0!",
        "message": "工作表“明细”第 4 行“欠费金额”列（G4）：公式错误 #DIV/0!，请改正公式或改填数值后重新报送。",
    }  # fmt: skip
    assert rejections.height == 1
    assert dict(delivery.raw_rows([4]))[4][5] == "#DIV/0!"


def test_a_workbook_with_nothing_below_the_header_has_no_rows(tmp_path):
    path = tmp_path / "delivery.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write_row(0, 0, HEADER.split(","))
    book.close()
    frame, rejections, _ = everything(open_delivery(path, ARREARS))
    assert (frame.height, rejections.height) == (0, 0)


def test_a_workbook_without_the_header_is_refused(tmp_path):
    path = tmp_path / "delivery.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("空表")
    book.add_worksheet().write_row(0, 0, ["甲", "乙"])
    book.close()
    with pytest.raises(UnableToReadDelivery) as refusal:
        open_delivery(path, ARREARS)
    assert refusal.value.code == "NO_HEADER"


def test_a_text_file_with_nothing_below_the_header_has_no_rows(tmp_path):
    frame, rejections, _ = everything(deliver(tmp_path, HEADER))
    assert (frame.height, rejections.height) == (0, 0)


def test_blocks_can_be_read_twice(tmp_path):
    delivery = deliver(tmp_path, f"{HEADER}\n{ROW}\n")
    assert everything(delivery)[0].equals(everything(delivery)[0])
