"""Models of the data hub."""

from .batch import Batch, BatchState, Channel, RejectedRow
from .enterprise import Enterprise, EntityKind, EntityState, FormerName
from .record import Change, ChangeKind, Record, TouchedEnterprise
from .waiting import WaitingRow, WaitingState

__all__ = [
    "Batch", "BatchState", "Change", "ChangeKind", "Channel", "Enterprise", "EntityKind", "EntityState",
    "FormerName", "Record", "RejectedRow", "TouchedEnterprise", "WaitingRow", "WaitingState",
]  # fmt: skip
