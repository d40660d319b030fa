"""The actions by name, and whether each reads or writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import audit
from accounts.models import ApiToken

from .parameters import Parameters


@dataclass
class Call:
    """One call: who asks, with what, when; ``headers`` go with the answer."""

    viewer: Any
    token: ApiToken | None
    parameters: Parameters
    now: datetime
    absolute: Callable[[str], str]
    origin: audit.Origin
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Action:
    name: str
    run: Handler
    is_read: bool

    @property
    def help(self) -> str:
        return (self.run.__doc__ or "").strip()


ACTIONS: dict[str, Action] = {}


def reads(run: Handler) -> Handler:
    """Register a reading action under its function's name."""
    ACTIONS[run.__name__] = Action(run.__name__, run, True)
    return run


def writes(run: Handler) -> Handler:
    """Register a writing action: POST only."""
    ACTIONS[run.__name__] = Action(run.__name__, run, False)
    return run
