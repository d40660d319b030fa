"""Budget: points go from the town's treasury to a village's pool."""

import datetime as dt
from uuid import UUID

from .ledger import local_day
from .posting import call

RESERVE_PCT = 5
FUND = (
    "SELECT villages_fund(%s::uuid, %s::bigint, %s::int, %s::int, %s::uuid, %s::bigint, %s::text,"
    " %s::timestamptz, %s::date)"
)


def fund_pool(
    key: UUID, village_id: int, points: int, *, now: dt.datetime, ref: UUID | None = None,
    actor_id: int | None = None, memo: str = "",
) -> bool:  # fmt: skip
    """Move ``points`` into the pool (negative: back to the treasury); True if this key had done so before.

    Raises :class:`UnableToSpendMissingPoints` if the pool has less than is taken back.
    """
    rows = call(FUND, [key, village_id, points, RESERVE_PCT, ref, actor_id, memo[:120], now, local_day(now)])
    return bool(rows[0][0])
