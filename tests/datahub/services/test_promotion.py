"""What a promotion does to the store, case by case."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.db import connection

from datahub.engine.definitions import get_item
from datahub.models import (
    BatchState,
    Change,
    Channel,
    Enterprise,
    Record,
    RejectedRow,
    TouchedEnterprise,
    WaitingRow,
)
from datahub.services.deliveries import receive_delivery
from datahub.services.promotion import process_batch

from .conftest import (
    CODES,
    FREEZE_HEAD,
    ORIGIN,
    QUALIFICATION_HEAD,
    REGISTRATION_HEAD,
    TODAY,
    Deliver,
    freeze,
    registration,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def current(item_id: int = 407) -> list[Record]:
    return list(Record.objects.filter(item_id=item_id, superseded_at=None).order_by("line", "id"))


@pytest.mark.usefixtures("town")
def test_registration_rows_become_the_register() -> None:
    firm = Enterprise.objects.get(code=CODES[0])
    assert (firm.name, firm.kind, firm.state, firm.industry_section) == (
        "慈溪市示范轴承有限公司",
        "company",
        "active",
        "C",
    )
    assert firm.capital_yuan == 5_000_000


@pytest.mark.usefixtures("town")
def test_a_good_row_becomes_a_record_with_its_batch_and_line(deliver: Deliver) -> None:
    batch = deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    (record,) = current()
    assert (record.batch_id, record.line, record.level) == (batch.pk, 2, "frozen")
    assert record.payload["amount"] in (3_000_000, "3000000.00", 3_000_000.0)
    assert (record.valid_from, record.valid_to) == (date(2026, 1, 10), date(2029, 1, 9))


@pytest.mark.usefixtures("town")
def test_received_rows_are_all_accounted_for(deliver: Deliver) -> None:
    rows = [
        freeze(CODES[0], "（2026）浙0282执1号"),
        freeze(CODES[0], "（2026）浙0282执1号"),
        freeze(CODES[1], "（2026）浙0282执2号", amount="-5"),
        freeze("91330282PDY000036N"[:17] + "0", "（2026）浙0282执3号"),
        freeze("91330282PDY999994P", "（2026）浙0282执4号"),
    ]
    batch = deliver("court.equity_freeze", rows, FREEZE_HEAD)
    assert batch.state == BatchState.PROMOTED
    assert (batch.rows_received, batch.rows_promoted, batch.rows_quarantined, batch.rows_waiting) == (
        5,
        1,
        3,
        1,
    )


@pytest.mark.usefixtures("town")
def test_a_duplicate_row_names_the_line_it_repeats(deliver: Deliver) -> None:
    rows = [freeze(CODES[0], "（2026）浙0282执1号"), freeze(CODES[0], "（2026）浙0282执1号", amount="9")]
    deliver("court.equity_freeze", rows, FREEZE_HEAD)
    rejected = RejectedRow.objects.get()
    assert (rejected.line, rejected.code) == (3, "DUPLICATE_ROW")
    assert "第 2 行" in rejected.message


@pytest.mark.usefixtures("town")
def test_the_same_bytes_for_the_same_period_are_the_same_batch(deliver: Deliver) -> None:
    first = deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    second = deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    assert first.pk == second.pk
    assert len(current()) == 1


@pytest.mark.usefixtures("town")
def test_the_same_fact_delivered_again_is_unchanged(deliver: Deliver) -> None:
    deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    again = deliver(
        "court.equity_freeze",
        [freeze(CODES[0], "（2026）浙0282执1号"), freeze(CODES[1], "（2026）浙0282执2号")],
        FREEZE_HEAD,
    )
    assert (again.rows_unchanged, again.rows_promoted) == (1, 1)
    assert Record.objects.filter(item_id=407).count() == 2


@pytest.mark.usefixtures("town")
def test_an_altered_fact_supersedes_the_old_version(deliver: Deliver) -> None:
    deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    deliver(
        "court.equity_freeze",
        [freeze(CODES[0], "（2026）浙0282执1号", state="解除", released="2026-10-01")],
        FREEZE_HEAD,
    )
    (now,) = current()
    (old,) = Record.objects.filter(item_id=407).exclude(superseded_at=None)
    assert (now.level, now.released_on) == ("released", date(2026, 10, 1))
    assert old.superseded_at == now.received_at
    assert old.superseded_change_id == now.change_id


@pytest.mark.usefixtures("town")
def test_the_file_that_arrived_later_has_the_last_word_though_it_went_in_first(deliver: Deliver) -> None:
    early, late = (
        receive_delivery(
            get_item("court.equity_freeze"),
            BytesIO("\n".join([FREEZE_HEAD, freeze(CODES[0], "（2026）浙0282执1号", amount), ""]).encode()),
            file_name=f"{amount}.csv", period="2026-11", file_date=TODAY, channel=Channel.COMMAND,
            origin=ORIGIN, now=NOON,
        ).batch_id
        for amount in ("1000000", "2000000")
    )  # fmt: skip
    for batch in (late, early):
        process_batch(batch, origin=ORIGIN, now=NOON)
    (now,) = current()
    assert now.batch_id == late
    assert Record.objects.filter(item_id=407).count() == 1


@pytest.mark.usefixtures("town")
def test_a_change_names_exactly_the_enterprises_it_touched(deliver: Deliver) -> None:
    deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    deliver(
        "court.equity_freeze",
        [freeze(CODES[0], "（2026）浙0282执1号"), freeze(CODES[2], "（2026）浙0282执9号")],
        FREEZE_HEAD,
    )
    change = Change.objects.latest("id")
    touched = TouchedEnterprise.objects.filter(change=change).values_list("enterprise_id", flat=True)
    assert list(touched) == [Enterprise.objects.get(code=CODES[2]).pk]
    assert change.touched == 1


@pytest.mark.usefixtures("town")
def test_rows_of_an_unknown_enterprise_are_promoted_when_it_registers(deliver: Deliver) -> None:
    stranger = "91330282PDY999994P"
    batch = deliver("court.equity_freeze", [freeze(stranger, "（2026）浙0282执4号")], FREEZE_HEAD)
    assert (batch.rows_waiting, len(current())) == (1, 0)
    deliver("market.registration", [registration(stranger, "慈溪新来贸易有限公司")], REGISTRATION_HEAD)
    batch.refresh_from_db()
    (record,) = current()
    assert (batch.rows_waiting, batch.rows_promoted) == (0, 1)
    assert (record.batch_id, record.line) == (batch.pk, 2)


@pytest.mark.usefixtures("town")
def test_a_row_without_a_code_is_matched_by_exact_name(deliver: Deliver) -> None:
    deliver(
        "court.equity_freeze", [freeze("", "（2026）浙0282执5号", name="慈溪示范电器有限公司")], FREEZE_HEAD
    )
    assert current()[0].enterprise_id == Enterprise.objects.get(code=CODES[1]).pk


@pytest.mark.usefixtures("town")
def test_a_row_without_a_code_is_matched_by_a_former_name(deliver: Deliver) -> None:
    deliver("market.registration", [registration(CODES[1], "慈溪更名电器有限公司")], REGISTRATION_HEAD)
    deliver(
        "court.equity_freeze", [freeze("", "（2026）浙0282执5号", name="慈溪示范电器有限公司")], FREEZE_HEAD
    )
    assert current()[0].enterprise_id == Enterprise.objects.get(code=CODES[1]).pk


@pytest.mark.usefixtures("town")
def test_a_name_that_two_bear_is_asked_not_guessed(deliver: Deliver) -> None:
    twin = "91330282PDY999994P"
    deliver("market.registration", [registration(twin, "慈溪示范电器有限公司")], REGISTRATION_HEAD)
    deliver(
        "court.equity_freeze", [freeze("", "（2026）浙0282执5号", name="慈溪示范电器有限公司")], FREEZE_HEAD
    )
    assert WaitingRow.objects.get().state == "doubtful"
    assert current() == []


def qualification(code: str, cert: str, until: str = "2029-01-01") -> str:
    return f"{code},,{cert},建筑工程施工总承包,二级,2024-01-01,{until}"


@pytest.mark.usefixtures("town")
def test_a_vanished_key_of_a_full_delivery_ends_at_the_files_date(deliver: Deliver) -> None:
    rows = [qualification(CODES[0], f"D{n}") for n in range(20)]
    deliver("housing.qualification", rows, QUALIFICATION_HEAD)
    batch = deliver("housing.qualification", rows[1:], QUALIFICATION_HEAD, file_date=date(2026, 11, 15))
    ended = [r for r in current(601) if r.natural_key.startswith("D0")]
    assert batch.rows_ended == 1
    assert [r.valid_to for r in ended] == [date(2026, 11, 15)]


@pytest.mark.usefixtures("town")
def test_a_full_delivery_that_ends_more_than_a_tenth_waits_for_confirmation(deliver: Deliver) -> None:
    rows = [qualification(CODES[0], f"D{n}") for n in range(9)]
    deliver("housing.qualification", rows, QUALIFICATION_HEAD)
    batch = deliver("housing.qualification", rows[1:], QUALIFICATION_HEAD)
    assert (batch.state, batch.rows_ended) == (BatchState.CHECKED, 1)
    assert all(r.valid_to == date(2029, 1, 1) for r in current(601))


@pytest.mark.usefixtures("town")
def test_a_confirmed_full_delivery_ends_what_it_no_longer_lists(deliver: Deliver) -> None:
    rows = [qualification(CODES[0], f"D{n}") for n in range(9)]
    deliver("housing.qualification", rows, QUALIFICATION_HEAD)
    deliver("housing.qualification", rows[1:], QUALIFICATION_HEAD)
    batch = deliver("housing.qualification", rows[1:], QUALIFICATION_HEAD, confirmed=True)
    assert (batch.state, batch.rows_ended) == (BatchState.PROMOTED, 1)


@pytest.mark.usefixtures("town")
def test_a_faulty_row_is_not_taken_for_a_missing_one(deliver: Deliver) -> None:
    rows = [qualification(CODES[0], f"D{n}") for n in range(20)]
    deliver("housing.qualification", rows, QUALIFICATION_HEAD)
    faulty = [qualification(CODES[0], "D0", until="2029-13-01"), *rows[1:]]
    batch = deliver("housing.qualification", faulty, QUALIFICATION_HEAD)
    assert (batch.rows_quarantined, batch.rows_ended) == (1, 0)


def test_an_unknown_town_is_a_finding_not_a_rejection(deliver: Deliver) -> None:
    batch = deliver(
        "market.registration",
        [registration(CODES[0], "宁波来客有限公司", town="330206001")],
        REGISTRATION_HEAD,
    )
    assert (batch.rows_promoted, batch.rows_quarantined) == (1, 0)
    assert [finding["code"] for finding in batch.findings] == ["TOWN_ELSEWHERE"]


@pytest.mark.usefixtures("town")
def test_no_change_is_timed_before_the_one_before_it(deliver: Deliver) -> None:
    deliver("court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD)
    times = list(Change.objects.order_by("id").values_list("at", flat=True))
    assert times == sorted(times)
    assert len(set(times)) == len(times)


@pytest.mark.usefixtures("town")
def test_a_file_without_the_required_columns_is_sent_back_whole(deliver: Deliver) -> None:
    batch = deliver("court.equity_freeze", ["甲,乙"], "姓名,地址")
    assert batch.state == BatchState.REJECTED
    assert batch.refusal


@pytest.mark.usefixtures("town")
def test_gb18030_is_recognised_and_recorded(deliver: Deliver) -> None:
    batch = deliver(
        "court.equity_freeze", [freeze(CODES[0], "（2026）浙0282执1号")], FREEZE_HEAD, encoding="gb18030"
    )
    assert (batch.encoding, batch.rows_promoted) == ("gb18030", 1)


@pytest.mark.usefixtures("town")
def test_records_stand_in_the_partition_of_their_enterprise(deliver: Deliver) -> None:
    deliver(
        "court.equity_freeze",
        [freeze(code, f"（2026）浙0282执{n}号") for n, code in enumerate(CODES)],
        FREEZE_HEAD,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM datahub_record WHERE item_id = 407")
        assert cursor.fetchone() == (3,)


def test_today_is_the_citys_day_not_the_servers(deliver: Deliver) -> None:
    evening = datetime(2026, 11, 20, 17, tzinfo=UTC)  # one in the morning of the 21st in Cixi
    received = receive_delivery(
        get_item("court.equity_freeze"), BytesIO(b"x"), file_name="x.csv", period="2026-11",
        file_date=date(2026, 11, 21), channel=Channel.COMMAND, origin=ORIGIN, now=evening,
    )  # fmt: skip
    assert received.is_new


@pytest.mark.usefixtures("town")
def test_facts_of_a_firm_whose_row_could_not_be_matched_do_not_end(deliver: Deliver) -> None:
    twin = "91330282PDY999994P"
    deliver("market.registration", [registration(twin, "慈溪示范电器有限公司")], REGISTRATION_HEAD)
    rows = [qualification(CODES[0], f"D{n}") for n in range(20)]
    deliver("housing.qualification", [*rows, qualification(CODES[1], "E1")], QUALIFICATION_HEAD)
    nameless = ",慈溪示范电器有限公司,E1,建筑工程施工总承包,二级,2024-01-01,2029-01-01"
    batch = deliver("housing.qualification", [*rows, nameless], QUALIFICATION_HEAD)
    assert (batch.rows_waiting, batch.rows_ended) == (1, 0)
