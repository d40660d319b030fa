"""What the beat process starts for this app; the settings merge it."""

from typing import Any

BEAT: dict[str, dict[str, Any]] = {
    "catalog-publish-due": {"task": "catalog.publish_due", "schedule": 300.0, "options": {"expires": 300}},
}
