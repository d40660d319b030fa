"""The real web server and the real browser that other tests build on."""

from typing import Any

import pytest

from tests.browsing import find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_sign_in_page_is_served_to_desktop_and_phone_without_a_complaint(
    live_portal: Any, browser: Any
) -> None:
    for phone in (False, True):
        page = browser.page(phone=phone)
        page.goto(f"{live_portal.url}/accounts/sign-in/")
        assert page.locator("form").count() >= 1
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_broken_policy_and_a_foreign_request_are_noticed(live_portal: Any, browser: Any) -> None:
    page = browser.page()
    page.goto(f"{live_portal.url}/accounts/sign-in/")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://203.0.113.9/pixel.png'}))")
    page.wait_for_timeout(300)
    assert any("203.0.113.9" in complaint for complaint in browser.complaints)
    browser.complaints.clear()


def test_a_page_that_is_refused_on_purpose_is_no_complaint(live_portal: Any, browser: Any) -> None:
    page = browser.page()
    answer = page.goto(f"{live_portal.url}/no-such-page/")
    assert answer.status == 404


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_browser_is_reported_and_fails_only_under_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("tests.browsing.shutil.which", lambda name: None)
    with pytest.raises(outcome, match="浏览器测试没有运行"):
        find_chromium()


def test_a_driver_that_cannot_run_is_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr("tests.browsing._driver_runs", lambda: False)
    with pytest.raises(pytest.fail.Exception, match="libatomic1"):
        find_chromium()
