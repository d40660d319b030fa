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
from .feedback import Feedback, FeedbackKind, FeedbackState
from .intake import Intake, IntakeState
from .keylist import KeyList, KeyListComment, KeyListEntry
from .opening import FieldRule, GradeChange, ImpactAssessment, ProtectionPlan, ReleaseProof
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
from .usage import SearchMiss, UseDay
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
    "Feedback",
    "FeedbackKind",
    "FeedbackState",
    "FieldRule",
    "GradeChange",
    "Grant",
    "GrantUse",
    "ImpactAssessment",
    "Intake",
    "IntakeState",
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
    "SearchMiss",
    "Team",
    "Track",
    "UseDay",
    "UseReport",
    "WorkflowStep",
]
