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
_NOT_A_TIME = np.iinfo(np.int64).min
_FEW = 5_000


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
    dates = {name: day_numbers(frame[name]) for name in _DATES}
    entity = _places(ids, entity_ids)
    event = np.where(dates["event_date"] == civil.NO_DAY, dates["valid_from"], dates["event_date"])
    usable = (entity >= 0) & (event <= as_of)
    usable &= (dates["repaired_on"] == civil.NO_DAY) | (dates["repaired_on"] > as_of)
    rows = np.flatnonzero(usable)
    level = np.full(len(rows), NO_LEVEL)
    names: tuple[str, ...] = ()
    if needs.level:
        level, names = text_codes(frame["level"][rows])
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
        numbers={i: _numbers(frame[f"n{i}"].to_numpy()[rows]) for i in needs.measures},
        level=level,
        level_names=names,
    )
    order = _canonical_order(facts)
    return facts if order is None else _reordered(facts, order)


def _places(ids: Ints, entity_ids: Ints) -> Ints:
    """Place of each id among the sorted entity ids, -1 where it is not one of them."""
    if not len(entity_ids):
        return np.full(len(ids), -1)
    first, span = int(entity_ids[0]), int(entity_ids[-1] - entity_ids[0]) + 1
    if span <= 4 * len(entity_ids) + 1024 and len(ids) > 1024:  # nearly gapless ids: a table is quicker
        table = np.full(span + 2, -1)
        table[entity_ids - first + 1] = np.arange(len(entity_ids))
        places: Ints = table[np.clip(ids - first + 1, 0, span + 1)]
        return places
    places = np.minimum(np.searchsorted(entity_ids, ids), len(entity_ids) - 1)
    return np.where(entity_ids[places] == ids, places, -1)


def day_numbers(series: pl.Series) -> civil.Days:
    """A date column as days since 1970, NO_DAY for null."""
    if series.null_count() == len(series):
        return np.full(len(series), civil.NO_DAY, dtype=np.int32)
    days = series.to_numpy().astype("datetime64[D]").astype(np.int64)
    if series.null_count():
        days[days == _NOT_A_TIME] = civil.NO_DAY
    return days.astype(np.int32)


def _refuse_unfit_columns(item: str, frame: pl.DataFrame, wanted: list[str], level: bool) -> None:
    types = {name: kind for name, kind in RECORD_COLUMNS.items() if level or name != "level"}
    types |= {name: pl.Float64() for name in wanted}
    schema = frame.schema
    for name, kind in types.items():
        if name not in schema:
            raise UnableToScore(f"{item}: column {name} is missing")
        if schema[name] != kind:
            raise UnableToScore(f"{item}: column {name} should be {kind}, is {schema[name]}")


def _numbers(values: Floats) -> Floats:
    """Null and infinite as NaN, no negative zero."""
    return np.where(np.isfinite(values), values + 0.0, np.nan)


def text_codes(series: pl.Series) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """A text column as codes in alphabetical order of its names: equal content has equal codes; null is
    -1."""
    if len(series) <= _FEW:  # a frame operation costs more than these few rows
        texts = series.to_list()
        few = tuple(sorted({text for text in texts if text is not None}))
        place = {name: code for code, name in enumerate(few)}
        return np.array([place.get(text, -1) for text in texts], dtype=np.int32), few
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
