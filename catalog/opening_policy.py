"""The default requirements on rows about persons, as reviewed data, and what a resource may ask beyond them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from catalog.engine.privacy.specification import Policy
from catalog.engine.privacy.written import UnableToReadSpecification, read_specification
from catalog.vocabulary import Opening

FILE = Path(__file__).parent / "definitions" / "opening_policy.yaml"
AT_LEAST = ("k", "distinct_l", "entropy_l")
AT_MOST = ("t", "max_risk", "average_risk", "max_uniques", "suppression_limit")


class UnableToSetPolicy(ValueError):
    """The requirements are not understood or laxer than the default; the text is Chinese."""


@cache
def default_requirements() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def requirements(opening: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """The default of the opening attribute with the resource's own on top, in the words of a specification."""
    return {**default_requirements().get(Opening(opening).value, {}), **own}


def policy_of(opening: str, own: Mapping[str, Any]) -> Policy:
    """As the engine takes it. Raises :class:`UnableToSetPolicy`."""
    told = {"columns": {"x": "insensitive"}, "policy": requirements(opening, own)}
    try:
        return read_specification(told, _no_files).policy
    except UnableToReadSpecification as error:
        raise UnableToSetPolicy(str(error)) from error


def check_own(opening: str, own: Mapping[str, Any]) -> None:
    """Raises :class:`UnableToSetPolicy` for words that are not understood and for anything laxer than the default."""
    policy_of(opening, own)
    default = default_requirements().get(Opening(opening).value, {})
    for name in (*AT_LEAST, *AT_MOST):
        if name in own and name in default:
            laxer = own[name] < default[name] if name in AT_LEAST else own[name] > default[name]
            if laxer:
                raise UnableToSetPolicy(f"{name} 的要求 {own[name]} 宽于默认的 {default[name]}，只能更严。")
    if default.get("no_identifiers") and own.get("no_identifiers") is False:
        raise UnableToSetPolicy("不得允许留有直接标识。")


def _no_files(name: str) -> Any:
    raise UnableToReadSpecification(f"此处不能引用文件 {name}。")
