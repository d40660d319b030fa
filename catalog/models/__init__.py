"""Models of the catalogue."""

from .datasets import (
    Dataset,
    Publisher,
    Release,
    ReleaseState,
    Resource,
    ResourceField,
    ResourceKind,
)

__all__ = [
    "Dataset",
    "Publisher",
    "Release",
    "ReleaseState",
    "Resource",
    "ResourceField",
    "ResourceKind",
]
