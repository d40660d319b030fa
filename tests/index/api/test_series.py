"""The API: the same rows and rights as the pages, vintages by real time, tokens by scope."""

from typing import Any

import pytest
from django.test import Client

from accounts.roles import AgencyKind, Role
from index.public import public_series
from tests.index.small_city import CALM, FIRST, HIT, LAST
from tests.people import client_of, make_agency, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_city")]


def of(role: Role, **values: Any) -> Client:
    return client_of(make_person(role, **values))


def test_a_series_has_each_day_of_the_window() -> None:
    told = (
        of(Role.BANK_OFFICER)
        .get(f"/api/v1/index/series/?panel=sme/town={HIT}&since=2026-05-01&until=2026-05-31")
        .json()
    )
    assert len(told["points"]) == 31
    assert told["method_version"] == "v1"
    assert told["points"][0]["value"] > told["points"][-1]["value"]


def test_as_of_an_instant_before_the_first_release_nothing_was_known() -> None:
    client = of(Role.INDEX_ANALYST)
    assert client.get("/api/v1/index/series/?realtime_end=2026-01-01").json()["points"] == []
    told = client.get(
        "/api/v1/index/series/?realtime_start=2026-01-01&realtime_end=2026-12-31&since=2026-06-01"
    ).json()
    assert {point["realtime_end"] for point in told["points"]} == {None}
    assert all(point["data_version"] for point in told["points"])


def test_a_moment_that_cannot_be_read_is_refused_with_an_example() -> None:
    answer = of(Role.INDEX_ANALYST).get("/api/v1/index/series/?realtime_end=someday")
    assert answer.status_code == 400
    assert "2026-11-22" in answer.content.decode()


def test_a_town_lists_its_own_panels_only() -> None:
    client = of(Role.TOWN_ADMIN, agency=make_agency(AgencyKind.TOWN, scope_code=HIT))
    codes = {row["code"] for row in client.get("/api/v1/index/panels/").json()}
    assert f"sme/town={HIT}" in codes
    assert not any(CALM in code for code in codes)


def test_an_unknown_panel_is_not_found() -> None:
    assert of(Role.LEADER).get("/api/v1/index/series/?panel=sme/town=1").status_code == 404


def test_public_series_are_the_city_only() -> None:
    made = public_series()
    assert {one.name for one in made} == {"全市中小微企业"}
    assert made[0].dimension == "total"
    total = made[0].points
    assert (total[0].day, total[-1].day) == (FIRST, LAST)
    assert all(round(point.value, 2) == point.value for point in total)
