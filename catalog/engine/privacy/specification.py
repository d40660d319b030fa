"""What is to be examined and against which limits: the specification of an anonymity report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .hierarchies import Hierarchy


class ColumnRole(StrEnum):
    """What a column can do to a person (GB/T 37964): name them, help to single them out, be the secret, nothing."""

    IDENTIFIER = "identifier"
    QUASI = "quasi"
    SENSITIVE = "sensitive"
    INSENSITIVE = "insensitive"


class Missing(StrEnum):
    """How a missing quasi-identifier is counted.

    CATEGORY: a value like any other, all missing ones equal (ARX, pycanon). WILDCARD: it may be anything and so
    matches every value (sdcMicro's ``freqCalc`` with alpha 1). DISTINCT: every missing one differs from all others.
    """

    CATEGORY = "category"
    WILDCARD = "wildcard"
    DISTINCT = "distinct"


class Distance(StrEnum):
    """Ground distance of t-closeness: all values equally far, by rank, or by the common ancestor."""

    EQUAL = "equal"
    ORDERED = "ordered"
    HIERARCHICAL = "hierarchical"


class RiskMethod(StrEnum):
    """How the individual risk is estimated from sample count f and weighted count F, p = f / F.

    As sdcMicro's ``indivRisk``, whose ``measure_risk`` uses the approximation.
    """

    APPROX = "approx"
    EXACT = "exact"


@dataclass(frozen=True)
class Column:
    """One column. ``level`` is applied before anything is counted; ``order`` lists values, lowest first."""

    name: str
    role: ColumnRole
    hierarchy: Hierarchy | None = None
    level: int = 0
    distance: Distance = Distance.EQUAL
    order: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """Limits; None = not asked. Risks and shares are 0 to 1. ``suppression_limit`` is the share of rows that may be
    left out to meet the limits; the default, 0, asks the table as it is."""

    k: int | None = None
    distinct_l: int | None = None
    entropy_l: float | None = None
    recursive_c: float | None = None
    recursive_l: int | None = None
    t: float | None = None
    max_risk: float | None = None
    average_risk: float | None = None
    max_uniques: float | None = None
    suppression_limit: float = 0.0
    no_identifiers: bool = False


@dataclass(frozen=True)
class Specification:
    """The whole question. ``suppressed`` is the mark of a cell left out: rows whose every quasi-identifier is that
    mark count as suppressed and stand in no class. ``recursive_c`` is the c for which the reached l is told."""

    columns: tuple[Column, ...]
    policy: Policy = field(default_factory=Policy)
    missing: Missing = Missing.CATEGORY
    suppressed: str | None = None
    weights: str | None = None
    risk_method: RiskMethod = RiskMethod.APPROX
    recursive_c: float = 2.0
    risk_threshold: float | None = None

    def named(self, role: ColumnRole) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role is role)

    @property
    def threshold(self) -> float:
        """Risk above which a row counts as at risk: as stated, else 1 / k of the policy, else 0.2."""
        if self.risk_threshold is not None:
            return self.risk_threshold
        return 1 / self.policy.k if self.policy.k else 0.2
