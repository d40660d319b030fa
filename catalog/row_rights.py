"""Who may do what in the schema of row tables; renewed after every migration, like all other rights."""

from typing import Any

from django.conf import settings
from django.db import connections

SCHEMA = "catalog_rows"


def grant_row_rights(using: str = "default", **kwargs: Any) -> None:
    """The application fills and reads tables of rows and calls the functions that make them; the reader reads.

    Tables made later inherit this. Roles that do not exist on this server are passed over.
    """
    connection = connections[using]
    names = settings.PORTAL_DATABASE_ROLES
    rights = {names["application"]: "SELECT, INSERT, UPDATE, DELETE", names["reader"]: "SELECT"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", [SCHEMA])
        if not cursor.fetchone()[0]:
            return
        cursor.execute("SELECT rolname FROM pg_roles")
        present = {row[0] for row in cursor.fetchall()}
        for role, tables in rights.items():
            if role not in present:
                continue
            quoted = connection.ops.quote_name(role)
            cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted}")
            cursor.execute(f"GRANT {tables} ON ALL TABLES IN SCHEMA {SCHEMA} TO {quoted}")
            cursor.execute(
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT {tables} ON TABLES TO {quoted}"
            )
        if names["application"] in present:
            quoted = connection.ops.quote_name(names["application"])
            cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {quoted}")
