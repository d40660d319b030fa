"""Which code is running: named in every run, so that a number can be traced to its formulas."""

import os
import subprocess
from functools import cache
from pathlib import Path


@cache
def code_revision() -> str:
    """``PORTAL_REVISION``, else the checkout's commit, else an empty string."""
    named = os.environ.get("PORTAL_REVISION")
    if named:
        return named[:40]
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).resolve().parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()[:40]
