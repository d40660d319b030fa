"""The database itself refuses to change, remove or empty the log."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import public as audit
from audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    ["UPDATE audit_entry SET action = 'x'", "UPDATE audit_entry SET seq = 9", "DELETE FROM audit_entry"],
)
def test_raw_sql_of_the_owner_is_refused(clerk: audit.Origin, sql: str) -> None:
    audit.record("seen", origin=clerk)
    with pytest.raises(DatabaseError, match="append-only"):
        run(sql)


def test_the_orm_is_refused(clerk: audit.Origin) -> None:
    audit.record("seen", origin=clerk)
    entry = AuditEntry.objects.get()
    entry.action = "other"
    for attempt in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


def test_truncate_is_refused_once_the_trigger_is_back(clerk: audit.Origin) -> None:
    audit.record("seen", origin=clerk)
    run(
        "CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
    )
    with pytest.raises(DatabaseError, match="append-only"):
        run("TRUNCATE audit_entry")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DELETE FROM audit_head",
        "UPDATE audit_archive SET last_seq = 1",
        "INSERT INTO audit_archive SELECT * FROM audit_archive",
        "UPDATE audit_verification SET intact = true",
    ],
)
def test_the_application_role_has_no_right_to_it(clerk: audit.Origin, as_role: object, sql: str) -> None:
    audit.record("seen", origin=clerk)
    with as_role("application"), pytest.raises(DatabaseError, match=r"permission denied|must be owner"):  # type: ignore[operator]
        run(sql)


def test_the_application_role_can_write_and_read_the_log(clerk: audit.Origin, as_role: object) -> None:
    with as_role("application"):  # type: ignore[operator]
        audit.record("seen", origin=clerk)
        assert AuditEntry.objects.get().action == "seen"


def test_the_reader_role_cannot_add_to_the_log(clerk: audit.Origin, as_role: object) -> None:
    with as_role("reader"), pytest.raises(audit.UnableToWriteLog):  # type: ignore[operator]
        audit.record("seen", origin=clerk)


def age(days: int) -> None:
    """Make the only entry ``days`` old, as its table's owner could behind the triggers' back."""
    run("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET at = %s", [timezone.now() - datetime.timedelta(days=days)])
    run("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_change")


@pytest.mark.parametrize(("days", "gone"), [(179, False), (181, True)])
def test_even_the_archive_path_cannot_remove_an_entry_younger_than_180_days(
    clerk: audit.Origin, days: int, gone: bool
) -> None:
    audit.record("seen", origin=clerk)
    age(days)
    run("SET LOCAL audit.archiving = 'on'")
    if gone:
        run("DELETE FROM audit_entry")
    else:
        with pytest.raises(DatabaseError, match="append-only"):
            run("DELETE FROM audit_entry")
    assert AuditEntry.objects.exists() is not gone
