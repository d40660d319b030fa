"""Real servers for every test: PostgreSQL and Redis are started once and shared by all workers."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browsing import Chromium
    from tests.running import Web, Worker

# A time limit per example judges the machine's other work, not the code.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")

_stack = contextlib.ExitStack()


OF_THE_DATABASE = frozenset({"db", "transactional_db", "django_db_setup", "live_portal"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--of-servers", action="store_true",
        help="only tests that ask PostgreSQL or Redis; of the browser tests only the journey",
    )  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--of-servers"):
        dropped = [item for item in items if not _asks_servers(item)]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if _asks_servers(item)]


def _asks_servers(item: pytest.Item) -> bool:
    folder = item.path.relative_to(item.config.rootpath).parts[1]
    if folder in ("foundation", "cixi_portal", "journey"):  # Redis, roles of the database, the whole
        return True
    if item.get_closest_marker("browser"):
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & OF_THE_DATABASE)


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
    """Drop the triggers that refuse TRUNCATE: the flush after a transactional test truncates every table.

    ``tests/audit/test_append_only.py`` puts the log's back and proves that it refuses.
    """
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%no_truncate'"
        )
        for name, table in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} ON {table}")


@pytest.fixture(autouse=True)
def checkpoint_folder(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Checkpoints of one test's log, away from those of every other; processes it starts use it too."""
    folder = tmp_path_factory.getbasetemp() / f"checkpoints-{secrets.token_hex(6)}"
    settings.PORTAL_CHECKPOINT_FOLDER = folder
    monkeypatch.setenv("PORTAL_CHECKPOINTS", str(folder))
    return folder


@pytest.fixture
def signed_in() -> Callable[[object], object]:
    """``signed_in(user)``: a client whose user has signed in completely, second step included."""
    from tests.people import client_of

    return client_of


@pytest.fixture
def celery_worker_process(transactional_db: None) -> Iterator["Worker"]:
    """A real worker on the test's database, as the application's role (see ``tests/running.py``)."""
    from tests.running import Worker

    with Worker() as worker:
        yield worker


@pytest.fixture
def live_portal(transactional_db: None) -> Iterator["Web"]:
    """A real web server on the test's database, as the application's role; ``live_portal.url``."""
    from tests.running import Web

    with Web() as web:
        yield web


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator["Chromium"]:
    """A real Chromium; ``browser.page()`` opens a desktop page, ``browser.page(phone=True)`` a phone's.

    The test fails if a page complained in its console, broke the content security policy or asked
    another host. Not run (failed under CI) where there is no Chromium.
    """
    from tests.browsing import Chromium

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with Chromium() as chromium:
        yield chromium
        assert chromium.complaints == []


@pytest.fixture
def browser_page(browser: "Chromium") -> "Page":
    """A page of 1440 x 900 in a real Chromium."""
    return browser.page()


@pytest.fixture
def phone_page(browser: "Chromium") -> "Page":
    """A page of 390 x 844 with a touch screen in a real Chromium."""
    return browser.page(phone=True)
