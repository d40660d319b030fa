"""One small city for all tests of a module; each test's own writes are rolled back."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from index.models import MethodVersion
from index.selectors import cube, series
from tests.index.small_city import raise_facts, raise_index


@pytest.fixture(autouse=True)
def empty_caches() -> None:
    """Runs of different tests bear the same numbers after a rollback."""
    for cache in (series._cache, cube._cache, cube._replayed):
        cache.clear()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def small_city(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MethodVersion]:
    """Facts and history inside one transaction, taken back at the end of the module."""
    from django.conf import settings
    from django.test.utils import override_settings

    folder = {"kind": "folder", "path": str(tmp_path_factory.mktemp("files"))}
    with django_db_blocker.unblock(), override_settings(PORTAL_FILE_STORE=folder):  # type: ignore[attr-defined]
        block = transaction.atomic()
        block._from_testcase = True  # type: ignore[attr-defined]
        with block:
            raise_facts()
            method, _ = raise_index()
            yield method
            transaction.set_rollback(True)
    assert settings.configured
