"""The inbox: messages until read, tasks until the matter is settled, one query for the count."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.inbox import close_tasks, holders, items_of, mark_read, notify, open_task, unread_count
from accounts.models import InboxItem
from accounts.roles import AgencyKind, Role
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db


def test_messages_count_until_they_are_read() -> None:
    user, other = make_person(Role.BANK_OFFICER), make_person(Role.BANK_OFFICER)
    assert notify([user, other], "评分说明已更新", url="/") == 2
    assert unread_count(user) == 1
    mark_read(user, None, timezone.now())
    assert (unread_count(user), unread_count(other)) == (0, 1)


def test_a_matter_is_one_task_for_each_person_and_ends_for_all() -> None:
    people = [make_person(Role.DATA_REVIEWER), make_person(Role.DATA_REVIEWER)]
    assert open_task(people, "datahub.confirm:17", "请确认大幅变动") == 2
    assert open_task(people, "datahub.confirm:17", "请确认大幅变动") == 0
    assert [unread_count(user) for user in people] == [1, 1]
    assert close_tasks("datahub.confirm:17") == 2
    assert [unread_count(user) for user in people] == [0, 0]
    assert open_task(people, "datahub.confirm:17", "请再次确认") == 2


def test_reading_does_not_end_a_task() -> None:
    user = make_person(Role.DATA_REVIEWER)
    open_task([user], "datahub.confirm:17", "请确认大幅变动", url="/accounts/me/")
    item = InboxItem.objects.get()
    assert client_of(user).get(f"/inbox/{item.pk}/")["Location"] == "/accounts/me/"
    assert unread_count(user) == 1


def test_opening_a_message_reads_it_and_goes_where_it_points() -> None:
    user = make_person(Role.BANK_OFFICER)
    notify([user], "评分说明已更新", url="/accounts/me/")
    item = InboxItem.objects.get()
    assert client_of(user).get(f"/inbox/{item.pk}/")["Location"] == "/accounts/me/"
    assert unread_count(user) == 0


def test_a_message_never_leads_to_another_host() -> None:
    user = make_person(Role.BANK_OFFICER)
    notify([user], "x", url="https://evil.example/")
    assert client_of(user).get(f"/inbox/{InboxItem.objects.get().pk}/")["Location"] == "/inbox/"


def test_nobody_opens_or_reads_the_items_of_another() -> None:
    user, other = make_person(Role.BANK_OFFICER), make_person(Role.BANK_OFFICER)
    notify([user], "评分说明已更新")
    item = InboxItem.objects.get()
    client = client_of(other)
    assert client.get(f"/inbox/{item.pk}/").status_code == 404
    client.post("/inbox/read/", {"item": item.pk})
    assert unread_count(user) == 1
    assert "评分说明已更新" not in client.get("/inbox/?tab=messages").content.decode()


def test_the_most_urgent_task_comes_first() -> None:
    user, today = make_person(Role.DATA_REVIEWER), date(2026, 11, 23)
    for key, due in [("a", None), ("b", today + timedelta(days=3)), ("c", today)]:
        open_task([user], key, key, due_on=due)
    assert [item.title for item in items_of(user, "task", waiting=True)] == ["c", "b", "a"]


def test_the_page_shows_each_kind_and_what_is_done() -> None:
    user = make_person(Role.DATA_REVIEWER)
    open_task([user], "k", "请确认大幅变动", due_on=timezone.localdate() - timedelta(days=1))
    notify([user], "评分说明已更新")
    client = client_of(user)
    tasks = client.get("/inbox/").content.decode()
    assert "请确认大幅变动" in tasks and "已逾期" in tasks and "评分说明已更新" not in tasks
    assert "评分说明已更新" in client.get("/inbox/?tab=messages").content.decode()
    client.post("/inbox/read/")
    assert "没有新消息" in client.get("/inbox/?tab=messages").content.decode()
    assert "评分说明已更新" in client.get("/inbox/?tab=read").content.decode()
    close_tasks("k")
    assert "办结" in client.get("/inbox/?tab=done").content.decode()


def test_counting_takes_one_query(django_assert_num_queries: Any) -> None:
    user = make_person(Role.DATA_REVIEWER)
    notify([user], "a")
    open_task([user], "k", "b")
    with django_assert_num_queries(1):
        assert unread_count(user) == 2


def test_a_plain_page_of_a_signed_in_user_takes_five_queries(django_assert_max_num_queries: Any) -> None:
    client = client_of(make_person(Role.OUTSIDE_APPLICANT))  # whose home page has no work on it
    client.get("/")
    with django_assert_max_num_queries(5):  # session, user with agency, roles, inbox; one spare
        client.get("/")


def test_holders_are_active_people_of_active_agencies() -> None:
    court = make_agency(AgencyKind.DEPARTMENT, scope_code="court")
    closed = make_agency(AgencyKind.DEPARTMENT, scope_code="court", is_active=False)
    wanted = make_person(Role.DATA_REVIEWER, Role.DATA_STEWARD, agency=court)
    make_person(Role.DATA_REVIEWER, agency=closed)
    make_person(Role.DATA_REVIEWER, agency=court, is_active=False)
    make_person(Role.DATA_REVIEWER)
    make_person(Role.LEADER, agency=court)
    assert list(holders(Role.DATA_REVIEWER, Role.DATA_STEWARD, scope_code="court")) == [wanted]
