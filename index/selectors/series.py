"""Published series: latest, as of an instant, first releases, every vintage of a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from index.models import IndexValue, PanelReference
from index.selectors.panels import PanelCard
from index.selectors.standing import Standing

Floats = NDArray[np.float64]
MOST_CACHED = 400


@dataclass(frozen=True)
class SeriesData:
    """One panel. ``values`` (T, 2 + D): total, dimensions, unmatched total; base period = 100."""

    panel: PanelCard
    days: list[date]
    values: Floats
    level: Floats
    entities: list[int]
    coverage: list[float]
    provisional: list[bool]
    is_short: bool

    def at(self, day: date) -> int | None:
        """The place of a day, or None."""
        return {d: n for n, d in enumerate(self.days)}.get(day)

    def until(self, day: date) -> int | None:
        """The place of the last day up to ``day``."""
        places = [n for n, d in enumerate(self.days) if d <= day]
        return places[-1] if places else None

    @property
    def composition(self) -> Floats:
        """Points that entry and exit alone make of the plain mean: unmatched minus matched."""
        return np.asarray(self.values[:, -1] - self.values[:, 0])


_cache: dict[tuple[int, int], dict[int, SeriesData]] = {}


def load_series(
    standing: Standing, cards: Iterable[PanelCard], as_of: datetime | None = None
) -> dict[str, SeriesData]:
    """Series by panel code. The latest are kept in this process until a newer run; one query for the others."""
    wanted = list(cards)
    if as_of is not None:
        return {one.panel.code: one for one in _read(standing, wanted, _known_at(as_of)).values()}
    if standing.key not in _cache:
        _cache.clear()
        _cache[standing.key] = {}
    kept = _cache[standing.key]
    if len(kept) > MOST_CACHED:
        kept.clear()
    missing = [card for card in wanted if card.number not in kept]
    if missing:
        kept |= _read(standing, missing, Q(realtime_end=None))
    return {card.code: kept[card.number] for card in wanted if card.number in kept}


def find_series(standing: Standing, card: PanelCard, as_of: datetime | None = None) -> SeriesData | None:
    return load_series(standing, [card], as_of).get(card.code)


def _known_at(instant: datetime) -> Q:
    return Q(realtime_start__lte=instant) & (Q(realtime_end=None) | Q(realtime_end__gt=instant))


def _read(standing: Standing, cards: Sequence[PanelCard], which: Q) -> dict[int, SeriesData]:
    numbers = [card.number for card in cards]
    references = {
        panel: (np.array(factors), short)
        for panel, factors, short in PanelReference.objects.filter(
            method=standing.method, panel_id__in=numbers
        ).values_list("panel_id", "factors", "is_short")
    }
    rows = (
        IndexValue.objects.filter(which, method=standing.method, panel_id__in=numbers).order_by("panel_id", "day")
        .values_list("panel_id", "day", "chain", "level", "entities", "coverage", "provisional")
    )  # fmt: skip
    by_panel: dict[int, list[tuple[date, list[float], list[float], int, float, bool]]] = {}
    for panel, *rest in rows:
        by_panel.setdefault(panel, []).append(tuple(rest))  # type: ignore[arg-type]
    found = {}
    for card in cards:
        told = by_panel.get(card.number)
        if not told:
            continue
        days, chain, level, entities, coverage, provisional = (
            list(column) for column in zip(*told, strict=True)
        )
        factors, short = references.get(card.number, (np.ones(len(told[0][1])), True))
        found[card.number] = SeriesData(
            card, days, np.array(chain) * factors, np.array(level), entities, coverage, provisional, short
        )
    return found


@dataclass(frozen=True)
class Vintage:
    """One release of a day's value."""

    day: date
    value: float
    level: float
    provisional: bool
    realtime_start: datetime
    realtime_end: datetime | None
    data_version: str
    code_hash: str


def list_vintages(
    standing: Standing, card: PanelCard, dimension: int, first: date, last: date,
    realtime: tuple[datetime | None, datetime | None] = (None, None),
) -> list[Vintage]:  # fmt: skip
    """Every release of a stretch of days, by day and time; ``realtime`` keeps those that held within it."""
    rows: QuerySet[IndexValue] = IndexValue.objects.filter(
        method=standing.method, panel_id=card.number, day__gte=first, day__lte=last
    )
    since, until = realtime
    if since is not None:
        rows = rows.filter(Q(realtime_end=None) | Q(realtime_end__gt=since))
    if until is not None:
        rows = rows.filter(realtime_start__lte=until)
    reference = PanelReference.objects.filter(method=standing.method, panel_id=card.number).first()
    factor = reference.factors[dimension] if reference else 1.0
    return [
        Vintage(
            row.day, row.chain[dimension] * factor, row.level[dimension], row.provisional, row.realtime_start,
            row.realtime_end, row.run.data_version, row.run.code_hash,
        )
        for row in rows.select_related("run").order_by("day", "realtime_start")
    ]  # fmt: skip
