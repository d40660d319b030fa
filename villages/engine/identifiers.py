"""Identifiers of the ledger: UUIDv7 for what a caller does, derived ones for what follows from it.

A caller's UUIDv7 (RFC 9562, section 5.7) is idempotency key and order in one. What follows from a movement
(its reversal, its second part) takes a UUIDv8 out of SHA-256 over the first id and a label, so that it can
exist only once. ``villages_derived_id`` in the database computes the same.
"""

import hashlib
from uuid import UUID, uuid5

TASKS = UUID("6f1f3c1e-54a4-5d0b-9a55-2f1f6c5f1d7a")
MILLISECONDS = 48
RANDOM_BITS = 74


def uuid7(milliseconds: int, noise: int) -> UUID:
    """UUIDv7 of a time (Unix milliseconds) and at least 74 bits of ``noise`` from the caller."""
    value = (milliseconds & ((1 << MILLISECONDS) - 1)) << 80
    value |= 0x7 << 76
    value |= ((noise >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= noise & ((1 << 62) - 1)
    return UUID(int=value)


def derived_id(original: UUID, label: str) -> UUID:
    """The one id that follows from ``original`` under ``label`` (``reversal``, ``part:2``)."""
    raw = bytearray(hashlib.sha256(original.bytes + label.encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def task_key(kind: str, number: int | str) -> UUID:
    """The task id of a thing of ours (``task_key("activity", 17)``): what a claim is made for."""
    return uuid5(TASKS, f"{kind}:{number}")
