"""Opening profiles: the purpose is asked once per enterprise and day, and every opening is logged."""

from datetime import datetime
from typing import Any

from django.utils import timezone

import audit
from accounts.roles import Role
from credit.models import PurposeDeclaration, ViewPurpose
from datahub.public import EnterpriseCard

ASKED = frozenset({Role.BANK_OFFICER, Role.BANK_MANAGER})


class PurposeNotDeclared(PermissionError):
    """A bank's user has not said today why this profile is opened."""


def must_declare(user: Any) -> bool:
    """Banks say why they look; the enterprise itself and the government do not have to."""
    return bool(user.roles & ASKED)


def declare_purpose(
    user: Any, enterprise: EnterpriseCard, purpose: ViewPurpose, *, origin: audit.Origin, now: datetime
) -> None:
    """Note the purpose of today's openings. The first one of a day stands."""
    detail = {"purpose": purpose.value}
    target = f"enterprise:{enterprise.code}"
    with audit.action("credit.purpose.declared", origin=origin, target=target, detail=detail):
        PurposeDeclaration.objects.get_or_create(
            user_id=user.pk, enterprise_id=enterprise.id, day=timezone.localdate(now),
            defaults={"purpose": purpose, "declared_at": now, "last_viewed_at": now},
        )  # fmt: skip


def open_profile(
    user: Any, enterprise: EnterpriseCard, *, origin: audit.Origin, now: datetime, way: str
) -> None:
    """Log that a profile was opened (``way``: page, print, api, fact); refuse a bank without purpose."""
    declared = None
    if must_declare(user):
        declared = PurposeDeclaration.objects.filter(
            user_id=user.pk, enterprise_id=enterprise.id, day=timezone.localdate(now)
        ).first()
        if declared is None:
            raise PurposeNotDeclared
    purpose = declared.purpose if declared else ""
    target = f"enterprise:{enterprise.code}"
    with audit.action(
        "credit.profile.viewed", origin=origin, target=target, detail={"purpose": purpose, "way": way}
    ):
        if declared:
            PurposeDeclaration.objects.filter(pk=declared.pk).update(last_viewed_at=now)
