"""The fast path of every kind reads each cell as the function for single cells does."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.contracts import FieldDefinition, Grade, Kind
from datahub.engine.cells import CellRefused, mask_cell, mask_personal
from datahub.engine.identifiers import make_demo_uscc
from datahub.engine.kinds import canonical_type, cell_reader, normalise_name, normalise_names, read_column

FIELDS = {
    kind: FieldDefinition(
        code="f",
        name="示例",
        kind=kind,
        grade=Grade.L2,
        values={"a": ("甲", "A级"), "none": ("-", "无")} if kind is Kind.ENUM else {},
        labels={"a": "甲", "none": "无"} if kind is Kind.ENUM else {},
        unit={Kind.MONEY: "元", Kind.RATIO: "%", Kind.NUMBER: "吨"}.get(kind, ""),
        max_length=30 if kind in (Kind.TEXT, Kind.CODE) else None,
        empties=("未知行业",),
    )
    for kind in Kind
}
PATTERNED = FieldDefinition(code="f", name="示例", kind=Kind.CODE, grade=Grade.L2, pattern="[0-9]{4}")
DECLARED_SERIAL = FieldDefinition(code="f", name="示例", kind=Kind.DATE, grade=Grade.L2, excel_serial=True)

digits = st.text("0123456789", min_size=1, max_size=18)
numbers = st.one_of(
    digits,
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.integers(-(10**16), 10**16).map(lambda n: f"{n:,}"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"\A-?[0-9]{1,4}(,[0-9]{3})*\.?[0-9]{0,7}(万元|元|%|吨|亿|E\+[0-9])?\Z"),
)
days = st.dates(date(1890, 1, 1), date(2210, 1, 1)).flatmap(
    lambda d: st.sampled_from(
        [d.isoformat(), f"{d.year}/{d.month}/{d.day}", f"{d:%Y%m%d}", f"{d:%Y-%m}", f"{d} 08:00:00"]
    )
)
odd = st.text(st.sampled_from("甲乙（）()〔〕 -/.0159ABEXx'+,\t\u3000\ufffd\x00１Ａ\u200b～Ⅲ"), max_size=10)
EMPTY_LIKE = [
    "",
    " ",
    "\\N",
    "空",
    "NULL",
    "--",
    "-",
    "/",
    "未知行业",
    "9999-12-31",
    "2099-12-31",
    "1899-12-31",
    "长期",
]
CODE_LIKE = [
    "13800000000",
    "0574-63812345",
    "5511.0",
    "3.30282E+17",
    "330282200002290020",
    "D2143569-X",
    "110108000000016",
]
WORD_LIKE = [
    "甲",
    "无",
    "是",
    "否",
    "A级",
    "（2024）浙0282执1号",
    "(2024)浙0282执 1号",
    "2024年度",
    "45322",
    "2024-02-30",
]
fixed = st.sampled_from([*EMPTY_LIKE, *CODE_LIKE, *WORD_LIKE, "甲" * 31])
cells = st.one_of(
    st.none(), numbers, days, odd, fixed, st.integers(1, 99999).map(lambda n: make_demo_uscc("91", n))
)


def one_by_one(definition, texts):
    values, problems = [], []
    reader = cell_reader(definition, definition.unit)
    for row, text in enumerate(texts):
        value = None
        if text is not None:
            try:
                value = reader(text)
            except CellRefused as refusal:
                problems.append((row, refusal.code, refusal.reason))
        values.append(value)
    return values, problems


@pytest.mark.parametrize(
    "definition", [*FIELDS.values(), PATTERNED, DECLARED_SERIAL], ids=lambda d: f"{d.kind}{d.pattern}"
)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(cells, max_size=25), repeat=st.sampled_from([1, 6]))
def test_a_column_is_read_as_its_cells_are(definition, texts, repeat):
    texts = texts * repeat
    column = read_column(definition, pl.Series("f", texts, dtype=pl.String))
    values, problems = one_by_one(definition, texts)
    assert column.values.to_list() == values
    assert column.values.dtype == canonical_type(definition.kind)
    assert [(p.row, p.code, p.reason) for p in column.problems] == problems


@given(st.lists(st.one_of(st.none(), odd), max_size=8))
@settings(max_examples=40, deadline=None)
def test_names_in_a_column_are_normalised_as_single_ones(names):
    expected = [name and normalise_name(name) for name in names]
    assert normalise_names(pl.Series(names, dtype=pl.String)).to_list() == expected


def test_a_spreadsheet_day_number_counts_only_where_declared():
    reader = cell_reader(DECLARED_SERIAL, "")
    assert reader("45322") == date(1899, 12, 30) + timedelta(days=45322) == date(2024, 1, 31)
    with pytest.raises(CellRefused):
        cell_reader(FIELDS[Kind.DATE], "")("45322")


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("12.3456", 12345600),
        ("0.0000005", 1),
        ("0.00000049", 0),
        ("1,234.5678", 1234567800),
        ("5元", 500),
        ("-2", -2000000),
    ],
)
def test_a_column_in_ten_thousands_becomes_yuan(text, cents):
    column = read_column(FIELDS[Kind.MONEY], pl.Series("f", [text]), unit="万元")
    assert column.values.to_list() == [cents]


@pytest.mark.parametrize(
    ("text", "grade", "shown"),
    [
        ("慈溪", Grade.L1, "慈溪"),
        ("张某330282199001011234", Grade.L2, "张某***"),
        ("电话13800000000", Grade.L1, "电话***"),
        ("12345.6", Grade.L3, "1***"),
        ("330282199001011234", Grade.L4, "***"),
        ("长" * 50, Grade.L1, "长" * 39 + "…"),
    ],
)
def test_a_cell_is_shown_as_its_grade_allows(text, grade, shown):
    assert mask_cell(text, grade) == shown


@pytest.mark.parametrize(
    ("text", "masked"), [("330282200002290020", "330*************20"), ("1234567", "*******"), ("", "")]
)
def test_a_personal_identifier_keeps_five_symbols_at_most(text, masked):
    assert mask_personal(text) == masked
