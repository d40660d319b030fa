"""The profile as each reader may see it: page, polling fragment, print sheet and single fact agree."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEntry
from credit.models import Authorisation
from datahub.models import Enterprise, Record
from tests.firms import CODES, FREEZE_HEAD, Deliver, follow, freeze, full_run
from tests.people import client_of, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("firms")]
URL = f"/credit/enterprises/{CODES[0]}/"
LOCK = "须企业授权"


@pytest.fixture
def officer() -> User:
    return make_person(Role.BANK_OFFICER)


@pytest.fixture
def bank(officer: User) -> Client:
    """A loan officer who has said today why the profile is opened."""
    full_run()
    client = client_of(officer)
    client.post(f"{URL}purpose/", {"purpose": "before"})
    return client


def authorise(
    officer: User, scope: tuple[str, ...] = ("capital", "operating"), **changes: object
) -> Authorisation:
    rep = make_person(Role.ENTERPRISE_REP)
    values = {
        "enterprise_id": Enterprise.objects.get(code=CODES[0]).pk, "enterprise_code": CODES[0],
        "bank": officer.agency, "purpose": "流动资金贷款", "scope": list(scope), "granted_by": rep,
        "granted_at": timezone.now(), "expires_on": date(2099, 1, 1),
    }  # fmt: skip
    return Authorisation.objects.create(**values | changes)


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_a_bank_is_asked_for_its_purpose_first(officer: User) -> None:
    answer = client_of(officer).get(URL)
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}purpose/")


def test_the_purpose_is_asked_once_a_day(bank: Client) -> None:
    assert bank.get(URL).status_code == 200
    assert bank.get(URL).status_code == 200


def test_a_purpose_that_is_none_is_refused(officer: User) -> None:
    assert client_of(officer).post(f"{URL}purpose/", {"purpose": "curiosity"}).status_code == 400


def test_every_opening_is_in_the_log_with_its_purpose(bank: Client, officer: User) -> None:
    bank.get(URL)
    entry = AuditEntry.objects.filter(action="credit.profile.viewed").latest("seq")
    assert (entry.actor_id, entry.target) == (officer.pk, f"enterprise:{CODES[0]}")
    assert entry.detail["purpose"] == "before"


def test_a_poll_is_no_view(bank: Client) -> None:
    bank.get(URL)
    before = AuditEntry.objects.count()
    assert bank.get(f"{URL}live/", headers={"X-Passive-Poll": "1"}).status_code == 200
    assert AuditEntry.objects.count() == before


def test_a_poll_without_a_purpose_is_refused(officer: User) -> None:
    assert client_of(officer).get(f"{URL}live/").status_code == 403


@pytest.mark.parametrize("way", ["?tab=capital", "print/", "?tab=timeline"])
def test_without_authorisation_no_way_shows_an_l3_figure(bank: Client, way: str) -> None:
    assert "1,200.00" not in text_of(bank, URL + way)


def test_a_locked_field_says_what_opens_it(bank: Client) -> None:
    assert LOCK in text_of(bank, f"{URL}?tab=capital")


def test_with_authorisation_the_figure_is_there(bank: Client, officer: User) -> None:
    authorise(officer)
    page = text_of(bank, f"{URL}?tab=capital")
    assert "1,200.00" in page


def test_an_authorisation_opens_only_its_scope(bank: Client, officer: User) -> None:
    authorise(officer, scope=("permit",))
    assert "1,200.00" not in text_of(bank, f"{URL}?tab=capital")


@pytest.mark.parametrize(
    "ended", [{"expires_on": date(2026, 1, 1)}, {"revoked_at": timezone.now().replace(year=2098)}]
)
def test_an_ended_authorisation_opens_nothing(bank: Client, officer: User, ended: dict[str, object]) -> None:
    authorise(officer, **ended)
    assert "1,200.00" not in text_of(bank, f"{URL}?tab=capital")


def test_another_banks_authorisation_opens_nothing(bank: Client) -> None:
    authorise(make_person(Role.BANK_OFFICER))
    assert "1,200.00" not in text_of(bank, f"{URL}?tab=capital")


def test_a_locked_reason_tells_force_and_direction_only(bank: Client) -> None:
    page = text_of(bank, URL)
    reasons = re.findall(r'<ul class="reasons">.*?</ul>', page, re.S)
    locked = [row for part in reasons for row in re.findall(r"<li.*?</li>", part, re.S) if LOCK in row]
    assert locked
    for row in locked:
        assert re.search(r"(减分|加分)", row)
        assert not re.search(r"[+−]\d", re.sub(r"<svg.*?</svg>", "", row, flags=re.S))


def test_a_reason_links_to_the_line_of_the_file(bank: Client, deliver: Deliver, officer: User) -> None:
    authorise(officer, scope=("equity_freeze", "seizure"))
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    page = text_of(bank, f"{URL}live/")
    record = Record.objects.get(item_id=407)
    assert f"/facts/{record.pk}/" in page
    assert "第 2 行" in text_of(bank, f"{URL}facts/{record.pk}/")


@pytest.mark.parametrize("way", ["?tab=equity_freeze", "?tab=timeline", "live/", "print/", "fact"])
def test_a_freeze_is_locked_in_every_place(bank: Client, deliver: Deliver, way: str) -> None:
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    record = Record.objects.get(item_id=407)
    page = text_of(bank, URL + (f"facts/{record.pk}/" if way == "fact" else way))
    assert LOCK in page
    for secret in ("400.00", "浙0282执1号", "2026-01-10", "2029-01-09", "2026-01-12", "注册资本一半"):
        assert secret not in page, secret


def test_nothing_known_is_told_apart_from_not_supplied(bank: Client) -> None:
    page = text_of(bank, f"{URL}?tab=basic")
    assert "未供数：省级统筹，暂无接口" in page


def test_a_personal_identifier_is_shown_to_nobody(bank: Client, deliver: Deliver) -> None:
    head = FREEZE_HEAD + ",被执行人证件号码"
    deliver("court.equity_freeze", head, freeze(CODES[0]) + ",330282200002290020")
    operator = client_of(make_person(Role.DATA_CENTRE_OPERATOR))
    for client in (bank, operator):
        for way in ("?tab=equity_freeze", "print/", f"facts/{Record.objects.get(item_id=407).pk}/"):
            assert "330282200002290020" not in text_of(client, URL + way)


def test_an_enterprise_reads_its_own_file_in_full_and_no_other() -> None:
    full_run()
    rep = make_person(Role.ENTERPRISE_REP)
    rep.agency.scope_code = CODES[0]
    rep.agency.save()
    own = client_of(rep)
    assert "1,200.00" in text_of(own, f"{URL}?tab=capital")
    assert own.get(f"/credit/enterprises/{CODES[1]}/").status_code == 403


def test_an_unknown_code_is_not_found(bank: Client) -> None:
    assert bank.get("/credit/enterprises/91330282PDY999994P/").status_code == 404


def test_the_page_takes_a_fixed_number_of_queries(bank: Client, deliver: Deliver) -> None:
    bank.get(URL)
    with CaptureQueriesContext(connection) as few:
        bank.get(URL)
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    bank.get(URL)
    with CaptureQueriesContext(connection) as more:
        bank.get(URL)
    of_the_log = ("audit_head", "set_config")
    reads = [
        q["sql"] for q in more
        if q["sql"].lstrip().upper().startswith("SELECT") and not any(name in q["sql"] for name in of_the_log)
    ]  # fmt: skip
    assert len(more) <= len(few) + 1
    assert len(reads) <= 15, "\n".join(sql[:140] for sql in reads)
