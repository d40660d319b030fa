"""Day seals (日封): what was posted on a day is fixed, and anyone with the export can recompute it."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Min

from villages.engine.windows import LOCAL
from villages.models import Account, DaySeal, Village

from .posting import call

DAYS_A_COMMIT = 31
EXPORTED_AT_ONCE = 5000
SEAL = "SELECT villages_seal_days(%s::date, %s::date, %s::timestamptz)"
EXPORT = (
    "SELECT s.day, s.previous, s.seal,"
    " CASE WHEN t.id IS NOT NULL THEN villages_journal_line(t, d.pseudonym, c.pseudonym) END"
    " FROM villages_dayseal s LEFT JOIN (villages_transfer t"
    " JOIN villages_account d ON d.id = t.debit_id JOIN villages_account c ON c.id = t.credit_id)"
    " ON t.village_id = s.village_id AND t.posted_on = s.day AND t.posted_on >= %(first)s AND t.posted_on < %(end)s"
    " WHERE s.village_id = %(village)s AND s.day >= %(first)s AND s.day < %(end)s ORDER BY s.day, t.id"
)
LINES = (
    "SELECT villages_journal_line(t, d.pseudonym, c.pseudonym) FROM villages_transfer t"
    " JOIN villages_account d ON d.id = t.debit_id JOIN villages_account c ON c.id = t.credit_id"
    " WHERE t.village_id = %s AND t.posted_on = %s ORDER BY t.id"
)


def seal_until(day: dt.date, *, now: dt.datetime) -> int:
    """Seal every day up to ``day`` that is not sealed yet, in order; returns the number of seals."""
    latest = DaySeal.objects.order_by("-day").values_list("day", flat=True).first()
    if latest is None:
        begun = Account.objects.aggregate(first=Min("opened_at"))["first"]
        if begun is None:
            return 0
        latest = begun.astimezone(LOCAL).date() - dt.timedelta(days=1)
    total = 0
    while latest < day:
        first, latest = latest + dt.timedelta(days=1), min(day, latest + dt.timedelta(days=DAYS_A_COMMIT))
        total += int(call(SEAL, [first, latest, now])[0][0])
    return total


def seal_of(previous: str, village_code: str, day: dt.date, lines: Iterable[str]) -> str:
    """The seal as anyone can compute it: SHA-256 over the seal before, the village, the day and the lines.

    A line is ``id|debit|credit|amount|code|rule|rule set|reverses|effective day|time``, accounts by pseudonym.
    """
    text = f"{previous}\n{village_code}\n{day.isoformat()}\n" + "".join(f"{line}\n" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()


def journal_lines(village_id: int, day: dt.date) -> list[str]:
    """The day's journal as it is exported, in the order of ids."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [village_id, day])
        return [row[0] for row in cursor.fetchall()]


def export_lines(village: Village, first: dt.date, end: dt.date) -> Iterator[str]:
    """The sealed days from ``first`` to before ``end`` as they are exported, each below its seal.

    One query whatever the number of days, fetched some thousand lines at a time.
    """
    told: dt.date | None = None
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(EXPORT, {"village": village.pk, "first": first, "end": end})
        while rows := cursor.fetchmany(EXPORTED_AT_ONCE):
            for day, previous, seal, line in rows:
                if day != told:
                    told = day
                    yield f"seal|{day}|{previous}|{seal}"
                if line is not None:
                    yield line


def recomputes(seal: DaySeal) -> bool:
    """True if the journal still says what was sealed and the seal follows the one before."""
    before = DaySeal.objects.filter(village_id=seal.village_id, day=seal.day - dt.timedelta(days=1)).first()
    if seal.previous != (before.seal if before else ""):
        return False
    return seal.seal == seal_of(
        seal.previous, seal.village.code, seal.day, journal_lines(seal.village_id, seal.day)
    )
