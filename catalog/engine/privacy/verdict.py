"""The policy held against what was found."""

from collections.abc import Iterator

from .findings import Check, Figures
from .specification import ColumnRole, Specification

AS_IT_STANDS, AFTER = "as_it_stands", "after_suppression"
TOLERANCE = 1e-9


def judge(
    specification: Specification,
    figures: Figures,
    remaining: Figures | None,
    left_out_share: float,
    identifiers: tuple[str, ...],
) -> tuple[str, tuple[Check, ...]]:
    """Which figures were judged, and every limit with its outcome.

    ``left_out_share``: rows suppressed before plus those that break a limit, of all rows. If it is within the
    policy's ``suppression_limit``, the remaining rows are judged; otherwise the table as it stands.
    """
    policy = specification.policy
    judged, allowed = AS_IT_STANDS, policy.suppression_limit
    if remaining is not None and allowed and left_out_share <= allowed + TOLERANCE:
        judged, figures = AFTER, remaining
    checks = [*_table_checks(specification, figures), *_column_checks(specification, figures)]
    if policy.no_identifiers:
        checks.append(Check("no_identifiers", "", 0, len(identifiers), not identifiers))
    return judged, tuple(checks)


def _table_checks(specification: Specification, figures: Figures) -> Iterator[Check]:
    policy = specification.policy
    if policy.k is not None:
        yield Check("k", "", policy.k, figures.k, figures.k >= policy.k)
    for name, limit, found in (
        ("max_risk", policy.max_risk, figures.prosecutor.highest),
        ("average_risk", policy.average_risk, figures.prosecutor.average),
        ("max_uniques", policy.max_uniques, figures.unique_share),
    ):
        if limit is not None:
            yield Check(name, "", limit, found, found <= limit + TOLERANCE)


def _column_checks(specification: Specification, figures: Figures) -> Iterator[Check]:
    policy = specification.policy
    columns = {column.name: column for column in specification.named(ColumnRole.SENSITIVE)}
    for found in figures.diversity:
        limits = columns[found.column].limits
        if (least := limits.get("distinct_l", policy.distinct_l)) is not None:
            yield Check("distinct_l", found.column, least, found.distinct_l, found.distinct_l >= least)
        if (least := limits.get("entropy_l", policy.entropy_l)) is not None:
            passed = found.entropy_l >= least - TOLERANCE
            yield Check("entropy_l", found.column, least, found.entropy_l, passed)
        if policy.recursive_c is not None and policy.recursive_l is not None:
            passed = found.least_c is not None and found.least_c < policy.recursive_c
            yield Check("recursive_cl", found.column, policy.recursive_c, found.least_c, passed)
    for close in figures.closeness:
        column = columns[close.column]
        most = column.limits.get("t", policy.t)
        if most is not None and close.distance == column.distance.value:
            yield Check(f"t_{close.distance}", close.column, most, close.t, close.t <= most + TOLERANCE)
