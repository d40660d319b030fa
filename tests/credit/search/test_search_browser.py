"""The search by keyboard in a real browser."""

import pytest

from accounts.roles import Role
from credit.services.search_index import refresh
from tests.credit.search.firms import register
from tests.people import client_of, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city():
    firms = [register(f"慈溪市公牛{n}号电器厂") for n in "甲乙丙"]
    register("宁波慈星轴承有限公司")
    refresh()
    return firms


def sign_in(page, url, role=Role.LEADER):
    cookie = client_of(make_person(role)).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])


def test_results_come_as_one_types_and_the_keyboard_opens_the_first(live_portal, browser_page, city):
    page = browser_page
    sign_in(page, live_portal.url)
    page.goto(f"{live_portal.url}/credit/search/")
    page.keyboard.type("gn")
    page.locator("tr[data-href]").nth(2).wait_for()
    assert page.locator("tr[data-href]").count() == 3
    assert "q=gn" in page.url
    first = page.locator("tr[data-href] a").first
    expected = first.get_attribute("href")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert first.evaluate("link => link === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_portal.url}{expected}**")


def test_up_from_the_first_result_leads_back_into_the_field(live_portal, browser_page, city):
    page = browser_page
    sign_in(page, live_portal.url)
    page.goto(f"{live_portal.url}/credit/search/?q=公牛")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("乙")
    page.locator("tr[data-href]").nth(1).wait_for(state="detached")
    assert page.locator("tr[data-href] a").all_inner_texts() == ["慈溪市公牛乙号电器厂"]


def test_enter_opens_the_only_result(live_portal, browser_page, city):
    page = browser_page
    sign_in(page, live_portal.url)
    page.goto(f"{live_portal.url}/credit/search/")
    page.keyboard.type("慈星")
    page.locator("tr[data-href]").first.wait_for()
    expected = page.locator("tr[data-href] a").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_portal.url}{expected}**")


def test_the_slash_leads_from_any_page_to_the_search(live_portal, browser_page, city):
    page = browser_page
    sign_in(page, live_portal.url)
    page.goto(f"{live_portal.url}/accounts/me/")
    page.keyboard.press("/")
    page.keyboard.type("公牛")
    page.keyboard.press("Enter")
    page.wait_for_url("**/credit/search/?q=*")
    assert page.locator("tr[data-href]").count() == 3


def test_nothing_is_wider_than_a_phone(live_portal, phone_page, city):
    page = phone_page
    sign_in(page, live_portal.url)
    page.goto(f"{live_portal.url}/credit/search/?q=公牛&town=330282107")
    page.locator("details summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("tr[data-href] a").count() == 3
