"""The points ledger beside TPC-B on the same server, in the same round; expiry and proof at size.

A figure counts what was committed and flushed, by elapsed time. Each round runs every variant once, ratios are taken
within the round and their median is shown. TPC-B-like is pgbench's built-in script with prepared statements; where
there is no pgbench the same five statements run over psycopg. The single award is driven both ways: by pgbench, so that
the same client stands on both sides of the ratio, and from Python processes as the portal does; batches only from Python.
"""

import datetime as dt
import multiprocessing
import random
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.database import scratch_database
from bench.rows import Row
from villages.contracts import Award, Cap
from villages.engine.identifiers import uuid7

CONNECTIONS, BATCH = 8, 1000
CAPS = ("V01.day.p1", "V01.month.p1")
NOW = dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC)
RULE_DAY = dt.date(2026, 6, 1)


@dataclass(frozen=True)
class Size:
    residents: int
    villages: int
    tpcb_scale: int
    seconds: float
    rounds: int
    transfers: int


SIZES = {"small": Size(20_000, 25, 10, 3.0, 3, 100_000), "large": Size(200_000, 250, 50, 6.0, 3, 1_000_000)}


def run(scale: str) -> list[Row]:
    size = SIZES[scale]
    with scratch_database() as connection:
        dsn = _dsn(connection)
        _populate(connection, size)
        pgbench = _prepare_tpcb(connection, dsn, size)
        rows = _rates(dsn, size, pgbench)
        rows.append(_expiry(connection, size))
        rows += _proof(connection, dsn, size)
        connection.close()
        return rows


def _rates(dsn: str, size: Size, pgbench: str | None) -> list[Row]:
    variants: dict[str, Callable[[], float]] = {
        "tpcb": lambda: _tpcb(dsn, size, pgbench),
        "batch": lambda: _together(dsn, size, _batches, 0),
        "capped": lambda: _together(dsn, size, _batches, 2),
        "single": lambda: _single_by_pgbench(dsn, size, pgbench),
        "python": lambda: _together(dsn, size, _singles, 2),
        "orm": lambda: _together(dsn, size, _orm, 0),
    }
    rates: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(size.rounds):
        names = list(variants)
        random.Random(number).shuffle(names)
        for name in names:
            rates[name].append(variants[name]())
    by = "pgbench" if pgbench else "psycopg, no pgbench here"
    client = "the same client" if pgbench else "Python"
    told = {
        "tpcb": (f"TPC-B-like, {CONNECTIONS} connections ({by})", None),
        "batch": (f"awards in batches of {BATCH} (claim, transfer, balances) / TPC-B", 10.0),
        "capped": (f"awards in batches of {BATCH} with two caps / TPC-B", None),
        "single": (f"one full award a call (claim, two caps, transfer) by {client} / TPC-B", 0.8),
        "python": ("the same from Python processes / TPC-B", None),
        "orm": ("the same award by the ORM, select_for_update and save / TPC-B", None),
    }
    rows = []
    for name, (title, target) in told.items():
        ratio = None if name == "tpcb" else statistics.median(
            ours / theirs for ours, theirs in zip(rates[name], rates["tpcb"], strict=True)
        )  # fmt: skip
        met = None if target is None or ratio is None else ratio >= target
        rate = statistics.median(rates[name])
        aim = "" if target is None else f">= {target:g}x"
        rows.append(
            Row(
                f"{title}, {size.residents} accounts",
                f"{rate:,.0f} a second",
                ratio,
                aim,
                met,
                {"rate": rate},
            )
        )
    return rows


