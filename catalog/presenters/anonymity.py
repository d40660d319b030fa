"""An anonymity report as plain JSON: for the command, for the proof saved with a release, for its page."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from catalog.engine.privacy.findings import Closeness, Diversity, Figures, Findings, WorstClass
from catalog.engine.privacy.specification import ColumnRole, Missing, Specification

SEPARATOR = "\x1f"
MISSING_SHOWN = "（缺失）"
MISSING_RULES: Mapping[Missing, str] = {
    Missing.CATEGORY: "缺失视为一个取值，缺失之间相等（ARX、pycanon 口径）",
    Missing.WILDCARD: "缺失可与任何取值匹配（sdcMicro freqCalc、alpha=1 口径）；k、l、t、风险按可匹配的行计",
    Missing.DISTINCT: "每个缺失都与其他取值不同（最严）",
}


def report_of(
    findings: Findings,
    specification: Specification,
    *,
    lines: pl.Series | None = None,
    most_rows: int | None = 1000,
    per_row: bool = False,
    digests: bool = False,
) -> dict[str, Any]:
    """The report as JSON-ready values. ``lines``: physical line of each row (default: row number from 1).

    ``digests`` names classes by a digest of their values, so that a report can leave the house without them.
    """
    if lines is None:
        lines = pl.Series(range(1, findings.rows + 1), dtype=pl.Int64)
    naming = _Naming(lines, digests)
    told: dict[str, Any] = {
        "verdict": "pass" if findings.passed else "fail",
        "judged": findings.judged,
        "checks": [asdict(check) for check in findings.checks],
        "rows": findings.rows,
        "suppressed_rows": findings.suppressed,
        **_figures(findings.figures, naming),
        "suppression": {
            "k": findings.k_for_suppression,
            "records_to_reach_k": findings.to_suppress,
            "share_to_reach_k": findings.to_suppress / findings.rows,
            "records_to_meet_policy": int(findings.violating.sum()),
            "share_to_meet_policy": float(findings.violating.sum() / findings.rows),
        },
        "violating_rows": _violating(findings, lines, most_rows),
        "identifiers_present": list(findings.identifiers),
        "after_suppression": _figures(findings.remaining, naming) if findings.remaining else None,
        "conventions": _conventions(specification),
    }
    if per_row:
        told["per_row"] = _per_row(findings, lines, most_rows)
    tidied: dict[str, Any] = _tidied(told)
    return tidied


def _tidied(value: Any) -> Any:
    """Figures to twelve significant digits: 1/6 is 1/6 whichever way it was added up."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: _tidied(one) for key, one in value.items()}
    return [_tidied(one) for one in value] if isinstance(value, (list, tuple)) else value


class _Naming:
    """How a class is named: by values or by their digest, with the line of its first row."""

    def __init__(self, lines: pl.Series, digests: bool) -> None:
        self.lines, self.digests = lines, digests

    def __call__(self, worst: WorstClass | None) -> dict[str, Any] | None:
        if worst is None:
            return None
        told: dict[str, Any] = {"size": worst.size}
        if self.digests:
            joined = SEPARATOR.join(MISSING_SHOWN if v is None else str(v) for v in worst.values.values())
            told["digest"] = hashlib.sha256(joined.encode()).hexdigest()[:16]
        else:
            told |= {"values": worst.values, "first_line": int(self.lines[worst.first_row])}
        return told


def _figures(figures: Figures, naming: _Naming) -> dict[str, Any]:
    return {
        "counted_rows": figures.rows,
        "classes": figures.classes,
        "k": figures.k,
        "class_sizes": {
            "min": figures.k,
            "max": figures.largest,
            "average": figures.average_size,
            "histogram": [{"size": s, "classes": n, "rows": r} for s, n, r in figures.histogram],
        },
        "uniques": {"rows": figures.uniques, "share": figures.unique_share},
        "risk": {
            "prosecutor": asdict(figures.prosecutor),
            "journalist": asdict(figures.journalist),
            "marketer": {"average": figures.marketer},
            "individual": asdict(figures.individual) if figures.individual else None,
        },
        "l_diversity": {d.column: _diversity(d, naming) for d in figures.diversity},
        "t_closeness": _closeness(figures.closeness, naming),
    }


def _diversity(found: Diversity, naming: _Naming) -> dict[str, Any]:
    return {
        "values": found.values,
        "distinct": found.distinct_l,
        "entropy": {"h": found.entropy_h, "log_base": "e", "l": found.entropy_l},
        "recursive": {
            "c": found.recursive_c,
            "l": found.recursive_l,
            "for_l": found.least_c_for,
            "c_must_exceed": found.least_c,
        },
        "worst_class": naming(found.worst),
    }


def _closeness(found: tuple[Closeness, ...], naming: _Naming) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for close in found:
        told.setdefault(close.column, {})[close.distance] = {
            "t": close.t, "average": close.average, "worst_class": naming(close.worst),
        }  # fmt: skip
    return told


def _violating(findings: Findings, lines: pl.Series, most: int | None) -> dict[str, Any]:
    rows = np.flatnonzero(findings.violating)
    listed = lines.to_numpy()[rows[:most]]
    return {"count": len(rows), "lines": listed.tolist(), "complete": len(listed) == len(rows)}


def _per_row(findings: Findings, lines: pl.Series, most: int | None) -> list[dict[str, Any]]:
    parts = findings.by_row
    told = zip(lines[:most], parts["fk"][:most], parts["Fk"][:most], parts["risk"][:most], strict=True)
    return [
        {"line": line, "fk": int(fk), "Fk": _finite(weighted), "risk": _finite(risk)}
        for line, fk, weighted, risk in told
    ]


def _finite(number: Any) -> float | None:
    return float(number) if np.isfinite(number) else None


def _conventions(specification: Specification) -> dict[str, Any]:
    roles = {role.value: [c.name for c in specification.named(role)] for role in ColumnRole}
    return {
        "roles": roles,
        "levels": {c.name: c.level for c in specification.columns if c.hierarchy is not None},
        "missing": {"as": specification.missing.value, "rule": MISSING_RULES[specification.missing]},
        "suppressed_mark": specification.suppressed,
        "sensitive_missing": "敏感列的缺失算作一个取值；按次序排在最后",
        "entropy_log_base": "e",
        "risk_threshold": specification.threshold,
        "individual_risk_method": specification.risk_method.value if specification.weights else None,
        "t_reference": "与全表（不含已隐匿的行）的分布比较",
    }
