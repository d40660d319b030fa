"""What crosses the border of this app: frozen dataclasses and enumerations, nothing else."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class RuleKind(StrEnum):
    """How an indicator reads the record store; see the head of ``definitions/index_v1.yaml``."""

    IN_FORCE = "in_force"
    EVENTS = "events"
    LATEST = "latest"
    LATEST_RATIO = "latest_ratio"
    LATEST_LEVEL = "latest_level"


class PanelKind(StrEnum):
    """What a series is about; a crossing names its parts, a cell all three."""

    UNIVERSE = "universe"
    TOWN = "town"
    SECTION = "section"
    SIZE = "size"
    TOWN_SIZE = "town_size"
    TOWN_SECTION = "town_section"
    SECTION_SIZE = "section_size"
    CELL = "cell"


class Light(StrEnum):
    """Five lights, codes as the light component draws them."""

    OVERHEATED = "overheated"
    WARM = "warm"
    NORMAL = "normal"
    COOL = "cool"
    COLD = "cold"


LIGHT_WORDS = {
    Light.OVERHEATED: "过热", Light.WARM: "偏热", Light.NORMAL: "正常", Light.COOL: "偏冷", Light.COLD: "过冷",
}  # fmt: skip
LIGHT_SHAPES = {
    Light.OVERHEATED: "▲", Light.WARM: "◆", Light.NORMAL: "●", Light.COOL: "◇", Light.COLD: "▼",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """How one indicator's value of a day comes from facts; days and windows in calendar days."""

    kind: RuleKind
    measure: str = ""
    over: str = ""
    levels: tuple[str, ...] = ()
    window: int = 0
    lag: int = 0
    keep: int = 0
    sum: bool = False
    values: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Indicator:
    """One indicator of the basket; ``fences`` is None where percentiles of the base period are frozen."""

    code: str
    name: str
    dimension: str
    weight: float
    item: str
    unit: str
    rule: Rule
    log: bool
    is_cost: bool
    fences: tuple[float, float] | None


@dataclass(frozen=True)
class Dimension:
    code: str
    name: str
    weight: float
    note: str = ""


@dataclass(frozen=True)
class Universe:
    """A population with a series of its own; ``unsized`` is the class of who has no size yet."""

    code: str
    name: str
    kinds: tuple[str, ...]
    sizes: tuple[str, ...]
    unsized: str = ""


@dataclass(frozen=True)
class PublicPoint:
    """One published day: index (base period = 100), level score 0 to 100, how many entities stand behind it."""

    day: date
    value: float
    level: float
    entities: int
    provisional: bool


@dataclass(frozen=True)
class PublicSeries:
    """A published series with what a reader needs to cite it."""

    code: str
    name: str
    dimension: str
    dimension_name: str
    unit: str
    version: str
    data_version: str
    updated_at: datetime
    points: tuple[PublicPoint, ...]
