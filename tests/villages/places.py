"""Villages for tests: a town's treasury, a funded pool, residents in households."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import Agency
from accounts.roles import AgencyKind
from tests.people import make_agency
from villages.models import Household, Resident, Village
from villages.services.budget import fund_pool
from villages.services.ledger import new_key

NOW = dt.datetime(2026, 5, 20, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
TODAY = NOW.date()
TOWN = "330282106"
_numbers = itertools.count(1)


@dataclass
class Place:
    """A village and its people."""

    village: Village
    residents: list[Resident] = field(default_factory=list)


def make_village(name: str = "", *, town: str = TOWN, agency: Agency | None = None) -> Village:
    number = next(_numbers)
    agency = agency or make_agency(AgencyKind.VILLAGE, scope_code=town)
    return Village.objects.create(
        code=f"{town}{number:03d}"[-12:], name=name or f"测试村{number}", town_code=town, agency=agency
    )


def make_place(people: int = 3, *, budget: int = 100_000, now: dt.datetime = NOW, size: int = 2) -> Place:
    """A village with ``budget`` points in its pool and ``people`` residents, ``size`` to a household."""
    village = make_village()
    if budget:
        fund_pool(new_key(now), village.pk, budget, now=now)
    place = Place(village)
    for number in range(people):
        if number % size == 0:
            house = Household.objects.create(village=village, number=f"{number // size + 1:04d}")
        place.residents.append(
            Resident.objects.create(
                village=village, household=house, name=f"村民{number + 1}", birth_year=1980
            )
        )
    return place


def key(number: int) -> UUID:
    """A key that tells tests apart."""
    return UUID(int=(7 << 76) | (2 << 62) | number)
