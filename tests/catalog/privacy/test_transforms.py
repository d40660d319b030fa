"""Masks, generalisation, rounding, small cells and free text."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.engine.privacy.free_text import FoundKind, find_identifiers, passes_luhn, redact, scan_column
from catalog.engine.privacy.masks import MASKS, MaskKind, keep
from catalog.engine.privacy.small_cells import hide_small_cells
from catalog.engine.privacy.transforms import Step, UnableToTransform, parameter_problem, run_steps
from datahub.engine.identifiers import citizen_check

CITIZEN = "33028219900307103"
CITIZEN += citizen_check(CITIZEN)
CREDIT_CODE = "913302821447871136"


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("name", "段正淳", "段**"), ("name", "张三", "张*"), ("name", "欧阳娜娜", "欧阳**"), ("name", "王", "*"),
        ("name", "阿卜杜拉·买买提", "阿***·***"), ("name", "阿卜杜拉•买买提", "阿***·***"),
        ("citizen_id", "330282199001011234", "330282********1234"),
        ("citizen_id", "33028219900101123x", "330282********123X"),
        ("citizen_id", "３３０２８２ 19900101 1234", "330282********1234"),
        ("citizen_id", "'330282900101123", "330282******123"),
        ("citizen_id", "3.30282E+17", "****"), ("citizen_id", "无", "****"),
        ("phone", "13812345678", "138****5678"), ("phone", "+86 138-1234-5678", "138****5678"),
        ("phone", "0574-63812345", "0574-******45"), ("phone", "(0574)63812345", "0574-******45"),
        ("phone", "1.38E+10", "****"),
        ("address", "浙江省慈溪市浒山街道人民路1号", "浙江省慈溪市浒山街道****"),
        ("address", "宁波市鄞州区某路5号", "宁波市鄞州区****"), ("address", "人民路1号302室", "****"),
        ("card", "6222 0212 3456 7890 123", "6222***********0123"), ("card", "123", "****"),
        ("plate", "浙B12345", "浙B1***5"), ("plate", "浙B·D12345", "浙BD****5"),
        ("email", "duan@abc.com.cn", "d****@abc.com.cn"), ("email", "没有", "****"),
        ("credit_code", CREDIT_CODE, "91330282********36"), ("ip", "192.168.1.1", "192.*.*.*"),
    ],
)  # fmt: skip
def test_masks_of_chinese_practice(kind, value, masked):
    assert MASKS[MaskKind(kind)](value) == masked


@given(st.sampled_from(list(MASKS)), st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_mask_answers_any_text_and_never_leaves_a_long_one_as_it_was(kind, text):
    masked = MASKS[kind](text)
    assert "*" in masked or kind is MaskKind.ADDRESS


def test_a_text_shorter_than_what_is_kept_is_starred():
    assert keep("abc", 2, 2) == "***"
    assert keep("abcdef", 2, 2) == "ab**ef"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"身份证{CITIZEN}", ["citizen_id"]), (f"身份证 {CITIZEN[:6]} {CITIZEN[6:14]} {CITIZEN[14:]}", ["citizen_id"]),
        (f"号码{CITIZEN[:-1]}{(int(CITIZEN[-1]) + 1) % 10 if CITIZEN[-1] != 'X' else 0}", []),
        ("电话１３８１２３４５６７８。", ["mobile"]), ("致电 138-1234-5678", ["mobile"]), ("0574-63812345", ["landline"]),
        (f"企业 {CREDIT_CODE}", ["credit_code"]), ("卡号6222021234567890128", ["card"]), ("卡号6222021234567890123", []),
        ("联系人：张三，电话见附件", ["name"]), ("由欧阳修先生办理", ["name"]), ("买买提·艾力到场", ["name"]),
        ("车辆浙B12345停放", ["plate"]), ("a.b@c.com", ["email"]), ("共计12345678901234元", []), ("2026年11月22日", []),
        ("", []),
    ],
)  # fmt: skip
def test_what_is_found_in_running_text(text, kinds):
    assert [found.kind for found in find_identifiers(text)] == kinds


def test_redaction_says_what_was_there_and_leaves_firms_alone():
    text = f"联系人张三，电话13812345678，企业{CREDIT_CODE}"
    assert redact(text) == f"联系人〔姓名〕，电话〔手机号〕，企业{CREDIT_CODE}"


def test_scanning_counts_rows_by_kind():
    column = pl.Series("t", ["13812345678", "13812345678 和 13912345678", None, "无"])
    assert scan_column(column) == {FoundKind.MOBILE: 2}


def test_the_check_digit_of_cards():
    assert passes_luhn("6222021234567890128")
    assert not passes_luhn("6222021234567890123")


def run(values, method, **parameters):
    frame = pl.DataFrame({"x": values}, strict=False)
    return run_steps(frame, [Step("x", method, parameters)], lambda text: f"p{len(text)}")["x"].to_list()


def test_every_method_on_a_column():
    assert run(["37", "9", None, "x"], "generalise", width=10) == ["30-39", "0-9", None, None]
    tree = [["浒山", "中心城区"], ["周巷", "西部"]]
    assert run(["浒山", "周巷", None], "generalise", hierarchy=tree, level=1) == ["中心城区", "西部", None]
    assert run([1, 50, 99, None], "top_bottom", bottom=10, top=90) == [10, 50, 90, None]
    assert run([14, 15, -15, None], "round", base=10) == [10, 20, -20, None]
    assert run(["14.2", "15"], "round", base=0.5) == ["14", "15"]
    assert run(["2026-11-22", "无"], "date", to="month") == ["2026-11", None]
    assert run(["2026-11-22"], "date", to="quarter") == ["2026Q4"]
    assert run(["2026-11-22"], "date", to="year") == ["2026"]
    assert run(["张三", None], "pseudonym") == ["p2", None]
    assert run(["电话13812345678"], "free_text") == ["电话〔手机号〕"]
    assert run(["abcdef"], "mask", kind="custom", start=1, end=1) == ["a****f"]


def test_a_suppressed_column_is_gone():
    frame = pl.DataFrame({"x": [1], "y": [2]})
    assert run_steps(frame, [Step("x", "suppress")]).columns == ["y"]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("mask", {}), ("mask", {"kind": "soul"}), ("generalise", {}), ("generalise", {"width": -1}), ("top_bottom", {}),
        ("top_bottom", {"top": "x"}), ("round", {"base": 0}), ("date", {"to": "hour"}), ("small_cells", {"threshold": 1}),
        ("melt", {}), ("generalise", {"hierarchy": [["a", "b"], ["a", "c"]]}),
    ],
)  # fmt: skip
def test_bad_parameters_are_told(method, parameters):
    assert parameter_problem(method, parameters)


def test_good_parameters_are_let_through():
    assert parameter_problem("generalise", {"hierarchy": [["浒山", "中心"]], "level": 1}) == ""
    assert parameter_problem("mask", {"kind": "name"}) == ""


def test_a_rule_for_a_column_that_is_not_there_is_refused():
    with pytest.raises(UnableToTransform, match="没有列“y”"):
        run_steps(pl.DataFrame({"x": [1]}), [Step("y", "keep")])


def test_a_single_small_cell_takes_a_neighbour_with_it():
    frame = pl.DataFrame({"town": ["a", "a", "a", "b", "b"], "n": [3, 8, 20, 9, 7]})
    assert hide_small_cells(frame, "n", 5, [["town"]]).to_list() == [None, None, 20, 9, 7]
    assert hide_small_cells(frame, "n", 5).to_list() == [None, 8, 20, 9, 7]


tables = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 12)), min_size=1, max_size=12
)


@given(tables)
@settings(max_examples=100, deadline=None)
def test_no_row_or_column_total_gives_a_hidden_cell_back(rows):
    frame = pl.DataFrame(rows, schema=["r", "c", "n"], orient="row")
    shown = hide_small_cells(frame, "n", 5, [["r"], ["c"]]).to_list()
    for value, seen in zip(frame["n"], shown, strict=True):
        assert seen is None or not 0 < seen < 5
        assert seen is None or seen == value
    for place in (0, 1):
        for key in {row[place] for row in rows}:
            group = [(row[2], seen) for row, seen in zip(rows, shown, strict=True) if row[place] == key]
            hidden = [value for value, seen in group if seen is None]
            others = [value for value, seen in group if seen is not None and value > 0]
            assert len(hidden) != 1 or not others


def test_a_group_of_small_cells_must_be_a_column_of_the_table() -> None:
    frame = pl.DataFrame({"n": [1, 7]})
    with pytest.raises(UnableToTransform, match="分组列“town”"):
        run_steps(frame, [Step("n", "small_cells", {"within": [["town"]]})])
    assert parameter_problem("small_cells", {"within": [["town"]]}) == ""
