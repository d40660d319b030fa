"""Running the fields' rules over a resource's rows and proving what came of it, once for each release."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

import audit
from accounts.models import User
from audit import Origin
from catalog.engine.columns import Column, columns_of
from catalog.engine.privacy.differences import compare_releases
from catalog.engine.privacy.examine import UnableToExamine, examine
from catalog.engine.privacy.findings import Findings
from catalog.engine.privacy.specification import Column as Examined
from catalog.engine.privacy.specification import ColumnRole, Missing, Specification
from catalog.engine.privacy.transforms import Step, UnableToTransform
from catalog.models import (
    FieldRule,
    ProtectionPlan,
    Release,
    ReleaseProof,
    ReleaseState,
    Resource,
    ResourceField,
)
from catalog.opening_policy import policy_of, requirements
from catalog.opening_words import FieldRole, Method
from catalog.policies import never_leaves
from catalog.presenters.anonymity import report_of
from catalog.services.publish_tables import seal_release, start_release
from catalog.services.treated_rows import PersonalScan, kept_blocks, read_blocks, treated_blocks, write_blocks
from catalog.vocabulary import FieldType
from foundation import keys
from foundation.keys import Purpose

DEFAULT_DIFFERENCE_K = 5
KEEPS_TYPE = frozenset({Method.KEEP, Method.ROUND, Method.TOP_BOTTOM, Method.SMALL_CELLS})
CHECK_WORDS = {
    "k": "k-匿名", "distinct_l": "l-多样性", "entropy_l": "熵 l-多样性", "recursive_cl": "递归 (c,l)-多样性",
    "max_risk": "最高风险", "average_risk": "平均风险", "max_uniques": "唯一行占比", "no_identifiers": "留有直接标识",
}  # fmt: skip


class UnableToDesensitise(RuntimeError):
    """The rules cannot be run on these rows; the text says which and why."""


def rules_of(resource: Resource) -> list[dict[str, Any]]:
    """What will be done to each field, as kept with the proof; any change of it makes a proof stale."""
    return [
        {
            "code": field.code, "title": field.title, "grade": field.grade, "opening": field.opening,
            "leaves": not never_leaves(field), "role": rule.role if rule else FieldRole.INSENSITIVE.value,
            "method": rule.method if rule else Method.KEEP.value, "parameters": rule.parameters if rule else {},
        }
        for field, rule in _ruled(resource)
    ]  # fmt: skip


def source_of(resource: Resource) -> Release | None:
    """The newest sealed release that was handed in, not made by rules."""
    sealed = resource.releases.filter(state=ReleaseState.SEALED, made_from__isnull=True)
    return sealed.order_by("-number").first()


def proof_in_force(resource: Resource) -> ReleaseProof | None:
    """The newest proof, if it was made from the newest rows with the rules and the plan as they stand."""
    source = source_of(resource)
    found = ReleaseProof.objects.filter(release__made_from=source) if source else ReleaseProof.objects.none()
    proof = found.select_related("release").order_by("-release__number").first()
    if proof is None or proof.rules != rules_of(resource) or proof.report.get("plan") != plan_of(resource):
        return None
    return proof


def plan_of(resource: Resource) -> dict[str, Any]:
    """The requirements as kept with the proof."""
    plan = ProtectionPlan.objects.filter(resource=resource).first()
    opening = resource.dataset.opening
    return {
        "opening": opening,
        "about_persons": bool(plan and plan.about_persons),
        "policy": requirements(opening, plan.policy if plan else {}),
        "missing": plan.missing if plan else Missing.CATEGORY.value,
    }


def protect(resource: Resource, *, by: User | None, now: datetime, origin: Origin) -> ReleaseProof | None:
    """Make the release that may be published, with its proof; None if the resource has no rows.

    The rows that break a limit are left out if the policy allows that many. A proof that fails leaves an empty draft
    release behind, which nobody can publish. A proof in force is given back as it is.
    Raises :class:`UnableToDesensitise`.
    """
    source = source_of(resource)
    if source is None:
        return None
    if (standing := proof_in_force(resource)) is not None:
        return standing
    target = f"dataset:{resource.dataset.name}"
    with audit.action("catalog.release.desensitised", origin=origin, target=target) as entry:
        rules, plan = rules_of(resource), plan_of(resource)
        codes = [
            c.code for c in columns_of(source.columns) if c.code in {r["code"] for r in rules if r["leaves"]}
        ]
        examined = _examined_rows(resource, source, rules, plan)
        findings = _examined(examined, rules, plan)
        dropped = pl.Series(findings.violating) if findings is not None and _allowed(findings) else None
        removed = int(dropped.sum()) if dropped is not None else 0
        left = examined if dropped is None else examined.filter(~dropped)
        difference, problems = _compared(resource, source, left, rules, plan)
        problems += _failures(findings)
        passed = not problems
        columns = _columns(source, codes, rules)
        release = start_release(resource, columns, now=now, note=source.note, made_from=source)
        scan = PersonalScan(rules)
        blocks = scan.passing(kept_blocks(_treated(resource, source, codes, rules), dropped))
        try:
            if passed:
                write_blocks(release, columns, blocks)
                release = seal_release(release, columns, now=now)
            else:
                for _ in blocks:
                    pass
        except UnableToTransform as error:
            raise UnableToDesensitise(str(error)) from error
        entry.detail |= {"release": release.number, "passed": passed, "removed": removed}
        return ReleaseProof.objects.create(
            release=release, rules=rules, report=_report(findings, rules, plan), difference=difference,
            findings=[{"problems": problems, "personal": scan.found}], removed=removed, passed=passed,
            made_at=now, made_by=by,
        )  # fmt: skip


def read_frame(release: Release, codes: Sequence[str]) -> pl.DataFrame:
    """Columns of a release as text, null = missing, in row order, all rows at once: for few columns."""
    blocks = [*read_blocks(release, codes)]
    if blocks:
        return pl.concat(blocks)
    names = [c.code for c in columns_of(release.columns) if c.code in set(codes)]
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


def personal_found(proof: ReleaseProof, code: str) -> dict[str, int]:
    """Personal information the proof found in a column: what, in how many rows."""
    return dict(proof.findings[0]["personal"].get(code, {})) if proof.findings else {}


def _ruled(resource: Resource) -> list[tuple[ResourceField, FieldRule | None]]:
    fields = resource.fields.select_related("rule").order_by("position")
    return [(field, getattr(field, "rule", None)) for field in fields]


def _treated(
    resource: Resource, source: Release, codes: Sequence[str], rules: Sequence[Mapping[str, Any]]
) -> Iterator[pl.DataFrame]:
    steps = [
        Step(r["code"], r["method"], r["parameters"]) for r in rules if r["leaves"] and r["method"] != "keep"
    ]
    return treated_blocks(source, codes, steps, _pseudonym(resource))


def _examined_rows(
    resource: Resource, source: Release, rules: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]
) -> pl.DataFrame:
    """The treated columns that can do something to a person, of all rows; no row for what is not about persons."""
    if not plan["about_persons"]:
        return pl.DataFrame()
    codes = [r["code"] for r in rules if r["leaves"] and _role(r) is not ColumnRole.INSENSITIVE]
    if not codes:  # rows are counted by some column
        codes = [r["code"] for r in rules if r["leaves"]][:1]
    if any(r["method"] == Method.SMALL_CELLS for r in rules):  # looks at its groups' columns too
        codes = [r["code"] for r in rules if r["leaves"]]
    try:
        blocks = [*_treated(resource, source, codes, rules)]
    except UnableToTransform as error:
        raise UnableToDesensitise(str(error)) from error
    return pl.concat(blocks) if blocks else pl.DataFrame()


def _pseudonym(resource: Resource) -> Any:
    """HMAC-SM3 under a key of this resource's own, so that two resources cannot be joined by it."""
    key = keys.ring(Purpose.INDEX).key(f"catalog-pseudonym/{resource.uid}")
    return lambda text: keys.hmac_sm3(key, text.encode()).hex()[:32]


