"""Models of the credit cloud."""

from .access import Authorisation, PurposeDeclaration, ViewPurpose, WatchEntry
from .scores import (
    ConsumedChange,
    RunKind,
    RunState,
    Score,
    ScorecardRelease,
    ScoreChunk,
    ScoreEvidence,
    ScoreRun,
    Standing,
)
from .search import SearchEntry

__all__ = [
    "Authorisation", "ConsumedChange", "PurposeDeclaration", "RunKind", "RunState", "Score", "ScoreChunk",
    "ScoreEvidence", "ScoreRun", "ScorecardRelease", "SearchEntry", "Standing", "ViewPurpose", "WatchEntry",
]  # fmt: skip
