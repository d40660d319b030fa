"""Models of the village points."""

from .ledger import (
    Account,
    AccountKind,
    CapUse,
    Claim,
    DaySeal,
    Outbox,
    Transfer,
    TransferCode,
    VintageEnd,
)
from .places import Household, Resident, Village

__all__ = [
    "Account",
    "AccountKind",
    "CapUse",
    "Claim",
    "DaySeal",
    "Household",
    "Outbox",
    "Resident",
    "Transfer",
    "TransferCode",
    "Village",
    "VintageEnd",
]
