"""The nightly judgement of disclosure from news alone equals one from the whole register; it writes what differs."""

from datetime import date, timedelta
from typing import Any

import pytest

from index.models import Disclosure, MethodVersion, RegisterCopy, Run
from index.packing import unpack_counted
from index.services.disclosure import judge_disclosure
from index.services.following import follow
from tests.firms import NOW, deliver_rows
from tests.index.small_city import CALM, CODES, FIRST, HIT, LAST, THIN, raise_facts, raise_index

pytestmark = pytest.mark.django_db

HEAD = "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划,核准日期"
TODAY = LAST + timedelta(days=1)


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> None:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}


def change(n: int, *, state: str = "存续", capital: int = 5_000_000, town: str = HIT) -> str:
    return (
        f"{CODES[n]},慈溪演示第{n}电器有限公司,有限责任公司,{state},{capital},2015-03-01,3857,{town},{TODAY}"
    )


def verdicts() -> dict[str, tuple[int, int]]:
    return {
        code: (verdict, entities)
        for code, verdict, entities in Disclosure.objects.values_list("panel__code", "verdict", "entities")
    }


def test_leaving_moving_and_growing_firms_are_judged_like_the_whole_register() -> None:
    raise_facts()
    method, _ = raise_index()
    before = verdicts()
    deliver_rows(
        "market.registration", HEAD, change(0, state="注销"), change(1, town=THIN), change(2, town=THIN),
        change(17, capital=900_000_000_000, town=CALM),
    )  # fmt: skip
    assert follow(yesterday=TODAY, now=NOW) == TODAY
    stepped, kept = verdicts(), unpack_counted(RegisterCopy.objects.get(method=method).body)
    assert stepped[f"sme/town={HIT}"][1] == before[f"sme/town={HIT}"][1] - 3
    assert stepped[f"sme/town={THIN}"][1] == before[f"sme/town={THIN}"][1] + 2
    assert stepped[f"sme/town={CALM}"][0] == 2  # one firm dominates it now

    RegisterCopy.objects.all().delete()
    Disclosure.objects.all().delete()
    judge_disclosure(Run.objects.get(last_day=TODAY))
    assert verdicts() == stepped
    anew = unpack_counted(RegisterCopy.objects.get(method=method).body)
    for name in ("entity", "cell", "capital"):
        assert getattr(anew, name).tolist() == getattr(kept, name).tolist()


def test_verdicts_that_stay_keep_the_day_since_which_they_hold() -> None:
    raise_facts()
    raise_index()
    deliver_rows("market.registration", HEAD, change(0, state="注销"))
    follow(yesterday=TODAY, now=NOW)
    since: dict[str, date] = dict(Disclosure.objects.values_list("panel__code", "judged_on"))
    assert since[f"sme/town={HIT}"] == TODAY
    assert since[f"sme/town={CALM}"] == LAST


def test_a_copy_of_another_change_is_not_used() -> None:
    raise_facts()
    method, _ = raise_index()
    RegisterCopy.objects.filter(method=method).update(last_change_id=1)
    deliver_rows("market.registration", HEAD, change(0, state="注销"))
    follow(yesterday=TODAY, now=NOW)
    assert verdicts()[f"sme/town={HIT}"][1] == 15
    assert (
        RegisterCopy.objects.get(method=method).last_change_id
        == Run.objects.get(last_day=TODAY).last_change_id
    )


def test_the_command_for_the_history_judges_what_may_be_shown() -> None:
    from django.core.management import call_command

    raise_facts()
    call_command("index_backfill", "--from", FIRST.isoformat(), "--to", LAST.isoformat(), verbosity=0)
    assert MethodVersion.objects.get().is_current
    assert verdicts()["sme"][0] == 0
