"""A withdrawal closes what a batch said and brings back what it hid; the past stays as it was."""

from datetime import UTC, date, datetime

import pytest

from datahub.models import Batch, BatchState, Change, Enterprise, Record
from datahub.services.withdrawal import UnableToWithdrawBatch, withdraw_batch

from .conftest import (
    CODES,
    FREEZE_HEAD,
    ORIGIN,
    QUALIFICATION_HEAD,
    REGISTRATION_HEAD,
    Deliver,
    freeze,
    registration,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]
NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)
RULING = "（2026）浙0282执1号"


def withdraw(batch: Batch) -> None:
    withdraw_batch(batch.pk, reason="文件有误", origin=ORIGIN, now=NOW)


def known(at: datetime | None = None, item_id: int = 407) -> list[tuple[str, str | None, date | None]]:
    rows = Record.objects.filter(item_id=item_id).order_by("natural_key", "id")
    then = {"superseded_at": None} if at is None else {"received_at__lte": at}
    rows = rows.filter(**then)
    if at is not None:
        rows = rows.exclude(superseded_at__lte=at)
    return [(r.natural_key.split("\x1f")[0], r.level, r.valid_to) for r in rows]


def test_what_the_batch_added_is_no_longer_current(deliver: Deliver) -> None:
    batch = deliver("court.equity_freeze", [freeze(CODES[0], RULING)], FREEZE_HEAD)
    withdraw(batch)
    assert known() == []
    assert Batch.objects.get(pk=batch.pk).state == BatchState.WITHDRAWN


def test_what_it_hid_comes_back_as_a_new_row_with_its_old_source(deliver: Deliver) -> None:
    first = deliver("court.equity_freeze", [freeze(CODES[0], RULING)], FREEZE_HEAD)
    second = deliver("court.equity_freeze", [freeze(CODES[0], RULING, amount="7")], FREEZE_HEAD)
    withdraw(second)
    (back,) = Record.objects.filter(item_id=407, superseded_at=None)
    assert (back.batch_id, back.line) == (first.pk, 2)
    assert back.change_id == Change.objects.latest("id").pk
    assert Record.objects.filter(item_id=407).count() == 3


def test_the_past_is_read_as_it_was(deliver: Deliver) -> None:
    batch = deliver("court.equity_freeze", [freeze(CODES[0], RULING)], FREEZE_HEAD)
    before = Change.objects.latest("id").at
    seen = known(before)
    withdraw(batch)
    assert known(before) == seen != known()


def test_a_hidden_row_of_a_withdrawn_batch_does_not_come_back(deliver: Deliver) -> None:
    first = deliver("court.equity_freeze", [freeze(CODES[0], RULING)], FREEZE_HEAD)
    second = deliver("court.equity_freeze", [freeze(CODES[0], RULING, amount="7")], FREEZE_HEAD)
    withdraw(first)
    assert len(known()) == 1
    withdraw(second)
    assert known() == []


def test_of_several_hidden_versions_the_latest_standing_one_comes_back(deliver: Deliver) -> None:
    deliver("court.equity_freeze", [freeze(CODES[0], RULING, amount="1")], FREEZE_HEAD)
    middle = deliver("court.equity_freeze", [freeze(CODES[0], RULING, amount="2")], FREEZE_HEAD)
    last = deliver("court.equity_freeze", [freeze(CODES[0], RULING, amount="3")], FREEZE_HEAD)
    withdraw(middle)
    withdraw(last)
    (back,) = Record.objects.filter(item_id=407, superseded_at=None)
    assert float(back.payload["amount"]) == 1


def test_a_withdrawn_file_can_be_delivered_again(deliver: Deliver) -> None:
    rows = [freeze(CODES[0], RULING)]
    first = deliver("court.equity_freeze", rows, FREEZE_HEAD)
    withdraw(first)
    again = deliver("court.equity_freeze", rows, FREEZE_HEAD)
    assert again.pk != first.pk
    assert len(known()) == 1


def test_a_fact_that_the_batch_ended_is_open_again(deliver: Deliver) -> None:
    rows = [f"{CODES[0]},,D{n},建筑工程,二级,2024-01-01," for n in range(20)]
    deliver("housing.qualification", rows, QUALIFICATION_HEAD)
    shorter = deliver("housing.qualification", rows[1:], QUALIFICATION_HEAD)
    assert shorter.rows_ended == 1
    withdraw(shorter)
    assert {valid_to for _, _, valid_to in known(item_id=601)} == {None}
    assert len(known(item_id=601)) == 20


def test_a_withdrawn_registration_leaves_its_enterprise_unlisted(deliver: Deliver) -> None:
    stranger = "91330282PDY999994P"
    batch = deliver(
        "market.registration", [registration(stranger, "慈溪新来贸易有限公司")], REGISTRATION_HEAD
    )
    withdraw(batch)
    assert Enterprise.objects.get(code=stranger).is_registered is False


def test_a_withdrawn_renaming_gives_the_old_name_back(deliver: Deliver) -> None:
    batch = deliver(
        "market.registration", [registration(CODES[0], "慈溪更名轴承有限公司")], REGISTRATION_HEAD
    )
    withdraw(batch)
    assert Enterprise.objects.get(code=CODES[0]).name == "慈溪市示范轴承有限公司"


def test_a_batch_is_withdrawn_once(deliver: Deliver) -> None:
    batch = deliver("court.equity_freeze", [freeze(CODES[0], RULING)], FREEZE_HEAD)
    withdraw(batch)
    with pytest.raises(UnableToWithdrawBatch, match="已撤回"):
        withdraw(batch)


def test_a_reason_is_asked_for(deliver: Deliver) -> None:
    batch = deliver("court.equity_freeze", [freeze(CODES[0], RULING)], FREEZE_HEAD)
    with pytest.raises(UnableToWithdrawBatch, match="原因"):
        withdraw_batch(batch.pk, reason=" ", origin=ORIGIN, now=NOW)
