"""Real servers for every test: PostgreSQL and Redis are started once and shared by all workers."""

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest

_stack = contextlib.ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    from cixi_portal.embedded import services

    _stack.enter_context(services.running())


def pytest_unconfigure(config: pytest.Config) -> None:
    from django.db import connections

    with contextlib.suppress(Exception):
        for connection in connections.all():
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()
    _stack.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """One test database per xdist worker."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Drop the trigger that refuses TRUNCATE: the flush after a transactional test truncates every table.

    ``tests/audit/test_append_only.py`` puts it back and proves that it refuses.
    """
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("DROP TRIGGER IF EXISTS audit_entry_no_truncate ON audit_entry")


@pytest.fixture
def signed_in() -> Callable[[object], object]:
    """``signed_in(user)``: a client whose user has signed in completely, second step included."""
    from tests.people import client_of

    return client_of


@pytest.fixture
def browser_page() -> Iterator[object]:
    """A page of a real Chromium; not run (failed under CI) where there is none."""
    import shutil

    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("未找到 Chromium：浏览器测试没有运行")
        pytest.skip("未找到 Chromium：浏览器测试没有运行")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}).new_page()
        yield page
        browser.close()
