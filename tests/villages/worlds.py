"""A small village for tests: agencies, a household, residents, an administrator, points to give."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

import audit
from accounts.models import RoleGrant, User
from accounts.roles import AgencyKind, Role
from tests.people import make_agency, make_person
from villages.models import Activity, Consent, Household, Resident, Village
from villages.selectors.consents import purpose
from villages.services import budget, ledger
from villages.services.activities import Wish, publish_activity
from villages.services.residents import pinyin_of

ORIGIN = audit.Origin.system("test")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=SHANGHAI)
HALL = (30.30, 121.38)
PHONE = "13812340001"


@dataclass
class World:
    """``admin`` and ``other_admin`` are cadres of ``village``; ``resident`` has agreed and has a user."""

    village: Village
    admin: User
    other_admin: User
    town: User
    resident: Resident
    user: User


def make_village(code: str = "330282109911", name: str = "上林湖村", town_agency: Any = None) -> Village:
    """A village with its agency below a town."""
    town = town_agency or make_agency(AgencyKind.TOWN, scope_code=code[:9])
    agency = make_agency(AgencyKind.VILLAGE, name=name, parent=town, scope_code=code)
    return Village.objects.create(code=code, name=name, town_code=code[:9], agency=agency)


def make_resident(
    village: Village, name: str = "岑阿根", phone: str = "", agreed: bool = True, **values: Any
) -> Resident:
    """A resident, with consent and a user when ``agreed``."""
    resident = Resident(
        village=village,
        name=name,
        pinyin=pinyin_of(name),
        **{"birth_year": 1950, "joined_on": dt.date(2026, 1, 1)} | values,
    )
    resident.put_phone(phone)
    resident.save()
    if agreed:
        user = User(username=f"villager.{resident.pk}", full_name=name, agency=village.agency)
        user.set_unusable_password()
        user.save()
        RoleGrant.objects.create(user=user, role=Role.VILLAGER)
        resident.user = user
        resident.save(update_fields=["user"])
        Consent.objects.create(
            resident=resident,
            kind="use",
            version=purpose().version,
            is_given=True,
            at=timezone.now(),
            by_user=user,
        )
    return resident


def make_world(points: int = 100_000) -> World:
    """One village with 100,000 points in its pool, two administrators, the town, one resident."""
    village = make_village()
    assert village.agency.parent is not None
    house = Household.objects.create(village=village, number="001")
    resident = make_resident(village, phone=PHONE, household=house)
    if points:
        budget.fund_pool(ledger.new_key(timezone.now()), village.pk, points, now=timezone.now())
    admin = make_person(Role.VILLAGE_ADMIN, agency=village.agency, full_name="毛桂芳")
    other = make_person(Role.VILLAGE_ADMIN, agency=village.agency, full_name="沈国良")
    town = make_person(Role.TOWN_ADMIN, agency=village.agency.parent, full_name="叶建华")
    assert resident.user is not None
    return World(village, admin, other, town, resident, resident.user)


def make_activity(
    village: Village, user: Any = None, *, now: dt.datetime | None = None, **values: Any
) -> Activity:
    """An activity that opened an hour ago and closes in two, a pledge unless told otherwise."""
    moment = now or timezone.now()
    told: dict[str, Any] = {
        "kind": "volunteer", "mode": "pledge", "title": "移风易俗承诺", "points": 5, "budget": 1000,
        "opens_at": moment - dt.timedelta(hours=1), "closes_at": moment + dt.timedelta(hours=2),
    }  # fmt: skip
    return publish_activity(village, Wish(**told | values), user, now=moment, origin=ORIGIN)
