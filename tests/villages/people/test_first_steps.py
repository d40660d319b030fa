"""A new administrator of an empty village is led from the first list of residents to the first notice."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from tests.people import client_of, make_person
from tests.villages.worlds import ORIGIN, make_activity, make_resident, make_village
from villages.engine.geofence import Position
from villages.models import Village
from villages.selectors.desk import read_desk
from villages.services import budget, publicity, rules, shops
from villages.services.activities import add_place_code
from villages.services.posters import note_posters
from villages.services.ties import declare_tie

pytestmark = pytest.mark.django_db
STEPS = [
    "import_new", "ties", "rules", "village_money", "activity_templates", "settlements", "places", "poster",
    "residents", "notices",
]  # fmt: skip


@pytest.fixture
def village() -> Village:
    return make_village()


@pytest.fixture
def admin(village: Village) -> User:
    return make_person(Role.VILLAGE_ADMIN, agency=village.agency, full_name="毛桂芳")


def done(village: Village, admin: User) -> list[str]:
    """Names of the pages whose steps are ticked."""
    steps = read_desk(village, admin, now=timezone.now()).steps
    assert [step.url for step in steps] == [reverse(f"villages:{name}") for name in STEPS]
    return [name for name, step in zip(STEPS, steps, strict=True) if step.done]


def note_of(village: Village, admin: User, name: str) -> str:
    return read_desk(village, admin, now=timezone.now()).steps[STEPS.index(name)].note


def test_an_empty_village_has_everything_before_it_and_every_step_opens(
    village: Village, admin: User
) -> None:
    client = client_of(admin)
    page = client.get(reverse("villages:desk")).content.decode()
    assert done(village, admin) == [] and "共 10 步，还有 10 步" in page
    for name in STEPS:
        url = reverse(f"villages:{name}")
        assert f'href="{url}"' in page and client.get(url).status_code == 200, name


def test_each_step_is_ticked_by_what_is_there(village: Village, admin: User) -> None:
    now, told = timezone.now(), {"origin": ORIGIN, "now": timezone.now()}
    resident = make_resident(village, agreed=False)
    assert done(village, admin) == STEPS[:1]
    declare_tie(admin, resident.pk, "self", **told)
    assert done(village, admin) == STEPS[:2]
    rules.install_starting_rules(village.town_code, valid_from=dt.date(2020, 1, 1), now=now)
    assert done(village, admin) == STEPS[:3]
    budget.ask_for_budget(admin, village, 1000, "全年活动", **told)
    assert done(village, admin) == STEPS[:4]
    make_activity(village, admin)
    assert done(village, admin) == STEPS[:5]
    shops.propose_shop(admin, village, name="供销社", address="村口", agency=None, **told)
    assert done(village, admin) == STEPS[:6]
    add_place_code(village, "文化礼堂", Position(30.3, 121.4), 150, **told)
    assert done(village, admin) == STEPS[:7]
    assert client_of(admin).post(reverse("villages:poster")).status_code == 302
    village.refresh_from_db()
    assert done(village, admin) == STEPS[:8]
    make_resident(village, "沈阿珍")
    assert done(village, admin) == STEPS[:9]
    month = (timezone.localdate(now).replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    publicity.issue_notice(village, month, admin, **told)
    assert done(village, admin) == STEPS
    assert "开始使用" not in client_of(admin).get(reverse("villages:desk")).content.decode()


def test_what_waits_for_the_town_says_so_until_the_town_has_decided(village: Village, admin: User) -> None:
    town = make_person(Role.TOWN_ADMIN, agency=village.agency.parent)
    told = {"origin": ORIGIN, "now": timezone.now()}
    asked = budget.ask_for_budget(admin, village, 1000, "全年活动", **told)
    shop = shops.propose_shop(admin, village, name="供销社", address="村口", agency=None, **told)
    waiting = {note_of(village, admin, name) for name in ("village_money", "settlements")}
    assert waiting == {"已报镇街，等待审批"}
    budget.decide_budget(town, asked.pk, True, "", **told)
    shops.decide_shop(town, shop.pk, False, "地址不符", **told)
    assert note_of(village, admin, "village_money") == ""
    assert "settlements" not in done(village, admin)


def test_the_day_of_the_posters_is_the_first_one(village: Village, admin: User) -> None:
    first = timezone.now() - dt.timedelta(days=3)
    note_posters(village, admin, now=first, origin=ORIGIN)
    note_posters(village, admin, now=timezone.now(), origin=ORIGIN)
    assert village.posters_on == timezone.localdate(first)
    assert "已登记张贴" in client_of(admin).get(reverse("villages:poster")).content.decode()
