"""The specification as people write it (YAML or JSON), turned into :class:`Specification`.

Nothing is guessed and nothing ignored: a key that is not known is refused, because a misspelt limit would pass
silently. ``docs/anonymity.md`` lists the keys.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from .hierarchies import Hierarchy, parse_hierarchy
from .specification import Column, ColumnRole, Distance, Missing, Policy, RiskMethod, Specification

Loader = Callable[[str], Hierarchy]
Word = TypeVar("Word", bound=StrEnum)

ROLE_WORDS = {
    "identifier": ColumnRole.IDENTIFIER, "identifying": ColumnRole.IDENTIFIER, "direct": ColumnRole.IDENTIFIER,
    "direct-identifier": ColumnRole.IDENTIFIER, "标识": ColumnRole.IDENTIFIER, "直接标识": ColumnRole.IDENTIFIER,
    "直接标识符": ColumnRole.IDENTIFIER,
    "quasi": ColumnRole.QUASI, "quasi-identifier": ColumnRole.QUASI, "quasi-identifying": ColumnRole.QUASI,
    "qi": ColumnRole.QUASI, "qid": ColumnRole.QUASI, "准标识": ColumnRole.QUASI, "准标识符": ColumnRole.QUASI,
    "sensitive": ColumnRole.SENSITIVE, "敏感": ColumnRole.SENSITIVE, "敏感属性": ColumnRole.SENSITIVE,
    "insensitive": ColumnRole.INSENSITIVE, "non-sensitive": ColumnRole.INSENSITIVE, "other": ColumnRole.INSENSITIVE,
    "其他": ColumnRole.INSENSITIVE,
}  # fmt: skip
LISTS = {
    "identifiers": ColumnRole.IDENTIFIER, "quasi_identifiers": ColumnRole.QUASI, "sensitive": ColumnRole.SENSITIVE,
    "insensitive": ColumnRole.INSENSITIVE,
}  # fmt: skip
TOP_KEYS = {
    "title", "columns", "hierarchies", "levels", "policy", "missing", "suppressed", "weights", "risk_method",
    "recursive_c", "risk_threshold", "delimiter", "encoding", "header", "population", *LISTS,
}  # fmt: skip
COLUMN_KEYS = {
    "name", "role", "hierarchy", "level", "distance", "order", "distinct_l", "entropy_l", "t",
}  # fmt: skip
POLICY_KEYS = {
    "k", "l", "distinct_l", "entropy_l", "recursive", "t", "max_risk", "average_risk", "max_uniques",
    "suppression_limit", "no_identifiers",
}  # fmt: skip
RATIOS = ("t", "max_risk", "average_risk", "max_uniques", "suppression_limit")


class UnableToReadSpecification(ValueError):
    """The specification is not understood; the text (Chinese) names the key."""


def read_specification(told: Any, load: Loader) -> Specification:
    """``load`` gives the hierarchy behind a file name. Raises :class:`UnableToReadSpecification` and the
    errors of ``load``."""
    told = _mapping(told, "说明")
    _only(told, TOP_KEYS, "说明")
    columns = _columns(told, load)
    if not columns:
        raise UnableToReadSpecification("说明没有写明任何列：请用 columns 逐列写明角色。")
    missing = told.get("missing") or {}
    missing = {"as": missing} if isinstance(missing, str) else _mapping(missing, "missing")
    _only(missing, {"as", "values"}, "missing")
    c, threshold = told.get("recursive_c"), told.get("risk_threshold")
    suppressed, weights = told.get("suppressed"), told.get("weights")
    return Specification(
        columns=columns,
        policy=_policy(told.get("policy") or {}),
        missing=_word(Missing, missing.get("as", Missing.CATEGORY.value), "missing.as"),
        suppressed=None if suppressed is None else str(suppressed),
        weights=None if weights is None else str(weights),
        risk_method=_word(RiskMethod, told.get("risk_method", RiskMethod.APPROX.value), "risk_method"),
        recursive_c=2.0 if c is None else _number(c, "recursive_c", least=0.0),
        risk_threshold=None if threshold is None else _ratio(threshold, "risk_threshold"),
    )


def missing_marks(told: Mapping[str, Any]) -> list[str]:
    """Cell contents that mean "missing" besides the empty cell."""
    missing = told.get("missing")
    marks = missing.get("values", []) if isinstance(missing, Mapping) else []
    if isinstance(marks, str) or not isinstance(marks, Sequence):
        raise UnableToReadSpecification("missing.values 应为列表。")
    return [str(mark) for mark in marks]


def _columns(told: Mapping[str, Any], load: Loader) -> tuple[Column, ...]:
    written: dict[str, dict[str, Any]] = {}
    for key, role in LISTS.items():
        for name in _listed(told.get(key) or [], key):
            written[name] = {"role": role.value}
    for name, entry in _entries(told.get("columns") or {}):
        written[name] = {"role": entry} if isinstance(entry, str) else dict(_mapping(entry, f"列“{name}”"))
    for key, part in (("hierarchies", "hierarchy"), ("levels", "level")):
        for name, value in _mapping(told.get(key) or {}, key).items():
            if str(name) not in written:
                raise UnableToReadSpecification(f"{key} 中的列“{name}”没有写明角色。")
            written[str(name)][part] = value
    return tuple(_column(name, entry, load) for name, entry in written.items())


def _entries(columns: Any) -> list[tuple[str, Any]]:
    """Columns as a mapping by name, or as a list of entries with ``name``."""
    if isinstance(columns, Mapping):
        return [(str(name), entry) for name, entry in columns.items()]
    entries = [_mapping(entry, "columns 的每一项") for entry in columns]
    if any("name" not in entry for entry in entries):
        raise UnableToReadSpecification("columns 写成列表时，每一项都要有 name。")
    return [(str(entry["name"]), entry) for entry in entries]


def _column(name: str, entry: Mapping[str, Any], load: Loader) -> Column:
    place = f"列“{name}”"
    _only(entry, COLUMN_KEYS, place)
    # Other programs write QUASI_IDENTIFYING_ATTRIBUTE for what is quasi here.
    word = str(entry.get("role", "")).strip().lower().replace("_", "-").removesuffix("-attribute")
    role = ROLE_WORDS.get(word)
    if role is None:
        raise UnableToReadSpecification(
            f"{place}的角色应为 identifier、quasi、sensitive、insensitive 之一，现为“{entry.get('role')}”。"
        )
    hierarchy = _hierarchy(entry.get("hierarchy"), place, load)
    level = entry.get("level", 0)
    if isinstance(level, bool) or not isinstance(level, int):
        raise UnableToReadSpecification(f"{place}的 level 应为整数。")
    if level and hierarchy is None:
        raise UnableToReadSpecification(f"{place}写了 level，但没有 hierarchy。")
    if hierarchy is not None and not 0 <= level <= hierarchy.height:
        raise UnableToReadSpecification(f"{place}的 level 应在 0 至 {hierarchy.height} 之间。")
    return Column(
        name=name,
        role=role,
        hierarchy=hierarchy,
        level=level,
        distance=_word(Distance, entry.get("distance", Distance.EQUAL.value), f"{place}的 distance"),
        order=tuple(_listed(entry.get("order") or [], f"{place}的 order")),
        limits={
            key: _ratio(entry[key], f"{place}的 {key}")
            if key == "t"
            else _number(entry[key], f"{place}的 {key}", 1)
            for key in ("distinct_l", "entropy_l", "t")
            if entry.get(key) is not None
        },
    )


def _hierarchy(told: Any, place: str, load: Loader) -> Hierarchy | None:
    """A file name, or the rows themselves."""
    if told is None:
        return None
    if isinstance(told, str):
        return load(told)
    if isinstance(told, Sequence) and all(
        isinstance(row, Sequence) and not isinstance(row, str) for row in told
    ):
        return parse_hierarchy([[str(cell) for cell in row] for row in told])
    raise UnableToReadSpecification(f"{place}的 hierarchy 应为 CSV 文件名，或逐行的列表。")


def _policy(told: Any) -> Policy:
    told = _mapping(told, "policy")
    _only(told, POLICY_KEYS, "policy")
    values: dict[str, Any] = {}
    for key in ("k", "distinct_l", "l"):
        if told.get(key) is not None:
            number = _number(told[key], f"policy.{key}", 1)
            if number != int(number):
                raise UnableToReadSpecification(f"policy.{key} 应为整数。")
            values["distinct_l" if key == "l" else key] = int(number)
    if told.get("entropy_l") is not None:
        values["entropy_l"] = _number(told["entropy_l"], "policy.entropy_l", 1)
    for key in RATIOS:
        if told.get(key) is not None:
            values[key] = _ratio(told[key], f"policy.{key}")
    if told.get("recursive") is not None:
        pair = _mapping(told["recursive"], "policy.recursive")
        if set(pair) != {"c", "l"}:
            raise UnableToReadSpecification("policy.recursive 须写明 c 与 l。")
        values["recursive_c"] = _number(pair["c"], "policy.recursive.c", 0)
        values["recursive_l"] = int(_number(pair["l"], "policy.recursive.l", 1))
    no_identifiers = told.get("no_identifiers", False)
    if not isinstance(no_identifiers, bool):
        raise UnableToReadSpecification("policy.no_identifiers 应为 true 或 false。")
    return Policy(**values, no_identifiers=no_identifiers)


def _mapping(told: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise UnableToReadSpecification(f"{place}应为“键: 值”的形式。")
    return told


def _only(told: Mapping[str, Any], known: set[str], place: str) -> None:
    if strange := [str(key) for key in told if key not in known]:
        raise UnableToReadSpecification(
            f"{place}中有不认识的键：{'、'.join(strange)}；可用的键为：{'、'.join(sorted(known))}。"
        )


def _listed(told: Any, place: str) -> list[str]:
    if isinstance(told, str) or not isinstance(told, Sequence):
        raise UnableToReadSpecification(f"{place} 应为列表。")
    return [str(value) for value in told]


def _word(words: type[Word], told: Any, place: str) -> Word:
    try:
        return words(told)
    except ValueError as error:
        choices = "、".join(word.value for word in words)
        raise UnableToReadSpecification(f"{place} 应为 {choices} 之一，现为“{told}”。") from error


def _number(told: Any, place: str, least: float) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not told >= least:
        raise UnableToReadSpecification(f"{place} 应为不小于 {least:g} 的数。")
    return float(told)


def _ratio(told: Any, place: str) -> float:
    number = _number(told, place, 0)
    if number > 1:
        raise UnableToReadSpecification(f"{place} 应在 0 至 1 之间。")
    return number
