"""What the beat process starts for this app; the settings merge it."""

from typing import Any

BEAT: dict[str, dict[str, Any]] = {}
