"""The world of a simulated year: two villages, people in households, shops with goods, and the plain model beside."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.models import Agency
from accounts.roles import AgencyKind
from villages.definitions import ledger_numbers
from villages.engine.identifiers import uuid7
from villages.engine.plain import PlainLedger
from villages.engine.windows import LOCAL
from villages.models import Goods, Household, Resident, Shop, Village

BEGIN = dt.datetime(2026, 1, 1, 8, 0, tzinfo=LOCAL)
TOWN = "330282999"


@dataclass(frozen=True)
class Options:
    """A seed and how much happens: printed with every failure, enough to replay it."""

    seed: int
    operations: int = 160
    people: int = 12
    faults: float = 0.35
    days: int = 365


@dataclass
class Operation:
    """Something a client wants, with its key; ``model`` and ``real`` do the same thing at an instant."""

    name: str
    model: Callable[[dt.datetime], Any]
    real: Callable[[dt.datetime], Any]
    compare: bool = True
    at_shop: bool = False
    answer: Any = None
    answered: bool = False


@dataclass
class Outcome:
    """What a seed came to; ``differences`` empty and ``broken`` empty is a pass."""

    options: Options
    delivered: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    went_on: int = 0
    differences: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    transfers: int = 0

    @property
    def passed(self) -> bool:
        return not self.differences and not self.broken


class World:
    """Rows in the database and the plain model of the same."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.random = random.Random(options.seed)
        self.now = BEGIN
        self.outcome = Outcome(options)
        self.shop_online = True
        self.awards: list[UUID] = []
        self.deductions: list[UUID] = []
        self.village, self.neighbour = self._village(1), self._village(2)
        self.homes: dict[int, int] = {}
        for number in range(options.people):
            if number % 3 == 0:
                house = Household.objects.create(village=self.village, number=str(number))
            person = Resident.objects.create(village=self.village, household=house, name=f"村民{number}")
            self.homes[person.pk] = house.pk
        self.people = sorted(self.homes)
        self.plain = PlainLedger(self.village.pk, self.homes, ledger_numbers().budget_reserve_pct)
        self._open_shops()

    def _village(self, number: int) -> Village:
        agency, _ = Agency.objects.get_or_create(
            code=f"simulation.village{number}",
            defaults={"name": f"模拟村{number}", "kind": AgencyKind.VILLAGE},
        )
        return Village.objects.create(
            code=f"{TOWN}{number:03d}", name=f"模拟村{number}", town_code=TOWN, agency=agency
        )

    def _open_shops(self) -> None:
        self.shops = [
            Shop.objects.create(village=self.village, name=name, state="approved", proposed_at=BEGIN)
            for name in ("供销社", "理发店")
        ]
        self.goods: dict[int, list[int]] = {shop.pk: [] for shop in self.shops}
        for shop in self.shops:
            for number, points in enumerate((5, 20, 60)):
                kind = "service" if number == 2 else "goods"
                item = Goods.objects.create(shop=shop, name=f"商品{number}", points=points, kind=kind)
                self.goods[shop.pk].append(item.pk)
                self.plain.prices[item.pk] = (shop.pk, points, kind == "goods")

    def newcomer(self) -> int:
        """A new entry in the neighbouring village, for somebody to go on under."""
        number = len(self.homes)
        house = Household.objects.create(village=self.neighbour, number=str(number))
        person = Resident.objects.create(village=self.neighbour, household=house, name=f"村民{number}")
        self.homes[person.pk] = self.plain.households[person.pk] = house.pk
        self.plain.elsewhere[person.pk] = self.neighbour.pk
        self.plain.active.add(person.pk)
        self.people.append(person.pk)
        return person.pk

    def key(self) -> UUID:
        return uuid7(int(self.now.timestamp() * 1000), self.random.getrandbits(74))
