"""Balances as villagers read them; the ledger keeps them."""

from collections.abc import Iterable

from django.db.models import F, Sum

from villages.models import Account, AccountKind, Resident


def points_of(resident: Resident) -> int:
    """Points the resident may spend now: posted less held, over all vintages."""
    return points_of_many([resident.pk]).get(resident.pk, 0)


def points_of_many(resident_ids: Iterable[int]) -> dict[int, int]:
    """Spendable points by resident; one query."""
    rows = Account.objects.filter(kind=AccountKind.RESIDENT, owner_id__in=list(resident_ids))
    told = rows.values("owner_id").annotate(left=Sum(F("posted") - F("held")))
    return {row["owner_id"]: row["left"] for row in told}
