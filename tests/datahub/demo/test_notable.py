import json

import polars as pl

from datahub.demo.city import City
from datahub.demo.generate import notable_firms
from datahub.demo.manifest import Manifest
from datahub.demo.notable import notable_facts


def test_ten_firms_are_worth_opening_and_each_says_why(city: City) -> None:
    firms = notable_firms(city)
    assert len(firms) == len({firm.code for firm in firms}) == 10
    for firm in firms:
        assert firm.name and firm.title and len(firm.why) > 15


def test_the_frozen_firm_has_more_than_half_of_its_capital_frozen(city: City) -> None:
    place = city.cast.firm_of["frozen"]
    rows = [row for row in notable_facts(city)["court.equity_freeze"] if row["firm"] == place]
    assert len(rows) == 1
    assert rows[0]["amount"] >= 0.5 * city.firms.capital[place]
    assert rows[0]["frozen_from"] <= city.as_of <= rows[0]["frozen_to"]
    assert rows[0]["freeze_state"] == "frozen" and rows[0]["released_on"] is None


def test_the_released_firm_had_a_freeze_that_ended(city: City) -> None:
    place = city.cast.firm_of["released"]
    rows = [row for row in notable_facts(city)["court.equity_freeze"] if row["firm"] == place]
    assert rows[0]["frozen_from"] < rows[0]["released_on"] < city.as_of


def test_the_renamed_firm_bore_three_other_names_in_a_row(city: City) -> None:
    rows = notable_facts(city)["market.changes"]
    assert len(rows) == 3
    assert [row["after"] for row in rows[:-1]] == [row["before"] for row in rows[1:]]
    assert rows[-1]["after"] == city.firms.name[city.cast.firm_of["renamed"]]
    assert len({row["before"] for row in rows} | set(city.firms.name)) == city.firms.size + 3


def test_arrears_stand_on_the_meters_of_the_usage_items(city: City) -> None:
    from datahub.demo.tables import TABLES

    place = city.cast.firm_of["arrears"]
    for item in ("power", "water"):
        meters = TABLES[f"{item}.usage"](city).filter(pl.col("firm") == place)["user_no"].unique().to_list()
        rows = notable_facts(city)[f"{item}.arrears"]
        assert [row["user_no"] for row in rows] == meters * 3
        assert [row["periods"] for row in rows] == [1, 2, 3]


def test_the_manifest_names_them_in_a_file_of_its_own(small_manifest: Manifest) -> None:
    listed = json.loads((small_manifest.folder / "notable.json").read_text(encoding="utf-8"))
    assert [line["code"] for line in listed] == [firm.code for firm in small_manifest.notable]
    assert {line["role"] for line in listed} >= {
        "exporter",
        "frozen",
        "released",
        "thin",
        "abnormal",
        "individual",
    }
