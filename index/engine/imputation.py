"""Values for gaps: from the group, from the entity's own past, from its other indicators, or a constant."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.engine.places import Place
from index.engine.scoring import Floats
from index.engine.statistics import present

OF_COLUMN = ("mean", "median", "min", "max")
OF_TIME = ("previous", "next", "nearest", "linear")
OF_ROW = ("row_mean", "row_median")
METHODS = (*OF_COLUMN, *OF_TIME, *OF_ROW, "constant", "none")
KEYS = ("with", "group", "over", "max", "value", "within", "normalised", "otherwise")


@dataclass(frozen=True)
class Impute:
    """with: method. group: a text column; over: all rows or each period. most: how many periods a value may be
    carried. otherwise: what happens to a group that has no value: its gaps stay, or take the method over all rows."""

    method: str = "mean"
    group: str = ""
    over: str = "all"
    most: int | None = None
    value: float = 0.0
    within: str = "all"
    normalised: bool = True
    otherwise: str = "missing"


def read_impute(place: Place) -> Impute:
    """`impute: {with: mean, group: region, over: period}` or `impute: median`."""
    if not isinstance(place.value, dict):
        place = Place({"with": place.choice(*METHODS)}, place.path, place.source, place.lines)
    place.mapping(*KEYS)
    method = place.need("with", f"补值办法：{'、'.join(METHODS)}").choice(*METHODS)
    if method == "constant":
        place.need("value", "补入的常数")
    return Impute(
        method,
        place.text_or("group", ""),
        place.choice_or("over", "all", "all", "period"),
        place.at("max").integer(1) if place.has("max") else None,
        place.number_or("value", 0.0),
        place.choice_or("within", "all", "all", "parent"),
        place.flag_or("normalised", True),
        place.choice_or("otherwise", "missing", "missing", "all"),
    )


def fill_by_groups(values: Floats, groups: list[str], method: str, otherwise: str) -> Floats:
    """Gaps take the statistic of the values of their group (a text per row; an empty one has no group)."""
    statistic: dict[str, Callable[[Floats], np.floating]] = {
        "mean": np.mean, "median": np.median, "min": np.min, "max": np.max,
    }  # fmt: skip
    out = values.copy()
    labels = np.array(groups, dtype=object)
    for group in dict.fromkeys(groups):
        mine = labels == group
        there = present(values[mine])
        if len(there) and group:
            out[mine & np.isnan(values)] = float(statistic[method](there))
    if otherwise == "all" and np.isnan(out).any() and len(present(values)):
        out[np.isnan(out)] = float(statistic[method](present(values)))
    return out


def fill_in_time(values: Floats, positions: Floats, method: str, most: int | None) -> Floats:
    """Gaps of one entity. values, positions: (t,), ascending in time; most: steps (rows) a value is carried at most.

    linear interpolates between neighbours and carries the first and last value outwards.
    """
    known = np.flatnonzero(np.isfinite(values))
    out = values.copy()
    if not len(known):
        return out
    for gap in np.flatnonzero(np.isnan(values)):
        before, after = known[known < gap], known[known > gap]
        back = int(before[-1]) if len(before) and (most is None or gap - before[-1] <= most) else None
        ahead = int(after[0]) if len(after) and (most is None or after[0] - gap <= most) else None
        if method == "previous":
            chosen = back
        elif method == "next":
            chosen = ahead
        elif method == "linear" and back is not None and ahead is not None:
            share = (positions[gap] - positions[back]) / (positions[ahead] - positions[back])
            out[gap] = values[back] + share * (values[ahead] - values[back])
            continue
        elif back is not None and ahead is not None:
            chosen = back if positions[gap] - positions[back] <= positions[ahead] - positions[gap] else ahead
        else:
            chosen = back if back is not None else ahead
        if chosen is not None:
            out[gap] = values[chosen]
    return out


def fill_by_rows(columns: Floats, turned: list[bool], method: str, normalised: bool) -> Floats:
    """(n, k): a gap takes the mean (median) of its row's other indicators, on their min-max scale, brought back."""
    sign = np.where(turned, -1.0, 1.0) if normalised else np.ones(columns.shape[1])
    x = columns * sign
    low = np.array([present(column).min(initial=np.inf) for column in x.T])
    high = np.array([present(column).max(initial=-np.inf) for column in x.T])
    usable = high > low
    scale = np.where(usable, high - low, 1.0)
    z = (x - np.where(np.isfinite(low), low, 0.0)) / scale if normalised else x
    out = columns.copy()
    for row in np.flatnonzero(np.isnan(columns).any(axis=1)):
        there = present(z[row])
        if len(there):
            guess = float(np.mean(there) if method == "row_mean" else np.median(there))
            gaps = np.isnan(columns[row]) & (usable | (not normalised))
            back = guess * scale + low if normalised else np.full(len(scale), guess)
            out[row, gaps] = (back * sign)[gaps]
    return out
