"""A bulletin's table is checked by the intervals of its printed figures."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index.engine.bulletin import Report, check_bulletin, find_columns
from index.engine.table import UnableToReadTable, read_table

HEADER = "series,level,change,percentage,printed decimals"


def check(*rows: str, header: str = HEADER) -> Report:
    return check_bulletin(read_table("\n".join((header, *rows)), "b.csv"))


def half_up(value: Decimal, decimals: int) -> str:
    return str(value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def test_the_slips_of_a_published_table_are_named_with_what_would_be_right() -> None:
    report = check("服务,97.55,+0.13,+1.13,2", "信用,106.27,1.14,1.18,2", "成长,107.26,0.91,0.86,2")
    assert [finding.line for finding in report.findings] == [2, 3]
    service, credit = report.findings
    assert float(service.right.low) == pytest.approx(0.1283, abs=1e-4)
    assert float(service.right.high) == pytest.approx(0.1386, abs=1e-4)
    assert credit.right.printed(2) == ("1.08", "1.09")
    assert "1.18" in credit.message and "1.08 至 1.09" in credit.message


@settings(max_examples=400, deadline=None)
@given(
    level=st.integers(10_000, 900_000_000),
    step=st.integers(-9_000_000, 9_000_000),
    digits=st.integers(0, 3),
    percent_digits=st.integers(0, 3),
    printed_difference=st.booleans(),
)
def test_a_table_that_was_rounded_from_true_numbers_passes(
    level: int, step: int, digits: int, percent_digits: int, printed_difference: bool
) -> None:
    now, ago = Decimal(level) / 10_000, Decimal(level - step) / 10_000
    assume(ago > 1)
    printed = half_up(now, digits)
    change = half_up(now - ago, digits)
    if printed_difference:
        change = str(Decimal(printed) - Decimal(half_up(ago, digits)))
        assume(Decimal(half_up(ago, digits)) > 1)
    row = f"总,{printed},{change},{half_up(100 * (now / ago - 1), percent_digits)},{digits}/{digits}/{percent_digits}"
    if printed_difference and ago < 80:
        return  # two roundings of a small base reach further than the printed digits tell
    assert not check(row).findings, row


@settings(max_examples=200, deadline=None)
@given(level=st.integers(8_000, 12_000), change=st.integers(-500, 500), slip=st.integers(3, 400))
def test_a_slip_of_three_units_is_found(level: int, change: int, slip: int) -> None:
    true = Decimal(100 * change) / Decimal(level - change)
    printed = half_up(true, 2)
    wrong = Decimal(printed) + Decimal(slip) / 100
    row = f"总,{Decimal(level) / 100:.2f},{Decimal(change) / 100:.2f}"
    assert check(f"{row},{wrong},2").findings
    assert not check(f"{row},{printed},2").findings


@pytest.mark.parametrize(
    "header",
    [
        "指标,数值,变动,百分比,小数位",
        "序列,指数,变化,涨跌幅,小数位",
        "指数,数值,变动（点）,变动幅度（%）,小数位数",
        "Series,Level,Change,Percentage",
        "指标,本期,变动（点）,变动（%）,小数位",
        "指数名称,指数值,较上月变动点数,环比涨跌幅(%),印出小数位数",
    ],
)
def test_chinese_and_english_headers_are_known(header: str) -> None:
    table = read_table(header + "\n" + ",".join(["x", "1", "1", "1", "1"][: header.count(",") + 1]), "b.csv")
    names = list(table.columns)
    found = find_columns(table)
    assert [found[key] for key in ("series", "level", "change", "percentage")] == names[:4]


def test_an_unknown_header_is_refused_with_the_columns_there_are() -> None:
    with pytest.raises(UnableToReadTable, match="没有 change"):
        check("a,1,2,3", header="series,level,foo,percentage")


def test_figures_may_be_worded_as_bulletins_do() -> None:
    assert not check("信用,106.27,上升1.14点,+1.08%,2", "成长,99.00,下降1.00个点,-1.00％,2").findings
    assert not check("平,100.00,持平,0.00,2").findings
    assert check("成长,99.00,下降1.00,1.00,2").findings


def test_trailing_zeros_that_a_spreadsheet_dropped_count_by_the_stated_decimals() -> None:
    assert check("总,100,0.1,0.2,2").findings
    assert not check("总,100,0.1,0.2,").findings


def test_the_previous_level_is_checked_too_where_it_is_printed() -> None:
    header = "series,level,change,percentage,previous"
    report = check("总,101.00,2.00,1.00,100.00", header=header)
    assert "变动" in {finding.figure for finding in report.findings}
    assert not check("总,101.00,,1.00,100.00", header=header).findings


def test_a_row_without_enough_figures_is_told_and_not_judged() -> None:
    report = check("总,101.00,1.00,,2", "率,0.00,1.00,5.00,2")
    assert (report.checked, report.unchecked, report.findings) == (0, (2, 3), ())


@pytest.mark.parametrize("row", ["总,abc,1,1,2", "总,,1,1,2", "总,100,1,1,二"])
def test_a_cell_that_is_no_number_is_refused_by_line(row: str) -> None:
    with pytest.raises(UnableToReadTable, match="第 2 行"):
        check(row)
