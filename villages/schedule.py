"""What the beat process starts for this app; the settings merge it."""

from typing import Any

BEAT: dict[str, dict[str, Any]] = {
    "villages-clocks": {"task": "villages.run_clocks", "schedule": 900.0, "options": {"expires": 900}},
}
