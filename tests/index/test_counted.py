"""Who counts in which panel, kept from night to night, equals counting everybody anew."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from index.basket import load_basket
from index.counted import MOST_YUAN, Counted
from index.packing import pack_counted, unpack_counted
from index.registry import Registry, panels_of_cell

firm = st.tuples(
    st.sampled_from(["company", "individual", "branch"]),
    st.sampled_from(["active", "cancelled", "revoked"]),
    st.sampled_from(["medium", "small", "micro", "large", ""]),
    st.sampled_from(["330282108", "330282109", ""]),
    st.sampled_from(["C", "F", ""]),
    st.one_of(st.none(), st.sampled_from([0.0, 0.4, 1e6, 5e6, 9e15])),
)
city = st.dictionaries(st.integers(1, 30), firm, max_size=30)


def frame(firms: dict[int, tuple[str, str, str, str, str, float | None]]) -> pl.DataFrame:
    names = ("kind", "state", "size", "town_code", "section", "registered_capital_yuan")
    rows = [{"enterprise_id": who} | dict(zip(names, firms[who], strict=True)) for who in sorted(firms)]
    schema = {"enterprise_id": pl.Int64} | dict.fromkeys(names[:-1], pl.String) | {names[-1]: pl.Float64}
    return pl.DataFrame(rows, schema=schema)


def numbered(*cities: dict[int, tuple[str, str, str, str, str, float | None]]) -> Registry:
    registry = Registry(load_basket())
    for firms in cities:
        for kind, _, size, town, section, _ in firms.values():
            registry.cell(kind, size, town, section)
    return registry


@given(before=city, news=city)
def test_replacing_the_touched_equals_counting_everybody_anew(before: dict, news: dict) -> None:  # type: ignore[type-arg]
    registry = numbered(before, news)
    kept = Counted.of(frame(before), registry)
    after = unpack_counted(pack_counted(kept)).replaced(
        np.array(sorted(news), np.int64), Counted.of(frame(news), registry)
    )
    anew = Counted.of(frame(before | news), registry)
    for name in ("entity", "cell", "capital"):
        np.testing.assert_array_equal(getattr(after, name), getattr(anew, name))


@given(firms=city)
def test_counts_sums_and_largest_shares_are_those_of_a_walk_over_the_firms(firms: dict) -> None:  # type: ignore[type-arg]
    registry = numbered(firms)
    found: dict[int, list[int]] = {number: [] for number in registry.panels.values()}
    for kind, state, size, town, section, capital in firms.values():
        cell = registry.cell(kind, size, town, section)
        if state != "active" or cell not in registry.cells.values():
            continue
        key = next(key for key, number in registry.cells.items() if number == cell)
        for panel in panels_of_cell(key):
            found[registry.panels[panel]].append(int(min(max(capital or 0, 1), MOST_YUAN)))
    count, weight, largest = Counted.of(frame(firms), registry).by_panel(registry)
    for panel, capitals in found.items():
        assert (count[panel], weight[panel], largest[panel]) == (
            len(capitals),
            sum(capitals),
            max(capitals, default=0),
        )
