"""One seed, one village year: the ledger equals the plain model under faults, and the checker sees damage."""

import psycopg
import pytest
from django.db import connection, transaction

from villages.services.verification import verify
from villages.simulator import Options, Simulation, UnableToSimulate, clear_book, simulate

SEEDS = range(1, 21)
BALANCE = (
    "UPDATE villages_account SET posted = posted + 7"
    " WHERE id = (SELECT min(id) FROM villages_account WHERE kind = 'pool')"
)
LOST_UPDATE = (
    "UPDATE villages_account SET posted = posted + 5 WHERE id = (SELECT credit_id FROM villages_transfer"
    " WHERE code = 'award' AND amount >= 5 AND id NOT IN"
    " (SELECT r.reverses FROM villages_transfer r WHERE r.reverses IS NOT NULL)"
    " ORDER BY id DESC LIMIT 1)"
)
DAMAGE = {
    "points from nowhere": (BALANCE, {"I1", "I2"}),
    "a lost update": (LOST_UPDATE, {"I1", "I2"}),
    "two balances shifted": (
        BALANCE + ";" + BALANCE.replace("+ 7", "- 7").replace("'pool'", "'treasury'"), {"I2"},
    ),
    "a hold forgotten": ("UPDATE villages_account SET held = held + 1 WHERE kind = 'treasury'", {"I3"}),
    "a floor lifted away": (
        "UPDATE villages_account SET floor = NULL WHERE kind = 'resident'", {"I4"},
    ),
    "a cap counted wrong": ("UPDATE villages_capuse SET used = used + 1", {"I5"}),
    "a cap overrun": ("UPDATE villages_capuse SET cap_limit = used - 1 WHERE used > 0", {"I5"}),
    "a claim that grants more than it paid": ("UPDATE villages_claim SET asked = asked + 1, granted = granted + 1", {"I6"}),
    "a hold that says void but was paid": ("UPDATE villages_hold SET state = 'void' WHERE state = 'captured'", {"I7"}),
    "a second payment for a hold": (
        "INSERT INTO villages_transfer (id, debit_id, credit_id, village_id, resident_id, amount, code, rule_code,"
        " ref, memo, effective_on, posted_on, posted_at) SELECT gen_random_uuid(), debit_id, credit_id, village_id,"
        " resident_id, amount, code, rule_code, ref, '', effective_on, posted_on, posted_at FROM villages_transfer"
        " WHERE code = 'capture' LIMIT 1", {"I2", "I7"},
    ),
    "stock that vanished": ("UPDATE villages_stock SET on_hand = on_hand + 1", {"I8"}),
    "stock promised twice": ("UPDATE villages_stock SET reserved = reserved + 1, on_hand = on_hand + 1", {"I8"}),
    "a reversal of another amount": (
        "UPDATE villages_transfer SET amount = amount + 1 WHERE reverses IS NOT NULL", {"I2", "I9"},
    ),
    "a reversal under a free id": (
        "UPDATE villages_transfer SET id = gen_random_uuid() WHERE reverses IS NOT NULL", {"I9"},
    ),
    "a line of a sealed day changed": (
        "UPDATE villages_transfer SET rule_code = 'Z'"
        " WHERE posted_on IN (SELECT max(day) FROM villages_dayseal WHERE transfers > 0)",
        {"I10"},
    ),
    "a seal replaced": ("UPDATE villages_dayseal SET seal = repeat('0', 64)"
        " WHERE day = (SELECT min(day) FROM villages_dayseal)", {"I10"}),
    "more issued than granted": (
        "UPDATE villages_transfer SET code = 'unfund' WHERE code = 'fund'", {"I11"},
    ),
    "an award by a rule that never was": (
        "UPDATE villages_transfer SET rule_code = 'E99' WHERE code = 'award'", {"I12"},
    ),
}  # fmt: skip
TABLES = ("transfer", "claim", "dayseal", "account", "stock", "hold", "capuse")


@pytest.mark.django_db(transaction=True)
def test_twenty_village_years_under_faults_equal_the_plain_model() -> None:
    outcomes = [simulate(Options(seed, operations=70)) for seed in SEEDS]
    failed = [(o.options, o.differences[:3], o.broken) for o in outcomes if not o.passed]
    assert failed == []
    faults = {fault for outcome in outcomes for fault in outcome.faults}
    assert faults == {"duplicate", "lost reply", "killed", "locked", "clock back", "clock ahead"}
    assert sum(outcome.went_on for outcome in outcomes) >= len(SEEDS)
    assert {"VL001", "VL002", "VL003", "VL005", "VL006"} <= {code for o in outcomes for code in o.refusals}
    clear_book()


@pytest.mark.django_db
def test_the_checker_finds_every_kind_of_damage() -> None:
    clear_book()
    assert Simulation(Options(5, operations=200, faults=0.0)).run().passed
    missed = {}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE villages_{table} DISABLE TRIGGER USER")
        for name, (sql, expected) in DAMAGE.items():
            with transaction.atomic():
                cursor.execute("ALTER TABLE villages_capuse DROP CONSTRAINT IF EXISTS villages_capuse_used")
                cursor.execute(sql)
                assert cursor.rowcount > 0, name
                found = set(verify().broken)
                if not expected <= found:
                    missed[name] = (expected, found)
                transaction.set_rollback(True)
    assert missed == {}


@pytest.mark.django_db
def test_damage_in_one_village_shows_in_the_check_of_that_village() -> None:
    clear_book()
    simulation = Simulation(Options(8, operations=40, faults=0.0))
    simulation.run()
    with connection.cursor() as cursor:
        cursor.execute(BALANCE)
    assert verify(simulation.village.pk).broken == ["I1", "I2"]
    assert verify(simulation.village.pk + 1).intact


def test_a_book_is_emptied_in_test_databases_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "cixi_portal")
    with pytest.raises(UnableToSimulate):
        clear_book()


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column"),
    [("transfer", "amount"), ("claim", "granted"), ("dayseal", "transfers"), ("stockmove", "quantity")],
)
def test_the_database_refuses_to_change_what_happened(table: str, column: str, change: str) -> None:
    clear_book()
    Simulation(Options(9, operations=30, faults=0.0)).run()
    with pytest.raises(Exception, match="append-only") as refusal, connection.cursor() as cursor:
        cursor.execute(change.format(f"villages_{table}", column, column))
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)
