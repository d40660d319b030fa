"""The chain: what exactly is authenticated, and how.

``mac = HMAC-SM3(key, prev_mac || content)`` where ``content`` is canonical JSON (sorted keys, no
blanks, UTF-8) of everything the entry says, its number and key id included. The first entry's
``prev_mac`` is 32 zero bytes. Without the key nobody can continue or repair the chain.
"""

import datetime
import json
from collections.abc import Mapping
from typing import Any

from foundation import keys

GENESIS = "0" * 64
CONTENT_FIELDS = (
    "seq", "at", "actor_id", "actor_name", "roles", "agency", "address", "request_id",
    "action", "target", "result", "detail", "key_id",
)  # fmt: skip


def content_of(values: Mapping[str, Any]) -> bytes:
    """Canonical bytes of an entry; ``values`` holds every one of :data:`CONTENT_FIELDS`."""
    told = {name: values[name] for name in CONTENT_FIELDS}
    told["at"] = instant(told["at"])
    return canonical(told)


def canonical(value: Any) -> bytes:
    """One spelling for one value."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def instant(at: datetime.datetime) -> str:
    """UTC with microseconds, as PostgreSQL keeps it."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def mac_of(prev_mac: str, content: bytes, key_id: str) -> str:
    """Hexadecimal MAC of one entry. Raises ``UnableToUseKeys`` for an unknown key id."""
    key = keys.ring(keys.Purpose.AUDIT).key("entry", key_id)
    return keys.hmac_sm3(key, bytes.fromhex(prev_mac) + content).hex()


def seal_of(label: str, told: Mapping[str, Any], key_id: str) -> str:
    """MAC over a statement about the chain (a checkpoint, an archive, an export), by its own key."""
    return keys.hmac_sm3(keys.ring(keys.Purpose.AUDIT).key(label, key_id), canonical(dict(told))).hex()


def current_key_id() -> str:
    return keys.ring(keys.Purpose.AUDIT).current
