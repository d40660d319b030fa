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
from .search import SearchBand, SearchEntry

__all__ = [
    "Authorisation", "ConsumedChange", "PurposeDeclaration", "RunKind", "RunState", "Score", "ScoreChunk",
    "ScoreEvidence", "ScoreRun", "ScorecardRelease", "SearchBand", "SearchEntry", "Standing", "ViewPurpose", "WatchEntry",
]  # fmt: skip
