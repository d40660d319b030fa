"""Three database roles: the owner changes the schema, the application changes rows, the reader reads."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from accounts.models import Agency

pytestmark = pytest.mark.django_db
Attempt = Callable[..., str]


def _roles_present() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        return set(settings.PORTAL_DATABASE_ROLES.values()) <= {row[0] for row in cursor.fetchall()}


@pytest.fixture
def attempt() -> Attempt:
    """``attempt("application", sql)``: the database's refusal, or an empty string."""
    if not _roles_present():
        pytest.skip("此数据库服务只用一个角色")

    def run(role: str, statement: str) -> str:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL ROLE {settings.PORTAL_DATABASE_ROLES[role]}")
                cursor.execute(statement)
                transaction.set_rollback(True)
        except DatabaseError as error:
            return str(error)
        return ""

    return run


INSERT = "INSERT INTO accounts_agency SELECT * FROM accounts_agency WHERE false"


def test_the_application_may_read_and_write_rows(attempt: Attempt) -> None:
    Agency.objects.create(code="roles", name="角色测试机构", kind="bank")
    for statement in (
        "SELECT * FROM accounts_agency",
        INSERT,
        "UPDATE accounts_agency SET name = name",
        "DELETE FROM accounts_agency",
        "SELECT nextval(pg_get_serial_sequence('accounts_agency', 'id'))",
        "CREATE TEMP TABLE scratch (n int)",
    ):
        assert attempt("application", statement) == "", statement


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE own (n int)",
        "ALTER TABLE accounts_agency ADD COLUMN own int",
        "DROP TABLE accounts_agency",
        "TRUNCATE accounts_agency CASCADE",
        "CREATE INDEX own ON accounts_agency (name)",
        "CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "UPDATE audit_entry SET action = action",
        "DELETE FROM audit_entry",
        "CREATE ROLE own",
    ],
)
def test_the_application_may_not_change_schema_or_log(attempt: Attempt, statement: str) -> None:
    refusal = attempt("application", statement)
    assert "permission denied" in refusal or "must be owner" in refusal


def test_the_reader_may_read(attempt: Attempt) -> None:
    assert attempt("reader", "SELECT * FROM accounts_agency") == ""


@pytest.mark.parametrize(
    "statement",
    [
        INSERT,
        "UPDATE accounts_agency SET name = name",
        "DELETE FROM accounts_agency",
        "SELECT nextval(pg_get_serial_sequence('accounts_agency', 'id'))",
        "CREATE TABLE own (n int)",
    ],
)
def test_the_reader_may_not_write(attempt: Attempt, statement: str) -> None:
    assert "permission denied" in attempt("reader", statement)


def test_no_table_is_out_of_the_applications_reach(attempt: Attempt) -> None:
    """A table made by a new migration gets its rights with that migration."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT has_table_privilege(%s, oid, 'SELECT')",
            [settings.PORTAL_DATABASE_ROLES["application"]],
        )
        assert cursor.fetchall() == []
