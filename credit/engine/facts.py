"""One item's frame as sorted arrays: the form in which aggregates, penalties and the digest read facts.

Rows are put in one canonical order by enterprise, date and content; the record id comes last. Sums
therefore run in the same order whatever the order of the input, the partition or the ids a redelivery gave
the same facts.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit.contracts import RECORD_COLUMNS, Floats, Ints, UnableToScore
from credit.engine import civil

_DATES = ("event_date", "valid_from", "valid_to", "released_on", "repaired_on")
NO_LEVEL = np.int32(-1)


class Needs(NamedTuple):
    """What the scorecard reads of one item: positions of measures (1 = `n1`) and whether it reads the
    level."""

    measures: tuple[int, ...]
    level: bool


@dataclass(frozen=True)
class Facts:
    """Usable records of one item: known enterprise, dated no later than `as_of`, not repaired by then.

    All arrays have one entry per record; `entity` is the row of the enterprise in the (sorted) entities.
    """

    item: str
    as_of: int
    entity: NDArray[np.int32]
    record: Ints
    event: civil.Days
    valid_from: civil.Days
    valid_to: civil.Days
    released: civil.Days
    repaired: civil.Days
    numbers: dict[int, Floats]
    level: NDArray[np.int32]
    level_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.entity)

    @cached_property
    def month(self) -> NDArray[np.int32]:
        """Calendar month of each record."""
        return civil.month_numbers(self.event)

    @cached_property
    def in_force(self) -> NDArray[np.bool_]:
        """valid_from <= as_of, valid_to open or not passed, and not released by then."""
        live: NDArray[np.bool_] = self.valid_from <= self.as_of
        live &= (self.valid_to == civil.NO_DAY) | (self.valid_to >= self.as_of)
        live &= (self.released == civil.NO_DAY) | (self.released > self.as_of)
        return live

    def among(self, levels: tuple[str, ...]) -> NDArray[np.bool_]:
        """Records whose level is one of `levels`."""
        wanted = np.array([name in levels for name in self.level_names] + [False])
        return wanted[self.level]


def prepare_facts(item: str, frame: pl.DataFrame, entity_ids: Ints, as_of: int, needs: Needs) -> Facts:
    """Read one frame; UnableToScore when a column is missing or of the wrong type."""
    wanted = [f"n{i}" for i in needs.measures]
    _refuse_unfit_columns(item, frame, wanted, needs.level)
    ids = frame["enterprise_id"].to_numpy()
    entity = np.minimum(np.searchsorted(entity_ids, ids), max(len(entity_ids) - 1, 0))
    dates = {name: _days(frame[name]) for name in _DATES}
    event = np.where(dates["event_date"] == civil.NO_DAY, dates["valid_from"], dates["event_date"])
    usable = (entity_ids[entity] == ids) if len(entity_ids) else np.zeros(len(ids), dtype=bool)
    usable &= event <= as_of
    usable &= (dates["repaired_on"] == civil.NO_DAY) | (dates["repaired_on"] > as_of)
    rows = np.flatnonzero(usable)
    level, names = _levels(frame["level"], rows) if needs.level else (np.full(len(rows), NO_LEVEL), ())
    facts = Facts(
        item=item,
        as_of=as_of,
        entity=entity[rows].astype(np.int32),
        record=frame["record_id"].to_numpy()[rows],
        event=event[rows],
        valid_from=dates["valid_from"][rows],
        valid_to=dates["valid_to"][rows],
        released=dates["released_on"][rows],
        repaired=dates["repaired_on"][rows],
        numbers={i: _numbers(frame[f"n{i}"])[rows] for i in needs.measures},
        level=level,
        level_names=names,
    )
    order = _canonical_order(facts)
    return facts if order is None else _reordered(facts, order)


def _refuse_unfit_columns(item: str, frame: pl.DataFrame, wanted: list[str], level: bool) -> None:
    types = {name: kind for name, kind in RECORD_COLUMNS.items() if level or name != "level"}
    types |= {name: pl.Float64() for name in wanted}
    for name, kind in types.items():
        if name not in frame.columns:
            raise UnableToScore(f"{item}: column {name} is missing")
        if frame.schema[name] != kind:
            raise UnableToScore(f"{item}: column {name} should be {kind}, is {frame.schema[name]}")


def _days(series: pl.Series) -> civil.Days:
    days: civil.Days = series.to_physical().fill_null(int(civil.NO_DAY)).to_numpy()
    return days


def _numbers(series: pl.Series) -> Floats:
    values: Floats = series.fill_null(float("nan")).to_numpy() + 0.0  # no negative zero
    return np.where(np.isfinite(values), values, np.nan)


def _levels(series: pl.Series, rows: Ints) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes in alphabetical order of the names present, so that equal content has equal codes."""
    series = series.gather(pl.Series(rows))
    names = tuple(series.unique().drop_nulls().sort().to_list())
    if not names:
        return np.full(len(series), NO_LEVEL), names
    codes = series.cast(pl.Enum(list(names))).to_physical().cast(pl.Int32).fill_null(int(NO_LEVEL))
    return codes.to_numpy(), names


def _canonical_order(facts: Facts) -> Ints | None:
    """Order by enterprise, date, content, record id; None when the rows already are in it."""
    if len(facts) < 2:
        return None
    key = (facts.entity.astype(np.int64) << 32) | (facts.event.astype(np.int64) + 2**31)
    steps = key[1:] - key[:-1]
    if (steps > 0).all():
        return None
    order = np.argsort(key) if (steps < 0).any() else np.arange(len(key))
    key = key[order]
    same = key[1:] == key[:-1]
    if same.any():
        tied = np.zeros(len(key), dtype=bool)
        tied[1:] |= same
        tied[:-1] |= same
        places = np.flatnonzero(tied)
        rows = order[places]
        columns: list[NDArray[np.generic]] = [
            facts.record[rows], *(facts.numbers[i][rows] for i in sorted(facts.numbers, reverse=True)),
            facts.level[rows], facts.repaired[rows], facts.released[rows], facts.valid_to[rows],
            facts.valid_from[rows], key[places],
        ]  # fmt: skip
        order[places] = rows[np.lexsort(tuple(columns))]
    return order


def _reordered(facts: Facts, order: Ints) -> Facts:
    return Facts(
        facts.item, facts.as_of, facts.entity[order], facts.record[order], facts.event[order],
        facts.valid_from[order], facts.valid_to[order], facts.released[order], facts.repaired[order],
        {i: values[order] for i, values in facts.numbers.items()}, facts.level[order], facts.level_names,
    )  # fmt: skip
