"""The ten firms with a story: who plays which part."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from datahub.demo.calendar import day_number
from datahub.demo.firms import Firms
from datahub.demo.randomness import stream
from datahub.demo.vocabulary import KINDS, Vocabulary, read


@dataclass(frozen=True)
class Role:
    """One part: its story in Chinese, the health it is given, the items whose random rows it takes part in."""

    role: str
    title: str
    why: str
    wants: dict[str, Any]
    health: float
    joins: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cast:
    """The parts and the firm that plays each of them."""

    roles: tuple[Role, ...]
    firm_of: dict[str, int]

    @property
    def firms(self) -> np.ndarray:
        """Places of all firms with a part, in the order of the parts."""
        return np.array(list(self.firm_of.values()), dtype=np.int64)

    def joining(self, item: str) -> np.ndarray:
        """Places of the firms whose part takes in ``item``."""
        return np.array([self.firm_of[r.role] for r in self.roles if item in r.joins], dtype=np.int64)


def choose_cast(firms: Firms, words: Vocabulary, seed: int, as_of: date) -> Cast:
    """A firm per role: the first one, in random order, that comes nearest to what the role wants."""
    roles = tuple(Role(**line) for line in read("notable")["roles"])
    codes = np.array([industry.code for industry in words.industries])[firms.industry]
    age = (day_number(as_of) - firms.established) / 365.25
    order = stream(seed, "cast").permutation(firms.size)
    free = np.ones(firms.size, dtype=bool)
    firm_of: dict[str, int] = {}
    for role in roles:
        kind, industries, heads, years = (role.wants[key] for key in ("kind", "industries", "heads", "age"))
        misfit = (
            8.0 * (firms.kind != KINDS.index(str(kind)))
            + 3.0 * ~np.isin(codes, industries)
            + 2.0 * _outside(firms.heads, heads)
            + 2.0 * _outside(age, years)
            + 100.0 * (~free | firms.late)
        )
        chosen = int(order[np.argmin(misfit[order])])
        firm_of[role.role] = chosen
        free[chosen] = False
    return Cast(roles, firm_of)


def _outside(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    low, high = bounds
    return (values < low) | (values > high)
