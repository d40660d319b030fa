"""Templates of activities, read from ``definitions/activity_templates.yaml`` and checked once."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from villages.models.activities import Activity, ActivityKind, Channel, Mode

FILE = Path(__file__).parent / "definitions" / "activity_templates.yaml"


@dataclass(frozen=True)
class PoolQuestion:
    """One question with its options; ``answer`` is the index of the right one."""

    text: str
    options: tuple[str, ...]
    answer: int
    why: str = ""


@dataclass(frozen=True)
class Template:
    """What an activity starts from. ``minutes``: an event; ``days``: open that long."""

    code: str
    kind: str
    mode: str
    rule: str
    title: str
    text: str
    points: int
    audience: str = Activity.Audience.ALL.value
    points_per_hour: int = 0
    person_cap: int = 0
    minutes: int = 0
    days: int = 0
    place: str = ""
    repeat: str = Activity.Repeat.ONCE.value
    photos: int = 1
    needs_review: bool = False
    is_secret: bool = False
    seconds: int = 0
    ask: int = 0
    right: int = 0
    choices: tuple[str, ...] = ()
    questions: tuple[PoolQuestion, ...] = ()

    @property
    def kind_label(self) -> str:
        return ActivityKind(self.kind).label

    @property
    def mode_label(self) -> str:
        return Mode(self.mode).label

    @property
    def channel(self) -> Channel:
        from villages.models.activities import CHANNEL_OF

        return CHANNEL_OF[Mode(self.mode)]


@cache
def templates() -> dict[str, Template]:
    """Every template by its code, in the file's order."""
    told: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    found = TypeAdapter(list[Template]).validate_python(told)
    return {template.code: template for template in found}
