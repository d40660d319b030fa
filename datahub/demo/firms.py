"""Who lives in the city: kind, place, trade, age, means and fate of each firm."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from datahub.demo import names
from datahub.demo.calendar import day_number
from datahub.demo.codes import LARGEST_NUMBER, demo_codes, register_numbers
from datahub.demo.randomness import stream
from datahub.demo.vocabulary import KINDS, Vocabulary

COMPANY, INDIVIDUAL, COOPERATIVE, BRANCH = range(4)
KIND_SHARES = (0.44, 0.49, 0.03, 0.04)
PREFIX_OF_KIND = np.array(["91", "92", "93", "91"])
HEADS_FACTOR = np.array([1.0, 0.3, 0.8, 0.5])
MOST_ENTERPRISES = 3 * LARGEST_NUMBER
ONE_CODE_FROM = day_number(date(2015, 10, 1))
"""From this day new firms got one unified code and no registration number of the old kind."""


class UnableToBuildCity(ValueError):
    """The city asked for cannot be built; the text says which limit was met."""


@dataclass
class Firms:
    """Columns of equal length, one place per firm. Days are numbers since 1970-01-01, money is 元."""

    kind: NDArray[np.int64]
    town: NDArray[np.int64]
    industry: NDArray[np.int64]
    code: NDArray[np.str_]
    register_no: NDArray[np.object_]
    name: NDArray[np.object_]
    short: NDArray[np.object_]
    brand: NDArray[np.object_]
    legal_person: NDArray[np.object_]
    established: NDArray[np.int64]
    heads: NDArray[np.float64]
    revenue: NDArray[np.float64]
    assets: NDArray[np.float64]
    capital: NDArray[np.float64]
    exports: NDArray[np.float64]
    late: NDArray[np.bool_]
    strangers: NDArray[np.str_]

    @property
    def size(self) -> int:
        return int(self.kind.size)


def build_firms(count: int, seed: int, as_of: date, words: Vocabulary) -> Firms:
    """Draw ``count`` firms. Raises UnableToBuildCity beyond the reserved block of codes."""
    if not 1 <= count <= MOST_ENTERPRISES:
        raise UnableToBuildCity(f"企业数须在 1 到 {MOST_ENTERPRISES} 之间")
    rng = stream(seed, "firms")
    kind = _kinds(count, rng)
    town = rng.choice(len(words.divisions), size=count, p=_normal([d.share for d in words.divisions]))
    industry = _industries(words, kind, town, rng)
    code, strangers = _codes(kind, rng)
    called = names.firm_names(words, kind, town, industry, stream(seed, "names"))
    established, late = _established(kind, day_number(as_of), rng)
    heads, revenue, assets = _means(words, kind, industry, established, day_number(as_of), rng)
    return Firms(
        kind=kind,
        town=town,
        industry=industry,
        code=code,
        register_no=_register_numbers(kind, established, rng),
        name=called.full,
        short=called.short,
        brand=called.brand,
        legal_person=names.people(words, count, stream(seed, "legal persons")),
        established=established,
        heads=heads,
        revenue=revenue,
        assets=assets,
        capital=_capital(kind, assets, rng),
        exports=_exports(words, kind, industry, heads, rng),
        late=late,
        strangers=strangers,
    )


def _normal(weights: list[float]) -> NDArray[np.float64]:
    array = np.array(weights, dtype=float)
    return array / array.sum()


def _kinds(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Kinds in their shares; what does not fit a prefix's block of codes goes to the next prefix."""
    branches, cooperatives = int(KIND_SHARES[BRANCH] * count), int(KIND_SHARES[COOPERATIVE] * count)
    companies = min(int(KIND_SHARES[COMPANY] * count), LARGEST_NUMBER - branches)
    individuals = min(count - branches - cooperatives - companies, LARGEST_NUMBER)
    cooperatives = min(count - branches - companies - individuals, LARGEST_NUMBER)
    companies = count - branches - individuals - cooperatives
    kind = np.repeat(np.arange(4), [companies, individuals, cooperatives, branches])
    rng.shuffle(kind)
    return kind


