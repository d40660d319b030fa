"""The daily run: the same numbers as computing everything anew, late data inside the policy only, vintages kept."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from index.models import CubeDay, IndexValue, MethodVersion, Run
from index.packing import unpack_rows
from index.services.backfill import plan_backfill, run_backfill
from index.services.daily import UnableToRunDay, run_day
from index.services.following import follow
from tests.firms import NOW, ORIGIN
from tests.index.small_city import (
    CALM,
    FIRST,
    LAST,
    MONTHS,
    deliver_cases,
    deliver_usage,
    morning_after,
    raise_facts,
    raise_index,
    register,
    release,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> None:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}


def city_values(code: str = "sme") -> dict[date, tuple[float, ...]]:
    rows = IndexValue.objects.filter(panel__code=code, realtime_end=None)
    return {row.day: (*row.chain, *row.level, row.entities, row.coverage) for row in rows}


def test_day_by_day_from_news_equals_one_backfill_over_everything() -> None:
    """The last month's figures arrive late, one firm's a week later still: the end is the same to the last bit."""
    raise_facts(MONTHS[:-1])
    method, _ = raise_index(date(2026, 6, 5))
    deliver_usage(MONTHS[-1], skip=frozenset({3}))
    for n in range(6, 13):
        run_day(method, date(2026, 6, n), now=morning_after(date(2026, 6, n)))
    deliver_usage(MONTHS[-1])
    for n in range(13, 16):
        run_day(method, date(2026, 6, n), now=morning_after(date(2026, 6, n)))
    stepped = city_values()
    cube = {row.day: row.digest for row in CubeDay.objects.filter(realtime_end=None)}

    MethodVersion.objects.update(is_current=False, code="old")
    again = release()
    run_backfill(plan_backfill(again, FIRST, date(2026, 6, 15), origin=ORIGIN, now=NOW), now=NOW)
    anew = {row.day: (*row.chain, *row.level, row.entities, row.coverage)
            for row in IndexValue.objects.filter(method=again, panel__code="sme")}  # fmt: skip
    assert stepped.keys() == anew.keys()
    np.testing.assert_array_equal(
        np.array([stepped[day] for day in sorted(stepped)]), np.array([anew[day] for day in sorted(anew)])
    )
    assert len(cube) == len(anew)


def test_a_second_run_of_a_day_without_news_writes_nothing() -> None:
    raise_facts()
    method, first = raise_index()
    assert run_day(method, LAST, now=NOW).pk == first.pk
    run = run_day(method, LAST + timedelta(days=1), now=NOW)
    rows = IndexValue.objects.count()
    assert run_day(method, LAST + timedelta(days=1), now=NOW).pk == run.pk
    assert IndexValue.objects.count() == rows


def test_late_data_reopen_thirty_days_and_leave_earlier_vintages_as_they_were() -> None:
    """A lawsuit of 45 days ago and one of 10 days ago arrive today."""
    raise_facts()
    method, first = raise_index()
    before = {(v.panel_id, v.day): tuple(v.chain) for v in IndexValue.objects.filter(run=first)}
    today = LAST + timedelta(days=1)
    deliver_cases(date(2026, 3, 3), date(2026, 5, 20), today - timedelta(days=45), today - timedelta(days=10))
    run = run_day(method, today, now=morning_after(today))
    kept = {(v.panel_id, v.day): tuple(v.chain) for v in IndexValue.objects.filter(run=first)}
    assert kept.keys() == before.keys()
    assert str(sorted(kept.items())) == str(sorted(before.items()))
    changed = (
        IndexValue.objects.filter(run=run, panel__code="sme").order_by("day").values_list("day", flat=True)
    )
    assert min(changed) == today - timedelta(days=29)
    assert (
        IndexValue.objects.filter(panel__code="sme", day=today - timedelta(days=40), realtime_end=None)
        .get()
        .run
        == first
    )


def test_the_value_known_at_an_earlier_instant_stays_readable() -> None:
    from index.selectors.panels import Panels
    from index.selectors.series import find_series, list_vintages
    from index.selectors.standing import find_standing

    raise_facts()
    method, first = raise_index()
    today = LAST + timedelta(days=1)
    deliver_cases(date(2026, 3, 3), date(2026, 5, 20), today - timedelta(days=5))
    run_day(method, today, now=morning_after(today))
    standing = find_standing()
    assert standing is not None
    card = Panels(standing).by_code["sme"]
    then = find_series(standing, card, first.realtime + timedelta(hours=1))
    now = find_series(standing, card)
    assert then is not None
    assert now is not None
    assert then.days[-1] == LAST
    place = now.at(LAST)
    assert place is not None
    assert then.values[-1, 0] > now.values[place, 0]
    releases = list_vintages(standing, card, 0, LAST, LAST)
    assert [one.realtime_end is None for one in releases] == [False, True]


def test_a_source_that_is_late_for_everybody_makes_the_day_provisional() -> None:
    """No electricity figures since the release of 10 April: from mid-May on they are late."""
    raise_facts(MONTHS[:8])
    raise_index(date(2026, 6, 1))
    late = CubeDay.objects.get(day=date(2026, 5, 25))
    assert "O_POWER" in late.freshness
    value = IndexValue.objects.get(panel__code=f"sme/town={CALM}", day=date(2026, 5, 25))
    assert value.provisional


def test_a_gap_of_days_is_refused_and_following_fills_it() -> None:
    raise_facts()
    method, _ = raise_index()
    with pytest.raises(UnableToRunDay):
        run_day(method, LAST + timedelta(days=3), now=NOW)
    assert follow(yesterday=LAST + timedelta(days=3), now=NOW) == LAST + timedelta(days=3)
    assert Run.objects.filter(kind="daily").count() == 3


def test_a_firm_that_leaves_goes_out_of_the_cube_without_moving_the_chain() -> None:
    from tests.firms import deliver_rows
    from tests.index.small_city import CODES

    raise_facts()
    method, _ = raise_index()
    today = LAST + timedelta(days=1)
    deliver_rows(
        "market.registration",
        "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划,核准日期",
        f"{CODES[0]},慈溪演示第0电器有限公司,有限责任公司,注销,5000000,2015-03-01,3857,330282108,{today}",
    )
    run_day(method, today, now=morning_after(today))
    values = city_values()
    assert values[today][-2] == values[LAST][-2] - 1
    assert values[today][0] == values[LAST][0]
    rows = unpack_rows(CubeDay.objects.get(day=today, realtime_end=None).rows)
    assert rows.went.sum() > 0
    assert rows.moved.sum() == 0


def test_a_daily_source_that_falls_silent_as_never_before_makes_the_headline_less_fresh() -> None:
    """A lawsuit every other day until mid-February, then none; perhaps nobody sued, so the day stays as it is."""
    from index.selectors.headline import find_headline
    from index.selectors.panels import Panels
    from index.selectors.series import find_series
    from index.selectors.standing import find_standing

    register()
    deliver_usage(*MONTHS)
    deliver_cases(*(date(2026, 1, 2) + timedelta(days=2 * n) for n in range(24)))
    raise_index(date(2026, 4, 15))
    told = dict(CubeDay.objects.filter(realtime_end=None).values_list("day", "freshness"))
    assert "R_CASES" not in told[date(2026, 2, 20)]
    assert told[date(2026, 4, 1)]["R_CASES"] == "2026-02-17"
    value = IndexValue.objects.get(panel__code="sme", day=date(2026, 4, 1), realtime_end=None)
    assert not value.provisional
    standing = find_standing()
    assert standing is not None
    series = find_series(standing, Panels(standing).by_code["sme"])
    assert series is not None
    fresh, late = (find_headline(standing, series, 0, day) for day in (date(2026, 2, 20), date(2026, 4, 1)))
    assert fresh is not None
    assert late is not None
    assert fresh.freshness > late.freshness
    assert "R_CASES" in late.late


def test_how_long_a_silence_may_last_is_learned_from_the_source_itself() -> None:
    from index.basket import load_basket
    from index.paths import day_of, number_of
    from index.services.freshness import Freshness

    basket = load_basket()
    code = next(one.code for one in basket.indicators if one.item == "court.cases_filed")
    begin = number_of(date(2026, 1, 1))
    steady = {begin + 2 * n: 1 for n in range(30)}
    one = Freshness(basket, [code], {code: steady}, {})
    last = max(steady)
    assert one.late_on(last + 8) == {}
    assert one.late_on(last + 60) == {code: day_of(last).isoformat()}
    # with a silence of forty days behind it, one of fifty is nothing much; the next run remembers
    patchy = steady | {last + 40: 1}
    two = Freshness(basket, [code], {code: patchy}, {})
    assert two.late_on(last + 90) == {}
    assert two.late_on(last + 40 + 60 + 20) == {code: day_of(last + 40).isoformat()}
    assert Freshness(basket, [code], {}, two.kept(last + 41)).late_on(last + 90) == {}
    assert code in Freshness(basket, [code], {}, one.kept(last)).late_on(last + 60)
    # three facts tell nothing about a rhythm
    assert (
        Freshness(basket, [code], {code: {begin: 1, begin + 1: 1, begin + 2: 1}}, {}).late_on(begin + 900)
        == {}
    )
