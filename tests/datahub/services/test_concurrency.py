"""Deliveries, promotions and withdrawals at once, each in a process of its own."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from credit.models import ConsumedChange, ScoreRun
from credit.services import runs
from credit.services.releases import release_scorecard
from datahub.models import Batch, BatchState, Change, Enterprise, Record, TouchedEnterprise
from datahub.store import PROMOTION_LOCK
from tests.datahub.services.racers import GATE, outcome, start
from tests.firms import AS_OF, CODES, FREEZE_HEAD, NOW, ORIGIN, freeze, register_firms
from tests.running import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> Iterator[str]:
    """Three registered firms; yields the folder of the file store that all processes share."""
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path / "store")}
    register_firms()
    yield str(tmp_path / "store")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE datahub_record")  # no table of the ORM's: the flush leaves it


@contextlib.contextmanager
def held(statement: str, *values: object) -> Iterator[None]:
    """Another session executes ``statement`` in a transaction that stays open for the block."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(statement, values)
        yield
        other.rollback()
    finally:
        other.close()


def closed_gate() -> contextlib.AbstractContextManager[None]:
    return held("SELECT pg_advisory_xact_lock(%s)", GATE)


def held_promotions() -> contextlib.AbstractContextManager[None]:
    return held("SELECT pg_advisory_xact_lock(%s)", PROMOTION_LOCK)


def waiting_for(lock: int) -> int:
    return _count(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = %s", lock
    )


def waiting_for_touched() -> int:
    return _count(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'datahub_touchedenterprise'::regclass"
    )


def _count(query: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.fetchone()[0])


def file_of(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join([FREEZE_HEAD, *rows, ""]), encoding="gb18030")
    return path


def current_freezes() -> list[tuple[int, int]]:
    """(batch, amount) of the current versions, in the order of ``CODES`` (the register's ids follow no order)."""
    firms = dict(Enterprise.objects.values_list("pk", "code"))
    rows = Record.objects.filter(item_id=407, superseded_at=None)
    by_code = sorted(
        (firms[row.enterprise_id], row.batch_id, int(float(row.payload["amount"]))) for row in rows
    )
    return [(batch, amount) for _, batch, amount in by_code]


def assert_numbers_and_times_rise() -> None:
    changes = list(Change.objects.order_by("pk"))
    assert all(one.at < next_.at for one, next_ in itertools.pairwise(changes))
    for change in changes:
        rows = Record.objects.filter(change_id=change.pk)
        assert set(rows.values_list("received_at", flat=True)) <= {change.at}


def test_two_first_promotions_of_an_item_at_once_come_one_after_the_other(store: str, tmp_path: Path) -> None:
    one = file_of(tmp_path, "one.csv", freeze(CODES[0], "1"), freeze(CODES[1], "1"))
    two = file_of(tmp_path, "two.csv", freeze(CODES[0], "2"), freeze(CODES[2], "2"))
    with held_promotions():
        racers = []
        for path in (
            one,
            two,
        ):  # the later file also waits later: it then has the last word on the firm of both
            racers.append(start("deliver", path, store))
            assert wait_until(lambda: waiting_for(PROMOTION_LOCK) == len(racers), 90)
    first, second = (outcome(racer) for racer in racers)
    assert first["change"] < second["change"]
    assert_numbers_and_times_rise()
    spoken_of_twice, *others = [batch for batch, _ in current_freezes()]
    assert spoken_of_twice == second["batch"]
    assert sorted(others) == sorted((first["batch"], second["batch"]))
    hidden = Record.objects.get(item_id=407, superseded_at__isnull=False)
    assert (hidden.batch_id, hidden.superseded_change_id) == (first["batch"], second["change"])
    assert all(b.state == BatchState.PROMOTED for b in Batch.objects.filter(item_code="court.equity_freeze"))


def test_a_promotion_and_a_withdrawal_at_once_leave_the_new_file_alone(store: str, tmp_path: Path) -> None:
    old = outcome(start("deliver", file_of(tmp_path, "old.csv", freeze(CODES[0], "1")), store))["batch"]
    new_file = file_of(tmp_path, "new.csv", freeze(CODES[0], "2"))
    with held_promotions():
        racers = [start("deliver", new_file, store), start("withdraw", old, store)]
        assert wait_until(lambda: waiting_for(PROMOTION_LOCK) == 2, 90)
    delivered, withdrawn = (outcome(racer) for racer in racers)
    assert delivered["change"] != withdrawn["change"]
    assert_numbers_and_times_rise()
    assert current_freezes() == [(delivered["batch"], 2)]
    assert Batch.objects.get(pk=old).state == BatchState.WITHDRAWN
    assert Batch.objects.get(pk=delivered["batch"]).state == BatchState.PROMOTED


def test_the_same_bytes_from_two_hands_at_once_are_one_batch(store: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, "same.csv", freeze(CODES[0], "1"), freeze(CODES[1], "1"))
    with closed_gate():
        racers = [start("deliver", path, store) for _ in range(2)]
        assert wait_until(lambda: waiting_for(GATE) == 2, 90)
    told = [outcome(racer) for racer in racers]
    assert told[0]["batch"] == told[1]["batch"]
    assert sorted(one["is_new"] for one in told) == [False, True]
    assert sum(one["change"] is not None for one in told) == 1
    assert Batch.objects.filter(item_code="court.equity_freeze").count() == 1
    assert [amount for _, amount in current_freezes()] == [1, 1]


def test_a_run_planned_while_a_promotion_is_uncommitted_is_followed_by_one_that_sees_it(
    store: str, tmp_path: Path
) -> None:
    release_scorecard(origin=ORIGIN, now=NOW)
    path = file_of(tmp_path, "late.csv", freeze(CODES[1], "4000000"))
    with held("LOCK TABLE datahub_touchedenterprise IN SHARE MODE"):
        racer = start("deliver", path, store)
        # its number and time are drawn and its rows are written, but nobody sees them
        assert wait_until(lambda: waiting_for_touched() == 1, 90)
        plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    change = Change.objects.get(pk=outcome(racer)["change"])
    run = ScoreRun.objects.get(pk=plan.run_id)
    assert run.last_change_id < change.pk and run.known_at < change.at
    assert not ConsumedChange.objects.filter(change_id=change.pk).exists()
    following = runs.plan_touched_run(as_of=AS_OF, now=NOW)
    assert following is not None
    assert ConsumedChange.objects.get(change_id=change.pk).run_id == following.run_id
    assert ScoreRun.objects.get(pk=following.run_id).known_at == change.at
    firm = Enterprise.objects.get(code=CODES[1]).pk
    assert list(TouchedEnterprise.objects.filter(change=change).values_list("enterprise_id", flat=True)) == [
        firm
    ]
    assert runs.run_chunk(following.run_id, 0, now=NOW)
    assert ScoreRun.objects.get(pk=following.run_id).enterprises == 1
