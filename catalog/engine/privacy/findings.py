"""What an examination found: plain figures by aspect, ready to be written as JSON or shown on a page."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RiskSummary:
    """Re-identification risk of one attacker model, 0 to 1; ``at_*`` counts rows, ``*_share`` of all rows counted."""

    highest: float
    lowest: float
    average: float
    at_highest: int
    at_highest_share: float
    threshold: float
    above_threshold: int
    above_threshold_share: float


@dataclass(frozen=True)
class IndividualRisk:
    """sdcMicro's individual risk from weights: ``expected`` re-identifications is the sum over rows."""

    method: str
    highest: float
    average: float
    expected: float


@dataclass(frozen=True)
class WorstClass:
    """Which class an extreme belongs to: its values by column, its size, the first of its rows (from 0)."""

    values: dict[str, str | None]
    size: int
    first_row: int


@dataclass(frozen=True)
class Diversity:
    """l of one sensitive column, the least over classes. ``entropy_h`` is in nats, ``entropy_l`` its exponential.

    ``recursive_l``: the greatest l that holds for ``recursive_c`` in every class. ``least_c``: for the policy's l
    (else 2), every class satisfies (c, l) iff c is greater; None = no c does.
    """

    column: str
    values: int
    distinct_l: int
    entropy_h: float
    entropy_l: float
    recursive_c: float
    recursive_l: int
    least_c_for: int
    least_c: float | None
    worst: WorstClass | None


@dataclass(frozen=True)
class Closeness:
    """t of one sensitive column by one distance: the greatest over classes, and the mean weighted by rows."""

    column: str
    distance: str
    t: float
    average: float
    worst: WorstClass | None


@dataclass(frozen=True)
class Check:
    """One limit of the policy: what was asked, what was found, whether it holds. ``column`` is empty for the table."""

    name: str
    column: str
    limit: float
    found: float | None
    passed: bool


@dataclass(frozen=True)
class Figures:
    """Everything measured on one set of rows."""

    rows: int
    classes: int
    k: int
    largest: int
    average_size: float
    histogram: tuple[tuple[int, int, int], ...]
    """(size, classes or key combinations of that size, rows)."""
    uniques: int
    unique_share: float
    prosecutor: RiskSummary
    journalist: RiskSummary
    marketer: float
    individual: IndividualRisk | None
    diversity: tuple[Diversity, ...]
    closeness: tuple[Closeness, ...]


@dataclass(frozen=True, eq=False)
class Findings:
    """The examination of one table.

    ``figures`` as it stands; ``to_suppress`` rows below the policy's k (k = 2 if it names none);
    ``violating`` by row: its class breaks a limit; ``remaining`` figures without those rows, None if none breaks one
    or none would be left; ``checks`` are held against ``remaining`` when the policy allows suppression and it is
    enough, else against the table as it stands. ``by_row`` arrays: matching rows f, weighted F, risk.
    """

    rows: int
    suppressed: int
    identifiers: tuple[str, ...]
    figures: Figures
    k_for_suppression: int
    to_suppress: int
    violating: NDArray[np.bool_]
    remaining: Figures | None
    judged: str
    checks: tuple[Check, ...]
    by_row: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)
