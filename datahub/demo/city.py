"""The city as the tables see it: firms, their months, and fair draws among them."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from datahub.demo.calendar import day_number, month_end
from datahub.demo.cast import Cast, choose_cast
from datahub.demo.firms import Firms, build_firms
from datahub.demo.health import Panel, build_panel
from datahub.demo.randomness import standard_gumbel, stream
from datahub.demo.vocabulary import Vocabulary, vocabulary

STRESS_TILT = 1.1


@dataclass
class City:
    """Everything the tables are made from. ``today`` is the day number of ``as_of``."""

    seed: int
    as_of: date
    words: Vocabulary
    firms: Firms
    cast: Cast
    panel: Panel
    _trouble: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        # One troubled order for the whole city, so that who is listed was also executed, judged and sued.
        late = self.panel.stress[:, -12:].mean(axis=1) * 0.5 + self.panel.stress.mean(axis=1) * 0.5
        noise = standard_gumbel(stream(self.seed, "trouble"), self.firms.size)
        self._trouble = STRESS_TILT * late + 0.8 * noise + 3.0 * self.panel.failing

    @property
    def today(self) -> int:
        return day_number(self.as_of)

    @property
    def section(self) -> NDArray[np.str_]:
        """First two digits of each firm's industry code."""
        return np.array([industry.code[:2] for industry in self.words.industries])[self.firms.industry]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Firms that lived in at least one month of the window."""
        return np.asarray(self.panel.alive.any(axis=1))

    @property
    def standing(self) -> NDArray[np.bool_]:
        """Firms in the register at the end of the window."""
        return self.panel.alive[:, -1]

    def rng(self, name: str) -> np.random.Generator:
        """The stream of random numbers of one table."""
        return stream(self.seed, name)

    def industry_in(self, *prefixes: str) -> NDArray[np.bool_]:
        """Firms whose industry code starts with one of ``prefixes``."""
        chosen = np.array([industry.code.startswith(prefixes) for industry in self.words.industries])
        return chosen[self.firms.industry]

    def draw(
        self,
        item: str,
        share: float,
        *,
        among: NDArray[np.bool_] | None = None,
        log_weight: NDArray[np.floating] | None = None,
        least: int = 3,
    ) -> NDArray[np.int64]:
        """Firms for ``item``: ``share`` of those able, by weight, without repeats, in order of place.

        Firms with a part are drawn only for the items of their part, and then always.
        """
        able = self._able(among)
        count = max(least, round(share * int(able.sum())))
        keys = standard_gumbel(self.rng(f"{item}/draw"), self.firms.size)
        if log_weight is not None:
            keys = keys + log_weight
        return self._with_cast(item, self._top(np.where(able, keys, -np.inf), min(count, int(able.sum()))))

    def troubled(
        self, item: str, share: float, *, among: NDArray[np.bool_] | None = None, least: int = 3
    ) -> NDArray[np.int64]:
        """Like :meth:`draw`, but always from the same troubled end: a smaller share is part of a larger one."""
        able = self._able(among)
        count = max(least, round(share * self.firms.size))
        return self._with_cast(
            item, self._top(np.where(able, self._trouble, -np.inf), min(count, int(able.sum())))
        )

    def strained(
        self, item: str, share: float, *, among: NDArray[np.bool_] | None = None, least: int = 3
    ) -> NDArray[np.int64]:
        """Like :meth:`draw`, weighted by stress, but with luck of its own."""
        return self.draw(
            item, share, among=among, log_weight=1.3 * self.panel.stress.mean(axis=1), least=least
        )

    def months_of_trouble(self, item: str, firms: NDArray[np.int64], tilt: float = 1.0) -> NDArray[np.int64]:
        """A month of the window per entry, likelier where its firm was under stress and alive."""
        keys = tilt * self.panel.stress[firms] + standard_gumbel(
            self.rng(f"{item}/months"), (firms.size, len(self.panel.months))
        )
        return np.where(self.panel.alive[firms], keys, -1e9).argmax(axis=1)

    def days_of_trouble(self, item: str, firms: NDArray[np.int64], tilt: float = 1.0) -> NDArray[np.int64]:
        """A day within such a month. For failing firms the day of trouble lies around their fall."""
        month = self.months_of_trouble(item, firms, tilt)
        rng = self.rng(f"{item}/days")
        first = np.array([day_number(m) for m in self.panel.months])[month]
        days = first + rng.integers(0, 28, size=firms.size)
        fall = self.panel.fall[firms]
        near = fall + rng.integers(-200, 45, size=firms.size)
        days = np.where((fall >= 0) & (rng.random(firms.size) < 0.75), near, days)
        return days.clip(max=self.today - 5)

    def month_days(self, *, last: bool = False) -> NDArray[np.int64]:
        """Day numbers of the window's months, first or last day."""
        return np.array([day_number(month_end(m) if last else m) for m in self.panel.months])

    def _able(self, among: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """Who may be drawn. Where a small city has nobody fit for an item, anybody may be."""
        able = (self.seen if among is None else among).copy()
        able[self.cast.firms] = False
        if not able.any():
            able = self.seen.copy()
            able[self.cast.firms] = False
        return able

    def _with_cast(self, item: str, drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.sort(np.concatenate([drawn, self.cast.joining(item)]))

    @staticmethod
    def _top(keys: NDArray[np.floating], count: int) -> NDArray[np.int64]:
        if count <= 0:
            return np.empty(0, dtype=np.int64)
        return np.argpartition(-keys, count - 1)[:count].astype(np.int64)


def build_city(enterprises: int, seed: int, as_of: date) -> City:
    """Raise the city: same numbers in, same city out."""
    words = vocabulary()
    firms = build_firms(enterprises, seed, as_of, words)
    cast = choose_cast(firms, words, seed, as_of)
    panel = build_panel(firms, cast, words, seed, as_of)
    return City(seed=seed, as_of=as_of, words=words, firms=firms, cast=cast, panel=panel)