# -- set-up ----------------------------------------------------------------------------------------------
def _populate(connection: Any, size: Size) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_agency (code, name, kind, scope_code, is_active, created_at)"
            " SELECT 'bench' || n, '村' || n, 'village', '', true, now() FROM generate_series(1, %s) n",
            [size.villages],
        )
        more = _columns(
            cursor,
            "villages_village",
            {"code", "name", "town_code", "agency_id", "points_per_yuan", "is_active"},
        )
        cursor.execute(
            f"INSERT INTO villages_village (code, name, town_code, agency_id, points_per_yuan, is_active{_names(more)})"
            f" SELECT lpad(id::text, 12, '0'), name, '330282106', id, 10, true{_values(more)} FROM accounts_agency"
        )
        more = _columns(cursor, "villages_household", {"village_id", "number", "address"})
        cursor.execute(
            f"INSERT INTO villages_household (village_id, number, address{_names(more)})"
            f" SELECT v.id, n::text, ''{_values(more)} FROM villages_village v, generate_series(1, %s) n",
            [max(1, size.residents // size.villages // 3)],
        )
        per = size.residents // size.villages
        columns = _columns(cursor, "villages_resident", {"village_id", "household_id", "name", "status"})
        cursor.execute(
            f"INSERT INTO villages_resident (village_id, household_id, name, status{_names(columns)})"
            " SELECT v.id, (SELECT min(h.id) FROM villages_household h WHERE h.village_id = v.id) + n %% %s, '村民' || n,"
            f" 'active'{_values(columns)}"
            " FROM villages_village v, generate_series(0, %s) n",
            [max(1, per // 3), per - 1],
        )
        cursor.execute("SELECT id FROM villages_village")
        for (village,) in cursor.fetchall():
            cursor.execute(
                "SELECT villages_fund(%s, %s, 2000000000, 0, NULL, NULL, '', %s, %s)",
                [uuid.uuid4(), village, NOW, RULE_DAY],
            )
        cursor.execute("VACUUM ANALYZE villages_resident, villages_account")


def _columns(cursor: Any, table: str, given: set[str]) -> dict[str, str]:
    """Columns that must have a value besides those given, with an empty one each."""
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
        " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'",
        [table],
    )
    empty = {"boolean": "false", "integer": "0", "smallint": "0", "jsonb": "'{}'::jsonb"}
    return {name: empty.get(kind, "''") for name, kind in cursor.fetchall() if name not in given}


def _names(columns: dict[str, str]) -> str:
    return "".join(f", {name}" for name in columns)


def _values(columns: dict[str, str]) -> str:
    return "".join(f", {value}" for value in columns.values())


def _dsn(connection: Any) -> str:
    connection.ensure_connection()
    told = connection.connection.info
    return psycopg.conninfo.make_conninfo(
        host=told.host, port=told.port, dbname=told.dbname, user=told.user, password=told.password
    )


def _prepare_tpcb(connection: Any, dsn: str, size: Size) -> str | None:
    found = shutil.which("pgbench") or next(
        (str(p) for p in Path("/usr/lib/postgresql").glob("*/bin/pgbench")), None
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88))")
        cursor.execute(
            "CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))"
        )
        cursor.execute(
            "CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))"
        )
        cursor.execute(
            "CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))"
        )
        for table, key, other, each in (
            ("branches", "bid", "", 1), ("tellers", "tid", "bid, ", 10), ("accounts", "aid", "bid, ", 100_000),
        ):  # fmt: skip
            branch = f"(n - 1) / {each} + 1, " if other else ""
            cursor.execute(
                f"INSERT INTO pgbench_{table} ({key}, {other}{table[0]}balance, filler)"
                f" SELECT n, {branch}0, '' FROM generate_series(1, {each * size.tpcb_scale}) n"
            )
        cursor.execute("VACUUM ANALYZE pgbench_branches, pgbench_tellers, pgbench_accounts, pgbench_history")
    return found


# -- the yardstick ---------------------------------------------------------------------------------------
def _tpcb(dsn: str, size: Size, pgbench: str | None) -> float:
    if pgbench is None:
        return _together(dsn, size, _tpcb_by_hand, size.tpcb_scale)
    return _by_pgbench(pgbench, ["-b", "tpcb-like", "-s", str(size.tpcb_scale)], dsn, size)


def _by_pgbench(pgbench: str, what: list[str], dsn: str, size: Size) -> float:
    command = [pgbench, "-n", "-M", "prepared", *what, "-c", str(CONNECTIONS), "-j", "2",
               "-T", str(int(size.seconds)), dsn]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in told.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])


def _tpcb_by_hand(connection: psycopg.Connection, size: Size, chance: random.Random, scale: int) -> int:
    aid, tid, bid = (
        chance.randint(1, 100_000 * scale),
        chance.randint(1, 10 * scale),
        chance.randint(1, scale),
    )
    delta = chance.randint(-5000, 5000)
    with connection.transaction():
        connection.execute(
            "UPDATE pgbench_accounts SET abalance = abalance + %s WHERE aid = %s", [delta, aid]
        )
        connection.execute("SELECT abalance FROM pgbench_accounts WHERE aid = %s", [aid])
        connection.execute("UPDATE pgbench_tellers SET tbalance = tbalance + %s WHERE tid = %s", [delta, tid])
        connection.execute(
            "UPDATE pgbench_branches SET bbalance = bbalance + %s WHERE bid = %s", [delta, bid]
        )
        connection.execute(
            "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (%s, %s, %s, %s, now())",
            [tid, bid, aid, delta],
        )
    return 1


