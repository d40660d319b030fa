"""The demonstration's villages: raised through the same services, once, and taken up where they broke off."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from accounts.demo.agencies import DemoDepartment, DemoFirm, demo_agencies
from accounts.demo.service import prepare_demo_accounts
from accounts.models import User
from villages.access import villages_administered_by, villages_supervised_by
from villages.demo import UnableToRaiseVillages, people, raise_demo, raising, year
from villages.models import Activity, Hold, Resident, Shop, Tap, Transfer

AS_OF = dt.date(2026, 11, 20)
pytestmark = pytest.mark.django_db


@pytest.fixture
def two_villages(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demonstration of two villages and three kinds of events, so that a year passes quickly."""
    settings.PORTAL_DEMO = True
    monkeypatch.setattr(raising, "VILLAGES", people.VILLAGES[:2])
    kept = [held for held in year.PLAN if held.code in ("clean_up", "vote", "deliberation")]
    monkeypatch.setattr(year, "PLAN", tuple(replace(held, every_days=held.every_days * 3) for held in kept))
    kinds = ("court", "market", "finance")
    agencies = demo_agencies(
        [DemoDepartment(kind, kind) for kind in kinds], DemoFirm("91330282PDY999994P", "演示企业")
    )
    prepare_demo_accounts(agencies, "Kiln-glaze 41 harbour", timezone.now())


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Resident, Activity, Tap, Transfer, Hold))


def test_the_villages_are_qiaotous_eight_and_its_neighbourhood() -> None:
    names = [name for _, name, _, _, _ in people.VILLAGES]
    assert names == [
        "毛三斢村",
        "潭河沿村",
        "丰潭村",
        "五丰村",
        "烟墩村",
        "五姓村",
        "小桥头村",
        "上林湖村",
        "桥头社区",
    ]


def test_a_demonstration_is_refused_where_none_is_wanted_and_for_sizes_that_cannot_be(settings: Any) -> None:
    with pytest.raises(UnableToRaiseVillages, match="未启用"):
        raise_demo(as_of=AS_OF, seed=1)
    settings.PORTAL_DEMO = True
    with pytest.raises(UnableToRaiseVillages, match="村民数"):
        raise_demo(as_of=AS_OF, seed=1, size=200_001)


def test_the_villages_live_a_year_and_raising_them_again_changes_nothing(two_villages: None) -> None:
    raise_demo(as_of=AS_OF, seed=1, size=80)
    before = counts()
    assert before[2] > 50 and before[4] > 5
    raise_demo(as_of=AS_OF, seed=1, size=80)
    assert counts() == before
    # The sign-ins of the demonstration live in this world.
    own = Resident.objects.get(user__username="villager")
    assert own.village.name == "毛三斢村"
    assert Tap.objects.filter(village=own.village, state="waiting").count() >= 5
    assert villages_administered_by(User.objects.get(username="village")).count() == 2
    assert villages_supervised_by(User.objects.get(username="town")).count() == 2
    assert Shop.objects.get(agency__users__username="shop").goods.count() == 8


def test_a_year_that_broke_off_is_finished_and_nothing_comes_twice(
    two_villages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, seen = year.enter_sheet, []

    def breaks_off(*args: Any, **values: Any) -> Any:
        seen.append(args)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return whole(*args, **values)

    monkeypatch.setattr(year, "enter_sheet", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        raise_demo(as_of=AS_OF, seed=1, size=80)
    monkeypatch.setattr(year, "enter_sheet", whole)
    raise_demo(as_of=AS_OF, seed=1, size=80)
    raised = counts()
    raise_demo(as_of=AS_OF, seed=1, size=80)
    assert counts() == raised
    assert not Activity.objects.filter(closes_at__date__lt=AS_OF, taps__isnull=True).exists()