def _examined(
    frame: pl.DataFrame, rules: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]
) -> Findings | None:
    """The examination; None for rows that are not about persons, or none at all."""
    if not plan["about_persons"] or not frame.height:
        return None
    columns = tuple(Examined(r["code"], _role(r)) for r in rules if r["code"] in frame.columns)
    policy = policy_of(plan["opening"], plan["policy"])
    try:
        return examine(frame, Specification(columns, policy, Missing(plan["missing"])))
    except UnableToExamine as error:
        raise UnableToDesensitise(str(error)) from error


def _role(rule: Mapping[str, Any]) -> ColumnRole:
    """A masked or pseudonymised identifier still singles people out: it counts as a quasi-identifier."""
    if rule["role"] == FieldRole.IDENTIFIER and rule["method"] not in (
        Method.KEEP,
        Method.ROUND,
        Method.DATE,
    ):
        return ColumnRole.QUASI
    return ColumnRole(rule["role"])


def _allowed(findings: Findings) -> bool:
    """Whether the violating rows may be left out: only if what remains is what was judged."""
    return findings.judged == "after_suppression"


def _failures(findings: Findings | None) -> list[str]:
    if findings is None:
        return []
    return [
        f"{CHECK_WORDS.get(c.name, 't-接近性')}{f'（{c.column}）' if c.column else ''}要求 {c.limit:g}，"
        f"实际 {'无' if c.found is None else f'{c.found:.4g}'}"
        for c in findings.checks
        if not c.passed
    ]


