"""What staff pages share: who reads them, and a step whose refusal becomes a message on the page."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

import audit
from accounts.roles import Role
from villages.services import appeals, budget, dishonesty, honours, rules, settlement, shops
from villages.services.posting import UnableToPost

STAFF = (Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
READERS = (*STAFF, Role.VILLAGER)
REFUSALS = (
    budget.UnableToDecideBudget, shops.UnableToKeepShop, settlement.UnableToSettle, rules.UnableToChangeRules,
    dishonesty.UnableToList, appeals.UnableToAppeal, honours.UnableToDeclareHonour, UnableToPost,
)  # fmt: skip


def how_of(request: HttpRequest) -> dict[str, Any]:
    """Origin and instant of a step."""
    return {"origin": audit.origin_of(request), "now": timezone.now()}


def attempt(request: HttpRequest, done: str, do: Callable[[], Any]) -> None:
    """Take a step; say ``done``, or why it was refused."""
    try:
        do()
        messages.success(request, done)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))


def id_of(text: str) -> UUID:
    """An id as a form sends it. Raises Http404 for anything else."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def day_of(text: str) -> dt.date | None:
    """A day as typed, None for anything else: a well-formed day that no calendar has included."""
    try:
        return parse_date(text)
    except ValueError:
        return None
