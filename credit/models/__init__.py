"""Models of the credit cloud."""

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

__all__ = [
    "ConsumedChange", "RunKind", "RunState", "Score", "ScoreChunk", "ScoreEvidence", "ScoreRun",
    "ScorecardRelease", "Standing",
]  # fmt: skip
