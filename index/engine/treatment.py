"""Outliers and skew: winsorising by count, by fences, or point by point until the shape is acceptable; logarithms.

Every operation takes the values it changes and the reference values its statistics come from (the same, unless
they come from a base period) and returns new values; NaN stays NaN.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.statistics import FORMS, kurtosis, present, quantile, skewness, spread


class UnableToTreat(ValueError):
    """The values do not admit the operation; the text (Chinese) says why and what to do."""


LOGS = (
    "ln",
    "log10",
    "log2",
    "ln1p",
    "modified",
    "modified_signed",
    "shifted",
    "gii",
    "asinh",
    "sqrt",
    "box_cox",
)


@dataclass(frozen=True)
class Shape:
    """When a distribution is acceptable: |skewness| < skew, kurtosis < kurtosis (strictly); either is enough
    (COINr, JRC: an outlier shows in both), or both are asked for."""

    skew: float = 2.0
    kurtosis: float = 3.5
    form: str = "sample"
    rule: str = "either"

    def accepts(self, values: Floats) -> bool:
        """True also where skewness or kurtosis does not exist (fewer than four values, no spread)."""
        skew, tail = skewness(values, self.form), kurtosis(values, self.form)
        if np.isnan(skew) or np.isnan(tail):
            return True
        calm, thin = abs(skew) < self.skew, tail < self.kurtosis
        return (calm and thin) if self.rule == "both" else (calm or thin)


def read_shape(place: Place | None) -> Shape:
    if place is None:
        return Shape()
    return Shape(
        place.number_or("skew", 2.0, 0),
        place.number_or("kurtosis", 3.5),
        place.choice_or("form", "sample", *FORMS),
        place.choice_or("rule", "either", "either", "both"),
    )


SHAPE_KEYS = ("skew", "kurtosis", "form", "rule")


@dataclass(frozen=True)
class Winsorised:
    """values after winsorising, and how many of them moved."""

    values: Floats
    moved: int


@dataclass(frozen=True)
class Until:
    """Point by point: the extreme on the skewed side takes the value of its neighbour, until the shape is accepted
    or `most` points have moved; then, if it still is not, the logarithm `then` of the original values (of the
    winsorised ones with `combine`). The steps are COINr's: tied extremes move and count together."""

    shape: Shape
    most: int | None = 5
    then: "Log | None" = None
    combine: bool = False
    force: bool = False

    def apply(self, values: Floats, reference: Floats) -> Winsorised:
        if self.shape.accepts(values) and not self.force:
            return Winsorised(values, 0)
        calm = winsorise_until(values, self.shape, self.most, self.force)
        if self.shape.accepts(calm.values) or self.then is None:
            return calm
        start = calm.values if self.combine else values
        return Winsorised(self.then.apply(start, start).values, int(np.isfinite(values).sum()))


def winsorise_until(values: Floats, shape: Shape, most: int | None, force: bool = False) -> Winsorised:
    """See `Until`. Points at the extreme after a step are tied with their neighbour, so they move on together."""
    out = values.copy()
    high = np.zeros(0, dtype=np.int64)
    low = np.zeros(0, dtype=np.int64)
    moved = 0
    while (force or not shape.accepts(out)) and (most is None or moved < most):
        there = present(out)
        if there.min() == there.max():
            break
        if skewness(out, shape.form) >= 0:
            high = np.flatnonzero(out == there.max())
            out[high] = there[there < there.max()].max()
        else:
            low = np.flatnonzero(out == there.min())
            out[low] = there[there > there.min()].min()
        moved = len(high) + len(low)
    return Winsorised(out, moved)


