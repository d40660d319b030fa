"""Keeping the search index in step with the register."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from credit.models import SearchBand
from credit.search.ranking import BANDS, band_of
from credit.search.tokens import band_piece, indexed, number
from credit.selectors.search_source import RegisterRow, count_registered, register_rows, stale_enterprise_ids

# Beyond this share of the register, replacing the table is quicker than putting rows into its GIN index.
FULL_BUILD_SHARE = 0.1
FULL_BUILD_FROM_ROWS = 2_000
LOCK = 0x63726564  # of pg_advisory locks: one refresh at a time
COLUMNS = (
    "enterprise_id, rank, code, register_no, name, former_names, legal_person, kind, state, town_code,"
    " industry_section, size, established_on, hay, sound, tokens, source_changed_at, former_mark"
)
NULL = "\\N"
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: ``mode`` is ``full``, ``rows``, ``nothing`` or ``busy`` (another one is at it)."""

    mode: str
    rows: int = 0


def refresh() -> Refreshed:
    """Bring the index up to the register: the stale rows, or the whole table if they are many."""
    with transaction.atomic():
        if not _locked():
            return Refreshed("busy")
        stale = stale_enterprise_ids()
        if not stale:
            return Refreshed("nothing")
        if len(stale) > max(FULL_BUILD_FROM_ROWS, FULL_BUILD_SHARE * count_registered()):
            return Refreshed("full", _build())
        return Refreshed("rows", _replace(stale))


def rebuild() -> Refreshed:
    """Make the whole index anew, whatever it holds; searches go on meanwhile."""
    with transaction.atomic():
        return Refreshed("full", _build()) if _locked() else Refreshed("busy")


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _replace(enterprise_ids: list[int]) -> int:
    starts = list(SearchBand.objects.order_by("band").values_list("rank", "enterprise_id"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM credit_search WHERE enterprise_id = ANY(%s)", [enterprise_ids])
    _copy(
        "credit_search",
        register_rows(enterprise_ids),
        lambda row: band_of(row.rank, row.enterprise_id, starts),
    )
    return len(enterprise_ids)


def _build() -> int:
    """Load a new table in the order of rank, index it, put it in the old one's place."""
    bands = _Bands(count_registered())
    with connection.cursor() as cursor:
        cursor.execute("SELECT credit_search_begin_build()")
        written = _copy("credit_search_next", register_rows(), bands.next)
        SearchBand.objects.all().delete()
        SearchBand.objects.bulk_create(
            SearchBand(band=band, rank=rank, enterprise_id=pk) for band, (rank, pk) in enumerate(bands.starts)
        )
        cursor.execute("SELECT credit_search_publish()")
    return written


class _Bands:
    """Cuts rows that come in the order of rank into bands of equal size, noting where each begins."""

    def __init__(self, rows: int) -> None:
        self.size = max(1, -(-rows // BANDS))
        self.seen = 0
        self.starts: list[tuple[int, int]] = []

    def next(self, row: RegisterRow) -> int:
        band = min(self.seen // self.size, BANDS - 1)
        self.seen += 1
        if band == len(self.starts):
            self.starts.append((row.rank, row.enterprise_id))
        return band


def _copy(table: str, blocks: Iterator[list[RegisterRow]], band: Callable[[RegisterRow], int]) -> int:
    written, texts = 0, _Texts()
    for rows in blocks:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
            copy.write("".join(_line(row, band(row), texts) for row in rows))
        written += len(rows)
    return written


class _Texts(dict[str, str]):
    """Numbers of pieces as they are written; names share most of their pieces."""

    def __missing__(self, piece: str) -> str:
        text = self[piece] = str(number(piece))
        return text


def _line(row: RegisterRow, band: int, texts: _Texts) -> str:
    """One line of COPY's text format; made by hand, since adapting the arrays one by one takes longest."""
    filters = {
        "town": row.town_code, "industry": row.industry_section, "kind": row.kind, "size": row.size,
        "state": row.state,
    }  # fmt: skip
    found = indexed(row.name, row.former_names, row.legal_person, filters)
    pieces = [band_piece(band), *found.pieces]
    numbers = ",".join(map(texts.__getitem__, pieces))
    values = (
        str(row.enterprise_id), str(row.rank), row.code, row.register_no, _text(row.name),
        _text(_array(row.former_names)), _text(row.legal_person),
        row.kind, row.state, row.town_code, row.industry_section, row.size,
        NULL if row.established_on is None else row.established_on.isoformat(),
        found.hay.replace("\n", "\\n"), found.sound.replace("\n", "\\n"), "{" + numbers + "}",
        row.changed_at.isoformat(), str(row.former_mark),
    )  # fmt: skip
    return "\t".join(values) + "\n"


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _array(texts: Iterable[str]) -> str:
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return "{" + ",".join(quoted) + "}"