def _compared(
    resource: Resource,
    source: Release,
    frame: pl.DataFrame,
    rules: Sequence[Mapping[str, Any]],
    plan: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Against the release the public has now: what the difference would give away."""
    earlier = _published_before(resource)
    if earlier is None or not plan["about_persons"]:
        return {}, []
    quasi = [r["code"] for r in rules if r["code"] in frame.columns and _role(r) is ColumnRole.QUASI]
    k = int(plan["policy"].get("k") or DEFAULT_DIFFERENCE_K)
    proof = ReleaseProof.objects.filter(release=earlier).first()
    before = {r["code"]: (r["method"], r["parameters"]) for r in proof.rules} if proof else {}
    reshaped = [
        r["code"] for r in rules if before.get(r["code"], (Method.KEEP, {})) != (r["method"], r["parameters"])
    ]
    standing = [c.code for c in columns_of(earlier.columns)]
    found = compare_releases(
        read_frame(earlier, [c for c in standing if c in quasi] or standing[:1]), frame, quasi, k, reshaped
    )
    told = {
        "earlier": earlier.number, "k": k, "columns": list(found.columns), "classes": found.classes,
        "rows": found.rows, "finer": list(found.finer), "coarser": list(found.coarser), "reshaped": reshaped,
        "safe": found.is_safe,
    }  # fmt: skip
    if found.is_safe:
        return told, []
    problem = (
        f"与第 {earlier.number} 版相比，有 {found.classes} 个等价类只增减了 1 至 {k - 1} 行（共 {found.rows} 行），"
        "对照两版可识别这些人：请合并更多新增数据后再发布，或进一步概化"
    )
    return told, [problem]


def _published_before(resource: Resource) -> Release | None:
    """The release in force of the resource, or of the one it revises."""
    standing = resource.revises or resource
    return standing.current if standing.dataset.published_at else None


def _columns(source: Release, codes: Sequence[str], rules: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Columns of the new table in the frame's order; what a rule turns into text is text."""
    known = {c.code: c for c in columns_of(source.columns)}
    methods = {r["code"]: r["method"] for r in rules}
    return tuple(
        Column(
            code,
            known[code].title,
            known[code].type if methods[code] in KEEPS_TYPE else FieldType.TEXT.value,
            f"c{place}",
        )
        for place, code in enumerate(codes, 1)
    )


def _report(
    findings: Findings | None, rules: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]
) -> dict[str, Any]:
    if findings is None:
        return {"plan": dict(plan)}
    columns = tuple(Examined(r["code"], _role(r)) for r in rules if r["leaves"])
    specification = Specification(
        columns, policy_of(plan["opening"], plan["policy"]), Missing(plan["missing"])
    )
    return {"plan": dict(plan), **report_of(findings, specification, most_rows=100, digests=True)}
