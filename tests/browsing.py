"""A real Chromium for the browser tests, and what its pages complained of."""

import os
import shutil
import subprocess
import urllib.parse
from functools import cache
from types import TracebackType
from typing import Any, Self

import pytest
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
OWN_HOSTS = ("127.0.0.1", "localhost")
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
}  # fmt: skip


def find_chromium() -> str:
    """The browser's path; the test is reported as not run without it (failed when ``CI=true``)."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    missing = "Chromium" if found is None else "" if _driver_runs() else "libatomic1"
    if found is None or missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"未找到 {missing}：浏览器测试没有运行"
        )
    return found


@cache
def _driver_runs() -> bool:
    """Playwright's own node needs a library that a bare Debian lacks."""
    program = compute_driver_executable()[0]
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0


class Chromium:
    """One browser. Each page has a context of its own, so several people can be signed in at once."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._executable = find_chromium()

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=self._executable, args=FLAGS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def context(self, *, phone: bool = False, **options: Any) -> BrowserContext:
        chosen: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        chosen |= PHONE if phone else DESKTOP
        context = self._browser.new_context(**chosen | options)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._request)
        return context

    def page(self, *, phone: bool = False, **options: Any) -> Page:
        return self.context(phone=phone, **options).new_page()

    def _console(self, message: ConsoleMessage) -> None:
        # A page that is refused on purpose (403, 404) shows up as a failed resource of its own address.
        at = message.location.get("url", "")
        refused = message.text.startswith("Failed to load resource") and message.page
        if refused and message.page is not None and at == message.page.url:
            return
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text} ({at})")

    def _request(self, request: Request) -> None:
        parts = urllib.parse.urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.hostname not in OWN_HOSTS:
            self.complaints.append(f"asked another host: {request.url}")
