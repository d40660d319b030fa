"""How much of an enterprise a user may read: asked once, here, by page, print, export and API alike."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from accounts.roles import Role
from credit.models import Authorisation
from datahub.public import Category, EnterpriseCard, Grade, ReadingRight

INSIDERS = frozenset({Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER})
GOVERNMENT = frozenset({Role.LEADER, Role.INDEX_ANALYST})
BANKS = frozenset({Role.BANK_OFFICER, Role.BANK_MANAGER})
ALL_SCOPE = tuple(category.value for category in Category)


def reading_right(user: Any, enterprise: EnterpriseCard, *, now: datetime) -> ReadingRight | None:
    """What ``user`` may read of ``enterprise``; None if nothing at all.

    The enterprise itself and the data centre read up to L3. A bank reads up to L2, and L3 in the
    categories that the enterprise has authorised it for. One query for banks, none for others.
    """
    if user.roles & INSIDERS:
        return ReadingRight(Grade.L3)
    if Role.ENTERPRISE_REP in user.roles and user.agency and user.agency.scope_code == enterprise.code:
        return ReadingRight(Grade.L3)
    if user.roles & BANKS and user.agency:
        scopes = authorised_scopes(enterprise.id, bank_ids(user), timezone.localdate(now))
        return ReadingRight(Grade.L2, frozenset(Category(code) for code in scopes))
    if user.roles & GOVERNMENT:
        return ReadingRight(Grade.L2)
    return None


def bank_ids(user: Any) -> list[int]:
    """The user's agency and the bank it is a branch of: an authorisation of the bank covers its branches."""
    agency = user.agency
    return [pk for pk in (agency.pk, agency.parent_id) if pk is not None]


def authorised_scopes(enterprise_id: int, banks: list[int], day: date) -> set[str]:
    """Categories open to those banks on ``day``: granted, not revoked, not expired."""
    scopes = Authorisation.objects.filter(
        enterprise_id=enterprise_id, bank_id__in=banks, revoked_at__isnull=True, expires_on__gte=day
    ).values_list("scope", flat=True)
    return {code for scope in scopes for code in scope}
