"""One home page per audience."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse

from accounts.access import audience, open_to_all
from accounts.roles import Role
from catalog.views.apply import my_context
from cixi_portal.demo_city import notable_firms
from credit.views.desk import desk_context
from foundation import ui_samples

BANKS = frozenset({Role.BANK_OFFICER, Role.BANK_MANAGER})
# The first of these that the user holds decides; an address that does not exist yet is passed over.
STARTS: tuple[tuple[Role, str], ...] = (
    (Role.DATA_STEWARD, "datahub:desk"),
    (Role.DATA_REVIEWER, "datahub:desk"),
    (Role.DATA_CENTRE_OPERATOR, "datahub:desk"),
    (Role.MODEL_MANAGER, "credit:runs"),
    (Role.LEADER, "sme_index:board"),
    (Role.INDEX_ANALYST, "sme_index:board"),
    (Role.ENTERPRISE_REP, "credit:own"),
    (Role.AUDITOR, "audit:list"),
    (Role.SYSTEM_OFFICER, "accounts:people"),
    (Role.SECURITY_OFFICER, "accounts:rights"),
    (Role.VILLAGE_ADMIN, "villages:desk"),
    (Role.TOWN_ADMIN, "villages:town"),
    (Role.VILLAGER, "villages:my"),
    (Role.SHOP_KEEPER, "villages:till"),
    (Role.OUTSIDE_APPLICANT, "catalog:my"),
)


@open_to_all
def home(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if not user.is_authenticated:
        return render(request, "home/public.html", {"notable": _notable()})
    if user.roles & BANKS:
        context = desk_context(user) | my_context(user) | {"notable": _notable()}
        return render(request, "home/bank.html", context)
    for role, name in STARTS:
        if role in user.roles and (url := _address(name)):
            return redirect(url)
    return render(request, "home/signed_in.html")


@audience(Role.SYSTEM_OFFICER, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER)
def ui(request: HttpRequest) -> HttpResponse:
    """Every component with samples, for those who build pages."""
    return render(request, "ui/index.html", ui_samples.context())


def _notable() -> Any:
    """Firms of the demonstration city worth opening; none outside of a demonstration."""
    return notable_firms() if settings.PORTAL_DEMO else ()


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
