"""Processes post to the ledger while processes and server are killed; what was acknowledged must be there once.

Every writer notes the id of an award or a pick-up before it asks and again once the server has answered. A writer that is
killed is replaced; a server backend that is killed takes the whole server through crash recovery. At the end
what was asked without an answer is asked again, and everything is counted.
"""

import contextlib
import datetime as dt
import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from villages.definitions import ledger_numbers
from villages.engine.windows import LOCAL
from villages.models import Goods, Hold, Household, Resident, Shop, Transfer, Village
from villages.services import budget, holds, stock
from villages.services.holds import CAPTURE, OPEN
from villages.services.ledger import AWARD
from villages.services.verification import verify

NOW = dt.datetime(2026, 6, 1, 9, 0, tzinfo=LOCAL)
PEOPLE, WRITERS = 40, 6


@dataclass
class Damage:
    """What a storm came to: killed processes and crashes, acknowledged and missing ids, broken invariants."""

    writers_killed: int = 0
    server_crashes: int = 0
    acknowledged: int = 0
    repeated: int = 0
    missing: list[str] = field(default_factory=list)
    open_holds: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not (self.missing or self.broken or self.open_holds) and self.acknowledged > 0


def storm(village: Village, *, kills: int, crash_server: bool, pause: float = 1.0, seed: int = 1) -> Damage:
    """Writers post; every ``pause`` seconds one is killed, every second time (``crash_server``) a backend."""
    world, chance, damage = _build(village), random.Random(seed), Damage()
    connection.close()
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("fork")

        def start(number: int) -> Any:
            notes = Path(folder) / f"{number}-{uuid.uuid4().hex}.notes"
            process = context.Process(target=_write, args=(world, notes, number), daemon=True)
            process.start()
            return process

        writers = [start(number) for number in range(WRITERS)]
        for turn in range(kills):
            time.sleep(pause)
            if crash_server and turn % 2 == 0:
                damage.server_crashes += _crash_server(world["dsn"])
            else:
                place = chance.randrange(WRITERS)
                os.kill(writers[place].pid, signal.SIGKILL)
                writers[place].join()
                writers[place] = start(WRITERS + turn)
                damage.writers_killed += 1
        time.sleep(pause)
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
        _settle(world, Path(folder), damage)
    return damage


def _build(village: Village) -> dict[str, Any]:
    """A village with people, points, a shop with stock."""
    house = Household.objects.create(village=village, number="1")
    people = [
        Resident.objects.create(village=village, household=house, name=f"村民{n}").pk for n in range(PEOPLE)
    ]
    shop = Shop.objects.create(village=village, name="供销社", state="approved", proposed_at=NOW)
    goods = Goods.objects.create(shop=shop, name="肥皂", points=3)
    budget.fund_pool(uuid.uuid4(), village.pk, 10_000_000, now=NOW)
    stock.receive(uuid.uuid4(), goods.pk, 1_000_000, now=NOW)
    told = connection.connection.info
    dsn = psycopg.conninfo.make_conninfo(
        host=told.host, port=told.port, dbname=told.dbname, user=told.user, password=told.password
    )
    return {"people": people, "shop": shop.pk, "goods": goods.pk, "dsn": dsn, "village": village.pk}


def _write(world: dict[str, Any], notes: Path, number: int) -> None:
    """Post until killed, reconnecting; a line before each request, another after its answer."""
    chance = random.Random(number)
    with notes.open("a", encoding="utf-8", buffering=1) as log:
        while True:
            with contextlib.suppress(psycopg.Error), psycopg.connect(world["dsn"], autocommit=True) as own:
                while True:
                    kind = "hold" if chance.random() < 0.2 else "award"
                    told = {"kind": kind, "key": str(uuid.uuid4()), "who": chance.choice(world["people"])}
                    log.write(json.dumps(told | {"state": "asked"}) + "\n")
                    try:
                        _ask(own, world, told)
                    except psycopg.errors.RaiseException as refusal:
                        log.write(json.dumps(told | {"state": f"refused {refusal.sqlstate}"}) + "\n")
                        continue
                    except psycopg.Error as error:
                        if (error.sqlstate or "").startswith("VL"):
                            log.write(json.dumps(told | {"state": "refused"}) + "\n")
                            continue
                        raise
                    log.write(json.dumps(told | {"state": "answered"}) + "\n")
            time.sleep(0.05)


def _ask(own: psycopg.Connection, world: dict[str, Any], told: dict[str, Any]) -> None:
    key, day = uuid.UUID(told["key"]), NOW.date()
    if told["kind"] == "award":
        caps: list[Any] = [[1], [1], ["S.once"], [NOW], [10**9], [0]]
        own.execute(
            AWARD,
            [[key], [told["who"]], [key], [day], [5], [""], [None], [False], *caps, None, "", "", NOW, day],
            prepare=True,
        ).fetchall()
        return
    expires = NOW + dt.timedelta(hours=ledger_numbers().pickup_hours)
    own.execute(
        OPEN, [key, told["who"], world["shop"], [world["goods"]], [1], 0, told["key"], "", expires, None, NOW]
    ).fetchall()
    own.execute(CAPTURE, [key, world["shop"], None, None, None, NOW, day]).fetchall()


def _crash_server(dsn: str) -> int:
    """Kill one backend with SIGKILL: the server throws away its memory and recovers from its journal."""
    with psycopg.connect(dsn, autocommit=True) as own:
        os.kill(own.info.backend_pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error), psycopg.connect(dsn):
            return 1
        time.sleep(0.1)
    raise RuntimeError("the server did not come back")


def _settle(world: dict[str, Any], folder: Path, damage: Damage) -> None:
    """Repeat what had no answer, release what stayed open, then count."""
    asked, answered, refused = {}, set(), set()
    for notes in folder.glob("*.notes"):
        for line in notes.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                told = json.loads(line)
                asked[told["key"]] = told
                if told["state"] == "answered":
                    answered.add(told["key"])
                elif told["state"] != "asked":
                    refused.add(told["key"])
    with psycopg.connect(world["dsn"], autocommit=True) as own:
        for key in sorted(set(asked) - answered - refused):
            with contextlib.suppress(psycopg.Error):
                _ask(own, world, asked[key])
            damage.repeated += 1
    holds.release_overdue(NOW + dt.timedelta(hours=ledger_numbers().pickup_hours + 1))
    damage.acknowledged = len(answered)
    awards = {
        str(pk)
        for pk in Transfer.objects.filter(village=world["village"], code="award").values_list("pk", flat=True)
    }
    taken = {
        str(pk)
        for pk in Hold.objects.filter(village=world["village"], state="captured").values_list("pk", flat=True)
    }
    damage.missing = sorted(answered - awards - taken)
    damage.open_holds = Hold.objects.filter(village=world["village"], state="open").count()
    damage.broken = verify(world["village"]).broken
