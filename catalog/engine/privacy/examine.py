"""The whole examination of a table: classes, diversity, closeness, risks, and the verdict."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from . import diversity
from .classes import Classes, Floats, Ints, make_classes
from .closeness import equal_distance, hierarchical_distance, is_ordered, ordered_distance, rank_values
from .diversity import Counts, count_values
from .findings import Closeness, Diversity, Figures, Findings, IndividualRisk, RiskSummary, WorstClass
from .hierarchies import generalise
from .risks import individual_risk
from .specification import Column, ColumnRole, Distance, Specification
from .verdict import AFTER, AS_IT_STANDS, judge

DEFAULT_K, DEFAULT_L = 2, 2
TIE = 1e-12


class UnableToExamine(ValueError):
    """The table and the specification do not fit; the text is Chinese and for the one who wrote them."""


@dataclass(frozen=True, eq=False)
class _Table:
    """One set of rows with its classes and, by sensitive column, the measures by class."""

    frame: pl.DataFrame
    quasi: tuple[str, ...]
    classes: Classes
    counts: dict[str, Counts]
    distances: dict[str, dict[Distance, Floats]]
    population: Ints


def examine(
    frame: pl.DataFrame, specification: Specification, population: pl.DataFrame | None = None
) -> Findings:
    """Examine ``frame`` (one row a record, null = missing; all columns text but the weights).

    ``population``: a larger table with the same quasi-identifiers, coarsened by the same hierarchies, for the
    journalist's risk. Raises :class:`UnableToExamine`, ``ValueNotInHierarchy``, ``UnableToOrderValues``.
    """
    _require_columns(frame, specification)
    if not frame.height:
        raise UnableToExamine("数据没有任何行。")
    coarse = coarsen(frame, specification)
    people = coarsen(population, specification, quasi_only=True) if population is not None else None
    table = _measure(coarse, specification, people)
    if not table.classes.count:
        raise UnableToExamine("所有行的准标识列均已隐匿，没有可计算的行。")
    figures = _figures(table, specification)
    broken = _violating_classes(table, specification)
    violating = table.classes.only(broken)
    wanted = specification.policy.k or DEFAULT_K
    remaining = _without(coarse, violating, specification, people)
    identifiers = tuple(
        c.name
        for c in specification.named(ColumnRole.IDENTIFIER)
        if _still_tells(frame[c.name], specification)
    )
    suppressed = int((table.classes.of_row < 0).sum())
    left_out = (int(violating.sum()) + suppressed) / frame.height
    judged, checks = judge(specification, figures, remaining, left_out, identifiers)
    return Findings(
        rows=frame.height,
        suppressed=suppressed,
        identifiers=identifiers,
        figures=figures,
        k_for_suppression=wanted,
        to_suppress=int(table.classes.only(table.classes.matched < wanted).sum()),
        violating=violating,
        remaining=remaining,
        judged=judged,
        checks=checks,
        by_row=_by_row(table, specification),
    )


def coarsen(frame: pl.DataFrame, specification: Specification, *, quasi_only: bool = False) -> pl.DataFrame:
    """The frame with every stated level applied."""
    changed = [
        generalise(frame[c.name], c.hierarchy, c.level)
        for c in specification.columns
        if c.hierarchy is not None and c.level and (c.role is ColumnRole.QUASI or not quasi_only)
    ]
    return frame.with_columns(changed)


def _measure(frame: pl.DataFrame, specification: Specification, people: pl.DataFrame | None) -> _Table:
    quasi = tuple(column.name for column in specification.named(ColumnRole.QUASI))
    classes = make_classes(frame.select(quasi) if quasi else _nothing(frame), specification.missing,
                           specification.suppressed)  # fmt: skip
    counts, distances = {}, {}
    if classes.count:
        for column in specification.named(ColumnRole.SENSITIVE):
            counts[column.name] = count_values(classes, frame[column.name])
            distances[column.name] = _distances(column, counts[column.name])
    return _Table(frame, quasi, classes, counts, distances, _in_population(frame, quasi, classes, people))


def _nothing(frame: pl.DataFrame) -> pl.DataFrame:
    """No quasi-identifier at all: every row could be any other."""
    return pl.DataFrame({"": pl.repeat("", frame.height, eager=True)})


def _distances(column: Column, counts: Counts) -> dict[Distance, Floats]:
    """Every distance that can be told; the declared one must be."""
    found = {Distance.EQUAL: equal_distance(counts)}
    if column.distance is Distance.ORDERED or is_ordered(counts.labels, column.order):
        found[Distance.ORDERED] = ordered_distance(counts, rank_values(counts.labels, column.order))
    tree = column.hierarchy if not column.level else None
    wanted = column.distance is Distance.HIERARCHICAL
    if tree is not None and (wanted or all(label in tree.paths for label in counts.labels)):
        found[Distance.HIERARCHICAL] = hierarchical_distance(counts, tree)
    if column.distance not in found:
        raise UnableToExamine(f"列“{column.name}”要按层级距离计算，须给出 hierarchy 且 level 为 0。")
    return found


def _in_population(
    frame: pl.DataFrame, quasi: tuple[str, ...], classes: Classes, people: pl.DataFrame | None
) -> Ints:
    """By class: rows of the population that share its values; at least as many as the table itself has."""
    if people is None or not quasi or not classes.count:
        return classes.matched
    known = people.group_by(quasi).agg(pl.len().alias("__len"))
    own = frame.select(quasi)[classes.first.tolist()]
    joined = own.join(known, on=list(quasi), how="left", nulls_equal=True, maintain_order="left")
    return np.maximum(joined["__len"].fill_null(0).to_numpy().astype(np.int64), classes.matched)


def _figures(table: _Table, specification: Specification) -> Figures:
    classes = table.classes
    rows = classes.rows
    matched = classes.matched
    sizes, where = np.unique(matched, return_inverse=True)
    by_size = np.bincount(where.reshape(-1), minlength=len(sizes))
    rows_by_size = np.bincount(where.reshape(-1), weights=classes.sizes, minlength=len(sizes)).astype(
        np.int64
    )
    uniques = int(classes.sizes[matched == 1].sum())
    prosecutor = _risk(1 / matched, classes.sizes, specification.threshold)
    journalist, marketer = _with_population(table, specification, prosecutor)
    return Figures(
        rows=rows,
        classes=classes.count,
        k=int(matched.min()),
        largest=int(matched.max()),
        average_size=rows / classes.count,
        histogram=tuple(
            (int(size), int(n), int(r)) for size, n, r in zip(sizes, by_size, rows_by_size, strict=True)
        ),
        uniques=uniques,
        unique_share=uniques / rows,
        prosecutor=prosecutor,
        journalist=journalist,
        marketer=marketer,
        individual=_individual(table, specification),
        diversity=tuple(_diversity(table, name, specification) for name in table.counts),
        closeness=tuple(
            _closeness(table, name, distance, values)
            for name, found in table.distances.items()
            for distance, values in found.items()
        ),
    )


def _risk(by_class: Floats, sizes: Ints, threshold: float, average: float | None = None) -> RiskSummary:
    rows = int(sizes.sum())
    highest = float(by_class.max())
    at_highest = int(sizes[by_class >= highest - TIE].sum())
    above = int(sizes[by_class > threshold + TIE].sum())
    mean = float((by_class * sizes).sum() / rows) if average is None else average
    return RiskSummary(
        highest, float(by_class.min()), mean, at_highest, at_highest / rows, threshold, above, above / rows
    )


def _with_population(
    table: _Table, specification: Specification, prosecutor: RiskSummary
) -> tuple[RiskSummary, float]:
    """Journalist and marketer as ARX has them: without a population table both follow the prosecutor's."""
    if table.population is table.classes.matched:
        return prosecutor, prosecutor.average
    sizes, people = table.classes.sizes, table.population
    marketer = float((sizes / people).sum() / sizes.sum())
    average = max(len(sizes) / float(people.sum()), marketer)
    return _risk(1 / people, sizes, specification.threshold, average), marketer


