"""Facts of the data hub as paths: what is known of some entities at an instant, as change points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from datahub import public as datahub
from index.basket import Basket
from index.contracts import Indicator
from index.demo.arrivals import REGISTRATION, arrived
from index.paths import (
    CELL,
    NEVER,
    NOWHERE,
    Fences,
    Frames,
    Lives,
    Path,
    Points,
    fit_fences,
    lives_of,
    number_of,
    raw_path,
    score_path,
)
from index.registry import Registry
from index.services.freshness import Releases, note_releases

SHARDS_AT_ONCE = 4


@dataclass(frozen=True)
class Known:
    """Lives and scored points of some entities, when periodic figures were released, what the register says."""

    lives: Lives
    points: Points
    releases: Releases
    entities: pl.DataFrame


def supplied_codes(basket: Basket, known_at: datetime) -> tuple[str, ...]:
    """Indicators whose item some unit delivered by then."""
    return tuple(one.code for one in basket.supplied(datahub.delivered_items(known_at)))


def read_known(
    basket: Basket, registry: Registry, supplied: frozenset[str], fences: dict[str, Fences], known_at: datetime,
    *, shards: Sequence[int] | None = None, enterprise_ids: Sequence[int] | None = None,
    arrived_by: date | None = None,
) -> Known:  # fmt: skip
    """Lives and points of whole shards or of the given enterprises.

    ``arrived_by`` leaves out what a demonstration lets arrive later, see :mod:`index.demo.arrivals`.
    """
    used = [(place, one) for place, one in enumerate(basket.indicators) if one.code in supplied]
    items = [REGISTRATION, *dict.fromkeys(one.item for _, one in used)]
    entities, frames = datahub.scoring_frames(items, known_at, shards=shards, enterprise_ids=enterprise_ids)
    if arrived_by is not None:
        frames = arrived(frames, arrived_by)
    lives = lives_of(entities, frames.get(REGISTRATION), registry.cell)
    counted = lives.entity[lives.cell != NOWHERE]
    parts, releases = [], {}  # type: ignore[var-annotated]
    for place, one in used:
        path = _of(path_of(one, frames), counted)
        note_releases(releases, one.code, one.rule.kind, path)
        parts.append(score_path(path, one, place, fences[one.code], basket.score_low, basket.score_high))
    return Known(lives, Points.of(parts), releases, entities)


def read_everything(
    basket: Basket,
    registry: Registry,
    supplied: frozenset[str],
    fences: dict[str, Fences],
    known_at: datetime,
    arrived_by: date | None = None,
) -> Known:
    """All entities, some shards at a time so that facts never lie in memory as a whole."""
    parts = [
        read_known(basket, registry, supplied, fences, known_at, shards=shards, arrived_by=arrived_by)
        for shards in _shard_lots()
    ]
    names = ("entity", "since", "until", "cell")
    columns = [np.concatenate([getattr(part.lives, name) for part in parts]) for name in names]
    order = np.argsort(columns[0], kind="stable")
    lives = Lives(*(column[order] for column in columns))
    releases: Releases = {}
    for part in parts:
        for code, counts in part.releases.items():
            own = releases.setdefault(code, {})
            for day, count in counts.items():
                own[day] = own.get(day, 0) + count
    return Known(
        lives,
        Points.of([part.points for part in parts]),
        releases,
        pl.concat([part.entities for part in parts]),
    )


def freeze_fences(basket: Basket, supplied: Sequence[str], known_at: datetime) -> dict[str, Fences]:
    """Goalposts of the base period, from everybody in a universe; indicators without values get (0, 1)."""
    wanted = [one for one in basket.indicators if one.code in supplied]
    open_ones = [one for one in wanted if one.fences is None]
    paths: dict[str, list[Path]] = {one.code: [] for one in open_ones}
    registry = Registry(basket)
    for shards in _shard_lots():
        items = [REGISTRATION, *dict.fromkeys(one.item for one in open_ones)]
        entities, frames = datahub.scoring_frames(items, known_at, shards=shards)
        lives = lives_of(entities, frames.get(REGISTRATION), registry.cell)
        counted = lives.entity[lives.cell != NOWHERE]
        for one in open_ones:
            paths[one.code].append(_of(path_of(one, frames), counted))
    first, last = number_of(basket.base_from), number_of(basket.base_to)
    fences = {one.code: Fences(*one.fences) for one in wanted if one.fences is not None}
    for one in open_ones:
        whole = Path(
            *(np.concatenate([getattr(p, n) for p in paths[one.code]]) for n in ("entity", "day", "value"))
        )
        # A city whose data begin after the base period takes what there is.
        fences[one.code] = fit_fences(one, whole, first, last) or _all_of(one, whole)
    return fences


def path_of(one: Indicator, frames: Frames) -> Path:
    return raw_path(one, frames.get(one.item), datahub.get_item(one.item).measures)


def life_points(lives: Lives, first: int) -> Points:
    """Entering and leaving of everybody as points; who was there before ``first`` enters the day before it."""
    counted = (lives.cell != NOWHERE) & (lives.until > np.maximum(lives.since, first - 1))
    entity, cell = lives.entity[counted], lives.cell[counted]
    since = np.maximum(lives.since[counted], first - 1)
    until = lives.until[counted]
    leaves = until < NEVER
    day = np.r_[since, until[leaves]].astype(np.int32)
    score = np.r_[cell, np.full(int(leaves.sum()), NOWHERE)].astype(np.uint16)
    one = Points(day, np.r_[entity, entity[leaves]], np.full(len(day), CELL, np.uint8), score)
    return Points.of([one])


def _of(path: Path, entities: np.ndarray) -> Path:
    """The path of some entities only."""
    if not len(path.entity):
        return path
    place = np.searchsorted(entities, path.entity).clip(max=max(len(entities) - 1, 0))
    keep = entities[place] == path.entity if len(entities) else np.zeros(len(path.entity), bool)
    return Path(path.entity[keep], path.day[keep], path.value[keep])


def _all_of(one: Indicator, path: Path) -> Fences:
    if not len(path.entity) or np.isnan(path.value).all():
        return Fences(0.0, 1.0)
    found = fit_fences(one, path, int(path.day.min()), int(min(path.day.max(), NEVER)) + 1)
    return found or Fences(0.0, 1.0)


def _shard_lots() -> Iterator[list[int]]:
    for at in range(0, datahub.SHARDS, SHARDS_AT_ONCE):
        yield list(range(at, min(at + SHARDS_AT_ONCE, datahub.SHARDS)))
