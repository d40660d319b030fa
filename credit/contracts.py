"""What crosses the border of the credit engine: the input of a scoring run and the table that comes out.

Frames follow the record store: one frame per data item, columns `enterprise_id` (i64), `record_id` (i64),
`event_date`, `valid_from`, `valid_to`, `released_on`, `repaired_on` (pl.Date, null = none or open),
`n1`..`n10` (f64, the item's measures in their declared order) and `level` (str). Frames hold what was known
at the instant of scoring; the engine itself drops facts dated after `as_of`.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Small = NDArray[np.int16]
Bytes = NDArray[np.uint8]

FORCES = ("capital", "operating", "profit", "solvency", "growth")
FORCE_NAMES = {
    "capital": "资本实力", "operating": "运营能力", "profit": "盈利能力", "solvency": "偿付能力", "growth":
    "发展潜力",
}  # fmt: skip
RECORD_COLUMNS: dict[str, pl.DataType] = {
    "enterprise_id": pl.Int64(), "record_id": pl.Int64(), "event_date": pl.Date(), "valid_from": pl.Date(),
    "valid_to": pl.Date(), "released_on": pl.Date(), "repaired_on": pl.Date(), "level": pl.String(),
}  # fmt: skip
ENTITY_COLUMNS: dict[str, pl.DataType] = {
    "enterprise_id": pl.Int64(), "kind": pl.String(), "state": pl.String(), "section": pl.String(),
    "industry": pl.String(), "size": pl.String(), "town_code": pl.String(), "established_on": pl.Date(),
    "registered_capital_yuan": pl.Float64(),
}  # fmt: skip


class LeafState(IntEnum):
    """What is known behind one leaf of one enterprise."""

    PRESENT = 0
    NOT_APPLICABLE = 1
    NOT_SUPPLIED = 2
    """The unit delivers nothing of this kind to the city: never held against the enterprise."""
    EMPTY = 3
    """The unit delivers, and has no record of this enterprise."""


class Confidence(IntEnum):
    """How much of the applicable weight rests on facts."""

    HIGH = 0
    MEDIUM = 1
    LOW = 2
    VERY_LOW = 3

    @property
    def label(self) -> str:
        return ("高", "中", "低", "极低")[self]


THIN_COVERAGE_NOTE = "信息不足，仅供参考"


class Missing(StrEnum):
    """Why a source item of a leaf gave nothing."""

    NOT_SUPPLIED = "未供数"
    NO_RECORD = "无记录"


class UnableToScore(ValueError):
    """The frames, the entities or the measures do not fit the scorecard."""


@dataclass(frozen=True)
class ScoringInput:
    """Everything a run reads besides the frozen model.

    `frames` is keyed by item code; facts about an enterprise's principals (the legal person's own listings)
    come under `<item code>@principal`. `supplied` names the items (and `…@principal` sources) that are
    delivered at all. `measures` gives each item's measure names in the order of `n1`, `n2`, ….
    """

    frames: Mapping[str, pl.DataFrame]
    entities: pl.DataFrame
    supplied: Set[str]
    as_of: date
    measures: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class MissingItem:
    """One line of the list of what is missing behind a score."""

    leaf: str
    leaf_name: str
    item: str
    why: Missing


@dataclass(frozen=True)
class Reason:
    """One reason as a page shows it; `force` is empty for penalties and caps."""

    code: str
    name: str
    kind: str
    """`cap`, `penalty` or `leaf`."""
    force: str
    points: float
    grade: str
    """Highest security grade of the facts behind it: an L3 reason shows force and direction only."""
    text: str
    items: tuple[str, ...]
    record_ids: tuple[int, ...]


@dataclass(frozen=True)
class ScoreTable:
    """Scores of n enterprises, in ascending order of `enterprise_id`, column by column.

    L leaves, K penalty kinds; contribution columns are the L leaves, the K penalty kinds and one last
    column for the effect of the cap and of the floor at zero. For every row, `baseline +
    contributions.sum() == total` to 1e-9, where the baseline is the score of the peer group's median forces
    without any record.
    """

    as_of: date
    model_hash: str
    leaf_codes: tuple[str, ...]
    penalty_codes: tuple[str, ...]
    cap_codes: tuple[str, ...]
    peer_groups: tuple[str, ...]
    words: tuple[str, ...]
    grades: tuple[str, ...]

    enterprise_id: Ints
    total: Floats
    """Score after penalties and cap, 0-1000."""
    uncapped: Floats
    """Score before cap and floor: base - penalty; may be negative."""
    base: Floats
    """S0, the score before any record."""
    penalty: Floats
    cap: Floats
    """Value of the lowest cap that fires; NaN where none does."""
    cap_code: Small
    """Index into `cap_codes` of the binding cap, -1 where none fires."""
    caps_fired: Ints
    """Bit i is set when `cap_codes[i]` fires."""
    baseline: Floats
    forces: Floats
    """(n, 5), 0-100."""
    peer_forces: Floats
    """(n, 5), frozen medians of the peer group."""
    peer_group: Small
    """Index into `peer_groups`."""
    force_coverage: Floats
    """(n, 5), 0-1."""
    coverage: Floats
    confidence: Bytes
    grade: Bytes
    """Index into `grades`, best first."""
    word: Bytes
    """Index into `words`, best first."""
    leaf_values: Floats
    """(n, L) in the leaf's own unit, NaN where not present."""
    leaf_scores: Floats
    """(n, L) 0-100; the policy's stand-in where missing, NaN where not applicable."""
    leaf_states: Bytes
    """(n, L) of LeafState."""
    leaf_records: Ints
    """(n, L) the record a leaf's value was read from, 0 where it is an aggregate."""
    contributions: Floats
    """(n, L + K + 1) points."""
    adverse: Small
    """(n, 4) contribution columns of the adverse reasons in order, -1 where fewer."""
    favourable: Small
    """(n, 3) likewise."""
    evidence: pl.DataFrame = field(repr=False)
    """Records behind penalties and caps: enterprise_id, code, item, record_id, points; sorted."""

    def __len__(self) -> int:
        return len(self.enterprise_id)

    @property
    def contribution_codes(self) -> tuple[str, ...]:
        """Codes of the contribution columns; the last is `LIMIT`."""
        return (*self.leaf_codes, *self.penalty_codes, "LIMIT")

    @property
    def thin(self) -> NDArray[np.bool_]:
        """(n,) true where the score carries the note 信息不足，仅供参考."""
        return self.confidence >= Confidence.LOW

    def row_of(self, enterprise_id: int) -> int:
        """Row of an enterprise; KeyError when it was not scored."""
        row = int(np.searchsorted(self.enterprise_id, enterprise_id))
        if row == len(self) or self.enterprise_id[row] != enterprise_id:
            raise KeyError(enterprise_id)
        return row

    def row_bytes(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """(rows, width) all numbers of the rows `start` to `stop` as bytes: equal bytes, equal score."""
        columns = [np.ascontiguousarray(getattr(self, name)[start:stop]) for name in ROW_COLUMNS]
        width = [int(np.prod(column.shape[1:])) for column in columns]
        parts = [c.reshape(len(c), w).view(np.uint8) for c, w in zip(columns, width, strict=True)]
        return np.concatenate(parts, axis=1)

    def row_digests(self) -> list[bytes]:
        """16 bytes per row over its numbers and the records they link to: a run stores rows whose digest changed."""
        codes = pl.Enum([*self.penalty_codes, *self.cap_codes])
        causes = np.column_stack(
            [
                self.evidence["code"].cast(codes).to_physical().cast(pl.Int64).to_numpy(),
                self.evidence["record_id"].to_numpy(),
                self.evidence["points"].to_numpy().view(np.int64),
            ]
        )
        owners = self.evidence["enterprise_id"].to_numpy()
        first = np.searchsorted(owners, self.enterprise_id, side="left").tolist()
        after = np.searchsorted(owners, self.enterprise_id, side="right").tolist()
        out = []
        for start in range(0, len(self), _BLOCK):
            rows = self.row_bytes(start, start + _BLOCK)
            links = np.ascontiguousarray(self.leaf_records[start : start + _BLOCK])
            for i, (row, link) in enumerate(zip(rows, links, strict=True), start):
                digest = blake2b(row.data, digest_size=16)
                digest.update(link.data)
                digest.update(causes[first[i] : after[i]].data)
                out.append(digest.digest())
        return out


_BLOCK = 2_048
"""Rows turned into bytes at a time."""

ROW_COLUMNS = (
    "enterprise_id", "total", "uncapped", "base", "penalty", "cap", "cap_code", "caps_fired", "baseline",
    "forces", "peer_forces", "peer_group", "force_coverage", "coverage", "confidence", "grade", "word",
    "leaf_values", "leaf_scores", "leaf_states", "contributions", "adverse", "favourable",
)  # fmt: skip
"""Columns that make a row's numbers; record ids stay out, a redelivery of the same facts is no new score."""
