"""What happened: the append-only, chained event log. The front door is :mod:`audit.public`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .public import (
        Draft,
        Origin,
        Result,
        TransactionAlreadyOpen,
        UnableToWriteLog,
        action,
        address_of,
        origin_of,
        record,
    )

__all__ = [
    "Draft",
    "Origin",
    "Result",
    "TransactionAlreadyOpen",
    "UnableToWriteLog",
    "action",
    "address_of",
    "origin_of",
    "record",
]


def __getattr__(name: str) -> Any:
    """Load the front door on first use: models cannot be imported while the apps are still loading."""
    if name not in __all__:
        raise AttributeError(f"module 'audit' has no attribute {name!r}")
    from . import public

    return getattr(public, name)
