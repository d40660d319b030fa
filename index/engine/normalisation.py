"""One scale for all indicators: min-max, z-score, ranks, goalposts, distance to a target, shares.

An indicator of which less is better is turned round here. Statistics come from the reference values: all rows, the
rows of one period, or those of the base periods.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.statistics import FORMS, TIES, present, quantile, ranks, spread

METHODS = (
    "minmax", "zscore", "rank", "percentile_rank", "borda", "goalposts", "target", "reference",
    "fraction_of_max", "fraction_of_mean", "above_mean", "quantiles", "none",
)  # fmt: skip
CAPS = ("none", "both", "low", "high", "base")
RANK_FORMS = ("exclusive", "inclusive", "hazen", "weibull")
SCALES = ("linear", "ln", "log10")
FLAT = ("error", "low", "middle", "high", "missing")


class UnableToNormalise(ValueError):
    """The values do not admit the method; the text (Chinese) says why and what to do."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What an operation sees: the values it changes, those it takes statistics from, and which are of the base."""

    values: Floats
    reference: Floats
    in_base: NDArray[np.bool_]
    entities: tuple[str, ...] = ()
    reference_entities: tuple[str, ...] = ()
    turned: bool = False


@dataclass(frozen=True)
class Normalise:
    """One method with its parameters; `apply` gives the scores."""

    method: str = "minmax"
    range: tuple[float, float] = (0.0, 100.0)
    mean: float = 0.0
    sd: float = 1.0
    form: str = "sample"
    ties: str = "min"
    rank_form: str = "exclusive"
    goalposts: tuple[float, float] | None = None
    target: float | None = None
    origin: float | None = None
    entity: str = ""
    cap: str = "none"
    scale: str = "linear"
    percentiles: tuple[float, float] | None = None
    kind: int = 7
    margin: float = 0.0
    cuts: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8)
    flat: str = "error"
    place: Place | None = field(default=None, compare=False, repr=False)

    def apply(self, rows: Rows) -> Floats:
        """(n,) scores; UnableToNormalise when they cannot be made."""
        if not len(present(rows.reference)):
            return np.full(len(rows.values), np.nan)
        if self.scale != "linear":
            rows = Rows(
                self._scaled(rows.values), self._scaled(rows.reference), rows.in_base,
                rows.entities, rows.reference_entities, rows.turned,
            )  # fmt: skip
        return np.asarray(getattr(self, f"_{self.method}")(rows), dtype=np.float64)

    def _scaled(self, values: Floats) -> Floats:
        if (values <= 0).any():
            raise UnableToNormalise(
                f"有不大于 0 的值（最小 {np.nanmin(values):g}），不能取对数，请先缩尾或改用其他标度"
            )
        return np.log(values) if self.scale == "ln" else np.log10(values)

    def _none(self, rows: Rows) -> Floats:
        return -rows.values if rows.turned else rows.values

    def _minmax(self, rows: Rows) -> Floats:
        there = present(rows.reference)
        if self.percentiles is None:
            low, high = float(there.min()), float(there.max())
        else:
            low, high = (quantile(there, share / 100, self.kind) for share in self.percentiles)
        return self._between(rows, low, high)

    def _goalposts(self, rows: Rows) -> Floats:
        if self.goalposts is None:
            raise UnableToNormalise("没有给出 goalposts，请为该指标写 goalposts: [下限, 上限]")
        low, high = (float(post) for post in self.goalposts)
        if self.scale != "linear":
            low, high = (float(post) for post in self._scaled(np.array([low, high])))
        return self._between(rows, low, high)

    def _between(self, rows: Rows, low: float, high: float) -> Floats:
        bottom, top = self.range
        if low == high:
            return self._of_flat(rows)
        share = (rows.values - low) / (high - low)
        if rows.turned:
            share = (high - rows.values) / (high - low)
        return bottom + self._capped(share, rows) * (top - bottom)

    def _capped(self, share: Floats, rows: Rows) -> Floats:
        if self.cap == "none":
            return share
        low = 0.0 if self.cap in ("both", "low", "base") else -np.inf
        high = 1.0 if self.cap in ("both", "high", "base") else np.inf
        capped = np.where(np.isnan(share), share, np.clip(share, low, high))
        return np.where(rows.in_base, capped, share) if self.cap == "base" else capped

    def _of_flat(self, rows: Rows) -> Floats:
        if self.flat == "error":
            raise UnableToNormalise(
                "所有值相同，无法标准化，请删去该指标，或写 flat: middle 取中间分、flat: missing 作缺失"
            )
        bottom, top = self.range
        score = {"low": bottom, "high": top, "middle": (bottom + top) / 2, "missing": np.nan}[self.flat]
        return np.where(np.isnan(rows.values), np.nan, score)

    def _zscore(self, rows: Rows) -> Floats:
        sd = spread(rows.reference, self.form)
        if not sd > 0:
            return self._of_flat(rows)
        z = (rows.values - present(rows.reference).mean()) / sd
        return (-z if rows.turned else z) * self.sd + self.mean

    def _ascending(self, rows: Rows) -> Floats:
        return ranks(rows.values, ties=self.ties, largest_first=rows.turned, decimals=None)

    def _rank(self, rows: Rows) -> Floats:
        return self._ascending(rows)

    def _borda(self, rows: Rows) -> Floats:
        return self._ascending(rows) - 1

    def _percentile_rank(self, rows: Rows) -> Floats:
        rank, n = self._ascending(rows), len(present(rows.values))
        if self.rank_form == "exclusive":
            if n < 2:
                return self._of_flat(rows)
            share = (rank - 1) / (n - 1)
        elif self.rank_form == "inclusive":
            share = rank / n
        else:
            share = (rank - 0.5) / n if self.rank_form == "hazen" else rank / (n + 1)
        bottom, top = self.range
        return bottom + share * (top - bottom)

    def _target(self, rows: Rows) -> Floats:
        if self.target is None:
            raise UnableToNormalise("没有给出 target，请为该指标写 target: 目标值")
        target = float(self._scaled(np.array([self.target]))[0]) if self.scale != "linear" else self.target
        there = present(rows.reference)
        start = self.origin if self.origin is not None else float(there.max() if rows.turned else there.min())
        if start == target:
            return self._of_flat(rows)
        bottom, top = self.range
        return bottom + self._capped((rows.values - start) / (target - start), rows) * (top - bottom)

    def _reference(self, rows: Rows) -> Floats:
        found = [
            v for v, name in zip(rows.reference, rows.reference_entities, strict=True) if name == self.entity
        ]
        if not found or not np.isfinite(found[0]):
            raise UnableToNormalise(f"作参照的“{self.entity}”没有值，请改 entity 或先补值")
        there = present(rows.reference)
        start = float(there.max() if rows.turned else there.min())
        if start == found[0]:
            return self._of_flat(rows)
        bottom, top = self.range
        return bottom + self._capped((rows.values - start) / (found[0] - start), rows) * (top - bottom)

    def _fraction_of_max(self, rows: Rows) -> Floats:
        there = present(rows.reference)
        bottom, top = self.range
        if rows.turned:
            if (rows.values == 0).any():
                raise UnableToNormalise("逆向指标有 0，不能取“最小值 / 值”，请改用 minmax")
            return bottom + there.min() / rows.values * (top - bottom)
        if there.max() == 0:
            return self._of_flat(rows)
        return bottom + rows.values / there.max() * (top - bottom)

    def _fraction_of_mean(self, rows: Rows) -> Floats:
        mean = float(present(rows.reference).mean())
        if mean == 0:
            return self._of_flat(rows)
        share = mean / rows.values if rows.turned else rows.values / mean
        bottom, top = self.range
        return bottom + share * (top - bottom)

    def _above_mean(self, rows: Rows) -> Floats:
        ratio = rows.values / float(present(rows.reference).mean())
        score = np.where(ratio > 1 + self.margin, 1.0, np.where(ratio < 1 - self.margin, -1.0, 0.0))
        return np.where(np.isnan(rows.values), np.nan, -score if rows.turned else score)

    def _quantiles(self, rows: Rows) -> Floats:
        bounds = [quantile(rows.reference, share, self.kind) for share in self.cuts]
        step = np.searchsorted(np.array(bounds), rows.values, side="left").astype(np.float64)
        step = len(bounds) - step if rows.turned else step
        bottom, top = self.range
        return np.where(np.isnan(rows.values), np.nan, bottom + step / len(bounds) * (top - bottom))


