"""The hidden health of each firm over 24 months, and what follows from it.

Health is a standing level (trade, town, age, luck) plus a slow random walk. It moves revenue and heads;
its opposite, stress, decides who falls into arrears, is sued, listed, or gives up. None of it is written
to any file: a score sees only the facts.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from datahub.demo.calendar import day_number, last_months, month_end, season_factors
from datahub.demo.cast import Cast
from datahub.demo.firms import INDIVIDUAL, Firms
from datahub.demo.randomness import standard_gumbel, stream
from datahub.demo.vocabulary import Vocabulary

PERSISTENCE, STEP = 0.97, 0.2
OLD_ENDINGS, FAILURES_EACH_YEAR, QUIET_ENDINGS = 0.08, 0.04, 0.012
FAILURE_TILT = 2.2
DECLINE_MONTHS = 14
STATES = ("active", "cancelled", "revoked", "moved")


@dataclass
class Panel:
    """Firms by months. ``ended`` is the day a firm left the register, -1 while it stands.

    failing: gives up within the window while owing money; such a firm may still stand in the register.
    fall: the day its failure shows, -1 for the others.
    """

    months: tuple[date, ...]
    stress: NDArray[np.float32]
    alive: NDArray[np.bool_]
    revenue: NDArray[np.float32]
    heads: NDArray[np.float32]
    state: NDArray[np.int64]
    ended: NDArray[np.int64]
    failing: NDArray[np.bool_]
    fall: NDArray[np.int64]


def build_panel(firms: Firms, cast: Cast, words: Vocabulary, seed: int, as_of: date) -> Panel:
    """Live through the 24 complete months before ``as_of``."""
    months = last_months(as_of)
    health = _health(firms, cast, words, seed, len(months))
    fate = _Fate(firms, cast, months, day_number(as_of), seed)
    fate.old_endings(health)
    half = len(months) // 2
    fate.failures(health[:, 0], 0, half)
    fate.failures(health[:, half - 1], half, len(months))
    fate.quiet_endings()
    _decline(health, fate.fall, months)
    alive = _alive(firms, fate.ended, months)
    revenue, heads = _activity(firms, words, health, months, seed)
    stress = -(health - health.mean()) / health.std()
    return Panel(
        months=months,
        stress=stress.astype(np.float32),
        alive=alive,
        revenue=revenue * alive,
        heads=heads * alive,
        state=fate.state,
        ended=fate.ended,
        failing=fate.fall >= 0,
        fall=fate.fall,
    )


def _health(firms: Firms, cast: Cast, words: Vocabulary, seed: int, width: int) -> NDArray[np.float32]:
    rng = stream(seed, "health")
    town = rng.normal(0, 0.15, len(words.divisions))[firms.town]
    young = -0.25 * (firms.established > np.quantile(firms.established, 0.8))
    level = rng.normal(0, 0.75, firms.size) + words.column("shock")[firms.industry] * 0.7 + town + young
    for role in cast.roles:
        level[cast.firm_of[role.role]] = role.health
    health = np.empty((firms.size, width), dtype=np.float32)
    walk = rng.normal(0, 0.45, firms.size)
    walk[cast.firms] *= 0.2
    for month in range(width):
        health[:, month] = level + walk
        steps = rng.normal(0, STEP, firms.size) - 1.4 * (rng.random(firms.size) < 0.004)
        steps[cast.firms] *= 0.2
        walk = PERSISTENCE * walk + steps
    return health


class _Fate:
    """Decides, once per firm, how it ends."""

    def __init__(self, firms: Firms, cast: Cast, months: tuple[date, ...], today: int, seed: int) -> None:
        self.firms, self.today = firms, today
        self.bounds = [day_number(month) for month in months] + [today - 12]
        self.rng = stream(seed, "fate")
        self.state = np.zeros(firms.size, dtype=np.int64)
        self.ended = np.full(firms.size, -1, dtype=np.int64)
        self.fall = np.full(firms.size, -1, dtype=np.int64)
        self.free = np.ones(firms.size, dtype=bool)
        self.free[cast.firms] = False

    def _pick(self, share: float, log_weight: NDArray[np.floating], old_enough: int) -> NDArray[np.int64]:
        """Firms that end, drawn by weight among those still free and founded before ``old_enough``."""
        able = self.free & (self.firms.established < old_enough)
        keys = np.where(able, log_weight + standard_gumbel(self.rng, self.firms.size), -np.inf)
        count = min(round(share * self.firms.size), int(able.sum()))
        chosen = np.sort(np.argsort(-keys, kind="stable")[:count])
        self.free[chosen] = False
        return chosen

    def old_endings(self, health: NDArray[np.float32]) -> None:
        """Firms that left the register before the window begins."""
        start = self.bounds[0]
        chosen = self._pick(OLD_ENDINGS, -health[:, 0], start - 400)
        span = start - 30 - (self.firms.established[chosen] + 300)
        self.ended[chosen] = start - 30 - (span * self.rng.random(chosen.size) ** 1.5).astype(int)
        self.state[chosen] = self.rng.choice([1, 2, 3], size=chosen.size, p=[0.78, 0.17, 0.05])

    def failures(self, health: NDArray[np.float32], first: int, beyond: int) -> None:
        """Firms that fail in the months from ``first`` to ``beyond``, by their health before that."""
        begin, end = self.bounds[first], self.bounds[beyond] if beyond < len(self.bounds) else self.today - 12
        # individual businesses seldom fail with debts: they close
        weight = -FAILURE_TILT * health - 1.2 * (self.firms.kind == INDIVIDUAL)
        chosen = self._pick(FAILURES_EACH_YEAR, weight, begin - 200)
        self.fall[chosen] = self.rng.integers(begin, end, size=chosen.size)
        leaves = self.rng.random(chosen.size) < 0.5
        self.ended[chosen] = np.where(leaves, self.fall[chosen], -1)
        self.state[chosen] = np.where(leaves, self.rng.choice([1, 2], size=chosen.size, p=[0.75, 0.25]), 0)

    def quiet_endings(self) -> None:
        """Firms that close or move away in good order within the window."""
        chosen = self._pick(QUIET_ENDINGS, np.zeros(self.firms.size), self.bounds[0] - 200)
        self.ended[chosen] = self.rng.integers(self.bounds[0], self.bounds[-1], size=chosen.size)
        self.state[chosen] = self.rng.choice([1, 3], size=chosen.size, p=[0.7, 0.3])


def _decline(health: NDArray[np.float32], fall: NDArray[np.int64], months: tuple[date, ...]) -> None:
    """Failing firms weaken in the months before, and stay weak after."""
    failing = np.flatnonzero(fall >= 0)
    starts = np.array([day_number(month) for month in months])
    ahead = (fall[failing, None] - starts[None, :]) / 30.4
    ramp = (1 - ahead / DECLINE_MONTHS).clip(0, 1)
    health[failing] -= (1.5 * ramp).astype(np.float32)


def _alive(firms: Firms, ended: NDArray[np.int64], months: tuple[date, ...]) -> NDArray[np.bool_]:
    firsts = np.array([day_number(month) for month in months])
    lasts = np.array([day_number(month_end(month)) for month in months])
    born = firms.established[:, None] < lasts[None, :] - 20
    return born & ((ended[:, None] < 0) | (ended[:, None] > firsts[None, :]))


def _activity(
    firms: Firms, words: Vocabulary, health: NDArray[np.float32], months: tuple[date, ...], seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Monthly revenue (元) and heads, whether the firm lives in that month or not."""
    rng = stream(seed, "activity")
    names = list(words.seasons)
    table = season_factors(words.seasons, names, months, words.spring_festival)
    season_of_industry = np.array([names.index(industry.season) for industry in words.industries])
    season = table[season_of_industry[firms.industry]]
    noise = rng.normal(0, 0.09, health.shape).astype(np.float32)
    growth = ((np.arange(len(months)) - 12) * 0.003).astype(np.float32)
    revenue = (
        (firms.revenue[:, None] / 12).astype(np.float32) * season * np.exp(0.3 * health + noise + growth)
    )
    revenue *= shock_factors(firms, words, len(months))
    calm = np.minimum(np.exp(0.16 * health), 1.6)
    return revenue, np.maximum(1, np.round(firms.heads[:, None].astype(np.float32) * calm))


def shock_factors(firms: Firms, words: Vocabulary, width: int) -> NDArray[np.float32]:
    """What the planted events multiply each firm's revenue by, month by month; health does not know of them."""
    factors = np.ones((firms.size, width), dtype=np.float32)
    codes = np.array([industry.code for industry in words.industries])
    towns = np.array([division.code for division in words.divisions])
    for shock in words.shocks:
        hit = towns[firms.town] == shock.town
        if shock.prefixes:
            industry = np.array([code.startswith(tuple(shock.prefixes)) for code in codes])
            hit &= industry[firms.industry]
        months = np.arange(width)[shock.first : shock.last + 1 or None]
        factors[np.ix_(hit, months)] *= shock.factor
    return factors
