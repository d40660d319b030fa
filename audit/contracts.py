"""What crosses the border of the log."""

import datetime
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Result(StrEnum):
    """How an action ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Origin:
    """Who acts, from where. ``actor_name`` is the user name, never a person's name."""

    actor_id: int | None = None
    actor_name: str = ""
    roles: str = ""
    agency: str = ""
    address: str = ""
    request_id: str = ""

    @classmethod
    def system(cls, name: str, request_id: str = "") -> "Origin":
        """Work that no person started: ``Origin.system("celery")``."""
        return cls(actor_name=name, roles="system", request_id=request_id)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, so that a background task can act for the person who started it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass
class Draft:
    """An entry before it is chained; services fill ``target`` and ``detail`` while they work."""

    action: str
    origin: Origin
    target: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    result: str = Result.OK


class Kind(StrEnum):
    """What is wrong with the log, in the words of :data:`KIND_LABELS`."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    UNKNOWN_KEY = "unknown_key"
    TAIL_CUT = "tail_cut"
    REWRITTEN = "rewritten"
    HEAD = "head"
    CHECKPOINT = "checkpoint"
    ARCHIVE = "archive"


KIND_LABELS = {
    Kind.CHANGED: "内容被改动或伪造",
    Kind.MISSING: "缺失",
    Kind.INSERTED: "被插入",
    Kind.REORDERED: "顺序被调换",
    Kind.UNKNOWN_KEY: "密钥编号不明",
    Kind.TAIL_CUT: "末尾被截去",
    Kind.REWRITTEN: "整段被重写",
    Kind.HEAD: "末端记录不符",
    Kind.CHECKPOINT: "检查点无效",
    Kind.ARCHIVE: "归档不符",
}


@dataclass(frozen=True)
class Finding:
    """The first bad entry: its number, what is wrong, and a sentence for the auditor."""

    seq: int
    kind: Kind
    message: str


@dataclass
class Report:
    """Outcome of one verification. ``verified_seq`` is the last entry known to be good (0: none)."""

    first_seq: int = 1
    verified_seq: int = 0
    head_seq: int = 0
    entries: int = 0
    archived: int = 0
    checkpoints: int = 0
    finding: Finding | None = None

    @property
    def intact(self) -> bool:
        return self.finding is None


@dataclass(frozen=True)
class Filters:
    """What the auditor looks for; empty means everything. ``action`` ending in a dot means a whole app,
    ``target`` matches from its beginning; ``since`` is included, ``until`` is not."""

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    actor: str = ""
    action: str = ""
    target: str = ""
    result: str = ""
    request_id: str = ""

    def told(self) -> dict[str, str]:
        """The filters in force, as text."""
        pairs = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: str(value) for name, value in pairs if value}