def _industries(
    words: Vocabulary, kind: NDArray[np.int64], town: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    mix = np.array([[i.mix.get(k, 0.0) for i in words.industries] for k in KINDS])
    favour = np.array([[d.favours.get(i.code, 1.0) for i in words.industries] for d in words.divisions])
    weight = mix[:, None, :] * favour[None, :, :]
    edges = np.cumsum(weight / weight.sum(axis=2, keepdims=True), axis=2)
    result = np.empty(kind.size, dtype=np.int64)
    draw = rng.random(kind.size)
    for k in range(len(KINDS)):
        for t in range(len(words.divisions)):
            here = np.flatnonzero((kind == k) & (town == t))
            result[here] = np.searchsorted(edges[k, t], draw[here]).clip(max=len(words.industries) - 1)
    return result


def _codes(kind: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """A code per firm, and some valid codes that no firm of the city has (strangers)."""
    numbers = np.zeros(kind.size, dtype=np.int64)
    strangers = []
    for prefix in ("91", "92", "93"):
        here = np.flatnonzero(PREFIX_OF_KIND[kind] == prefix)
        order = rng.permutation(LARGEST_NUMBER) + 1
        numbers[here] = order[: here.size]
        spare = order[here.size : here.size + 500]
        strangers.append(demo_codes(np.full(spare.size, prefix), spare))
    return demo_codes(PREFIX_OF_KIND[kind], numbers), np.concatenate(strangers)


def _established(
    kind: NDArray[np.int64], today: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Founding days (many young firms, few older than thirty years), and who is so new that the register lags.

    The newest firms reach the register last of all, when other departments already speak of them.
    """
    mean_years = np.array([8.5, 5.5, 8.0, 6.0])[kind]
    years = rng.gamma(1.5, mean_years / 1.5).clip(0.1, 34)
    days = (today - 20 - years * 365.25).astype(np.int64)
    late = np.zeros(kind.size, dtype=bool)
    late[rng.choice(kind.size, size=min(kind.size, max(3, kind.size // 1000)), replace=False)] = True
    days[late] = today - rng.integers(10, 18, size=int(late.sum()))
    return days, late


def _register_numbers(
    kind: NDArray[np.int64], established: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.object_]:
    result = np.full(kind.size, None, dtype=object)
    old = np.flatnonzero(established < ONE_CODE_FROM)
    serial = rng.choice(9_999_999, size=old.size, replace=False) + 1
    result[old] = register_numbers(np.where(kind[old] == INDIVIDUAL, 6, 0), serial)
    return result


def _means(
    words: Vocabulary,
    kind: NDArray[np.int64],
    industry: NDArray[np.int64],
    established: NDArray[np.int64],
    today: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Heads, yearly revenue and total assets in a normal year, log-normal around the industry's medians."""
    size = kind.size
    age = ((today - established) / 365.25).clip(0.5, 20)
    heads = words.column("heads")[industry] * HEADS_FACTOR[kind] * (0.35 + 0.65 * (age / 8).clip(max=1.6))
    heads = np.maximum(1, np.round(heads * np.exp(rng.normal(-0.25, 0.95, size))))
    revenue = heads * words.column("wan")[industry] * 1e4 * np.exp(rng.normal(0, 0.4, size))
    assets = revenue * np.exp(rng.normal(-0.2, 0.45, size))
    return heads, revenue, assets


def _capital(
    kind: NDArray[np.int64], assets: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Registered capital in round figures; branches have none."""
    raw = (assets * np.exp(rng.normal(-1.3, 0.7, kind.size)) / 1e4).clip(1, 80_000)
    steps = np.array([1, 2, 3, 5, 8, 10, 20, 30, 50, 60, 80, 100, 118, 150, 200, 300, 500, 580, 800, 1000, 1200,
                      1580, 2000, 3000, 5000, 6800, 10_000, 15_000, 20_000, 30_000, 50_000, 80_000])  # fmt: skip
    rounded = steps[np.searchsorted(steps, raw).clip(max=steps.size - 1)] * 1e4
    return np.where(kind == BRANCH, 0.0, rounded)


def _exports(
    words: Vocabulary,
    kind: NDArray[np.int64],
    industry: NDArray[np.int64],
    heads: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Share of revenue earned abroad; 0 for firms that do not export."""
    usual = words.column("export")[industry]
    chance = (usual * 1.1 * (heads / 25).clip(0.15, 1.6)).clip(max=0.85) * (kind == COMPANY)
    share = (usual * 1.3 * np.exp(rng.normal(0, 0.35, kind.size))).clip(0.03, 0.97)
    return np.where(rng.random(kind.size) < chance, share, 0.0)
