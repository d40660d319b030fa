"""Models of the log."""

from .chain import AuditArchive, AuditVerification, ChainHead
from .entry import AuditEntry

__all__ = ["AuditArchive", "AuditEntry", "AuditVerification", "ChainHead"]
