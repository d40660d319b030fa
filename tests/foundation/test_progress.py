"""Progress is seen while the work goes on, and survives what interrupts it."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.utils import timezone

from foundation import progress
from foundation.models import Progress

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)


def work(**values: object) -> Progress:
    return Progress(key="k", title="核验", created_at=NOW, **values)


def test_work_waits_runs_and_is_done() -> None:
    key = progress.register("核验", owner_id=1, next_url="/done/")
    assert progress.find(key).state == "waiting"
    with progress.reporting(key, total=10) as report:
        assert progress.find(key).state == "running"
        report(done=4, rejected=1)
        report(done=10, rejected=2, message="已完成核验")
    told = progress.as_dict(progress.find(key), timezone.now())
    assert told == {"state": "done", "done": 10, "total": 10, "rejected": 2, "seconds_left": 0,
                    "message": "已完成核验", "next_url": "/done/"}  # fmt: skip


def test_a_refusal_is_told_in_its_own_words() -> None:
    class UnableToReadSheet(ValueError):
        pass

    key = progress.register("核验", owner_id=1)
    with pytest.raises(UnableToReadSheet), progress.reporting(key):
        raise UnableToReadSheet("没有找到表头。")
    found = progress.find(key)
    assert (found.state, found.message) == ("failed", "没有找到表头。")


def test_an_unforeseen_failure_shows_nothing_of_its_inside() -> None:
    key = progress.register("核验", owner_id=1)
    with pytest.raises(KeyError), progress.reporting(key):
        raise KeyError("330282199001011234")
    assert "3302" not in progress.find(key).message


def test_only_the_owner_sees_unshared_work() -> None:
    own = progress.register("核验", owner_id=1)
    shared = progress.register("重算", owner_id=None, is_shared=True)
    assert progress.find_visible(own, 1) is not None
    assert progress.find_visible(own, 2) is None
    assert progress.find_visible(shared, 2) is not None


def test_resumed_work_keeps_its_beginning_and_what_was_done() -> None:
    key = progress.register("重算", owner_id=1)
    with pytest.raises(SystemExit), progress.reporting(key, total=100) as report:
        report(done=40)
        raise SystemExit
    begun = progress.find(key).started_at
    with progress.reporting(key, done=40):
        again = progress.find(key)
        assert (again.state, again.done, again.paced_done, again.started_at) == ("running", 40, 40, begun)


@pytest.mark.django_db(transaction=True)
def test_reports_are_seen_while_the_tasks_transaction_is_open_and_after_it_rolls_back() -> None:
    key = progress.register("入库", owner_id=1)
    with pytest.raises(ZeroDivisionError), progress.reporting(key, total=10) as report, transaction.atomic():
        report.flush(done=7)
        _ = 1 / 0
    assert Progress.objects.get(key=key).done == 7


def test_many_reports_are_few_writes(django_assert_max_num_queries: object) -> None:
    key = progress.register("核验", owner_id=1)
    with django_assert_max_num_queries(12), progress.reporting(key, total=5000) as report:  # type: ignore[operator]
        for done in range(5000):
            report(done=done + 1)
    assert progress.find(key).done == 5000


@pytest.mark.django_db(transaction=True)
def test_work_goes_on_when_its_progress_cannot_be_written() -> None:
    key = progress.register("核验", owner_id=1)
    with connection.cursor() as cursor, progress.reporting(key) as report:
        cursor.execute("ALTER TABLE foundation_progress RENAME COLUMN rejected TO refused")
        try:
            report.flush(rejected=1)
        finally:
            cursor.execute("ALTER TABLE foundation_progress RENAME COLUMN refused TO rejected")
    assert progress.find(key).state == "done"


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"state": "waiting", "total": 10}, None),
        ({"state": "running", "total": None, "done": 5, "paced_at": NOW - dt.timedelta(seconds=10)}, None),
        ({"state": "running", "total": 100, "done": 0, "paced_at": NOW - dt.timedelta(seconds=10)}, None),
        ({"state": "running", "total": 100, "done": 20, "paced_at": NOW - dt.timedelta(seconds=10)}, 40),
        # resumed at 60 of 100: twenty in ten seconds since, so twenty more take ten
        ({"state": "running", "total": 100, "done": 80, "paced_done": 60,
          "paced_at": NOW - dt.timedelta(seconds=10)}, 10),
        ({"state": "done", "total": 100, "done": 100, "paced_at": NOW}, 0),
    ],
)  # fmt: skip
def test_time_left_follows_the_pace(values: dict[str, object], seconds: int | None) -> None:
    assert progress.seconds_left(work(heartbeat_at=NOW, **values), NOW) == seconds


def test_work_that_stopped_reporting_says_so() -> None:
    silent = work(state="running", total=10, heartbeat_at=NOW - dt.timedelta(minutes=5))
    assert "暂无响应" in progress.as_dict(silent, NOW)["message"]


def test_old_finished_work_is_forgotten_and_running_work_is_not() -> None:
    for key, state in (("old", "done"), ("running", "running")):
        Progress.objects.create(key=key, title="x", state=state, created_at=NOW - dt.timedelta(days=40))
    Progress.objects.create(key="new", title="x", state="done", created_at=NOW)
    assert progress.forget_old(NOW) == 1
    assert set(Progress.objects.values_list("key", flat=True)) == {"running", "new"}
