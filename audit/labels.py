"""Chinese names of action codes and of what entries tell in detail, from ``audit/definitions/``."""

from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "definitions"


@cache
def groups() -> dict[str, tuple[str, dict[str, str]]]:
    """``{app: (name, {code: label})}`` in the order of the file."""
    told = yaml.safe_load((FOLDER / "actions.yaml").read_text(encoding="utf-8"))
    return {app: (group["name"], dict(group["actions"])) for app, group in told.items()}


def label_of(code: str) -> str:
    """The Chinese name of an action, or the code itself where nobody has named it."""
    return next((actions[code] for _, actions in groups().values() if code in actions), code)


@cache
def details() -> dict[str, str]:
    """``{key of an entry's detail: label}``."""
    return dict(yaml.safe_load((FOLDER / "details.yaml").read_text(encoding="utf-8")))


def detail_label(key: str) -> str:
    return details().get(key, key)
