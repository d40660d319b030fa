"""Segments between links, and the chain of one aggregate over them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.engine.periods import Period
from index.engine.places import Place
from index.engine.price_table import Prices
from index.engine.scoring import Floats
from index.engine.table import UnableToReadTable


@dataclass(frozen=True, eq=False)
class Stretch:
    """A segment: rows first..last (inclusive) of the prices, their (K,) reference prices and (K,) weights.

    link: the row whose level the segment starts from; None: the mean level of `link_rows`.
    """

    rows: list[int]
    base: Floats
    weights: Floats
    link_rows: list[int]
    label: str


@dataclass(frozen=True, eq=False)
class Chained:
    """levels: (T,) of one aggregate, NaN before its first link; points: (T, K) cumulative points of each item since the
    chain began, so that a difference of two rows is a contribution; rows of link periods included."""

    levels: Floats
    points: Floats


def chain_aggregate(stretches: Sequence[Stretch], prices: Floats, members: Floats, start: float) -> Chained:
    """One aggregate of the items that `members` (K,) marks with 1."""
    periods, k = prices.shape
    levels = np.full(periods, np.nan)
    points = np.zeros((periods, k))
    for stretch in stretches:
        weight = stretch.weights * members
        if not weight.sum() > 0:
            continue
        share = weight / weight.sum()
        known = levels[stretch.link_rows] if stretch.link_rows else np.array([np.nan])
        begun = bool(np.isfinite(known).all())
        level = float(known.mean()) if begun else start
        origin = points[stretch.link_rows].mean(axis=0) if begun else np.zeros(k)
        if not begun:
            for row in stretch.link_rows:
                relative = np.where(share > 0, prices[row] / np.where(share > 0, stretch.base, 1.0), 1.0)
                levels[row] = level * float((share * relative).sum())
                points[row] = level * share * (relative - 1.0)
        for row in stretch.rows:
            relative = np.where(share > 0, prices[row] / np.where(share > 0, stretch.base, 1.0), 1.0)
            levels[row] = level * float((share * relative).sum())
            points[row] = origin + level * share * (relative - 1.0)
    return Chained(levels, points)


def read_stretches(root: Place, prices: Prices, weights: list[tuple[Period, Floats]]) -> list[Stretch]:
    """Segments between links, with their reference prices."""
    place = root.find("link") or Place({}, ("link",), root.source)
    place.mapping("month", "quarter", "overlap")
    overlap = place.choice_or("overlap", "period", "period", "annual", "own_year")
    rate = prices.periods[0].per_year
    last = int(place.number_or("month", place.number_or("quarter", rate, 1, 4), 1, 12))
    links: list[tuple[list[int], Period, Floats]] = []
    for period, vector in weights:
        if period.rate == 1 and rate > 1:
            year = period.year - 1 if last == rate or overlap != "period" else period.year
            link = Period(year, last, 0, rate)
        else:
            link = period if period.rate != 1 else Period(period.year - 1, 0, 0, 1)
        if overlap == "period":
            row = prices.row(link)
            rows = [row] if row is not None else []
        else:
            wanted = period.year if overlap == "own_year" else link.year
            rows = [r for r, p in enumerate(prices.periods) if p.year == wanted]
            link = Period(period.year - 1, last if rate > 1 else 0, 0, rate)
        links.append((rows, link, vector))
    return _cut(root, prices, links)


def _cut(root: Place, prices: Prices, links: list[tuple[list[int], Period, Floats]]) -> list[Stretch]:
    stretches: list[Stretch] = []
    for number, (rows, link, vector) in enumerate(links):
        end = links[number + 1][1] if number + 1 < len(links) else None
        inside = [r for r, p in enumerate(prices.periods) if p > link and (end is None or p <= end)]
        if not rows and inside:
            if stretches:
                raise root.at("weights").fault(
                    f"数据中没有链接时期 {_label(link)}，不能接上 {_label(link)} 之后的权重，请补齐数据"
                )
            rows = inside[:1]
        if not rows:
            continue
        limit = links[number + 1][1] if number + 1 < len(links) else None
        years = {prices.periods[r].year for r in inside}
        if limit is None and len(years) > 1 and len(links) > 1:
            late = max(years)
            raise root.at("weights").fault(
                f"数据到 {late} 年，权重只到 {min(years)} 年，请补上以后各年的权重，或删去以后的数据"
            )
        if not inside and len(links) > 1:
            continue
        base = prices.values[rows].mean(axis=0)
        stretches.append(Stretch(inside, base, vector, rows, _label(link)))
    if not stretches:
        raise root.at("weights").fault("权重的年份与数据的时期没有相交，请检查")
    return stretches


def _label(period: Period) -> str:
    if period.rate == 1:
        return str(period.year)
    return f"{period.year}Q{period.part}" if period.rate == 4 else f"{period.year}-{period.part:02d}"


def refuse_gaps(root: Place, prices: Prices, stretches: list[Stretch], used: list[int]) -> None:
    """An item of an aggregate with weight must have a value in every period of its segment, unless `missing: skip`."""
    skip = root.choice_or("missing", "error", "error", "skip") == "skip"
    for stretch in stretches:
        for k in (k for k in used if stretch.weights[k] > 0):
            rows = [*stretch.link_rows, *stretch.rows]
            gaps = [row for row in rows if not np.isfinite(prices.values[row, k])]
            if gaps and skip:
                stretch.weights[k] = 0.0
            elif gaps:
                raise UnableToReadTable(
                    f"{prices.source}：“{prices.items[k]}”在 {prices.labels[gaps[0]]} 没有值，但 {stretch.label} "
                    f"之后有权重，请补值、把该年权重写为 0，或在定义中写 missing: skip"
                )
            elif not (prices.values[stretch.link_rows, k] > 0).all():
                raise UnableToReadTable(
                    f"{prices.source}：“{prices.items[k]}”在链接时期 {stretch.label} 不是正数，不能作比较的基础，请更正"
                )


def chain_of_published(
    stretches: Sequence[Stretch], prices: Floats, total: int, leaves: Sequence[int]
) -> Chained:
    """Points of every column when the aggregate's levels are the published ones of column `total`.

    Shares are a column's weight over the total's own (over the sum of its items' where it has none).
    """
    points = np.zeros(prices.shape)
    for stretch in stretches:
        whole = stretch.weights[total] if stretch.weights[total] > 0 else stretch.weights[list(leaves)].sum()
        level = prices[stretch.link_rows, total].mean()
        origin = points[stretch.link_rows].mean(axis=0)
        for row in stretch.rows:
            points[row] = origin + level * stretch.weights / whole * (prices[row] / stretch.base - 1.0)
    return Chained(prices[:, total], points)
