"""Which addresses of the app a role opens, and with which rows of a :class:`~tests.villages.crowds.Crowd`."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from tests.villages.crowds import Crowd
from tests.villages.expectations import EXPECTATIONS
from villages import models as m

# Pages without rows of the village: forms of sign-in, printed texts, what another test module walks through.
ROWLESS = {
    "villages:bind", "villages:demo_messages", "villages:door", "villages:enter", "villages:who", "villages:my_worker",
    "villages:my_offline", "villages:import_blank", "villages:piece", "villages:piece_small",
}  # fmt: skip
Arguments = Callable[[Crowd], dict[str, Any]]


def first(model: Any, **found: Any) -> Arguments:
    return lambda crowd: {"pk": model.objects.filter(**found).order_by("pk").values_list("pk", flat=True)[0]}


def own_tap(crowd: Crowd) -> dict[str, Any]:
    found = m.Tap.objects.filter(resident=crowd.world.resident).order_by("pk")
    return {"pk": found.values_list("pk", flat=True)[0]}


def own_event(crowd: Crowd) -> dict[str, Any]:
    found = m.ScoreEvent.objects.filter(resident=crowd.world.resident, rule_code="H02").order_by("pk")
    return {"pk": found.values_list("pk", flat=True)[0]}


def resident(crowd: Crowd) -> dict[str, Any]:
    return {"pk": crowd.world.resident.pk}


def activity(crowd: Crowd) -> dict[str, Any]:
    return {"pk": crowd.activity.pk}


def vote(crowd: Crowd) -> dict[str, Any]:
    return {"pk": crowd.vote.pk}


def nothing(crowd: Crowd) -> dict[str, Any]:
    return {}


ARGUMENTS: dict[str, Arguments] = {
    "villages:my_activity": vote,
    "villages:my_record": own_tap,
    "villages:my_pickup": first(m.Hold, state="captured"),
    "villages:my_event": own_event,
    "villages:my_appeal": first(m.Appeal, resident__user__isnull=False),
    "villages:notice": first(m.MonthlyNotice),
    "villages:notice_sheet": first(m.MonthlyNotice),
    "villages:activity": activity,
    "villages:activity_new": lambda crowd: {"code": "clean_up"},
    "villages:activity_sheet": activity,
    "villages:activity_grid": activity,
    "villages:activity_ballots": vote,
    "villages:activity_screen": activity,
    "villages:activity_screen_code": lambda crowd: activity(crowd) | {"moment": "in"},
    "villages:helping_one": first(m.Resident, name__startswith="村民"),
    "villages:place_print": first(m.PlaceCode),
    "villages:review_one": lambda crowd: first(m.Tap, activity=crowd.activity)(crowd),
    "villages:resident": resident,
    "villages:resident_correct": resident,
    "villages:resident_statement": resident,
    "villages:import_one": first(m.ResidentImport),
    "villages:bulk_one": first(m.BulkAward),
    "villages:rule_set": first(m.RuleSet, published_at__isnull=True),
    "villages:honour_document": first(m.Honour, state="granted"),
    "villages:appeal": lambda crowd: first(m.Appeal, resident__user__isnull=True)(crowd),
    "villages:till_hold": first(m.Hold, state="captured"),
    "villages_api:activity": vote,
}


def pages_of(role: Role) -> list[str]:
    """Names of the addresses the role may open with GET."""
    names = [name for name, told in EXPECTATIONS.items() if told.roles.get(role) == 200]
    return sorted(name for name in names if name not in ROWLESS and "*" not in name)


def address(name: str, crowd: Crowd) -> str:
    """The address with the crowd's first row of its kind."""
    return reverse(name, kwargs=ARGUMENTS.get(name, nothing)(crowd))


def person_of(role: Role, crowd: Crowd) -> User:
    """Who holds the role in the crowd's village."""
    people = {
        Role.VILLAGER: crowd.world.user, Role.VILLAGE_ADMIN: crowd.world.admin, Role.TOWN_ADMIN: crowd.world.town,
        Role.SHOP_KEEPER: crowd.keeper,
    }  # fmt: skip
    return people[role]
