"""Definitions as strangers write them on tables as statistical offices print them. Figures of the offices themselves
where they are public, plain arithmetic of this file elsewhere."""

import csv
import math
from pathlib import Path
from statistics import mean, stdev

import pytest
from django.core.management import CommandError

from tests.index.test_compute_index import run

Rows = dict[str, dict[str, str]]


def rows_of(text: str, key: str) -> Rows:
    return {row[key]: row for row in csv.DictReader(text.splitlines())}


HDI = """
table: {entity: country}
indicators:
  - {code: LE, column: Life expectancy (years), goalposts: {min: 20, max: 85}}
  - {code: EYS, goalposts: [0, 18]}
  - {code: MYS, goalposts: [0, 15]}
  - {code: GNI, goalposts: [100, 75000], scale: ln}
steps:
  - normalise: {method: goalposts, range: [0, 1], cap: high}
tree:
  HDI:
    mean: geometric
    children: [{code: Health, children: [LE]}, {code: Education, children: [EYS, MYS]}, {code: Income, children: [GNI]}]
rank: [HDI]
output: {decimals: 3, sort: -HDI, columns: [country, HDI, rank_HDI]}
"""
HDI_TABLE = """Table 1. Human Development Index and its components,,,,
country,Life expectancy (years),EYS,MYS,GNI
Norway,83.393,18.6488,13.0634,"69,189.76"
Iceland,82.815,19.1605,13.7671,54688.38
Singapore,84.133,16.8965,11.9225,88761.15
South Sudan,55.567,5.6409,5.7261,690.66
Somalia,56.109,7.6482,1.8782,1072.17
Notes,,,,
a Data refer to 2022 or the most recent year available.,,,,
1 Based on national accounts.,,,,
"""


def test_human_development_with_capped_schooling_and_income_and_footnotes_below(tmp_path: Path) -> None:
    found = rows_of(run(tmp_path, HDI, HDI_TABLE), "country")
    published = {
        "Norway": "0.966",
        "Iceland": "0.959",
        "Singapore": "0.949",
        "South Sudan": "0.381",
        "Somalia": "0.380",
    }
    assert {name: row["HDI"] for name, row in found.items()} == published
    assert list(found) == list(published)


PMI = """
index: diffusion
table: {time: month}
questions:
  new_orders: {index: 新订单}
  production: {index: 生产}
  employment: {index: 从业人员}
  delivery: {index: 供应商配送时间, direction: low}
  inventory: {index: 主要原材料库存}
composites:
  PMI: {new_orders: 30, production: 25, employment: 20, delivery: 15, inventory: 10}
output: {decimals: 1, columns: [month, PMI]}
"""
PMI_TABLE = """month,生产,新订单,主要原材料库存,从业人员,供应商配送时间
2024年3月,52.2,53.0,48.1,48.1,50.6
2024年4月,52.9,51.1,48.1,48.0,50.4
2024年5月,50.8,49.6,47.8,48.1,50.1
"""


def test_the_purchasing_managers_index_from_its_published_parts(tmp_path: Path) -> None:
    found = rows_of(run(tmp_path, PMI, PMI_TABLE), "month")
    assert [row["PMI"] for row in found.values()] == ["50.8", "50.4", "49.5"]


def test_a_chain_with_periods_across_in_data_and_weights_needs_no_layout(tmp_path: Path) -> None:
    """Linked in December, re-referenced to a year, contributions to the yearly rate; recomputed in plain Python."""
    prices = {
        "食品": [100, 103, 104, 108, 109],
        "能源": [100, 90, 95, 92, 99],
        "服务": [100, 101, 103, 104, 107],
    }
    periods = ["2014M12", "2015M06", "2015M12", "2016M06", "2016M12"]
    weights = {"食品": (300, 280), "能源": (100, 110), "服务": (600, 610)}
    table = (
        "项目,"
        + ",".join(periods)
        + "\n"
        + "".join(f"{k},{','.join(map(str, v))}\n" for k, v in prices.items())
    )
    (tmp_path / "w.csv").write_text(
        "项目,2015,2016\n" + "".join(f"{k},{a},{b}\n" for k, (a, b) in weights.items()), encoding="utf-8"
    )
    definition = (
        "index: chain\nweights: {file: w.csv}\naggregates: {总指数: all}\nreference: 2015-12\nrates: [year]\n"
        "contributions: {of: 总指数, to: year}\n"
    )
    found = rows_of(run(tmp_path, definition, table), "time")

    def level(at: int) -> float:
        if at <= 2:
            return 100 * sum(w[0] * prices[k][at] / prices[k][0] for k, w in weights.items()) / 1000
        return level(2) * sum(w[1] * prices[k][at] / prices[k][2] for k, w in weights.items()) / 1000

    for at, period in enumerate(periods):
        assert float(found[period]["总指数"]) == pytest.approx(level(at) / level(2) * 100, rel=1e-11)
    last = found["2016M12"]
    rate = (level(4) / level(2) - 1) * 100
    assert float(last["总指数_yy"]) == pytest.approx(rate, rel=1e-10)
    assert sum(float(last[f"contribution_{k}"]) for k in weights) == pytest.approx(rate, abs=1e-9)