def _weights(table: _Table, specification: Specification) -> Floats | None:
    if specification.weights is None:
        return None
    weights = table.frame[specification.weights].cast(pl.Float64, strict=False)
    if weights.null_count() or not (weights > 0).all():
        raise UnableToExamine(f"权重列“{specification.weights}”须每行都是正数。")
    return weights.to_numpy()


def _by_row(table: _Table, specification: Specification) -> dict[str, Any]:
    """fk, Fk, risk by row (sdcMicro's names); suppressed rows have 0 and NaN."""
    classes = table.classes
    inside = classes.of_row >= 0
    place = np.maximum(classes.of_row, 0)
    fk = np.where(inside, classes.matched[place], 0)
    weights = _weights(table, specification)
    if weights is None:
        weighted, risk = fk.astype(float), np.where(inside, 1 / np.maximum(fk, 1), np.nan)
    else:
        by_class = classes.weighted(weights)
        weighted = np.where(inside, by_class[place], np.nan)
        risks = individual_risk(classes.matched, by_class, specification.risk_method)
        risk = np.where(inside, risks[place], np.nan)
    return {"fk": fk, "Fk": weighted, "risk": risk, "class": classes.of_row}


def _individual(table: _Table, specification: Specification) -> IndividualRisk | None:
    weights = _weights(table, specification)
    if weights is None:
        return None
    classes = table.classes
    risks = individual_risk(classes.matched, classes.weighted(weights), specification.risk_method)
    expected = float((risks * classes.sizes).sum())
    return IndividualRisk(
        specification.risk_method.value, float(risks.max()), expected / classes.rows, expected
    )


