"""axe-core looks at every page of a villager, in both versions, and at the main pages of staff and shop.

The engine is kept under ``tests/vendor`` as published (npm axe-core, MPL-2.0); nothing is fetched.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.roles import Role
from tests.people import client_of
from tests.villages.crowd_pages import address, pages_of, person_of
from tests.villages.crowds import Crowd, make_crowd

VENDOR = Path(__file__).parents[1] / "vendor"
AXE = VENDOR / "axe-core-4.14.1" / "axe.min.js"
GRAVE = {"serious", "critical"}
RUN = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.html)]);
}"""
# Files and fragments are no pages; what is printed on paper is looked at as the others.
NO_PAGES = {
    "villages:journal_export", "villages:my_data", "villages:notice_sheet", "villages:honour_document",
    "villages:activity_screen_code",
}  # fmt: skip
AT_THE_DOOR = ("/villages/", "/villages/my/offline/")


def test_the_engine_is_the_published_one() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    files -= {"SHA256SUMS", "README.md"}
    assert sums == {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in files}


@pytest.fixture
def crowd(transactional_db: None) -> Iterator[Crowd]:
    made = make_crowd()
    made.grow(4)
    yield made


def grave(page: Any, base: str, paths: list[str]) -> dict[str, Any]:
    """Serious and critical violations by address."""
    engine, found = AXE.read_text(encoding="utf-8"), {}
    for path in paths:
        answer = page.goto(base + path)
        assert answer.status == 200, path
        page.evaluate(engine)
        if left := [told for told in page.evaluate(RUN) if told[0] in GRAVE]:
            found[path] = left
    return found


def pages(role: Role, crowd: Crowd) -> list[str]:
    names = [name for name in pages_of(role) if name not in NO_PAGES and not name.startswith("villages_api:")]
    return [address(name, crowd) for name in names]


@pytest.mark.browser
def test_the_engine_finds_what_is_wrong(browser_page: Any) -> None:
    browser_page.set_content(
        '<html lang="zh"><title>x</title><main><h1>x</h1><img src="data:,"><input name="a">'
        '<p style="color:#ccc;background:#fff">字太淡了看不清楚</p></main></html>'
    )
    browser_page.evaluate(AXE.read_text(encoding="utf-8"))
    found = {told[1] for told in browser_page.evaluate(RUN) if told[0] in GRAVE}
    assert found >= {"image-alt", "label", "color-contrast"}


@pytest.mark.browser
@pytest.mark.parametrize("version", ["", "elder"])
def test_a_villagers_pages_have_no_grave_violation(
    live_portal: Any, browser: Any, crowd: Crowd, version: str
) -> None:
    page = signed_in_page(live_portal.url, browser, Role.VILLAGER, crowd, phone=True, version=version)
    door = browser.context(phone=True).new_page()
    found = grave(page, live_portal.url, pages(Role.VILLAGER, crowd))
    assert found | grave(door, live_portal.url, list(AT_THE_DOOR)) == {}


@pytest.mark.browser
@pytest.mark.parametrize("role", [Role.VILLAGE_ADMIN, Role.TOWN_ADMIN, Role.SHOP_KEEPER])
def test_pages_of_office_and_shop_have_no_grave_violation(
    live_portal: Any, browser: Any, crowd: Crowd, role: Role
) -> None:
    page = signed_in_page(live_portal.url, browser, role, crowd, phone=role == Role.SHOP_KEEPER)
    assert grave(page, live_portal.url, pages(role, crowd)) == {}


def signed_in_page(
    base: str, browser: Any, role: Role, crowd: Crowd, *, phone: bool, version: str = ""
) -> Any:
    context = browser.context(phone=phone)
    session = client_of(person_of(role, crowd)).cookies["sessionid"].value
    cookies = [{"name": "sessionid", "value": session, "url": base}]
    if version:
        cookies.append({"name": "elder", "value": "1", "url": base})
    context.add_cookies(cookies)
    return context.new_page()
