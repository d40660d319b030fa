"""Bytes are kept under what they are, whole or not at all."""

import hashlib
import io
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation import files

MEGABYTE = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> files.FolderStore:
    return files.FolderStore(tmp_path / "store")


def put(store: files.FolderStore, content: bytes) -> files.StoredFile:
    return store.put(io.BytesIO(content), limit_bytes=10 * MEGABYTE)


def all_files(store: files.FolderStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_what_was_put_is_read_under_its_sha256(store: files.FolderStore) -> None:
    kept = put(store, "一行\n".encode())
    assert kept == files.StoredFile(hashlib.sha256("一行\n".encode()).hexdigest(), 7)
    assert store.exists(kept.digest)
    assert store.size(kept.digest) == 7
    with store.open(kept.digest) as handle:
        assert handle.read() == "一行\n".encode()


def test_the_same_bytes_are_kept_once(store: files.FolderStore) -> None:
    assert put(store, b"a") == put(store, b"a")
    assert len(all_files(store)) == 1


def test_altered_bytes_are_refused_on_reading(store: files.FolderStore) -> None:
    kept = put(store, b"amount=1")
    all_files(store)[0].write_bytes(b"amount=9")
    with pytest.raises(files.UnableToReadFile, match="不符"), store.open(kept.digest):
        pass


def test_bytes_cut_short_are_mended_by_putting_them_again(store: files.FolderStore) -> None:
    kept = put(store, b"amount=1")
    all_files(store)[0].write_bytes(b"amo")
    put(store, b"amount=1")
    with store.open(kept.digest) as handle:
        assert handle.read() == b"amount=1"


def test_above_the_limit_nothing_stays(store: files.FolderStore) -> None:
    with pytest.raises(files.UnableToStoreFile, match="1 MB"):
        store.put(io.BytesIO(b"x" * (MEGABYTE + 1)), limit_bytes=MEGABYTE)
    assert all_files(store) == []
    assert store.put(io.BytesIO(b"x" * MEGABYTE), limit_bytes=MEGABYTE).size == MEGABYTE


def test_a_stream_that_breaks_leaves_nothing(store: files.FolderStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"first"
        raise ConnectionResetError

    with pytest.raises(files.UnableToStoreFile):
        store.put(broken(), limit_bytes=MEGABYTE)
    assert all_files(store) == []


@pytest.mark.parametrize(
    "digest", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "/", "a" * 64 + "\n"]
)
def test_a_name_that_is_no_digest_never_becomes_a_path(store: files.FolderStore, digest: str) -> None:
    with pytest.raises(files.UnableToReadFile):
        store.exists(digest)


def test_a_file_that_is_not_there_is_refused(store: files.FolderStore) -> None:
    assert not store.exists("0" * 64)
    with pytest.raises(files.UnableToReadFile, match="不存在"), store.open("0" * 64):
        pass


def test_a_long_stream_takes_little_memory(store: files.FolderStore) -> None:
    tracemalloc.start()
    kept = store.put((os.urandom(MEGABYTE) for _ in range(64)), limit_bytes=100 * MEGABYTE)
    with store.open(kept.digest) as handle:
        handle.read(10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.size == 64 * MEGABYTE
    assert peak < 8 * MEGABYTE


def test_files_are_closed_to_other_users(store: files.FolderStore) -> None:
    put(store, b"a")
    assert all_files(store)[0].stat().st_mode & 0o077 == 0


def test_leavings_of_killed_writers_are_swept_and_fresh_ones_left(store: files.FolderStore) -> None:
    put(store, b"a")
    old, fresh = store.root / "incoming" / "old", store.root / "incoming" / "fresh"
    for half in (old, fresh):
        half.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert store.sweep_unfinished() == 1
    assert (old.exists(), fresh.exists()) == (False, True)


def test_several_processes_putting_the_same_bytes_keep_one_whole_file(store: files.FolderStore) -> None:
    program = (
        "import io, sys; from pathlib import Path; from foundation.files import FolderStore;"
        "print(FolderStore(Path(sys.argv[1])).put(io.BytesIO(b'z' * 3_000_000), limit_bytes=10**7).digest)"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(store.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    digests = {writer.communicate()[0].strip() for writer in writers}
    assert digests == {hashlib.sha256(b"z" * 3_000_000).hexdigest()}
    assert len(all_files(store)) == 1


def test_the_settings_name_the_store(settings: object, tmp_path: Path) -> None:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}  # type: ignore[attr-defined]
    assert files.store().root == tmp_path
    settings.PORTAL_FILE_STORE = {"kind": "tape"}  # type: ignore[attr-defined]
    with pytest.raises(files.UnableToReadFile):
        files.store()