@dataclass(frozen=True)
class Winsorise:
    """By a stated rule, once: `count` extremes a side, or fences from percentiles, quartiles, spread or given."""

    method: Literal["count", "percentiles", "iqr", "sd", "limits"]
    low: float
    high: float
    kind: int = 7
    form: str = "sample"
    nearest: bool = False
    when: Shape | None = None

    def apply(self, values: Floats, reference: Floats) -> Winsorised:
        if self.when is not None and self.when.accepts(reference):
            return Winsorised(values, 0)
        there = present(reference)
        if not len(there):
            return Winsorised(values, 0)
        low, high = self._fences(there)
        out = np.where(values < low, low, np.where(values > high, high, values))
        return Winsorised(out, int((np.isfinite(values) & (out != values)).sum()))

    def _fences(self, there: Floats) -> tuple[float, float]:
        if self.method == "count":
            ordered = np.sort(there)
            if self.low + self.high >= len(there):
                raise UnableToTreat(
                    f"只有 {len(there)} 个值，不能缩尾 {int(self.low + self.high)} 个，请减少个数"
                )
            return float(ordered[int(self.low)]), float(ordered[len(ordered) - 1 - int(self.high)])
        if self.method == "percentiles":
            low, high = (quantile(there, share / 100, self.kind) for share in (self.low, self.high))
        elif self.method == "iqr":
            first, third = quantile(there, 0.25, self.kind), quantile(there, 0.75, self.kind)
            low, high = first - self.low * (third - first), third + self.high * (third - first)
        elif self.method == "sd":
            sd = spread(there, self.form) if len(there) > 1 else 0.0
            low, high = float(there.mean()) - self.low * sd, float(there.mean()) + self.high * sd
        else:
            low, high = self.low, self.high
        if self.nearest:
            inside = there[(there >= low) & (there <= high)]
            if len(inside):
                return float(inside.min()), float(inside.max())
        return low, high


@dataclass(frozen=True)
class Log:
    """A logarithm or another scale that draws a long tail in.

    modified: ln(x - min + .01 (max - min)), COINr's log_CT; modified_signed: its mirror image for a tail to
    the left; shifted: ln(x - min + 1); gii: ln((max - 1)(x - min) / (max - min) + 1); asinh: of x / unit;
    box_cox: ((x + shift)^lambda - 1) / lambda. min and max are those of the reference values.
    """

    kind: str
    shift: float = 0.0
    power: float = 0.0
    unit: float = 1.0
    when: Shape | None = None

    def apply(self, values: Floats, reference: Floats) -> Winsorised:
        there = present(reference)
        if not len(there) or (self.when is not None and self.when.accepts(reference)):
            return Winsorised(values, 0)
        return Winsorised(self._of(values, float(there.min()), float(there.max()), there), 0)

    def _of(self, values: Floats, low: float, high: float, there: Floats) -> Floats:
        x, kind = values + self.shift, self.kind
        if kind == "asinh":
            return np.arcsinh(x / self.unit)
        if kind == "sqrt":
            return np.sqrt(_positive(x, "开平方", zero=True))
        if kind == "box_cox":
            x = _positive(x, "作 Box-Cox 变换")
            return np.log(x) if self.power == 0 else (x**self.power - 1) / self.power
        if kind in ("modified", "modified_signed", "gii") and low == high:
            raise UnableToTreat("所有值相同，不能取对数，请对该指标写 treat: none")
        if kind == "modified_signed" and not skewness(there) > 0:
            return -np.log(_positive(high + 0.01 * (high - low) - x, "取对数"))
        if kind in ("modified", "modified_signed"):
            return np.log(_positive(x - low + 0.01 * (high - low), "取对数"))
        if kind == "shifted":
            return np.log(_positive(x - low + 1, "取对数"))
        if kind == "gii":
            return np.log(_positive((high - 1) * (x - low) / (high - low) + 1, "取对数"))
        if kind == "ln1p":
            return np.log(_positive(1 + x, "取对数"))
        logarithm = {"ln": np.log, "log10": np.log10, "log2": np.log2}[kind]
        return np.asarray(logarithm(_positive(x, "取对数")), dtype=np.float64)


