"""The reject report carries the unit's own rows, is safe to open, and can be delivered again."""

import zipfile
from datetime import date

import fastexcel
import polars as pl
import pytest

from datahub.engine.checks import check_block
from datahub.engine.definitions import get_item
from datahub.engine.reader import open_delivery
from datahub.engine.reject_report import defuse, write_reject_report

ARREARS = get_item("water.arrears")
HEADER = "序号,统一社会信用代码,企业名称,用户号,统计年月,欠费期数,欠费金额"
GOOD = "1,91330282PDY00001XU,甲公司,8001,2024-01,2,350.5"


def reject(tmp_path, *rows):
    path = tmp_path / "delivery.csv"
    path.write_text("\n".join([HEADER, *rows]), encoding="gb18030")
    delivery = open_delivery(path, ARREARS)
    found = []
    for block in delivery.blocks():
        found += [block.rejections, check_block(ARREARS, block.frame, today=date(2026, 4, 1)).rejections]
    target = tmp_path / "report.xlsx"
    written = write_reject_report(delivery, pl.concat(found), target)
    sheet = fastexcel.read_excel(target).load_sheet("退回行", header_row=None, skip_rows=0, dtypes="string")
    return written, [list(row) for row in sheet.to_polars().rows()], target


def test_the_report_shows_the_rows_as_delivered_with_the_reasons_beside(tmp_path):
    written, rows, _ = reject(tmp_path, GOOD, GOOD.replace("350.5", "三百").replace("2024-01", "13月"), GOOD)
    assert written == 1
    assert rows[0] == [*HEADER.split(","), "行号", "问题列", "问题代码", "原因与改法"]
    assert rows[1][:7] == ["1", "91330282PDY00001XU", "甲公司", "8001", "13月", "2", "三百"]
    assert rows[1][7:10] == ["3", "统计年月、欠费金额", "BAD_MONTH、BAD_NUMBER"]
    assert "第 3 行“欠费金额”列" in rows[1][10]


def test_a_row_of_the_wrong_width_is_shown_whole(tmp_path):
    _, rows, _ = reject(tmp_path, GOOD + ",多一,多二", "短,行")
    assert rows[1][6] == "350.5 多一 多二"
    assert rows[1][7:10] == ["2", "整行", "ROW_SHAPE"]
    assert rows[2][:3] == ["短", "行", None]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_a_formula_is_defused(text):
    assert defuse(text) == "'" + text


@pytest.mark.parametrize("text", ["-5", "-1,234.50", "+86", "甲", "", "a=b"])
def test_plain_cells_stay_as_they_are(text):
    assert defuse(text) == text


def test_no_formula_reaches_the_sheet(tmp_path):
    _, rows, target = reject(
        tmp_path, GOOD.replace("甲公司", '"=HYPERLINK(""http://x"")"').replace("350.5", "x")
    )
    assert rows[1][2] == '\'=HYPERLINK("http://x")'
    with zipfile.ZipFile(target) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_mended_report_can_be_delivered_as_it_is(tmp_path):
    _, _, target = reject(tmp_path, GOOD, "5,91330282PDY000028U,乙公司,8002,2024-02,1,x")
    again = open_delivery(target, ARREARS)
    block = next(again.blocks())
    assert again.match.missing == ()
    assert block.frame["ent_name"].to_list() == ["乙公司"]
    mended = block.frame.with_columns(amount=pl.lit("12.5"))
    assert check_block(ARREARS, mended, today=date(2026, 4, 1)).rows["nums"].to_list() == [[12.5, 1.0]]
