"""Raises the villages: register, a year of activities through the same services, and what waits today.

Every step looks first whether it was done, so a demonstration that broke off goes on where it was. Nothing here
writes a balance: awards go through :func:`villages.services.attendance.enter_sheet` and the ledger.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from guardian.shortcuts import assign_perm

import audit
from accounts.demo.agencies import DEMO_TOWN, DEMO_VILLAGE
from accounts.models import Agency, RoleGrant, User
from accounts.roles import AgencyKind, Role
from villages.models import Activity, Resident, Village
from villages.models.scopes import ADMINISTER

from . import praise, register, rights, shop, today, year
from .people import VILLAGES

ORIGIN = audit.Origin.system("demo_villages")
DEFAULT_RESIDENTS = 3000
MOST_RESIDENTS = 200_000
MONTHS_OF_SCORES, MOST_WITH_HISTORY = 3, 10_000
Report = Callable[[str, int, int], None]


class UnableToRaiseVillages(RuntimeError):
    """The villages of the demonstration cannot be set up; the text says why."""


def raise_demo(
    *, as_of: date, seed: int, size: int = DEFAULT_RESIDENTS, report: Report | None = None
) -> dict[str, int]:
    """Raise the villages with ``size`` residents as of a day; idempotent. Returns counts.

    ``report(what, done, total)`` is called after each step. Raises :class:`UnableToRaiseVillages`.
    """
    if not settings.PORTAL_DEMO:
        raise UnableToRaiseVillages("本系统未启用演示模式，不能建立演示村。")
    if not len(VILLAGES) * 20 <= size <= MOST_RESIDENTS:
        raise UnableToRaiseVillages(f"村民数须在 {len(VILLAGES) * 20} 到 {MOST_RESIDENTS:,} 之间。")
    tell = report or (lambda what, done, total: None)
    noon = timezone.make_aware(datetime.combine(as_of, time(12)))
    begun = noon - timedelta(days=365)
    for number, (code, name, is_neighbourhood, latitude, longitude) in enumerate(VILLAGES, 1):
        village = _village(code, name, is_neighbourhood, (latitude, longitude), begun.date())
        cadres = _cadres(village, noon)
        share = size // len(VILLAGES) + (1 if number <= size % len(VILLAGES) else 0)
        register.fill_register(village, number, share, seed, cadres[0], begun)
        rights.rules_in_force(village.town_code, begun)
        year.live_through(village, cadres, seed, begun, noon, ORIGIN)
        year.end_vintages(village, noon)
        is_home = code == DEMO_VILLAGE
        town = shop.find_town_officer(village)
        shop.open_shop(village, cadres, town, seed, begun, noon, ORIGIN, is_home=is_home)
        rights.live_with_rights(village, cadres, seed, noon, ORIGIN)
        praise.declare_honours(village, cadres, seed, noon, ORIGIN)
        rights.keep_scores(village, as_of, noon, MONTHS_OF_SCORES if size <= MOST_WITH_HISTORY else 1)
        if number == 2:
            _grant_to_neighbour(village)
        today.leave_waiting(village, cadres, seed, noon, ORIGIN, is_home=is_home)
        tell(name, number, len(VILLAGES))
    return {
        "villages": Village.objects.count(), "residents": Resident.objects.count(),
        "activities": Activity.objects.count(),
    }  # fmt: skip


def _village(
    code: str, name: str, is_neighbourhood: bool, where: tuple[float, float], opened: date
) -> Village:
    town = Agency.objects.filter(kind=AgencyKind.TOWN, scope_code=DEMO_TOWN).first()
    if town is None:
        town = Agency.objects.create(
            code=f"town.{DEMO_TOWN}", name="桥头镇", kind=AgencyKind.TOWN, scope_code=DEMO_TOWN
        )
    agency = Agency.objects.filter(kind=AgencyKind.VILLAGE, scope_code=code).first()
    if agency is None:
        agency = Agency.objects.create(
            code=f"village.{code}",
            name=f"桥头镇{name}",
            kind=AgencyKind.VILLAGE,
            parent=town,
            scope_code=code,
        )
    village, _ = Village.objects.get_or_create(
        code=code, defaults={
            "name": name, "town_code": DEMO_TOWN, "agency": agency, "is_neighbourhood": is_neighbourhood,
            "latitude": where[0], "longitude": where[1], "opened_on": opened,
        },
    )  # fmt: skip
    return village


def _cadres(village: Village, now: datetime) -> list[User]:
    """Two cadres: the demo sign-in where there is one, and invented ones who cannot sign in."""
    own = list(
        User.objects.filter(agency=village.agency, role_grants__role=Role.VILLAGE_ADMIN).order_by(
            "-is_demo", "pk"
        )
    )
    names = ("沈国良", "岑亚芬")
    while len(own) < 2:
        user = User(
            username=f"cadre.{village.code}.{len(own) + 1}", full_name=names[len(own)], agency=village.agency,
            is_demo=True, password_changed_at=now,
        )  # fmt: skip
        user.set_unusable_password()
        user.save()
        RoleGrant.objects.create(user=user, role=Role.VILLAGE_ADMIN)
        own.append(user)
    return own


def _grant_to_neighbour(village: Village) -> None:
    """The demo administrator also answers for the second village, by a grant."""
    user = User.objects.filter(username="village", is_demo=True).first()
    if user is not None:
        assign_perm(ADMINISTER, user, village)


def describe(counts: dict[str, Any]) -> str:
    """One line about a raised demonstration."""
    return (
        f"村社 {counts['villages']} 个，村民 {counts['residents']:,} 人，活动 {counts['activities']:,} 个。"
    )
