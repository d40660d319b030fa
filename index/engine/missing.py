"""Days on which an entity says nothing.

An entity that is missing for a while moves with the matched mean of its cell, then of industry x size, then of the
city (the home cell and the wider cells of the US Bureau of Labor Statistics). After ``LEAVES_AFTER`` working days it
leaves the matched set; when it returns it enters by overlap, so its return moves nothing. A source that is late for
everybody is no missing value: nothing is imputed, the day has no data.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.engine.chain import FLOOR, Links
from index.engine.cube import OUTSIDE, Cells
from index.engine.scoring import MISSING, TOP, Floats, Scores

LEAVES_AFTER = 10
"""Working days an indicator of an entity is carried before it leaves the matched set."""


@dataclass(frozen=True, eq=False)
class Carried:
    """What the cube is built from.

    z: (J, n) uint16, observed or carried, MISSING once the entity has left. exact: (J, n) float64, the
    same before rounding, so that ten days of carrying do not pile up ten roundings. age: (J, n) uint8, working
    days since the last observation (0: observed today).
    """

    z: Scores
    exact: Floats
    age: NDArray[np.uint8]

    @property
    def imputed(self) -> NDArray[np.bool_]:
        return (self.age > 0) & (self.z != MISSING)

    def imputed_share(self) -> float:
        """Share of today's scores that are carried; 0 when there are none at all."""
        there = int((self.z != MISSING).sum())
        return float(self.imputed.sum() / there) if there else 0.0


def first_day(observed: Scores) -> Carried:
    """The start: what is observed, and nothing carried."""
    gone = observed == MISSING
    return Carried(
        observed.copy(),
        np.where(gone, np.nan, observed.astype(np.float64)),
        np.where(gone, np.uint8(255), np.uint8(0)),
    )


def carry(
    observed: Scores,
    previous: Carried,
    links: Links,
    cell: Cells,
    late: NDArray[np.bool_],
    *,
    working_day: bool,
    leaves_after: int = LEAVES_AFTER,
    floor: int = FLOOR,
) -> Carried:
    """Today's scores of any subset of the entities.

    observed: (J, n), MISSING where nothing arrived. links: `chain.link_ratios` of the day over entities
    *observed* on both days, with the wider groups. cell: (n,), today's cells; OUTSIDE is missing altogether.
    late: (J,) True where the source delivered nothing to anybody: yesterday's score stands and no age is
    counted. Ages count working days only.
    """
    seen = observed != MISSING
    inside = cell != OUTSIDE
    ratio = np.ones(observed.shape)
    ratio[:, inside] = links.ratio[cell[inside]].T
    ratio[late] = 1.0
    moved = np.clip(_unfloored(_floored(previous.exact, floor) * ratio, floor), 0.0, TOP)
    counted = np.where(late, 0, int(working_day)).astype(np.int64)[:, None]
    age = np.where(seen, 0, np.minimum(previous.age.astype(np.int64) + counted, 255))
    stays = inside & ~seen & ~np.isnan(previous.exact) & (age <= leaves_after)
    exact = np.where(seen & inside, observed.astype(np.float64), np.where(stays, moved, np.nan))
    gone = np.isnan(exact)
    z = np.floor(np.where(gone, 0.0, exact) + 0.5).astype(np.uint16)
    z[gone] = MISSING
    return Carried(z, exact, np.where(gone, 255, age).astype(np.uint8))


def late_sources(
    observed_count: NDArray[np.integer], expected_count: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """(J,) True where a source that should have delivered (expected > 0) brought nothing for anybody."""
    return (np.asarray(expected_count) > 0) & (np.asarray(observed_count) == 0)


def _floored(z: Floats, floor: int) -> Floats:
    return floor + z * ((TOP - floor) / TOP)


def _unfloored(z: Floats, floor: int) -> Floats:
    return (z - floor) * (TOP / (TOP - floor))
