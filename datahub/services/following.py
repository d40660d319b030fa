"""How far the work on a batch is: one progress per batch, whoever started it."""

from datahub.models import Batch
from foundation import files, progress

XLSX_START = b"PK\x03\x04"
BLOCK_BYTES = 1 << 20


def key_of(batch_id: int) -> str:
    return f"datahub-batch-{batch_id}"


def announce(batch_id: int, title: str, *, owner_id: int | None, next_url: str) -> str:
    """Note that work on the batch is queued; returns the progress key. Call before enqueueing the task."""
    return progress.register(title, key=key_of(batch_id), owner_id=owner_id, next_url=next_url)


def rows_expected(batch_id: int) -> int | None:
    """Lines of a text file, so that the time left can be told; None for a workbook or a missing file.

    A record may spread over lines and notes count as well: this is an estimate, never a count that is stored.
    """
    digest = Batch.objects.filter(pk=batch_id).values_list("file_digest", flat=True).first()
    if digest is None:
        return None
    try:
        with files.store().open(digest) as kept:
            start = kept.read(BLOCK_BYTES)
            if start.startswith(XLSX_START):
                return None
            lines = start.count(b"\n")
            while block := kept.read(BLOCK_BYTES):
                lines += block.count(b"\n")
    except files.UnableToReadFile:
        return None
    return max(lines - 1, 1)
