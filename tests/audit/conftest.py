"""What the tests of the log share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from audit.contracts import Origin

CLERK = Origin(7, "clerk", "data_steward", "人民法院", "10.0.0.7", "request-7")


@pytest.fixture
def clerk() -> Origin:
    return CLERK


@pytest.fixture(autouse=True)
def checkpoint_folder(settings: object, tmp_path: Path) -> Path:
    """Checkpoints of one test, away from those of every other."""
    folder = tmp_path / "checkpoints"
    settings.PORTAL_CHECKPOINT_FOLDER = folder  # type: ignore[attr-defined]
    return folder


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
