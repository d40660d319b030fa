"""The whole way: a court's file goes in at the door, and a loan officer's open page changes."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agency, User
from accounts.roles import AgencyKind, Role
from audit.models import AuditEntry
from credit.models import Authorisation
from credit.services.releases import release_scorecard
from datahub.models import Batch, BatchState, Enterprise, RejectedRow
from tests.firms import CODES, FREEZE_HEAD, NOW, ORIGIN, full_run, register_firms
from tests.people import PASSWORD, client_of, make_person
from tests.running import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LOCK = "须企业授权"
RULING = "（2026）浙0282执1号"
FILE = "\r\n".join(
    [
        "慈溪市人民法院股权冻结情况报送表",
        FREEZE_HEAD,
        f"{CODES[0]},慈溪市人民法院,{RULING},协1号,４００万元,冻结,2026/1/10,9999-09-09,2026年1月12日",
        f"{CODES[1][:-1]}0,慈溪市人民法院,（2026）浙0282执2号,协2号,10000,冻结,2026-01-10,,2026-01-12",
        f"{CODES[1]},慈溪市人民法院,（2026）浙0282执3号,协3号,-5,冻结,2026-01-10,,2026-01-12",
        "91330282PDY999994P,慈溪市人民法院,（2026）浙0282执4号,协4号,10000,冻结,2026-01-10,,2026-01-12",
        "",
    ]
)


def sign_in_by_cookie(context: Any, url: str, user: User) -> None:
    """The browser takes over a session that a test client has opened completely."""
    cookie = client_of(user).cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": url}])


def sign_in_by_page(page: Any, url: str, user: User) -> None:
    page.goto(f"{url}/accounts/sign-in/")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda address: "sign-in" not in address)


def open_profile(page: Any, url: str, tab: str = "") -> None:
    page.goto(f"{url}/credit/enterprises/{CODES[0]}/{tab}")
    if "/purpose/" in page.url:
        page.get_by_role("button", name="贷前调查").click()
        page.wait_for_url(lambda address: "/purpose/" not in address)


def shown_score(page: Any) -> int:
    found = re.search(r"\d+", page.locator("#live .score .figure-l").inner_text())
    assert found
    return int(found.group())


@pytest.fixture
def court() -> Agency:
    return Agency.objects.create(
        code="dept.court", name="慈溪市人民法院", kind=AgencyKind.DEPARTMENT, scope_code="court"
    )


def authorise(bank: User) -> None:
    rep = make_person(Role.ENTERPRISE_REP)
    Authorisation.objects.create(
        enterprise_id=Enterprise.objects.get(code=CODES[0]).pk, enterprise_code=CODES[0], bank=bank.agency,
        purpose="流动资金贷款", scope=["equity_freeze", "seizure"], granted_by=rep, granted_at=timezone.now(),
        expires_on=date(2099, 1, 1),
    )  # fmt: skip


def test_a_courts_file_changes_the_score_on_an_open_page_and_its_withdrawal_changes_it_back(
    celery_worker_process: Any, live_portal: Any, browser: Any, court: Agency, tmp_path: Path
) -> None:
    url = live_portal.url
    register_firms()
    release_scorecard(origin=ORIGIN, now=NOW)
    full_run()
    officer, stranger = make_person(Role.BANK_OFFICER), make_person(Role.BANK_OFFICER)
    authorise(officer)
    steward = make_person(Role.DATA_STEWARD, agency=court)

    # the loan officer's page is open all the time
    desk = browser.page()
    sign_in_by_cookie(desk.context, url, officer)
    open_profile(desk, url)
    before = shown_score(desk)
    session_before = AuditEntry.objects.filter(action="credit.profile.viewed").count()

    # the steward hands in a messy GB18030 file
    file = tmp_path / "股权冻结.csv"
    file.write_bytes(FILE.encode("gb18030"))
    door = browser.page()
    sign_in_by_page(door, url, steward)
    door.goto(f"{url}/data/deliver/?item=court.equity_freeze")
    door.set_input_files("input[type=file]", str(file))
    door.get_by_role("button", name="上传并核验").click()
    door.wait_for_url(re.compile(r"/data/batches/\d+/"))
    assert wait_until(
        lambda: Batch.objects.filter(item_code="court.equity_freeze", state=BatchState.PROMOTED), 60
    )
    batch = Batch.objects.get(item_code="court.equity_freeze")
    assert (batch.rows_received, batch.rows_promoted, batch.rows_quarantined, batch.rows_waiting) == (
        4,
        1,
        2,
        1,
    )
    assert batch.encoding == "gb18030"

    # the quarantined rows are shown and can be taken home
    door.goto(f"{url}/data/batches/{batch.pk}/")
    assert set(RejectedRow.objects.values_list("line", flat=True)) == {4, 5}
    assert "第 4 行" in door.locator("main").inner_text() or "4" in door.locator("table").first.inner_text()
    with door.expect_download() as download:
        door.locator(f"a[href='/data/batches/{batch.pk}/report/']").first.click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"

    # within seconds the open page shows the lower score, the cap and the line of the file
    assert wait_until(lambda: "第 3 行" in desk.locator("#live").inner_text(), 60)
    after = shown_score(desk)
    assert after < before
    assert "已触发封顶" in desk.locator("#live").inner_text()
    assert "股权冻结达到注册资本一半" in desk.locator("#live").inner_text()
    assert AuditEntry.objects.filter(action="credit.profile.viewed").count() == session_before

    # a bank without authorisation sees the lock in every place
    other = browser.page()
    sign_in_by_cookie(other.context, url, stranger)
    for tab in ("", "?tab=equity_freeze", "?tab=timeline", "print/"):
        open_profile(other, url, tab)
        text = other.locator("main").inner_text()
        assert LOCK in text, tab
        assert RULING not in text and "400.00" not in text, tab

    # the auditor finds every step
    log = browser.page()
    sign_in_by_cookie(log.context, url, make_person(Role.AUDITOR))
    log.goto(f"{url}/audit/")
    assert log.locator("main table").count() >= 1
    steps = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"datahub.receive", "datahub.promote", "credit.purpose.declared", "credit.profile.viewed"} <= steps

    # the reviewer withdraws the batch, and the old score is back on the open page
    desk_of_review = browser.page()
    sign_in_by_cookie(desk_of_review.context, url, make_person(Role.DATA_REVIEWER, agency=court))
    desk_of_review.goto(f"{url}/data/batches/{batch.pk}/")
    desk_of_review.fill("textarea[name=reason]", "误报，重新核对")
    desk_of_review.get_by_role("button", name="撤回批次").click()
    confirm = desk_of_review.locator("dialog[open] button", has_text=re.compile("确定|确认|撤回"))
    if confirm.count():
        confirm.first.click()
    assert wait_until(lambda: Batch.objects.get(pk=batch.pk).state == BatchState.WITHDRAWN, 60)
    assert wait_until(lambda: shown_score(desk) == before, 60)
