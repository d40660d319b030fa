"""Linked chains against published figures and a plain loop; elementary indices; diffusion."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.compute import compute
from index.engine.output import Output
from index.engine.places import Place, UnableToReadDefinition
from index.engine.table import Table, UnableToReadTable, read_table

EURO_AREA = Path(__file__).parent / "data/hicp_euro_area.csv"
"""Euro area HICP by division (2015 = 100) and all-items index with its annual rate. Source: Eurostat, prc_hicp_midx,
prc_hicp_manr, prc_hicp_inw; reuse with acknowledgement."""
WEIGHTS = """
  2018: {CP01: 155.39, CP02: 40.34, CP03: 59.17, CP04: 157.23, CP05: 62.07, CP06: 47.89, CP07: 153.55, CP08: 31.8,
         CP09: 92.0, CP10: 10.48, CP11: 97.89, CP12: 92.19}
  2019: {CP01: 150.44, CP02: 39.71, CP03: 60.41, CP04: 165.34, CP05: 62.09, CP06: 47.21, CP07: 153.57, CP08: 29.93,
         CP09: 88.01, CP10: 9.76, CP11: 99.59, CP12: 93.94}
"""
RIBE_JUNE_2019 = {
    "CP01": 0.19,
    "CP02": 0.11,
    "CP03": 0.02,
    "CP04": 0.36,
    "CP07": 0.17,
    "CP08": -0.08,
    "CP11": 0.24,
}


def no_file(place: Place) -> Table:
    raise AssertionError(place.name)


def run(definition: str, data: str) -> Output:
    return compute(definition, "d.yaml", read_table(data, "data.csv"), no_file)


def column(output: Output, name: str) -> list[float]:
    return np.asarray(output.columns[name]).tolist()


def test_the_euro_areas_published_index_rates_and_contributions_come_out() -> None:
    items = "CP01, CP02, CP03, CP04, CP05, CP06, CP07, CP08, CP09, CP10, CP11, CP12"
    output = run(
        f"index: chain\naggregates: {{CP00: [{items}]}}\nweights:{WEIGHTS}"
        "reference: {period: 2017-12, value: 102.49}\nrates: [year]\n"
        "contributions: {of: CP00, to: year, total: published}\n",
        EURO_AREA.read_text(encoding="utf-8"),
    )
    published = list(csv.DictReader(EURO_AREA.open(encoding="utf-8")))
    assert column(output, "CP00") == pytest.approx([float(row["published"]) for row in published], abs=0.0151)
    rates = column(output, "CP00_yy")[12:]
    assert [f"{rate:.1f}" for rate in rates] == [row["published_yy"] for row in published[12:]]
    june = [row["month"] for row in published].index("2019-06")
    for item, points in RIBE_JUNE_2019.items():
        assert column(output, f"contribution_{item}")[june] == pytest.approx(points, abs=0.0051)


def plain_chain(values: np.ndarray, weights: list[list[float]], parts: int) -> list[float]:
    """The definition as a loop: each year from the last period of the year before."""
    levels = [100.0]
    for t in range(1, len(values)):
        year = (t - 1) // parts
        link = year * parts
        w = weights[year]
        moved = sum(wk * values[t][k] / values[link][k] for k, wk in enumerate(w)) / sum(w)
        levels.append(levels[link] * moved)
    return levels


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), years=st.integers(1, 4), parts=st.sampled_from([4, 12]))
def test_a_chain_is_the_plain_loop_and_its_contributions_add_up(seed: int, years: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.uniform(50, 200, (years * parts + 1, 3)), 4)
    weights = np.round(rng.uniform(1, 9, (years, 3)), 3)
    labels = [f"2000-{12:02d}" if parts == 12 else "2000Q4"]
    labels += [
        f"{2001 + t // parts}-{t % parts + 1:02d}" if parts == 12 else f"{2001 + t // parts}Q{t % parts + 1}"
        for t in range(years * parts)
    ]
    data = "time,a,b,c\n" + "".join(
        f"{label},{','.join(map(str, row))}\n" for label, row in zip(labels, values, strict=True)
    )
    stated = "".join(
        f"  {2001 + y}: {{a: {w[0]}, b: {w[1]}, c: {w[2]}}}\n" for y, w in enumerate(weights.tolist())
    )
    output = run(
        f"index: chain\naggregates: {{ALL: all, AB: [a, b]}}\nweights:\n{stated}rates: [year]\n"
        "contributions: {of: ALL, to: year, items: [AB, c]}\n",
        data,
    )
    assert column(output, "ALL") == pytest.approx(plain_chain(values, weights.tolist(), parts), rel=1e-12)
    total = np.array(column(output, "contribution_AB")) + np.array(column(output, "contribution_c"))
    assert total[parts:] == pytest.approx(column(output, "ALL_yy")[parts:], abs=1e-9)


def test_an_annual_overlap_links_on_the_mean_of_the_year_before() -> None:
    quarters = [(100, 100), (102, 98), (104, 97), (106, 99), (110, 95), (111, 94), (113, 96), (115, 90)]
    data = "t,a,b\n" + "".join(f"{2019 + n // 4}Q{n % 4 + 1},{a},{b}\n" for n, (a, b) in enumerate(quarters))
    output = run("index: chain\nlink: {overlap: annual}\nweights: {2020: {a: 3, b: 1}}\n", data)
    mean_a, mean_b = (sum(q[k] for q in quarters[:4]) / 4 for k in (0, 1))
    expected = [100 * (0.75 * a / mean_a + 0.25 * b / mean_b) for a, b in quarters]
    assert column(output, "INDEX") == pytest.approx(expected)
    assert np.mean(column(output, "INDEX")[:4]) == pytest.approx(100)


WIDE = "t,a,b\n2019,100,100\n2020,110,95\n2021,120,90\n"


def test_a_single_set_of_weights_at_a_link_period_is_a_fixed_base() -> None:
    output = run(
        "index: chain\nweights: {'2019': {a: 3, b: 1}}\n", "t,a,b\n2018,100,100\n2019,100,100\n2020,110,95\n"
    )
    assert column(output, "INDEX") == pytest.approx([100, 100, 108.75 - 2.5])
    fixed = run(
        "index: chain\nweights: {2019-12: {a: 3, b: 1}}\n",
        "t,a,b\n2019-12,50,100\n2020-01,55,100\n2021-06,60,90\n",
    )
    assert column(fixed, "INDEX") == pytest.approx([100, 107.5, 112.5])


def test_periods_may_stand_across_and_rows_be_long() -> None:
    wide = column(run("index: chain\nweights: {2020: {a: 1, b: 1}, 2021: {a: 1, b: 3}}\n", WIDE), "INDEX")
    across = run(
        "index: chain\ntable: {layout: across, item: x}\nweights: {2020: {a: 1, b: 1}, 2021: {a: 1, b: 3}}\n",
        "x,2019,2020,2021\na,100,110,120\nb,100,95,90\n",
    )
    long = run(
        "index: chain\ntable: {layout: long, time: t, item: i, value: v, where: {geo: CX}}\nweights: {column: w}\n",
        "geo,t,i,v,w\n"
        + "".join(
            f"CX,{t},{i},{v},{w}\nNB,{t},{i},1,1\n"
            for t, i, v, w in [
                (2019, "a", 100, 9),
                (2019, "b", 100, 9),
                (2020, "a", 110, 1),
                (2020, "b", 95, 1),
                (2021, "a", 120, 1),
                (2021, "b", 90, 3),
            ]
        ),
    )
    assert column(across, "INDEX") == wide == column(long, "INDEX")


def test_rates_come_from_rounded_levels_when_asked() -> None:
    data = "t,a\n2020-01,100\n2020-02,100.04\n2020-03,100.06\n"
    exact = run("index: chain\nweights: equal\nrates: [month]\n", data)
    coarse = run("index: chain\nweights: equal\nrates: {of: [month], from: 1}\n", data)
    assert column(exact, "INDEX_mm")[1] == pytest.approx(0.04)
    assert column(coarse, "INDEX_mm")[1:] == pytest.approx([0, 0.1])


def test_annual_averages_cover_complete_years_only() -> None:
    data = "t,a\n" + "".join(f"{2020 + n // 4}Q{n % 4 + 1},{100 + n}\n" for n in range(10))
    output = run("index: chain\nweights: equal\nreport: years\nreference: 2020\n", data)
    assert output.columns["t"] == ["2020", "2021"]
    assert column(output, "INDEX") == pytest.approx([100, 105.5 / 101.5 * 100])
    assert column(output, "INDEX_yy")[1] == pytest.approx(100 * (105.5 / 101.5 - 1))


def test_a_gap_is_refused_or_its_weight_given_to_the_others() -> None:
    data = "t,a,b\n2019,100,100\n2020,110,NA\n"
    weights = "weights: {2020: {a: 1, b: 1}}\n"
    with pytest.raises(UnableToReadTable, match="“b”在 2020 没有值"):
        run(f"index: chain\n{weights}", data)
    assert column(run(f"index: chain\n{weights}missing: skip\n", data), "INDEX") == pytest.approx([100, 110])


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("weights: {2020: {a: 1, b: 1}, 2030: {a: 1, b: 1}}\nrates: [day]\n", "不认识 day"),
        ("weights: {2020: {a: 0, b: 0}}\n", "没有一个项目有权重"),
        ("weights: {someday: {a: 1}}\n", "写法有误"),
        ("weights: equal\nreference: 2050\n", "参照期"),
        ("aggregates: {X: [a, q]}\nweights: equal\n", "没有名为 q"),
    ],
)
def test_an_unclear_chain_is_refused(definition: str, words: str) -> None:
    with pytest.raises(UnableToReadDefinition, match=words):
        run(f"index: chain\n{definition}", WIDE)


def test_elementary_indices_are_their_formulas() -> None:
    data = "t,i,p,q\n0,x,2,10\n0,y,5,4\n1,x,3,8\n1,y,4,6\n"
    output = run(
        "index: prices\ntable: {time: t, item: i, price: p, quantity: q}\n"
        "formulas: [laspeyres, paasche, fisher, edgeworth, jevons, carli, dutot, harmonic, tornqvist]\n",
        data,
    )
    expected = {
        "laspeyres": (30 + 16) / 40, "paasche": (24 + 24) / (16 + 30), "edgeworth": (54 + 40) / (36 + 50),
        "jevons": (1.5 * 0.8) ** 0.5, "carli": 1.15, "dutot": 7 / 7, "harmonic": 2 / (1 / 1.5 + 1 / 0.8),
        "tornqvist": 1.5 ** ((20 / 40 + 24 / 48) / 2) * 0.8 ** ((20 / 40 + 24 / 48) / 2),
    }  # fmt: skip
    for name, value in expected.items():
        assert column(output, name)[1] == pytest.approx(100 * value), name
    assert column(output, "fisher")[1] == pytest.approx(
        100 * (expected["laspeyres"] * expected["paasche"]) ** 0.5
    )


def test_a_chained_carli_drifts_and_a_chained_jevons_does_not() -> None:
    data = "t,i,p\n" + "".join(
        f"{t},{i},{p}\n" for t, x, y in [(0, 1, 2), (1, 2, 1), (2, 1, 2)] for i, p in (("x", x), ("y", y))
    )
    output = run(
        "index: prices\nchained: true\ntable: {time: t, item: i, price: p}\nformulas: [carli, jevons]\n", data
    )
    assert column(output, "carli")[2] > 150
    assert column(output, "jevons")[2] == pytest.approx(100)


def test_chinas_purchasing_managers_index_comes_from_its_five_parts() -> None:
    """January 2024 as the National Bureau of Statistics published it: 49.2."""
    output = run(
        "index: diffusion\nby: [month]\n"
        "questions: {orders: {index: 新订单}, output: {index: 生产}, jobs: {index: 从业人员}, "
        "delivery: {index: 供应商配送时间, direction: low}, stocks: {index: 原材料库存}}\n"
        "composites: {PMI: {orders: 30, output: 25, jobs: 20, delivery: 15, stocks: 10}}\noutput: {decimals: 1}\n",
        "month,生产,新订单,原材料库存,从业人员,供应商配送时间\n2024-01,51.3,49.0,47.6,47.6,50.8\n",
    )
    assert output.rows()[0] == ["2024-01", "49.0", "51.3", "47.6", "50.8", "47.6", "49.2"]


def test_replies_and_shares_give_the_same_index() -> None:
    replies = run("index: diffusion\nquestions: {q: q}\n", "q\n上升\n上升\n持平\n下降\n")
    shares = run("index: diffusion\nquestions: {q: {better: u, worse: d}}\n", "u,d\n50,25\n")
    assert column(replies, "q") == column(shares, "q") == [62.5]
    balance = run("index: diffusion\nform: balance_100\nquestions: {q: q}\n", "q\n1\n1\n0\n-1\n")
    assert column(balance, "q") == [125]