KEYS = (
    "method", "range", "mean", "sd", "form", "ties", "rank_form", "goalposts", "target", "from", "entity", "cap",
    "scale", "percentiles", "type", "margin", "cuts", "flat", "over",
)  # fmt: skip
_SHARES = ("percentile_rank", "target", "reference", "fraction_of_max", "fraction_of_mean")


def read_normalise(place: Place, own: Place | None = None) -> Normalise:
    """`normalise: {method: minmax, range: [0, 100]}` or `normalise: zscore`; `own` is the indicator's entry, whose
    goalposts, target, scale and cap come before the step's."""
    if not isinstance(place.value, dict):
        place = Place({"method": place.choice(*METHODS)}, place.path, place.source, place.lines)
    place.mapping(*KEYS)
    sources = [source for source in (own, place) if source is not None]

    def pick(key: str) -> Place | None:
        return next((found for source in sources if (found := source.find(key)) is not None), None)

    method = place.choice_or("method", "minmax", *METHODS)
    default = (0.0, 1.0) if method in _SHARES else (0.0, 100.0)
    posts, target, scale, cap = (pick(key) for key in ("goalposts", "target", "scale", "cap"))
    goalposts = posts.pair() if posts is not None else None
    if posts is not None and goalposts and goalposts[0] == goalposts[1]:
        raise posts.fault("上下限不能相同")
    percentiles = place.at("percentiles").pair() if place.has("percentiles") else None
    origin = place.find("from")
    cuts = tuple(place.at("cuts").numbers()) if place.has("cuts") else (0.2, 0.4, 0.6, 0.8)
    if not cuts or list(cuts) != sorted(set(cuts)) or not (cuts[0] > 0 and cuts[-1] < 1):
        raise place.at("cuts").fault("应为 0 与 1 之间由小到大的份额，如 [0.25, 0.5, 0.75]")
    if method == "reference":
        place.need("entity", "作参照的对象")
    return Normalise(
        method=method,
        range=place.at("range").pair() if place.has("range") else default,
        mean=place.number_or("mean", 0.0),
        sd=place.number_or("sd", 1.0, 0),
        form=place.choice_or("form", "sample", *FORMS),
        ties=place.choice_or("ties", "min", *TIES),
        rank_form=place.choice_or("rank_form", "exclusive", *RANK_FORMS),
        goalposts=goalposts,
        target=target.number() if target is not None else None,
        origin=None if origin is None or origin.value in ("min", "max") else origin.number(),
        entity=place.text_or("entity", ""),
        cap=cap.choice(*CAPS) if cap is not None else "none",
        scale=scale.choice(*SCALES) if scale is not None else "linear",
        percentiles=percentiles,
        kind=place.integer_or("type", 7, 1, 9),
        margin=place.number_or("margin", 0.0, 0),
        cuts=cuts,
        flat=place.choice_or("flat", "error", *FLAT),
        place=place,
    )
