"""Models of the app: fields and constraints."""

from index.models.alerts import Alert, AlertEvent, AlertState
from index.models.bulletins import Annotation, Bulletin, BulletinState
from index.models.cube import Cell, Checkpoint, CubeDay, Disclosure, Panel, RegisterCopy, Upcoming
from index.models.method import MethodVersion, Run, RunKind, RunState
from index.models.values import IndexValue, PanelReference

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertState",
    "Annotation",
    "Bulletin",
    "BulletinState",
    "Cell",
    "Checkpoint",
    "CubeDay",
    "Disclosure",
    "IndexValue",
    "MethodVersion",
    "Panel",
    "PanelReference",
    "RegisterCopy",
    "Run",
    "RunKind",
    "RunState",
    "Upcoming",
]
