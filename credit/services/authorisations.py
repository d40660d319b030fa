"""An enterprise lets a bank look deeper, and takes it back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

import audit
from accounts.models import Agency
from accounts.roles import AgencyKind, Role
from credit.models import Authorisation
from datahub.public import CATEGORY_LABELS, Category, EnterpriseCard

LONGEST = timedelta(days=366)
BANK_KINDS = (AgencyKind.BANK, AgencyKind.FINANCIAL)


class UnableToAuthorise(ValueError):
    """The authorisation is not made; the text is for the enterprise's representative."""


def grant_authorisation(
    user: Any, enterprise: EnterpriseCard, bank: Agency, *, purpose: str, scope: Sequence[str], expires_on: date,
    origin: audit.Origin, now: datetime,
) -> Authorisation:  # fmt: skip
    """Open the L3 facts of ``scope`` (categories) to ``bank`` and its branches until ``expires_on``.

    Raises :class:`UnableToAuthorise` if the user does not represent the enterprise, the agency is no
    bank, the scope is empty or unknown, the day has passed or lies more than a year ahead.
    """
    today = timezone.localdate(now)
    if not _represents(user, enterprise):
        raise UnableToAuthorise("只有本企业的代表可以授权。")
    if bank.kind not in BANK_KINDS or not bank.is_active:
        raise UnableToAuthorise("所选机构不是在用的金融机构，请重新选择。")
    if not purpose.strip():
        raise UnableToAuthorise("请填写授权用途，例如“流动资金贷款申请”。")
    unknown = set(scope) - {category.value for category in Category}
    if not scope or unknown:
        raise UnableToAuthorise("请至少选择一类数据。")
    if not today <= expires_on <= today + LONGEST:
        raise UnableToAuthorise("有效期应在今天之后、一年之内，请修改日期。")
    target = f"enterprise:{enterprise.code}"
    detail = {"bank": bank.code, "scope": sorted(scope), "until": str(expires_on)}
    with audit.action("credit.authorisation.granted", origin=origin, target=target, detail=detail):
        return Authorisation.objects.create(
            enterprise_id=enterprise.id, enterprise_code=enterprise.code, bank=bank, purpose=purpose.strip()[:100],
            scope=sorted(set(scope)), granted_by=user, granted_at=now, expires_on=expires_on,
        )  # fmt: skip


def revoke_authorisation(user: Any, authorisation_id: int, *, origin: audit.Origin, now: datetime) -> None:
    """Take an authorisation back; the bank's next reading is locked again.

    Raises :class:`UnableToAuthorise` if it is not the user's enterprise's, or is revoked already.
    """
    with audit.action("credit.authorisation.revoked", origin=origin) as entry:
        found = Authorisation.objects.select_for_update().filter(pk=authorisation_id).first()
        scope_code = user.agency.scope_code if user.agency else ""
        if found is None or Role.ENTERPRISE_REP not in user.roles or found.enterprise_code != scope_code:
            raise UnableToAuthorise("没有找到本企业的这项授权，请刷新页面。")
        if found.revoked_at is not None:
            raise UnableToAuthorise("该授权已撤销。")
        found.revoked_at, found.revoked_by = now, user
        found.save(update_fields=["revoked_at", "revoked_by"])
        entry.target = f"enterprise:{found.enterprise_code}"
        entry.detail |= {"authorisation": found.pk, "bank": found.bank.code}


def scope_labels(scope: Sequence[str]) -> list[str]:
    """Chinese names of the categories, each once."""
    return list(dict.fromkeys(CATEGORY_LABELS[Category(code)] for code in scope))


def _represents(user: Any, enterprise: EnterpriseCard) -> bool:
    return (
        Role.ENTERPRISE_REP in user.roles
        and user.agency is not None
        and user.agency.scope_code == enterprise.code
    )