def _positive(values: Floats, what: str, zero: bool = False) -> Floats:
    bad = values < 0 if zero else values <= 0
    if bad.any():
        least = float(np.nanmin(values))
        raise UnableToTreat(
            f"有 {int(bad.sum())} 个值不能{what}（最小 {least:g}），请改用 asinh 或 modified，或写 shift 加上一个常数"
        )
    return values


def read_until(place: Place) -> Until:
    """`treat: {max: 5, skew: 2, kurtosis: 3.5, form: sample, rule: either, then: modified, combine: false}`."""
    place.mapping("max", *SHAPE_KEYS, "then", "combine", "force", "over")
    most: int | None = 5
    if place.has("max"):
        most = None if place.at("max").value == "all" else place.at("max").integer(0)
    then: Log | None = Log("modified")
    if (after := place.find("then")) is not None:
        then = None if after.value == "none" else read_log(after)
    force = place.flag_or("force", False)
    if force and most is None:
        raise place.fault("force 须与 max 的个数同用，否则不会停止")
    return Until(read_shape(place), most, then, place.flag_or("combine", False), force)


def read_winsorise(place: Place) -> Winsorise:
    """`winsorise: {percentiles: [5, 95]}`; or count, iqr, sd, limits; with type, to, side, form, when, over."""
    methods = ("count", "percentiles", "iqr", "sd", "limits")
    place.mapping(*methods, "type", "to", "side", "form", "when", "over")
    named = [method for method in methods if place.has(method)]
    if len(named) != 1:
        raise place.fault(f"须写明且只写一种缩尾办法：{'、'.join(methods)}")
    method = named[0]
    low, high = _both_sides(method, place.at(method))
    side = place.choice_or("side", "both", "both", "high", "low")
    unbounded = {"count": (0.0, 0.0), "percentiles": (0.0, 100.0)}.get(method, (np.inf, np.inf))
    if method == "limits":
        unbounded = (-np.inf, np.inf)
    low = unbounded[0] if side == "high" else low
    high = unbounded[1] if side == "low" else high
    kind = place.integer_or("type", 7, 1, 9)
    when = place.find("when")
    if when is not None:
        when.mapping(*SHAPE_KEYS)
    return Winsorise(
        method,  # type: ignore[arg-type]
        low,
        high,
        kind,
        place.choice_or("form", "sample", *FORMS),
        place.choice_or("to", "fence", "fence", "nearest") == "nearest",
        None if when is None else read_shape(when),
    )


def _both_sides(method: str, place: Place) -> tuple[float, float]:
    if method in ("percentiles", "limits"):
        low, high = place.pair()
        if low > high or (method == "percentiles" and not 0 <= low <= high <= 100):
            raise place.fault("应为由小到大的两个数字，百分位在 0 到 100 之间")
        return low, high
    if isinstance(place.value, dict):
        place.mapping("low", "high")
        low, high = place.number_or("low", 0, 0), place.number_or("high", 0, 0)
    else:
        low = high = place.number(0)
    if method == "count" and (low != int(low) or high != int(high)):
        raise place.fault("应为整数个数")
    return low, high


def read_log(place: Place) -> Log:
    """`log: ln`, or `log: {kind: box_cox, lambda: .5, shift: 1, when: {...}}`."""
    if not isinstance(place.value, dict):
        return Log(place.choice(*LOGS))
    place.mapping("kind", "shift", "lambda", "unit", "when", "over")
    when = place.find("when")
    if when is not None:
        when.mapping(*SHAPE_KEYS)
    unit = place.number_or("unit", 1.0)
    if not unit > 0:
        raise place.at("unit").fault("应大于 0")
    kind = place.choice_or("kind", "ln", *LOGS)
    if kind == "box_cox":
        place.need("lambda", "Box-Cox 的参数")
    return Log(
        kind, place.number_or("shift", 0.0), place.number_or("lambda", 0.0), unit,
        None if when is None else read_shape(when),
    )  # fmt: skip
