"""Signing in as people do it, on a desk and on a phone."""

from typing import Any

import pytest
from django_otp.oath import totp

from accounts.models import Authenticator
from accounts.roles import Role
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.browser
NEW_PASSWORD = "Kiln-glaze 41 harbour"


def type_in(page: Any, **words: str) -> None:
    for name, word in words.items():
        page.fill(f"[name={name}]", word)
    page.click(".gate-action")


def test_a_new_officer_changes_the_password_binds_a_phone_and_comes_back(
    live_portal: Any, browser: Any
) -> None:
    user = make_person(Role.SYSTEM_OFFICER, username="sys1", full_name="赵立信", must_change_password=True)
    desk = browser.page()
    desk.goto(f"{live_portal.url}/accounts/people/")
    type_in(desk, username="sys1", password="wrong")
    assert desk.inner_text(".gate-error") == "用户名或密码不正确，请核对后重新输入。"
    type_in(desk, username="sys1", password=PASSWORD)
    assert desk.inner_text("h1") == "修改密码"
    assert desk.locator(".sidenav, .bottombar").count() == 0
    type_in(desk, current=PASSWORD, new=NEW_PASSWORD, again=NEW_PASSWORD)
    assert desk.inner_text("h1") == "绑定验证器"
    desk.wait_for_load_state("load")
    assert desk.evaluate("document.querySelector('.gate-code img').naturalWidth") > 100
    device = Authenticator.objects.get(user=user)
    type_in(desk, code=f"{totp(device.seed):06d}")
    assert desk.locator(".recovery-codes li").count() == 10
    recovery = desk.inner_text(".recovery-codes li >> nth=0")

    phone = browser.page(phone=True)
    phone.goto(f"{live_portal.url}/accounts/people/")
    type_in(phone, username="sys1", password=NEW_PASSWORD)
    phone.click("text=使用恢复码")
    type_in(phone, code=recovery)
    assert phone.url == f"{live_portal.url}/accounts/people/"
    assert "赵立信" in phone.inner_text("main")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    phone.click("[title=退出登录]")
    phone.goto(f"{live_portal.url}/accounts/people/")
    assert phone.inner_text("h1") == "登录"
