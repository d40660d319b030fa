"""The file store: bytes kept under the SHA-256 of what they are, in a folder that all hosts share.

Nothing a user types becomes part of a path. A file is written under a random name, synced and renamed,
so that a reader on any host sees it whole or not at all; the same bytes are kept once. Whoever opens a
file gets bytes whose digest was checked on the very handle they read from.
"""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

BLOCK_BYTES = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


class UnableToStoreFile(ValueError):
    """The bytes were refused or could not be written; the text is for the user."""


class UnableToReadFile(RuntimeError):
    """The file is not there, or its bytes are no longer those that were stored."""


@dataclass(frozen=True)
class StoredFile:
    """What ``put`` kept: hexadecimal SHA-256 and size in bytes."""

    digest: str
    size: int


class FolderStore:
    """A store in one folder, on a disk or a share with atomic renames (NFS, CephFS)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: BinaryIO | Iterable[bytes], *, limit_bytes: int) -> StoredFile:
        """Keep a stream, whatever its length in the same memory; the same bytes again cost no room.

        Raises :class:`UnableToStoreFile` above ``limit_bytes`` or when the disk is full; nothing stays then.
        """
        incoming = self.root / "incoming"
        half = incoming / secrets.token_hex(16)
        try:
            incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = self._write(half, content, limit_bytes)
            self._settle(half, kept)
        except OSError as error:
            raise UnableToStoreFile("文件暂时无法保存，请稍后重试；如仍不成功，请联系系统管理员。") from error
        finally:
            half.unlink(missing_ok=True)
        return kept

    def exists(self, digest: str) -> bool:
        return self._place(digest).is_file()

    def size(self, digest: str) -> int:
        """Size in bytes. Raises :class:`UnableToReadFile` if there is no such file."""
        try:
            return self._place(digest).stat().st_size
        except OSError as error:
            raise UnableToReadFile(f"文件 {digest[:12]} 不存在。") from error

    @contextlib.contextmanager
    def open(self, digest: str) -> Iterator[BinaryIO]:
        """A seekable binary handle at the start of bytes that were just checked against their digest.

        Raises :class:`UnableToReadFile` if the file is missing or was altered.
        """
        try:
            handle = self._place(digest).open("rb")
        except OSError as error:
            raise UnableToReadFile(f"文件 {digest[:12]} 不存在。") from error
        with handle:
            found = hashlib.sha256()
            for block in _blocks(handle):
                found.update(block)
            if found.hexdigest() != digest:
                raise UnableToReadFile(f"文件 {digest[:12]} 的内容与登记的摘要不符，可能已损坏或被改动。")
            handle.seek(0)
            yield handle

    def sweep_unfinished(self, older_than_seconds: float = 24 * 3600) -> int:
        """Remove what killed writers left behind; returns how many files."""
        oldest = time.time() - older_than_seconds
        left = [half for half in (self.root / "incoming").glob("*") if half.stat().st_mtime < oldest]
        for half in left:
            half.unlink(missing_ok=True)
        return len(left)

    def _write(self, half: Path, content: BinaryIO | Iterable[bytes], limit_bytes: int) -> StoredFile:
        digest, size = hashlib.sha256(), 0
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as out:
            for block in _blocks(content):
                size += len(block)
                if size > limit_bytes:
                    raise UnableToStoreFile(f"文件超过 {_spelled(limit_bytes)} 的上限，未保存。")
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        return StoredFile(digest.hexdigest(), size)

    def _settle(self, half: Path, kept: StoredFile) -> None:
        place = self._place(kept.digest)
        if place.is_file() and place.stat().st_size == kept.size:
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half.replace(place)
        for folder in (place.parent, place.parent.parent):
            _sync_folder(folder)

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise UnableToReadFile("文件摘要格式有误。")
        return self.root / digest[:2] / digest[2:4] / digest


def store() -> FolderStore:
    """The portal's store, as ``settings.PORTAL_FILE_STORE`` has it: ``{"kind": "folder", "path": …}``."""
    told = settings.PORTAL_FILE_STORE
    if told["kind"] != "folder":
        raise UnableToReadFile(f"不支持的文件存储类型：{told['kind']}。")
    return FolderStore(Path(told["path"]))


def _blocks(content: BinaryIO | Iterable[bytes]) -> Iterable[bytes]:
    if hasattr(content, "chunks"):  # Django's uploaded file
        return content.chunks(BLOCK_BYTES)
    if hasattr(content, "read"):
        return iter(lambda: content.read(BLOCK_BYTES), b"")
    return content


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _spelled(size: int) -> str:
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} 字节"
