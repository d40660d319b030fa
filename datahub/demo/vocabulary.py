"""The written data of the demonstration city: towns, industries, words; read once from YAML."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent.parent / "definitions_demo"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KINDS = ("company", "individual", "cooperative", "branch")


@dataclass(frozen=True)
class Division:
    """A town or street; ``share`` is its part of the city's firms in percent, ``favours`` industry multipliers."""

    code: str
    name: str
    kind: str
    share: float
    favours: dict[str, float]


@dataclass(frozen=True)
class Industry:
    """One line of ``industries.yaml``, where the columns are explained."""

    code: str
    name: str
    words: list[str]
    mix: dict[str, float]
    heads: float
    wan: float
    kwh: float
    export: float
    season: str
    shock: float


@dataclass(frozen=True)
class Shock:
    """A planted event of known cause; ``shocks.yaml`` explains the columns."""

    key: str
    name: str
    text: str
    town: str
    section: str
    prefixes: list[str]
    first: int
    last: int
    factor: float


@dataclass(frozen=True)
class Burst:
    """Lawsuits against a share of a town's companies within a few days, ``since`` to ``until`` days before the end."""

    key: str
    name: str
    text: str
    town: str
    since: int
    until: int
    share: float


@dataclass(frozen=True)
class Vocabulary:
    """Everything the generator says or counts with that is written in YAML."""

    divisions: tuple[Division, ...]
    industries: tuple[Industry, ...]
    seasons: dict[str, list[float]]
    spring_festival: tuple[date, ...]
    names: dict[str, Any]
    phrases: dict[str, Any]
    shocks: tuple[Shock, ...]
    bursts: tuple[Burst, ...]

    def column(self, attribute: str) -> NDArray[Any]:
        """One attribute of all industries as an array."""
        return np.array([getattr(industry, attribute) for industry in self.industries])


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary as stored beside the definitions."""
    industries = read("industries")
    return Vocabulary(
        divisions=tuple(Division(**line) for line in read("divisions")["divisions"]),
        industries=tuple(Industry(**line) for line in industries["industries"]),
        seasons=industries["seasons"],
        spring_festival=tuple(industries["spring_festival"]),
        names=read("names"),
        phrases=read("phrases"),
        shocks=tuple(Shock(**line) for line in read("shocks")["shocks"]),
        bursts=tuple(Burst(**line) for line in read("shocks")["bursts"]),
    )


def read(name: str) -> Any:
    """One YAML file of the demonstration city, by name."""
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
