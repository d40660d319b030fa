from datetime import date

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.demo.cells import _number, _thousands, as_text
from datahub.demo.styles import style_of
from datahub.engine.definitions import get_item


@settings(deadline=None)
@given(st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=40))
def test_thousands_are_parted_as_python_parts_them(cents: list[int]) -> None:
    values = pl.Series([cent / 100 for cent in cents], dtype=pl.Float64)
    assert _thousands(values).to_list() == [f"{value:,.2f}" if value else "0.00" for value in values]


@settings(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_numbers_lose_no_digit_and_carry_no_empty_decimals(thousandths: list[int]) -> None:
    texts = _number(pl.Series([value / 1000 for value in thousandths], dtype=pl.Float64)).to_list()
    assert [round(float(text) * 1000) for text in texts] == thousandths
    assert not any("." in text and text.endswith(("0", ".")) for text in texts)


def test_a_department_writes_dates_enums_and_amounts_in_its_own_way() -> None:
    item = get_item("court.equity_freeze")
    frame = pl.DataFrame({
        "amount": [1234567.5], "freeze_state": ["frozen"], "frozen_from": [date(2026, 3, 5)],
        "frozen_to": pl.Series([None], dtype=pl.Date),
    })  # fmt: skip
    text = as_text(frame, item, style_of(item.code), np.random.default_rng(1))
    assert text.columns == ["amount", "freeze_state", "frozen_from", "frozen_to"]
    amount, state, start, end = text.row(0)
    assert (amount, state, end) == ("1,234,567.50", "续行冻结", "9999-09-09")
    assert start in ("2026-03-05", "2026年3月5日")
