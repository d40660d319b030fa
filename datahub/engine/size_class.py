"""Size class of an enterprise by 工信部联企业〔2011〕300号, vectorised.

Large only when **all** upper limits are reached; medium and small need **all** of theirs; else micro.
Persons are heads, revenue and assets are in 万元.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from datahub.engine.industry import trades_of

CLASSES = ("large", "medium", "small", "micro")
LABELS: Mapping[str, str] = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}


@dataclass(frozen=True)
class Rule:
    """The limits of one trade: for each of its measures the lower bounds of large, medium and small."""

    label: str
    heads: tuple[int, int, int] | None = None
    revenue_wan: tuple[int, int, int] | None = None
    assets_wan: tuple[int, int, int] | None = None


RULES: Mapping[str, Rule] = {
    "farming": Rule("农、林、牧、渔业", revenue_wan=(20_000, 500, 50)),
    "industry": Rule("工业", heads=(1000, 300, 20), revenue_wan=(40_000, 2_000, 300)),
    "building": Rule("建筑业", revenue_wan=(80_000, 6_000, 300), assets_wan=(80_000, 5_000, 300)),
    "wholesale": Rule("批发业", heads=(200, 20, 5), revenue_wan=(40_000, 5_000, 1_000)),
    "retail": Rule("零售业", heads=(300, 50, 10), revenue_wan=(20_000, 500, 100)),
    "transport": Rule("交通运输业", heads=(1000, 300, 20), revenue_wan=(30_000, 3_000, 200)),
    "storage": Rule("仓储业", heads=(200, 100, 20), revenue_wan=(30_000, 1_000, 100)),
    "post": Rule("邮政业", heads=(1000, 300, 20), revenue_wan=(30_000, 2_000, 100)),
    "hotel": Rule("住宿业", heads=(300, 100, 10), revenue_wan=(10_000, 2_000, 100)),
    "catering": Rule("餐饮业", heads=(300, 100, 10), revenue_wan=(10_000, 2_000, 100)),
    "telecom": Rule("信息传输业", heads=(2000, 100, 10), revenue_wan=(100_000, 1_000, 100)),
    "software": Rule("软件和信息技术服务业", heads=(300, 100, 10), revenue_wan=(10_000, 1_000, 50)),
    "estate": Rule("房地产开发经营", revenue_wan=(200_000, 1_000, 100), assets_wan=(10_000, 5_000, 2_000)),
    "property": Rule("物业管理", heads=(1000, 300, 100), revenue_wan=(5_000, 1_000, 500)),
    "leasing": Rule("租赁和商务服务业", heads=(300, 100, 10), assets_wan=(120_000, 8_000, 100)),
    "other": Rule("其他未列明行业", heads=(300, 100, 10)),
}


def classify(
    trades: Sequence[str] | NDArray[np.str_], heads: ArrayLike, revenue_wan: ArrayLike, assets_wan: ArrayLike
) -> NDArray[np.str_]:
    """Size class per enterprise.

    trades: keys of RULES, any other value gives ``""``. The three measures are float arrays of the same
    length; NaN means not known, and a class is ``""`` when a measure its trade needs is not known.
    """
    trade = np.asarray(trades, dtype=str)
    measures = {
        "heads": np.asarray(heads, dtype=float),
        "revenue_wan": np.asarray(revenue_wan, dtype=float),
        "assets_wan": np.asarray(assets_wan, dtype=float),
    }
    result = np.full(trade.shape, "", dtype="U6")
    for name, rule in RULES.items():
        chosen = np.flatnonzero(trade == name)
        if chosen.size:
            result[chosen] = _by_rule(rule, {key: values[chosen] for key, values in measures.items()})
    return result


def classify_sizes(
    industry_codes: pl.Series, heads: pl.Series, revenue_wan: pl.Series, assets_wan: pl.Series
) -> pl.Series:
    """Size class per row from industry codes; a null measure is not known. String series, never null."""
    measures = [
        values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for values in (heads, revenue_wan, assets_wan)
    ]
    return pl.Series(
        "size", classify(trades_of(industry_codes.fill_null("").to_list()), *measures), dtype=pl.String
    )


def size_class(trade: str, heads: float | None, revenue_wan: float | None, assets_wan: float | None) -> str:
    """Size class of one enterprise; None means not known. Same rule as :func:`classify`."""
    unknown = float("nan")
    measures = [unknown if value is None else float(value) for value in (heads, revenue_wan, assets_wan)]
    return str(classify([trade], *[[value] for value in measures])[0])


def _by_rule(rule: Rule, measures: Mapping[str, NDArray[np.float64]]) -> NDArray[np.str_]:
    limits = {key: getattr(rule, key) for key in measures if getattr(rule, key) is not None}
    rank = np.full(next(iter(measures.values())).shape, 0)
    for place in range(3):
        reached = np.all([measures[key] >= bound[place] for key, bound in limits.items()], axis=0)
        # Ranks count down from micro; the limits nest, so a higher class also reaches the lower ones.
        rank = np.where(reached, np.maximum(rank, 3 - place), rank)
    classes = np.array(CLASSES[::-1])[rank]
    unknown = np.any([np.isnan(measures[key]) for key in limits], axis=0)
    return np.where(unknown, "", classes)
