"""What crosses the border of the log."""

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
