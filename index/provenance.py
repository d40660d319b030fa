"""Which code made a number: a digest over the modules that compute, and nothing else."""

import hashlib
from functools import cache
from pathlib import Path

COMPUTING = ("paths.py", "daycube.py", "replay.py", "basket.py", "registry.py")


@cache
def code_hash() -> str:
    """SHA-256 over the modules' bytes in a fixed order."""
    folder, digest = Path(__file__).parent, hashlib.sha256()
    for name in COMPUTING:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()