def _diversity(table: _Table, name: str, specification: Specification) -> Diversity:
    counts = table.counts[name]
    wanted = specification.policy.recursive_l or DEFAULT_L
    by_class, nats = diversity.distinct(counts), diversity.entropy(counts)
    least_c = float(diversity.least_c(counts, wanted).max())
    c = specification.policy.recursive_c or specification.recursive_c
    return Diversity(
        column=name,
        values=len(counts.labels),
        distinct_l=int(by_class.min()),
        entropy_h=float(nats.min()),
        entropy_l=float(np.exp(nats.min())),
        recursive_c=c,
        recursive_l=int(diversity.recursive_level(counts, c).min()),
        least_c_for=wanted,
        least_c=least_c if np.isfinite(least_c) else None,
        worst=_class(table, int(np.lexsort((nats, by_class))[0])),
    )


def _closeness(table: _Table, name: str, distance: Distance, by_class: Floats) -> Closeness:
    sizes = table.classes.sizes
    return Closeness(
        column=name,
        distance=distance.value,
        t=float(by_class.max()),
        average=float((by_class * sizes).sum() / sizes.sum()),
        worst=_class(table, int(by_class.argmax())),
    )


def _class(table: _Table, number: int) -> WorstClass:
    row = int(table.classes.first[number])
    values = {name: table.frame[name][row] for name in table.quasi}
    return WorstClass(values, int(table.classes.sizes[number]), row)


def _violating_classes(table: _Table, specification: Specification) -> NDArray[np.bool_]:
    """By class: whether it breaks a limit that can be broken by a class."""
    policy = specification.policy
    least = max(policy.k or 1, int(np.ceil(1 / policy.max_risk - TIE)) if policy.max_risk else 1)
    broken = table.classes.matched < least
    for column in specification.named(ColumnRole.SENSITIVE):
        counts = table.counts[column.name]
        if wanted := column.limits.get("distinct_l", policy.distinct_l):
            broken |= diversity.distinct(counts) < wanted
        if wanted := column.limits.get("entropy_l", policy.entropy_l):
            broken |= np.exp(diversity.entropy(counts)) < wanted - 1e-9
        if policy.recursive_c and policy.recursive_l:
            broken |= ~(diversity.least_c(counts, policy.recursive_l) < policy.recursive_c)
        if (limit := column.limits.get("t", policy.t)) is not None:
            broken |= table.distances[column.name][column.distance] > limit + 1e-9
    return broken


def _without(
    frame: pl.DataFrame,
    violating: NDArray[np.bool_],
    specification: Specification,
    people: pl.DataFrame | None,
) -> Figures | None:
    """Figures of the rows that break nothing; the suppressed ones are out already."""
    if not violating.any():
        return None
    kept = frame.filter(~violating)
    if not kept.height:
        return None
    table = _measure(kept, specification, people)
    return _figures(table, specification) if table.classes.count else None


def _still_tells(column: pl.Series, specification: Specification) -> bool:
    """Whether an identifier column holds anything but blanks and the mark of suppression."""
    text = column.cast(pl.String).drop_nulls()
    return not bool(text.is_in(["", "*", specification.suppressed or "*"]).all())


def _require_columns(frame: pl.DataFrame, specification: Specification) -> None:
    asked = [column.name for column in specification.columns]
    asked += [specification.weights] if specification.weights else []
    if missing := [name for name in asked if name not in frame.columns]:
        raise UnableToExamine(
            f"数据中没有这些列：{'、'.join(missing)}；数据的列为：{'、'.join(frame.columns)}。"
        )


__all__ = ["AFTER", "AS_IT_STANDS", "UnableToExamine", "coarsen", "examine"]
