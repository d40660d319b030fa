"""What crosses the borders of the village points."""

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Cap:
    """A limit an award counts against. ``level``: 1 resident, 2 household, 3 village; ``measure``: 0 points,
    1 times. ``window_start`` comes from :func:`villages.engine.windows.window_start`; ``code`` (at most 40
    characters) is unique among the owner's caps and names the reason when it clips (``V01.day``)."""

    code: str
    limit: int
    window_start: dt.datetime
    level: int = 1
    measure: int = 0


@dataclass(frozen=True)
class Award:
    """One person's reward for one occurrence of a task.

    ``key`` is the UUIDv7 made at the tap; the same key with the same content answers again what it answered,
    with other content it is refused. ``task`` (:func:`villages.engine.identifiers.task_key`) and ``on_date``
    (the true local day of the act) are claimed at most once a person. ``exempt`` rules may use the reserve
    of the pool. ``rule_set_id`` is the version of the rules the award stands on. ``minutes`` is how long the
    act took, where it was timed: a rule paid by the hour gives no more than that.
    """

    key: UUID
    resident_id: int
    task: UUID
    on_date: dt.date
    points: int
    rule_code: str = ""
    rule_set_id: int | None = None
    caps: tuple[Cap, ...] = field(default=())
    exempt: bool = False
    minutes: int | None = None


@dataclass(frozen=True)
class AwardResult:
    """What became of one award. ``reason`` is '' when all was granted, else the code of the cap that clipped it,
    ``pool`` (the village's budget is used up), ``claimed`` (this occurrence was rewarded before),
    ``not_active`` (no resident in the register) or ``key_reused`` (409); under the rule table also ``E01.amount``
    (one act brings less) and ``rule_off`` (the rule is not in force). ``replayed``: an earlier answer."""

    key: UUID
    asked: int
    granted: int
    reason: str
    replayed: bool

    @property
    def clipped(self) -> int:
        """Points asked for and not granted."""
        return self.asked - self.granted


@dataclass(frozen=True)
class Posting:
    """Outcome of a correction: ids of its transfers, their sum, and how much of it expired at once."""

    ids: tuple[UUID, ...]
    points: int
    expired: int = 0
    replayed: bool = False
