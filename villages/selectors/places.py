"""The resident or shop a user is, and whether a user administers or supervises a village."""

from typing import Any

from villages.access import villages_administered_by, villages_supervised_by, villages_visible_to
from villages.models import Resident, Shop, Village


def find_visible_village(user: Any, code: str = "") -> Village | None:
    """The village with ``code`` if the user may see its figures; the first of theirs without a code."""
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
    return villages_administered_by(user).filter(pk=village.pk).exists()


def supervises(user: Any, village: Village) -> bool:
    """True for administrators of the village's town."""
    return villages_supervised_by(user).filter(pk=village.pk).exists()
