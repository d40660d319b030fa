"""Published series: latest, as of an instant, first releases, every vintage of a day."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
from django.db import connection
from django.db.models import Q, QuerySet
from numpy.typing import NDArray
from psycopg import sql

from foundation.copy_out import copy_out
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
        place = bisect_left(self.days, day)
        return place if place < len(self.days) and self.days[place] == day else None

    def until(self, day: date) -> int | None:
        """The place of the last day up to ``day``."""
        place = bisect_right(self.days, day) - 1
        return place if place >= 0 else None

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
        return {one.panel.code: one for one in _read(standing, wanted, as_of).values()}
    if standing.key not in _cache:
        _cache.clear()
        _cache[standing.key] = {}
    kept = _cache[standing.key]
    if len(kept) > MOST_CACHED:
        kept.clear()
    missing = [card for card in wanted if card.number not in kept]
    if missing:
        kept |= _read(standing, missing, None)
    return {card.code: kept[card.number] for card in wanted if card.number in kept}


def find_series(standing: Standing, card: PanelCard, as_of: datetime | None = None) -> SeriesData | None:
    return load_series(standing, [card], as_of).get(card.code)


_ROWS = """
SELECT panel_id, day, {chain}, {level}, entities, coverage, provisional FROM sme_index_indexvalue
WHERE method_id = {method} AND panel_id = ANY({panels}) AND {which} ORDER BY panel_id, day
"""
_OPEN = sql.SQL("realtime_end IS NULL")
_KNOWN = sql.SQL("realtime_start <= {at} AND (realtime_end IS NULL OR realtime_end > {at})")


def _read(standing: Standing, cards: Sequence[PanelCard], as_of: datetime | None) -> dict[int, SeriesData]:
    numbers = [card.number for card in cards]
    references = {
        panel: (np.array(factors), short)
        for panel, factors, short in PanelReference.objects.filter(
            method=standing.method, panel_id__in=numbers
        ).values_list("panel_id", "factors", "is_short")
    }
    parts = 1 + len(standing.basket.dimensions)
    frame = _copied(standing, numbers, parts, as_of)
    found = {}
    by_panel = frame.partition_by("panel", as_dict=True)
    for card in cards:
        own = by_panel.get((card.number,))
        if own is None:
            continue
        factors, short = references.get(card.number, (np.ones(parts + 1), True))
        found[card.number] = SeriesData(
            card,
            own["day"].to_list(),
            own.select(f"c{n}" for n in range(parts + 1)).to_numpy() * factors,
            own.select(f"l{n}" for n in range(parts)).to_numpy(),
            own["entities"].to_list(),
            own["coverage"].to_list(),
            (own["provisional"] == "t").to_list(),
            short,
        )
    return found


def _copied(standing: Standing, panels: Sequence[int], parts: int, as_of: datetime | None) -> pl.DataFrame:
    """Rows as columns, by COPY: arrays of thousands of rows are slow to read one by one."""
    schema: dict[str, Any] = {"panel": pl.Int32, "day": pl.Date}
    schema |= {f"c{n}": pl.Float64 for n in range(parts + 1)} | {f"l{n}": pl.Float64 for n in range(parts)}
    schema |= {"entities": pl.Int64, "coverage": pl.Float64, "provisional": pl.String}
    query = sql.SQL(_ROWS).format(
        chain=_elements("chain", parts + 1),
        level=_elements("level", parts),
        method=sql.Literal(standing.method.pk),
        panels=sql.Literal(list(panels)),
        which=_OPEN if as_of is None else _KNOWN.format(at=sql.Literal(as_of)),
    )
    with connection.cursor() as cursor:
        buffer = copy_out(cursor.connection, query)
    if not buffer.getbuffer().nbytes:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(buffer, has_header=False, schema=schema)


def _elements(column: str, count: int) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}[{}]").format(sql.Identifier(column), sql.Literal(n + 1)) for n in range(count)
    )


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
