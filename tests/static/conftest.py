"""The sample page, served by a small server under the portal's own content security policy."""

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pytest
from csp.utils import build_policy
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import sync_playwright

from foundation import ui_samples
from tests.browsing import find_chromium

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAVIGATION = [
    {"label": label, "url": f"/go/{place}", "icon": "house", "active": place == 0}
    for place, label in enumerate(("首页", "企业查询", "关注清单", "授权管理", "评分说明", "取数接口"))
]


@dataclass(frozen=True)
class Person:
    """As much of a user as the base page asks for."""

    is_authenticated: bool = True

    def get_username(self) -> str:
        return "sample"

    def get_full_name(self) -> str:
        return "样某某"


def render_sample_page(cookies: dict[str, str] | None = None, **more: Any) -> str:
    request = RequestFactory().get("/ui/")
    request.COOKIES.update(cookies or {})
    context = ui_samples.context() | {
        "user": Person(),
        "nav_items": NAVIGATION,
        "demo_data": True,
        "agency_name": "慈溪样例农商银行周巷支行",
        "role_label": "银行贷款员",
        "unread_count": 3,
        "search_url": "/search/",
        "inbox_url": "/inbox/",
        "request_id": "7f3a9c21",
    }
    return render_to_string("ui/index.html", context | more, request)


@dataclass
class Site:
    """Pages by path, and every request that came in (path, headers)."""

    address: str
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, body: str, kind: str = "text/html; charset=utf-8") -> str:
        self.pages[path] = (body, kind)
        return self.address + path

    def put_json(self, path: str, value: Any) -> str:
        return self.put(path, json.dumps(value), "application/json")

    def asked(self, path: str) -> list[dict[str, str]]:
        return [headers for one, headers in self.seen if one == path]


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        path = urllib.parse.urlsplit(self.path).path
        self.site.seen.append((path, dict(self.headers.items())))
        body, kind = b"", "text/plain"
        if path in self.site.pages:
            text, kind = self.site.pages[path]
            body = text.encode()
        elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
            body, kind = Path(found).read_bytes(), guess_type(path)[0] or "application/octet-stream"
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", build_policy())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays quiet."""


@contextmanager
def serving() -> Iterator[Site]:
    handler = type("SiteHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.site = Site(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.site.put("/ui/", render_sample_page())
    yield handler.site
    server.shutdown()
    server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a module; these pages need no database, so its event loop is in nobody's way."""
    executable = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def new_context(chromium: Any) -> Any:
    return chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})


@pytest.fixture
def browser_page(chromium: Any) -> Iterator[Any]:
    context = new_context(chromium)
    yield context.new_page()
    context.close()


class Watch:
    """What a page complained of, and every host it asked."""

    def __init__(self, page: Any) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.hosts.add(urllib.parse.urlsplit(request.url).netloc)


@pytest.fixture
def watch(browser_page: Any) -> Watch:
    return Watch(browser_page)


def open_and_draw(page: Any, address: str) -> None:
    """Open a page and wait until no chart is being drawn. Polls, for the policy forbids wait_for_function."""
    page.goto(address)
    for _ in range(300):
        state = page.evaluate(
            "[...document.querySelectorAll('figure.chart')].map(card => card.dataset.drawn)"
        )
        if all(one not in (None, "loading") for one in state):
            return
        page.wait_for_timeout(50)
    raise AssertionError("charts were not drawn within 15 seconds")


@pytest.fixture
def opened(browser_page: Any, site: Site) -> Any:
    """The sample page without charts: quick."""
    browser_page.goto(site.put("/plain/", render_sample_page(charts=[])))
    return browser_page


@dataclass
class Gallery:
    """The sample page with all its charts, drawn once for a module whose tests only look."""

    page: Any
    site: Site
    watch: Watch


@pytest.fixture(scope="module")
def gallery(chromium: Any) -> Iterator[Gallery]:
    context = new_context(chromium)
    page = context.new_page()
    with serving() as one:
        watch = Watch(page)
        open_and_draw(page, f"{one.address}/ui/")
        yield Gallery(page, one, watch)
        context.close()


@pytest.fixture
def drawn(gallery: Gallery) -> Any:
    return gallery.page
