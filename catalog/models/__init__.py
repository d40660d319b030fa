"""Models of the catalogue."""

from .competition import Competition, Entry, Interest, ScoreSheet, Team, Track
from .datasets import (
    Dataset,
    Publisher,
    Release,
    ReleaseState,
    Resource,
    ResourceField,
    ResourceKind,
)
from .keylist import KeyList, KeyListComment, KeyListEntry
from .opening import FieldRule, GradeChange, ProtectionPlan, ReleaseProof
from .restricted import (
    Agreement,
    Appeal,
    Application,
    ApplicationStep,
    Grant,
    GrantUse,
    Registration,
    UseReport,
)
from .workflow import Action, WorkflowStep

__all__ = [
    "Action",
    "Agreement",
    "Appeal",
    "Application",
    "ApplicationStep",
    "Competition",
    "Dataset",
    "Entry",
    "FieldRule",
    "GradeChange",
    "Grant",
    "GrantUse",
    "Interest",
    "KeyList",
    "KeyListComment",
    "KeyListEntry",
    "ProtectionPlan",
    "Publisher",
    "Registration",
    "Release",
    "ReleaseProof",
    "ReleaseState",
    "Resource",
    "ResourceField",
    "ResourceKind",
    "ScoreSheet",
    "Team",
    "Track",
    "UseReport",
    "WorkflowStep",
]
