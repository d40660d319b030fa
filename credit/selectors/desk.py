"""What a loan officer's first page shows: recently viewed, watched, and what moved since yesterday."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from credit.models import Authorisation, PurposeDeclaration, Score, Standing, WatchEntry
from credit.selectors.rights import bank_ids
from credit.services.releases import NoCurrentRelease, current_release, model_of
from datahub import public as datahub
from datahub.public import EnterpriseCard


@dataclass(frozen=True)
class FirmRow:
    """An enterprise in a list with its score; ``change`` and ``news`` count from the start of yesterday."""

    enterprise: EnterpriseCard
    total: float | None
    grade: str
    word: str
    thin: bool
    change: float | None
    news: int
    when: datetime | None


def recently_viewed(user: Any, *, now: datetime, limit: int = 10) -> list[FirmRow]:
    """The enterprises whose profiles the user opened last, each once."""
    views = PurposeDeclaration.objects.filter(user_id=user.pk).order_by("-last_viewed_at")
    seen: dict[int, datetime] = {}
    for enterprise_id, at in views.values_list("enterprise_id", "last_viewed_at")[: limit * 5]:
        seen.setdefault(enterprise_id, at)
    return firm_rows(list(seen)[:limit], now=now, when=seen)


def watched(user: Any, *, now: datetime) -> list[FirmRow]:
    """The watch list; what moved stands first."""
    entries = dict(WatchEntry.objects.filter(user_id=user.pk).values_list("enterprise_id", "added_at"))
    rows = firm_rows(list(entries), now=now, when=entries)
    return sorted(rows, key=lambda row: (not row.change, not row.news))


def firm_rows(ids: Sequence[int], *, now: datetime, when: dict[int, datetime]) -> list[FirmRow]:
    """Rows in the order of ``ids``. Three queries, whatever the number."""
    if not ids:
        return []
    yesterday = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    before = (
        Score.objects.filter(enterprise_id=OuterRef("enterprise_id"), as_of__lt=yesterday.date())
        .order_by("-as_of", "-run_id")
        .values("total")[:1]
    )
    standings = {s.pk: s for s in Standing.objects.filter(pk__in=ids).annotate(before=Subquery(before))}
    cards, news = datahub.enterprise_cards(ids), datahub.news_since(ids, yesterday)
    grades, words = _letters()
    rows = []
    for pk in ids:
        if pk not in cards:
            continue
        s = standings.get(pk)
        rows.append(FirmRow(
            enterprise=cards[pk], total=s.total if s else None, grade=grades[s.grade] if s else "",
            word=words[s.word] if s else "", thin=bool(s and s.thin),
            change=_change(s, yesterday), news=news.get(pk, 0), when=when.get(pk),
        ))  # fmt: skip
    return rows


def authorisations_of_bank(user: Any) -> list[Authorisation]:
    """What enterprises have opened to the user's bank, newest first."""
    rows = Authorisation.objects.filter(bank_id__in=bank_ids(user)).select_related("bank")
    return list(rows[:200])


def readers_of(enterprise_id: int, limit: int = 100) -> list[PurposeDeclaration]:
    """Which banks opened the enterprise's file, when and why: for the enterprise itself."""
    views = PurposeDeclaration.objects.filter(enterprise_id=enterprise_id).select_related("user__agency")
    return list(views.order_by("-last_viewed_at")[:limit])


def _change(standing: Any, yesterday: datetime) -> float | None:
    if standing is None or standing.changed_at < yesterday:
        return None
    before = standing.before if standing.before is not None else standing.previous_total
    return None if before is None else standing.total - before


def _letters() -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        card = model_of(current_release()).card
    except NoCurrentRelease:
        return (), ()
    return tuple(grade.code for grade in card.grades), tuple(card.words)
