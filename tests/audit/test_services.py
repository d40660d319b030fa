"""One action, one transaction, one chained entry."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from accounts.models import Agency
from audit import chain
from audit import public as audit
from audit.models import AuditEntry, ChainHead

pytestmark = pytest.mark.django_db


class UnableToOpenShop(RuntimeError):
    pass


def make(code: str) -> Agency:
    return Agency.objects.create(code=code, name=code, kind="shop")


def test_an_action_leaves_one_entry_with_everything_known_about_it(clerk: audit.Origin) -> None:
    with audit.action("shop.opened", origin=clerk, target="shop:1", detail={"a": 1}) as entry:
        make("1")
        entry.detail["rows"] = 3
    stored = AuditEntry.objects.get()
    assert (stored.seq, stored.action, stored.target, stored.result) == (1, "shop.opened", "shop:1", "ok")
    assert stored.detail == {"a": 1, "rows": 3}
    assert (stored.actor_id, stored.actor_name, stored.roles) == (7, "clerk", "data_steward")
    assert (stored.agency, stored.address, stored.request_id) == ("人民法院", "10.0.0.7", "request-7")


def test_each_entry_carries_the_seal_of_the_one_before(clerk: audit.Origin) -> None:
    for _ in range(3):
        audit.record("shop.viewed", origin=clerk)
    first, second, third = AuditEntry.objects.order_by("seq")
    assert [first.prev_mac, second.prev_mac, third.prev_mac] == [chain.GENESIS, first.mac, second.mac]
    assert (ChainHead.objects.get().seq, ChainHead.objects.get().mac) == (3, third.mac)


def test_the_seal_can_be_computed_again_from_the_stored_entry(clerk: audit.Origin) -> None:
    detail = {
        "数": 1,
        "ratio": 0.1,
        "big": 10**20,
        "list": [None, True, {"b": 1, "a": 2}],
        "text": "a\u0000b",
    }
    audit.record("shop.viewed", origin=clerk, detail=detail)
    stored = AuditEntry.objects.get()
    content = chain.content_of(vars(stored))
    assert chain.mac_of(stored.prev_mac, content, stored.key_id) == stored.mac


def test_an_exception_undoes_the_work_and_leaves_a_failed_entry(clerk: audit.Origin) -> None:
    with pytest.raises(ZeroDivisionError), audit.action("shop.opened", origin=clerk) as entry:
        make("1")
        entry.detail["step"] = "before"
        _ = 1 / 0
    assert not Agency.objects.filter(code="1").exists()
    stored = AuditEntry.objects.get()
    assert (stored.result, stored.detail) == ("failed", {"step": "before", "error": "ZeroDivisionError"})


@pytest.mark.parametrize("error", [PermissionDenied, UnableToOpenShop])
def test_a_refusal_is_told_apart_from_a_failure(clerk: audit.Origin, error: type[Exception]) -> None:
    with pytest.raises(error), audit.action("shop.opened", origin=clerk):
        raise error
    assert AuditEntry.objects.get().result == "refused"


def test_inner_actions_and_records_are_chained_at_the_end_of_the_outermost(clerk: audit.Origin) -> None:
    with audit.action("outer", origin=clerk):
        with audit.action("inner", origin=clerk):
            audit.record("seen", origin=clerk)
        assert AuditEntry.objects.count() == 0
    assert list(AuditEntry.objects.order_by("seq").values_list("action", flat=True)) == [
        "outer",
        "inner",
        "seen",
    ]


def test_a_caught_refusal_inside_undoes_only_its_own_work(clerk: audit.Origin) -> None:
    with audit.action("outer", origin=clerk):
        make("kept")
        with pytest.raises(UnableToOpenShop), audit.action("inner", origin=clerk):
            make("undone")
            audit.record("seen", origin=clerk)
            raise UnableToOpenShop
    assert list(Agency.objects.values_list("code", flat=True)) == ["kept"]
    told = list(AuditEntry.objects.order_by("seq").values_list("action", "result"))
    assert told == [("outer", "ok"), ("inner", "refused")]


def test_a_failure_inside_is_named_by_the_one_entry_of_the_outermost(clerk: audit.Origin) -> None:
    inner = audit.action("inner", origin=clerk, target="shop:1")
    with pytest.raises(UnableToOpenShop), audit.action("outer", origin=clerk), inner:
        raise UnableToOpenShop
    stored = AuditEntry.objects.get()
    assert (stored.action, stored.detail["failed_in"]) == ("outer", "inner shop:1")


@pytest.mark.django_db(transaction=True)
def test_an_action_inside_a_foreign_transaction_is_refused(clerk: audit.Origin) -> None:
    with (
        transaction.atomic(),
        pytest.raises(audit.TransactionAlreadyOpen),
        audit.action("late", origin=clerk),
    ):
        pass
    with transaction.atomic(), pytest.raises(audit.TransactionAlreadyOpen):
        audit.record("late", origin=clerk)


@pytest.mark.django_db(transaction=True)
def test_when_the_log_cannot_be_written_the_action_does_not_happen(clerk: audit.Origin) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry RENAME TO audit_entry_away")
    try:
        with pytest.raises(audit.UnableToWriteLog), audit.action("shop.opened", origin=clerk):
            make("1")
        with pytest.raises(audit.UnableToWriteLog):
            audit.record("shop.viewed", origin=clerk)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry_away RENAME TO audit_entry")
    assert not Agency.objects.exists()


def test_a_missing_head_of_a_begun_log_refuses_the_action(clerk: audit.Origin) -> None:
    audit.record("shop.viewed", origin=clerk)
    ChainHead.objects.all().delete()
    with pytest.raises(audit.UnableToWriteLog, match="末端记录缺失"), audit.action("x", origin=clerk):
        make("1")
    assert not Agency.objects.exists()


def test_a_missing_key_refuses_the_action(clerk: audit.Origin, settings: object) -> None:
    settings.PORTAL_KEYS = {}  # type: ignore[attr-defined]
    with pytest.raises(audit.UnableToWriteLog), audit.action("x", origin=clerk):
        make("1")
    assert not Agency.objects.exists()


def test_more_entries_than_one_statement_holds_are_chained_in_order(clerk: audit.Origin) -> None:
    with audit.action("outer", origin=clerk):
        for number in range(900):
            audit.record("seen", origin=clerk, target=str(number))
    targets = AuditEntry.objects.order_by("seq").values_list("target", flat=True)
    assert list(targets) == ["", *map(str, range(900))]


def test_the_head_is_locked_by_the_last_statements_only(clerk: audit.Origin) -> None:
    spy = Spy()
    with connection.execute_wrapper(spy), audit.action("outer", origin=clerk):
        make("1")
        with audit.action("inner", origin=clerk):
            make("2")
    touching = [number for number, sql in enumerate(spy.seen) if "audit_" in sql]
    last_work = max(number for number, sql in enumerate(spy.seen) if "accounts_agency" in sql)
    assert min(touching) > last_work


class Spy:
    """Keeps the statements in their order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: object, sql: str, params: object, many: bool, context: object) -> object:
        self.seen.append(sql)
        return execute(sql, params, many, context)  # type: ignore[operator]
