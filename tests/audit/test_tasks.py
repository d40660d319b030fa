"""Checkpoints by beat and at shutdown; verification by a real worker from the auditor's page."""

import os
from pathlib import Path

import pytest
from celery.signals import worker_shutdown
from django.conf import settings

from accounts.roles import Role
from audit import checkpoints, tasks
from audit import public as audit
from audit.models import AuditVerification
from tests.people import client_of, make_person
from tests.running import Web, Worker, wait_until


@pytest.mark.django_db
def test_the_task_writes_a_checkpoint(clerk: audit.Origin) -> None:
    audit.record("seen", origin=clerk)
    tasks.checkpoint()
    assert checkpoints.last().seq == 1


def test_beat_writes_a_checkpoint_every_ten_minutes() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["audit-checkpoint"]
    assert (entry["task"], entry["schedule"]) == (tasks.checkpoint.name, 600.0)


@pytest.mark.django_db
def test_a_worker_that_shuts_down_writes_a_checkpoint(clerk: audit.Origin) -> None:
    audit.record("seen", origin=clerk)
    worker_shutdown.send(sender=None)
    assert checkpoints.last().seq == 1


@pytest.mark.django_db
def test_a_shutdown_goes_on_when_no_checkpoint_can_be_written(
    clerk: audit.Origin, checkpoint_folder: Path
) -> None:
    audit.record("seen", origin=clerk)
    checkpoint_folder.write_text("a file in its place")
    worker_shutdown.send(sender=None)
    assert checkpoints.paths() == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_auditor_presses_the_button_and_sees_the_outcome(
    clerk: audit.Origin, celery_worker_process: Worker, live_portal: Web, browser: object
) -> None:
    for number in range(30):
        audit.record("datahub.batch.promoted", origin=clerk, target=f"batch:{number}")
    page = browser.page()  # type: ignore[attr-defined]
    client = client_of(make_person(Role.AUDITOR, username="auditor"))
    page.context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_portal.url}
            for name, morsel in client.cookies.items()
        ]
    )
    page.goto(f"{live_portal.url}/audit/")
    assert "尚未核验" in page.text_content("main")
    page.click("text=核验日志")
    page.wait_for_selector("main .stats .tag-good", timeout=60_000)
    assert "完好" in page.text_content("main .stats")
    assert AuditVerification.objects.get().started_by == "auditor"
    page.click("tbody tr:has-text('batch:29')")
    page.wait_for_selector("text=与上一条相连")
    with page.expect_download() as download:
        page.goto(f"{live_portal.url}/audit/")
        page.click("text=导出全部")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.count("datahub.batch.promoted") >= 30


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_leaves_a_checkpoint_when_it_is_stopped(clerk: audit.Origin) -> None:
    audit.record("seen", origin=clerk)
    assert os.environ["PORTAL_CHECKPOINTS"] == str(checkpoints.folder())
    with Worker():
        pass
    assert wait_until(lambda: checkpoints.last() is not None, 10)
    assert checkpoints.last().seq == 1
