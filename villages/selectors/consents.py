"""What residents have agreed to."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from villages.models import Consent, Resident

FILE = Path(__file__).parents[1] / "definitions" / "purpose.yaml"


@dataclass(frozen=True)
class Purpose:
    """The text shown at first use; a higher ``version`` is shown again."""

    version: int
    title: str
    points: tuple[dict[str, str], ...]
    consents: tuple[dict[str, Any], ...]


@cache
def purpose() -> Purpose:
    """The present purpose text."""
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Purpose(told["version"], told["title"], tuple(told["points"]), tuple(told["consents"]))


def has_agreed(resident: Resident, kind: str = Consent.Kind.USE) -> bool:
    """True if the latest word on the present version is yes; an older version counts for all kinds but use."""
    latest = Consent.objects.filter(resident=resident, kind=kind).order_by("-at", "-pk").first()
    if latest is None or not latest.is_given:
        return False
    return kind != Consent.Kind.USE or latest.version >= purpose().version


def consents_of(resident: Resident) -> dict[str, bool]:
    """Every kind with its present state; one query."""
    state = dict.fromkeys((kind.value for kind in Consent.Kind), False)
    for row in Consent.objects.filter(resident=resident).order_by("at", "pk"):
        state[row.kind] = row.is_given
    return state
