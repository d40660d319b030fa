"""Finding residents: by name, pinyin, phone tail, household."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from villages.models import Resident, Tap, TransferCode, Village

from .money import signed_lines

MOST_FOUND = 200
MOST_LISTED = 500
QUIET_DAYS = 90


def find_residents(village: Village, words: str, *, status: str = "active") -> QuerySet[Resident]:
    """Residents whose name, pinyin or its initials, phone tail or household number begins with each of ``words``."""
    found = Resident.objects.filter(village=village).select_related("household")
    if status:
        found = found.filter(status=status)
    return matching(found, words)


def matching(found: QuerySet[Resident], words: str) -> QuerySet[Resident]:
    """Those of ``found`` that fit each of ``words``, in the order of houses."""
    for word in words.split():
        found = found.filter(_matches(word))
    return found.order_by("household__number", "pinyin", "pk")


@dataclass(frozen=True)
class PeopleListed:
    """People to tick: all of them, or of a large village those found by ``words`` and those ticked already."""

    people: list[Resident]
    total: int
    words: str = ""

    @property
    def is_part(self) -> bool:
        return self.total > MOST_LISTED


def list_people(found: QuerySet[Resident], words: str = "", ticked: Collection[int] = ()) -> PeopleListed:
    """At most 500 of ``found`` besides who is ticked, in the order of houses; two queries, three with ``ticked``."""
    found = found.select_related("household")
    total = found.count()
    if total <= MOST_LISTED:
        return PeopleListed(list(matching(found, "")), total)
    kept = list(matching(found.filter(pk__in=ticked), "")) if ticked else []
    others = matching(found.exclude(pk__in=ticked), words)[:MOST_LISTED]
    return PeopleListed([*kept, *others], total, words)


def find_only(village: Village, words: str) -> Resident | None:
    """The one active resident meant by ``name`` or ``household name``; None when it is nobody or several."""
    found = list(find_residents(village, words)[:2]) if words.strip() else []
    return found[0] if len(found) == 1 else None


def _matches(word: str) -> Q:
    if word.isdecimal():
        wanted = Q(household__number=word) | Q(household__number__startswith=word)
        return wanted | Q(phone_tail=word) if len(word) == 4 else wanted
    if word.isascii():
        lower = word.lower()
        return Q(pinyin__startswith=lower) | Q(pinyin__contains=f"|{lower}")
    return Q(name__startswith=word) | Q(household__address__contains=word)


def quiet_residents(village: Village, *, now: datetime) -> QuerySet[Resident]:
    """Active residents without any act in the last 90 days, the oldest people first: whom to visit."""
    since = now - timedelta(days=QUIET_DAYS)
    recent = Tap.objects.filter(resident=OuterRef("pk"), received_at__gt=since)
    return (
        Resident.objects.filter(village=village, status="active")
        .filter(~Exists(recent))
        .select_related("household")
        .order_by("birth_year", "pk")
    )


def statement_of(resident: Resident, since: date, until: date) -> list[dict[str, Any]]:
    """Movements of a resident's points between two days (inclusive), oldest first."""
    labels = dict(TransferCode.choices)
    rows = []
    for transfer, sign in signed_lines(resident.pk):
        if since <= transfer.posted_on <= until:
            rows.append({
                "on": transfer.posted_on, "effective": transfer.effective_on,
                "what": labels.get(transfer.code, transfer.code), "memo": transfer.memo,
                "points": sign * transfer.amount, "code": transfer.code, "id": transfer.pk,
            })  # fmt: skip
    rows.reverse()
    return rows
