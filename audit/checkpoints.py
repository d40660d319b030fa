"""Checkpoints: sealed notes about the chain's end, kept outside the database.

A keyed chain alone shows no cut tail, and none that was begun again; a note of where the chain once
was shows both. Keep the folder on another machine or medium than the database.
"""

import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from foundation import keys

from . import chain

_NAME = re.compile(r"checkpoint-(\d{15})\.json")
LABEL = "checkpoint"


class UnableToWriteCheckpoint(RuntimeError):
    """The chain's end is not what it was or cannot be noted; the text is for operator and auditor."""


@dataclass(frozen=True)
class Checkpoint:
    """At ``at`` the chain ended with entry ``seq`` and its ``mac``; ``count`` entries were in the table."""

    seq: int
    mac: str
    count: int
    at: str
    key_id: str
    seal: str = ""

    def sealed(self) -> "Checkpoint":
        return Checkpoint(**asdict(self) | {"seal": self._expected_seal()})

    def is_genuine(self) -> bool:
        try:
            return keys.same(self.seal, self._expected_seal())
        except keys.UnableToUseKeys:
            return False

    def _expected_seal(self) -> str:
        told = {name: value for name, value in asdict(self).items() if name != "seal"}
        return chain.seal_of(LABEL, told, self.key_id)


def folder() -> Path:
    return Path(settings.PORTAL_CHECKPOINT_FOLDER)


def note(seq: int, mac: str, count: int, at: dt.datetime) -> Path:
    """Write one sealed checkpoint, whole or not at all. Raises :class:`UnableToWriteCheckpoint`."""
    checkpoint = Checkpoint(seq, mac, count, chain.instant(at), chain.current_key_id()).sealed()
    target = folder() / f"checkpoint-{seq:015d}.json"
    half = target.with_suffix(f".new-{os.getpid()}")
    try:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(chain.canonical(asdict(checkpoint)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        half.replace(target)
    except OSError as error:
        raise UnableToWriteCheckpoint(f"检查点无法写入 {folder()}，请检查磁盘空间与目录权限。") from error
    return target


def paths() -> list[Path]:
    """Checkpoint files in the order of the entries they speak of."""
    return sorted(path for path in folder().glob("checkpoint-*.json") if _NAME.fullmatch(path.name))


def seq_of(path: Path) -> int:
    """The entry a checkpoint file speaks of, by its name alone."""
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def read(path: Path) -> Checkpoint | None:
    """The checkpoint in ``path``; None if it is damaged, renamed or not sealed by one of our keys."""
    try:
        checkpoint = Checkpoint(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return checkpoint if checkpoint.seq == seq_of(path) and checkpoint.is_genuine() else None


def last() -> Checkpoint | None:
    """The newest checkpoint that is genuine."""
    return next((found for path in reversed(paths()) if (found := read(path)) is not None), None)


def each() -> Iterator[tuple[int, Path]]:
    """``(seq, path)`` of every checkpoint, oldest first; files are opened only when their turn comes."""
    return ((seq_of(path), path) for path in paths())
