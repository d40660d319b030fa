"""Many real processes writing at once, with the chained log or without: used by the bench and the tests.

``python -m bench.audit_writers --mode chained --writers 50 --each 20`` loads Django once, forks the writers,
lets them all go together and prints JSON: seconds, latencies in milliseconds, errors by name. Every
transaction adds a row, changes one of twenty rows that all writers share, and leaves one log entry.
The tables come from :func:`make_tables`.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from typing import Any

WORK, PLAIN, SHARED_ROWS = "bench_audit_work", "bench_audit_plain", 20


def make_tables(cursor: Any, application_role: str) -> None:
    """The writers' own table, and a twin of the log without chain and triggers."""
    drop_tables(cursor)
    cursor.execute(
        f"CREATE TABLE {WORK} (id bigserial PRIMARY KEY, writer int, n int, changes int DEFAULT 0)"
    )
    cursor.execute(f"INSERT INTO {WORK} (writer, n) SELECT 0, g FROM generate_series(1, {SHARED_ROWS}) g")
    cursor.execute(f"CREATE TABLE {PLAIN} (LIKE audit_entry INCLUDING ALL)")
    cursor.execute(f"CREATE SEQUENCE {PLAIN}_seq OWNED BY {PLAIN}.seq")
    cursor.execute(f"GRANT ALL ON {WORK}, {PLAIN} TO {application_role}")
    cursor.execute(f"GRANT ALL ON SEQUENCE {WORK}_id_seq, {PLAIN}_seq TO {application_role}")


def drop_tables(cursor: Any) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {WORK}, {PLAIN}")


def environment(database: str) -> dict[str, str]:
    """Variables that send a child process to a test's or a bench's database as the application's role."""
    settings = {"DJANGO_SETTINGS_MODULE": "cixi_portal.settings.test", "PORTAL_DB_ROLE": "app"}
    return os.environ | settings | {"PORTAL_USE_DATABASE": database}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["chained", "plain"], required=True)
    parser.add_argument("--writers", type=int, default=50)
    parser.add_argument("--each", type=int, default=20)
    arguments = parser.parse_args()
    import django

    django.setup()
    from django.conf import settings

    import audit.public  # loaded before the forks, so that the writers measure writing

    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    print(json.dumps(let_go(audit.public, arguments.mode, arguments.writers, arguments.each)))


def let_go(audit: Any, mode: str, writers: int, each: int) -> dict[str, Any]:
    """Fork the writers, wait until all are connected, open the gate, collect what they saw."""
    ready_in, ready_out = os.pipe()
    gate_in, gate_out = os.pipe()
    answers = []
    for number in range(1, writers + 1):
        answer_in, answer_out = os.pipe()
        if os.fork() == 0:
            os.close(gate_out)
            told = _write(audit, mode, number, each, ready_out, gate_in)
            with os.fdopen(answer_out, "w") as out:
                json.dump(told, out)
            os._exit(0)
        os.close(answer_out)
        answers.append(answer_in)
    waiting = writers
    while waiting:
        waiting -= len(os.read(ready_in, waiting))
    begun = time.perf_counter()
    os.close(gate_out)  # every writer's read of the gate returns at once
    told = []
    for answer in answers:
        with os.fdopen(answer) as lines:
            told.append(json.load(lines))
    seconds = time.perf_counter() - begun
    for _ in range(writers):
        os.wait()
    latencies = sorted(value for one in told for value in one["latencies"])
    errors = sum((Counter(one["errors"]) for one in told), Counter())
    return {"seconds": seconds, "latencies": latencies, "errors": dict(errors)}


def _write(audit: Any, mode: str, number: int, each: int, ready: int, gate: int) -> dict[str, Any]:
    from django.db import connection

    step = _chained if mode == "chained" else _plain
    origin = audit.Origin(
        number, f"writer{number}", "bank_officer", "慈溪农商银行", "10.0.0.1", f"bench-{number}"
    )
    chance = random.Random(number)
    latencies, errors = [], Counter[str]()
    connection.ensure_connection()
    os.write(ready, b"1")
    os.read(gate, 1)
    for n in range(each):
        begun = time.perf_counter()
        try:
            step(audit, origin, n, chance.randint(1, SHARED_ROWS))
        except Exception as error:
            errors[f"{type(error).__name__}: {error.__cause__ or error}"[:120]] += 1
        latencies.append(round(1000 * (time.perf_counter() - begun), 3))
    connection.close()
    return {"latencies": latencies, "errors": errors}


def _chained(audit: Any, origin: Any, n: int, shared: int) -> None:
    with audit.action("bench.row.added", origin=origin, target=f"row:{n}", detail={"n": n}):
        _work(origin.actor_id, n, shared)


def _plain(audit: Any, origin: Any, n: int, shared: int) -> None:
    """The same work and the same entry, only without number, MAC and head."""
    from django.db import connection, transaction
    from django.utils import timezone
    from psycopg.types.json import Jsonb

    from audit import chain, services

    told = services._told(audit.Draft("bench.row.added", origin, f"row:{n}", {"n": n}))
    told |= {"at": timezone.now(), "key_id": "1", "prev_mac": chain.GENESIS, "mac": chain.GENESIS}
    names = [name for name in services.COLUMNS if name != "seq"]
    with transaction.atomic(), connection.cursor() as cursor:
        _work(origin.actor_id, n, shared)
        cursor.execute(
            f"INSERT INTO {PLAIN} (seq, {', '.join(names)})"
            f" VALUES (nextval('{PLAIN}_seq'), {', '.join(['%s'] * len(names))})",
            [Jsonb(told[name]) if name == "detail" else told[name] for name in names],
        )


def _work(writer: int, n: int, shared: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {WORK} (writer, n) VALUES (%s, %s)", [writer, n])
        cursor.execute(f"UPDATE {WORK} SET changes = changes + 1 WHERE id = %s", [shared])


if __name__ == "__main__":
    sys.exit(main())
