"""User names: one spelling for what looks the same to a person."""

import re
import unicodedata

ALLOWED = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def canonical_username(typed: str) -> str:
    """``Ｂank１`` and ``BANK1`` are ``bank1``: full-width letters and case do not make another person."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()
