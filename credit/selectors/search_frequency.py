"""How common a piece is, from the statistics that ANALYZE keeps of the index anyway."""

import time
from collections.abc import Mapping

from django.db import connection

RENEWED_AFTER_SECONDS = 600.0
RARE = 0.0005  # share of a piece that the statistics do not list
_STATISTICS = """
SELECT most_common_elems::text::int[], most_common_elem_freqs FROM pg_stats
WHERE schemaname = 'public' AND tablename = 'credit_search' AND attname = 'tokens'
"""


class _Known:
    shares: Mapping[int, float] = {}
    read_at = -RENEWED_AFTER_SECONDS


def shares() -> Mapping[int, float]:
    """Share of the index's rows (0-1) by number of the piece; what is missing is ``RARE`` or rarer.

    One query per process every ten minutes. Empty before the first ANALYZE.
    """
    if time.monotonic() - _Known.read_at > RENEWED_AFTER_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute(_STATISTICS)
            row = cursor.fetchone()
        # The frequencies end with the lowest, the highest and the share of nulls.
        numbers, frequencies = row if row and row[0] else ([], [])
        _Known.shares = dict(zip(numbers, frequencies, strict=False))
        _Known.read_at = time.monotonic()
    return _Known.shares


def forget() -> None:
    """Read the statistics anew next time: the index has been replaced."""
    _Known.read_at = -RENEWED_AFTER_SECONDS
