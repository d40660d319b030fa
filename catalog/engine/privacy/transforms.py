"""What a rule does to a column when it is published: pure functions of a frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from .free_text import PERSONAL, FoundKind, redact_column
from .hierarchies import Hierarchy, UnableToReadHierarchy, ValueNotInHierarchy, generalise, parse_hierarchy
from .masks import MaskKind, mask_column, over_values
from .small_cells import hide_small_cells

Pseudonym = Callable[[str], str]
DATE_PARTS = {"month": 7, "year": 4}
TOP_BOTTOM_KEYS = {"top", "bottom"}
MOST_BANDS = 1000


class UnableToTransform(ValueError):
    """A rule cannot be run on its column; the text (Chinese) names the column and why."""


@dataclass(frozen=True)
class Step:
    """One column's treatment: ``method`` as in the catalogue's words, and its parameters."""

    column: str
    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def run_steps(frame: pl.DataFrame, steps: Sequence[Step], pseudonym: Pseudonym | None = None) -> pl.DataFrame:
    """The frame after all steps, suppressed columns dropped, column order kept.

    ``pseudonym`` turns a value into its keyed pseudonym; it is asked for by the method of that name only. Every step
    sees the original frame. Raises :class:`UnableToTransform`.
    """
    changed: list[pl.Series] = []
    dropped: list[str] = []
    for step in steps:
        if step.column not in frame.columns:
            raise UnableToTransform(f"数据中没有列“{step.column}”，无法执行脱敏规则。")
        if step.method == "suppress":
            dropped.append(step.column)
        else:
            try:
                changed.append(_run(frame, step, pseudonym).alias(step.column))
            except (ValueNotInHierarchy, UnableToReadHierarchy, TypeError, KeyError) as error:
                raise UnableToTransform(f"列“{step.column}”的脱敏规则无法执行：{error}") from error
    return frame.with_columns(changed).drop(dropped)


def parameter_problem(method: str, parameters: Mapping[str, Any]) -> str:
    """What is wrong with a rule's parameters, in Chinese; '' if nothing is."""
    try:
        others = {str(name) for group in parameters.get("within") or [] for name in group}
        sample = pl.DataFrame(
            {name: pl.Series(["1"], dtype=pl.String) for name in ["x", *sorted(others - {"x"})]}
        )
        run_steps(sample, [Step("x", method, parameters)], lambda text: text)
    except UnableToTransform as error:
        return "" if isinstance(error.__cause__, ValueNotInHierarchy) else str(error).replace("列“x”的", "")
    return ""


def _run(frame: pl.DataFrame, step: Step, pseudonym: Pseudonym | None) -> pl.Series:
    column, told = frame[step.column], step.parameters
    if step.method == "keep":
        return column
    if step.method == "mask":
        return mask_column(column, _mask_kind(told), int(told.get("start", 0)), int(told.get("end", 0)))
    if step.method == "generalise":
        return generalise_by(column, told)
    if step.method == "top_bottom":
        return clip(column, told.get("bottom"), told.get("top"))
    if step.method == "round":
        return round_to(column, told.get("base", 10))
    if step.method == "date":
        return coarser_date(column, str(told.get("to", "month")))
    if step.method == "small_cells":
        return hide_small_cells(frame, step.column, _threshold(told), _groups(frame, told))
    if step.method == "free_text":
        return redact_column(column, [FoundKind(kind) for kind in told.get("kinds") or PERSONAL])
    if step.method == "pseudonym":
        if pseudonym is None:
            raise UnableToTransform(f"列“{step.column}”要以假名代替，但没有提供密钥。")
        return over_values(column, pseudonym)
    raise UnableToTransform(f"不认识的脱敏方法“{step.method}”。")


def _mask_kind(told: Mapping[str, Any]) -> MaskKind:
    try:
        return MaskKind(str(told.get("kind", "")))
    except ValueError as error:
        raise UnableToTransform(f"掩码须写明 kind：{'、'.join(kind.value for kind in MaskKind)}。") from error