# -- ours ------------------------------------------------------------------------------------------------
Step = Callable[[psycopg.Connection, Size, random.Random, int], int]


def _together(dsn: str, size: Size, step: Step, extra: int) -> float:
    """Transfers a second over all connections: what was done by the elapsed time of the slowest."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    begun = time.perf_counter()
    workers = [
        context.Process(target=_work, args=(dsn, size, step, extra, n, queue)) for n in range(CONNECTIONS)
    ]
    for worker in workers:
        worker.start()
    done = [queue.get() for _ in workers]
    for worker in workers:
        worker.join()
    if any(count < 0 for count, _ in done):
        raise RuntimeError("a worker failed")
    return sum(count for count, _ in done) / max(max(ended for _, ended in done) - begun, 1e-9)


def _work(dsn: str, size: Size, step: Step, extra: int, number: int, queue: Any) -> None:
    chance = random.Random(f"{number}:{time.perf_counter_ns()}")
    done = -1
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.prepare_threshold = 0
            done, until = 0, time.perf_counter() + size.seconds
            while time.perf_counter() < until:
                done += step(connection, size, chance, extra)
    except Exception as error:
        print(f"worker {number}: {error!r}", flush=True)
        done = -1
    finally:
        queue.put((done, time.perf_counter()))


def _batches(connection: psycopg.Connection, size: Size, chance: random.Random, caps: int) -> int:
    """As ``villages.services.ledger.award_batch`` calls it."""
    from villages.services.arrays import plain
    from villages.services.ledger import AWARD, award_columns, cap_columns

    first = chance.randint(1, size.residents - BATCH + 1)
    task = uuid.UUID(int=chance.getrandbits(128))
    moment, limits = int(time.time() * 1000), _caps(caps)
    items = [
        Award(uuid7(moment, chance.getrandbits(74)), resident, task, RULE_DAY, 5, caps=limits)
        for resident in range(first, first + BATCH)
    ]
    connection.execute(
        AWARD,
        [
            *award_columns(items), plain([n for n in range(1, BATCH + 1) for _ in limits]),
            *cap_columns([cap for item in items for cap in item.caps]), None, "", "", NOW, RULE_DAY,
        ],
        prepare=True,
    ).fetchall()  # fmt: skip
    return BATCH


def _singles(connection: psycopg.Connection, size: Size, chance: random.Random, caps: int) -> int:
    """As ``villages.services.ledger.award`` calls it."""
    from villages.services.ledger import AWARD_ONE, cap_columns

    key = uuid7(int(time.time() * 1000), chance.getrandbits(74))
    connection.execute(
        AWARD_ONE,
        [
            key, chance.randint(1, size.residents), uuid.UUID(int=chance.getrandbits(128)), RULE_DAY, 5, "",
            None, False, *cap_columns(_caps(caps)), None, "", "", NOW, RULE_DAY,
        ],
        prepare=True,
    ).fetchall()  # fmt: skip
    return 1


def _caps(count: int) -> tuple[Cap, ...]:
    return tuple(Cap(code, 1_000_000, NOW) for code in CAPS[:count])


def _single_by_pgbench(dsn: str, size: Size, pgbench: str | None) -> float:
    if pgbench is None:
        return _together(dsn, size, _singles, 2)
    from villages.services.ledger import cap_columns

    caps = ", ".join(f"'{column}'" for column in cap_columns(_caps(len(CAPS))))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        # A time-ordered key, as phones make them: milliseconds in front, chance behind.
        script.write(
            f"\\set r random(1, {size.residents})\n"
            "SELECT * FROM villages_award_one((lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')"
            " || '7' || right(replace(gen_random_uuid()::text, '-', ''), 19))::uuid, :r, gen_random_uuid(),"
            f" '{RULE_DAY}', 5, '', NULL, false, {caps}, NULL, '', '', '{NOW.isoformat()}', '{RULE_DAY}');\n"
        )
        script.flush()
        return _by_pgbench(pgbench, ["-f", script.name], dsn, size)


def _orm(connection: psycopg.Connection, size: Size, chance: random.Random, extra: int) -> int:
    """What one would write first: lock both balances, read the claim, save four rows."""
    from django.db import connection as own
    from django.db import transaction

    from villages.models import Account, Claim, Resident, Transfer

    if own.connection is not None and not getattr(_orm, "fresh", False):
        own.connection = None  # the parent's, after a fork
        own.settings_dict["OPTIONS"] = {k: v for k, v in own.settings_dict["OPTIONS"].items() if k != "pool"}
    _orm.fresh = True  # type: ignore[attr-defined]
    person = Resident.objects.get(pk=chance.randint(1, size.residents))
    with transaction.atomic():
        pool = Account.objects.select_for_update().get(kind="pool", owner_id=person.village_id)
        purse, _ = Account.objects.select_for_update().get_or_create(
            kind="resident", owner_id=person.pk, vintage=2026,
            defaults={"village_id": person.village_id, "pseudonym": "bench", "opened_at": NOW},
        )  # fmt: skip
        key, task = uuid.uuid4(), uuid.uuid4()
        if not Claim.objects.filter(resident_id=person.pk, task=task, on_date=RULE_DAY).exists():
            Claim.objects.create(
                resident_id=person.pk,
                task=task,
                on_date=RULE_DAY,
                key=key,
                asked=5,
                granted=5,
                claimed_at=NOW,
            )
            Transfer.objects.create(
                id=key, debit=pool, credit=purse, village_id=person.village_id, resident_id=person.pk, amount=5,
                code="award", effective_on=RULE_DAY, posted_on=RULE_DAY, posted_at=NOW,
            )  # fmt: skip
            pool.posted -= 5
            pool.save(update_fields=["posted"])
            purse.posted += 5
            purse.save(update_fields=["posted"])
    return 1


# -- at size ---------------------------------------------------------------------------------------------
def _proof(connection: Any, dsn: str, size: Size) -> list[Row]:
    """The whole book until it holds the wanted number of transfers, then every invariant over it."""
    from villages.services.verification import verify

    chance = random.Random(1)
    with psycopg.connect(dsn, autocommit=True) as own:
        held = own.execute("SELECT count(*) FROM villages_transfer").fetchone()
        assert held is not None
        for _ in range(max(0, size.transfers - held[0]) // BATCH + 1):
            _batches(own, size, chance, 0)
        own.execute("VACUUM ANALYZE villages_transfer")
        own.execute("VACUUM ANALYZE villages_claim")
        own.execute("VACUUM ANALYZE villages_account")
    verify()
    report = min((verify() for _ in range(3)), key=lambda found: found.seconds)
    assert report.intact, report.broken
    balances = sum(o.seconds for o in report.outcomes if o.code in ("I1", "I2", "I3", "I4"))
    scaled = 2.0 * max(1.0, report.transfers / size.transfers)
    slow = ", ".join(
        f"{o.code} {o.seconds:.2f}" for o in sorted(report.outcomes, key=lambda o: -o.seconds)[:4]
    )
    return [
        Row(
            f"proof of every balance (I1-I4), {report.transfers:,} transfers", f"{balances:.2f} s", None,
            f"< {scaled:.1f} s", balances < scaled, {"seconds": balances, "transfers": report.transfers},
        ),
        Row(
            f"all twelve invariants over the same book ({slow})", f"{report.seconds:.2f} s", None, "", None,
            {"seconds": report.seconds},
        ),
    ]  # fmt: skip


def _expiry(connection: Any, size: Size) -> Row:
    from villages.services.expiry import expire_vintage

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM villages_village ORDER BY id")
        villages = [row[0] for row in cursor.fetchall()]
        # Everybody holds something of the year: by the functions, like all points.
        with psycopg.connect(_dsn(connection), autocommit=True) as own:
            chance = random.Random(2)
            for first in range(1, size.residents - BATCH + 2, BATCH):
                _batches(own, Size(first + BATCH - 1, 0, 0, 0, 0, 0), _At(first, chance), 0)
        cursor.execute("SELECT count(*) FROM villages_account WHERE kind = 'resident' AND posted > 0")
        holding = cursor.fetchone()[0]
    after = NOW.replace(year=2027, month=4)
    begun = time.perf_counter()
    emptied = sum(expire_vintage(village, 2026, now=after).accounts for village in villages)
    seconds = time.perf_counter() - begun
    assert emptied == holding
    return Row(
        f"end of a vintage, {emptied:,} accounts in {len(villages)} villages", f"{seconds:.2f} s", None, "< 10 s",
        seconds < 10, {"seconds": seconds, "accounts": emptied},
    )  # fmt: skip


class _At(random.Random):
    """Chance that always begins at one resident."""

    def __init__(self, first: int, chance: random.Random) -> None:
        super().__init__()
        self.first, self.chance = first, chance

    def randint(self, low: int, high: int) -> int:
        return self.first

    def getrandbits(self, bits: int, /) -> int:
        return self.chance.getrandbits(bits)