def test_z_scores_with_steps_as_lone_words_and_tied_ranks(tmp_path: Path) -> None:
    definition = (
        "table: {entity: city}\nindicators: {x: {weight: 2}, y: {direction: low}}\n"
        "steps: [zscore]\nrank: {of: INDEX, ties: average}\n"
    )
    data = {"甲": (1.2, 5.0), "乙": (1.2, 5.0), "丙": (2.4, 6.0), "丁": (0.8, 7.0)}
    table = "city;x;y\n" + "".join(f"{k};{x};{y}\n" for k, (x, y) in data.items())
    found = rows_of(run(tmp_path, definition, table), "city")

    def z(place: int, value: float) -> float:
        column = [pair[place] for pair in data.values()]
        return (value - mean(column)) / stdev(column)

    for name, (x, y) in data.items():
        assert float(found[name]["INDEX"]) == pytest.approx((2 * z(0, x) - z(1, y)) / 3, rel=1e-10)
    assert [found[name]["rank_INDEX"] for name in ("甲", "乙")] == ["2.5", "2.5"]


def test_a_composite_from_a_metadata_file_with_denominators_outliers_and_groups(tmp_path: Path) -> None:
    """COINr's headers; one outlier is pulled in, one gap takes its group's mean after the division."""
    (tmp_path / "iMeta.csv").write_text(
        "iCode,iName,Direction,Weight,Level,Parent,Type,Denominator\n"
        "Goods,,1,1,1,Conn,Indicator,GDP\nFDI,,1,1,1,Conn,Indicator,GDP\nCO2,,-1,1,1,Sust,Indicator,\n"
        "Conn,,1,1,2,Index,Aggregate,\nSust,,1,1,2,Index,Aggregate,\nIndex,,1,1,3,,Aggregate,\n"
        "GDP,,,,,,Denominator,\ngroup,,,,,,Group,\n",
        encoding="utf-8",
    )
    definition = (
        "indicators: {file: iMeta.csv}\ntable: {entity: u}\nsteps: [denominate, {impute: {with: mean, group: group}}, "
        "{treat: {skew: 2, kurtosis: 3.5}}, {minmax: {range: [1, 100]}}]\n"
        "levels: [{mean: arithmetic}, {mean: geometric}]\nrank: all\noutput: {sort: -Index}\n"
    )
    data = [("A", "L", 10, 20, 5, 3), ("B", "L", 20, 60, None, 4), ("C", "S", 5, 20, 2, 1), ("D", "S", 8, 8, 900, 2),
            ("E", "S", 4, 10, 2, 7), ("F", "L", 16, 40, 12, 6)]  # fmt: skip
    table = "u,group,GDP,Goods,FDI,CO2\n" + "".join(
        ",".join("NA" if cell is None else str(cell) for cell in row) + "\n" for row in data
    )
    with pytest.raises(CommandError, match=r"normalise: \{method: minmax"):
        run(tmp_path, definition, table)
    found = rows_of(run(tmp_path, definition.replace("{minmax: {range", "{normalise: {range"), table), "u")
    goods = {u: g / gdp for u, _, gdp, g, _, _ in data}
    fdi = {u: f / gdp for u, _, gdp, _, f, _ in data if f is not None}
    fdi["B"] = (fdi["A"] + fdi["F"]) / 2
    fdi["D"] = max(value for u, value in fdi.items() if u != "D")
    co2 = {u: -c for u, *_, c in data}

    def scaled(column: dict[str, float]) -> dict[str, float]:
        low, high = min(column.values()), max(column.values())
        return {u: 1 + 99 * (value - low) / (high - low) for u, value in column.items()}

    goods, fdi, sust = scaled(goods), scaled(fdi), scaled(co2)
    for u in goods:
        assert float(found[u]["Index"]) == pytest.approx(
            math.sqrt((goods[u] + fdi[u]) / 2 * sust[u]), rel=1e-9
        )
    scores = [float(row["Index"]) for row in found.values()]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("definition", "remedy"),
    [
        ("indicators: [x]\nnormalise: zscore\n", r"steps: \[{normalise"),
        ("indicators: [{code: x, min: 0}]\n", "goalposts"),
        ("indicators: [{code: x, polarity: -1}]\n", "direction"),
        ("indicators: [x]\nsteps: [{winsorize: {iqr: 1.5}}]\n", "winsorise"),
        ("indicators: [x]\nsteps: [standardise]\n", "没有名为 standardise 的操作"),
        ("indicators: [x]\naggregation: geometric\n", "tree"),
    ],
)
def test_a_key_of_another_tool_is_answered_with_ours(definition: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=remedy):
        run(tmp_path, definition, "u,x\nA,1\nB,2\n")


