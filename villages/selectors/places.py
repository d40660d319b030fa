"""Which villages a user has to do with, and the shop or resident a user is."""

from typing import Any

from django.db.models import QuerySet

from accounts.roles import Role
from accounts.scopes import towns_of
from villages.models import Resident, Shop, Village


def villages_visible_to(user: Any) -> QuerySet[Village]:
    """A villager's and a village administrator's own, a town administrator's towns', a shop's village."""
    if not user.is_authenticated:
        return Village.objects.none()
    if Role.TOWN_ADMIN in user.roles:
        return Village.objects.filter(town_code__in=towns_of(user))
    if Role.SHOP_KEEPER in user.roles:
        return Village.objects.filter(shops__agency_id=user.agency_id, shops__agency__isnull=False).distinct()
    if user.roles & {Role.VILLAGE_ADMIN, Role.VILLAGER}:
        resident = resident_of(user)
        if resident is not None and Role.VILLAGE_ADMIN not in user.roles:
            return Village.objects.filter(pk=resident.village_id)
        return Village.objects.filter(agency_id=user.agency_id)
    return Village.objects.none()


def find_visible_village(user: Any, code: str = "") -> Village | None:
    """The village with ``code`` if the user has to do with it; the first of theirs without a code."""
    found = villages_visible_to(user)
    return (found.filter(code=code) if code else found.order_by("code")).first()


def resident_of(user: Any) -> Resident | None:
    """The resident who signs in as this user."""
    return Resident.objects.select_related("village", "household").filter(user_id=user.pk).first()


def shop_of(user: Any) -> Shop | None:
    """The approved shop of the user's agency."""
    if user.agency_id is None:
        return None
    return Shop.objects.select_related("village").filter(agency_id=user.agency_id, state="approved").first()


def administers(user: Any, village: Village) -> bool:
    """True for the village's own administrators."""
    return Role.VILLAGE_ADMIN in user.roles and villages_visible_to(user).filter(pk=village.pk).exists()


def supervises(user: Any, village: Village) -> bool:
    """True for administrators of the village's town."""
    return Role.TOWN_ADMIN in user.roles and village.town_code in towns_of(user)
