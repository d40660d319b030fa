"""Rights of the three database roles, renewed after every migration (test databases included)."""

from typing import Any

from django.conf import settings
from django.db import connections

LOG_REFUSALS = {
    "audit_entry": "UPDATE, DELETE, TRUNCATE",
    "audit_head": "DELETE, TRUNCATE",
    "audit_archive": "INSERT, UPDATE, DELETE, TRUNCATE",
    "audit_verification": "UPDATE, DELETE, TRUNCATE",
    "villages_transfer": "UPDATE, DELETE, TRUNCATE",
    "villages_claim": "UPDATE, DELETE, TRUNCATE",
    "villages_dayseal": "UPDATE, DELETE, TRUNCATE",
    "villages_residentmove": "UPDATE, DELETE, TRUNCATE",
    "villages_stockmove": "UPDATE, DELETE, TRUNCATE",
    "villages_account": "DELETE, TRUNCATE",
}


def grant_rights(using: str = "default", **kwargs: Any) -> None:
    """Give the application its rows and the reader its view; only the owner may change the schema.

    Roles that do not exist on this server are passed over: a small installation may use one role.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        present = {row[0] for row in cursor.fetchall()}
        names = settings.PORTAL_DATABASE_ROLES
        rights = {names["application"]: "SELECT, INSERT, UPDATE, DELETE", names["reader"]: "SELECT"}
        for role, tables in rights.items():
            if role not in present:
                continue
            quoted = connection.ops.quote_name(role)
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
            cursor.execute(f"GRANT {tables} ON ALL TABLES IN SCHEMA public TO {quoted}")
            cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {quoted}")
        if names["application"] in present:
            quoted = connection.ops.quote_name(names["application"])
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
            # What happened stays: the application may add to the log and move its head, nothing else.
            for table, refused in LOG_REFUSALS.items():
                cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
                if cursor.fetchone()[0]:
                    cursor.execute(f"REVOKE {refused} ON {connection.ops.quote_name(table)} FROM {quoted}")