TAI = """
table: {entity: country}
indicators:
  - {code: patents, goalposts: [0, 994], parent: creation}
  - {code: royalties, goalposts: [0, 272.6], parent: creation}
  - {code: hosts, goalposts: [0, 232.4], parent: recent}
  - {code: exports, goalposts: [0, 80.8], parent: recent}
  - {code: telephones, goalposts: [1, 901], scale: ln, parent: old}
  - {code: electricity, goalposts: [22, 6969], scale: ln, parent: old}
  - {code: schooling, goalposts: [0.8, 12.0], parent: skills}
  - {code: tertiary, goalposts: [0.1, 27.4], parent: skills}
nodes:
  - {code: creation, parent: TAI}
  - {code: recent, parent: TAI}
  - {code: old, parent: TAI}
  - {code: skills, parent: TAI}
  - {code: TAI}
steps: [{normalise: {method: goalposts, range: [0, 1], cap: high}}]
output: {decimals: 3, columns: [country, rank_TAI, TAI]}
"""
TAI_TABLE = """country,patents,royalties,hosts,exports,telephones,electricity,schooling,tertiary
Finland,187,125.6,200.2,50.7,1203,14129,10.0,27.4
United States,289,130.0,179.1,66.2,993,11832,12.0,13.9
Sweden,271,156.6,125.8,59.7,1247,13955,11.4,15.3
Japan,994,64.6,49.0,80.8,1007,7322,9.5,10.0
"Korea, Rep. of",779,9.8,4.8,66.7,938,4497,10.8,23.2
"""


def test_the_technology_achievement_index_of_2001_with_logarithms_in_one_dimension(tmp_path: Path) -> None:
    """Published .744 .733 .703 .698 .666, from inputs that are printed rounded."""
    found = rows_of(run(tmp_path, TAI, TAI_TABLE), "country")
    published = {
        "Finland": 0.744,
        "United States": 0.733,
        "Sweden": 0.703,
        "Japan": 0.698,
        "Korea, Rep. of": 0.666,
    }
    assert {name: float(row["TAI"]) for name, row in found.items()} == pytest.approx(published, abs=0.0011)
    assert [row["rank_TAI"] for row in found.values()] == ["1", "2", "3", "4", "5"]


def test_rows_are_ordered_by_several_columns_each_its_own_way(tmp_path: Path) -> None:
    definition = """
table: {entity: u, time: year}
indicators: [x]
steps: [none]
output: {sort: [-year, rank_INDEX], columns: [u, year, rank_INDEX]}
"""
    table = "u,year,x\nA,2020,1\nB,2020,5\nA,2021,2\nB,2021,1\nC,2021,2\n"
    assert run(tmp_path, definition, table).splitlines()[1:] == [
        "A,2021,1", "C,2021,1", "B,2021,3", "B,2020,1", "A,2020,2",
    ]  # fmt: skip


def test_contributions_to_the_only_aggregate_need_not_name_it(tmp_path: Path) -> None:
    definition = """
index: chain
weights: {2022: {food: 400, other: 600}, 2023: {food: 350, other: 650}}
rates: [year]
contributions: {to: year}
"""
    table = "month,food,other\n2021-12,100,100\n2022-06,104,101\n2022-12,110,103\n2023-06,112,104\n"
    last = rows_of(run(tmp_path, definition, table), "month")["2023-06"]
    assert float(last["contribution_food"]) + float(last["contribution_other"]) == pytest.approx(
        float(last["INDEX_yy"])
    )
    # Ribe by hand: half a year on the old weights, half on the new ones.
    level = {"2022-06": 0.4 * 104 + 0.6 * 101, "2022-12": 0.4 * 110 + 0.6 * 103}
    old = 0.4 * (110 - 104)
    new = level["2022-12"] * 0.35 * (112 / 110 - 1)
    assert float(last["contribution_food"]) == pytest.approx(100 * (old + new) / level["2022-06"])
