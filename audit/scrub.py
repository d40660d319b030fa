"""What may stand in the log: plain values, no secrets, no full personal numbers."""

import datetime
import enum
import re
from collections.abc import Mapping
from typing import Any

LONGEST_TEXT = 2000
MOST_ITEMS = 500
HIDDEN = "（已隐去）"
_SECRET = re.compile(
    r"password|passwd|secret|token|credential|otp|totp|cookie|session_key|口令|密码|密钥", re.I
)
# Eighteen digits with a birth date inside: an all-digit enterprise code has none there.
_CITIZEN_ID = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2})(\d[\dXx])(?![0-9A-Za-z])"
)
_OLD_CITIZEN_ID = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})(\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d)(\d{2})(?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(1[3-9]\d)(\d{4})(\d{4})(?![0-9A-Za-z])")


def clean_text(value: str, limit: int = LONGEST_TEXT) -> str:
    """``value`` without NUL and lone surrogates, citizen ids and mobile numbers masked, cut at ``limit``."""
    text = value.replace("\x00", "").encode("utf-8", "replace").decode()
    for pattern in (_CITIZEN_ID, _OLD_CITIZEN_ID, _MOBILE):
        text = pattern.sub(lambda found: found[1] + "*" * len(found[2]) + found[3], text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean(value: Any) -> Any:
    """``value`` as JSON that reads back from ``jsonb`` exactly as written.

    Fractions become text, since ``jsonb`` spells some of them differently; mappings under a secret's
    name are hidden; long lists and texts are cut, and say so.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return clean(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {
            clean_text(str(k), 100): HIDDEN if _SECRET.search(str(k)) else clean(v) for k, v in value.items()
        }
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple):
        kept = [clean(item) for item in value[:MOST_ITEMS]]
        return kept if len(value) <= MOST_ITEMS else [*kept, f"…共 {len(value)} 项"]
    return clean_text(str(value))
