"""What the tests of the log share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings
from django.db import connection

from audit.contracts import Origin

CLERK = Origin(7, "clerk", "data_steward", "人民法院", "10.0.0.7", "request-7")


@pytest.fixture
def clerk() -> Origin:
    return CLERK


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """The statements of the block run with the rights of one of the database roles."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {django_settings.PORTAL_DATABASE_ROLES[role]}")
        try:
            yield
        finally:
            cursor.execute("RESET ROLE")


@pytest.fixture
def as_role() -> object:
    return acting_as
