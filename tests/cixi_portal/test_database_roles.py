"""The application's database role gets its rights with the migrations."""

import pytest
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
def test_the_application_may_write_rows_after_a_migration() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, 'accounts_agency', 'INSERT'),"
            " has_table_privilege(%s, 'accounts_agency', 'INSERT')",
            [settings.PORTAL_DATABASE_ROLES["application"], settings.PORTAL_DATABASE_ROLES["reader"]],
        )
        assert cursor.fetchone() == (True, False)