def _threshold(told: Mapping[str, Any]) -> int:
    threshold = told.get("threshold", 5)
    if isinstance(threshold, bool) or not isinstance(threshold, int) or threshold < 2:
        raise UnableToTransform("小数值的门限须为不小于 2 的整数。")
    return threshold


def _groups(frame: pl.DataFrame, told: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    groups: Sequence[Sequence[str]] = told.get("within") or []
    for name in (name for group in groups for name in group):
        if name not in frame.columns:
            raise UnableToTransform(f"小数值的分组列“{name}”不在数据中。")
    return groups


def generalise_by(column: pl.Series, told: Mapping[str, Any]) -> pl.Series:
    """By ``hierarchy`` (rows of values, nearest ancestor first) at ``level``, or into number bands of ``width``."""
    if width := told.get("width"):
        return bands(column, width)
    rows = told.get("hierarchy")
    if not rows:
        raise UnableToTransform("概化须写明 hierarchy（层级表）或 width（分段宽度）。")
    hierarchy: Hierarchy = parse_hierarchy(rows)
    level = int(told.get("level", 1))
    hierarchy.at(level)
    return generalise(column.cast(pl.String), hierarchy, level)


def bands(column: pl.Series, width: Any) -> pl.Series:
    """Numbers as bands: 37 with width 10 is 30-39; a number that is none becomes missing."""
    step = _positive(width, "分段宽度")
    numbers = column.cast(pl.Float64, strict=False)
    low = (numbers / step).floor() * step
    whole = float(step).is_integer()
    frame = pl.DataFrame({"low": low, "high": low + (step - 1 if whole else step)})
    as_text = pl.col("low", "high").cast(pl.Int64 if whole else pl.Float64).cast(pl.String)
    return frame.with_columns(as_text).select(pl.concat_str("low", "high", separator="-")).to_series()


def clip(column: pl.Series, bottom: Any, top: Any) -> pl.Series:
    """Numbers below ``bottom`` become it, above ``top`` likewise (top and bottom coding)."""
    if bottom is None and top is None:
        raise UnableToTransform("上下截尾须写明 top 或 bottom。")
    for bound in (bottom, top):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
            raise UnableToTransform("上下截尾的界限须为数字。")
    return _as_before(column, column.cast(pl.Float64, strict=False).clip(bottom, top))


def round_to(column: pl.Series, base: Any) -> pl.Series:
    """Numbers rounded to the nearest multiple of ``base``, halves away from zero."""
    step = _positive(base, "取整单位")
    numbers = column.cast(pl.Float64, strict=False)
    return _as_before(column, (numbers / step).sign() * ((numbers / step).abs() + 0.5).floor() * step)


def coarser_date(column: pl.Series, to: str) -> pl.Series:
    """ISO dates to 2026-11, 2026Q4 or 2026; what is no date becomes missing."""
    text = column.cast(pl.String)
    good = text.str.contains(r"^\d{4}-\d{2}(-\d{2})?")
    if to in DATE_PARTS:
        shown = text.str.slice(0, DATE_PARTS[to])
    elif to == "quarter":
        quarter = ((text.str.slice(5, 2).cast(pl.Int64, strict=False) + 2) // 3).cast(pl.String)
        shown = pl.select(pl.concat_str(text.str.slice(0, 4), pl.lit("Q"), quarter)).to_series()
    else:
        raise UnableToTransform("日期取粗的 to 应为 month、quarter 或 year。")
    return pl.select(pl.when(good).then(shown)).to_series()


def _positive(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise UnableToTransform(f"{name}须为正数。")
    return value


def _as_before(column: pl.Series, numbers: pl.Series) -> pl.Series:
    """Numbers in the column's own type; whole ones of a text column without a decimal point."""
    if column.dtype.is_integer() and (numbers.drop_nulls() % 1 == 0).all():
        return numbers.cast(column.dtype)
    if column.dtype != pl.String:
        return numbers
    whole = numbers.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.select(pl.when(numbers % 1 == 0).then(whole).otherwise(numbers.cast(pl.String))).to_series()
