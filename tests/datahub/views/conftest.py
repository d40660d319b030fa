"""The court's people, three companies, and a way to hand files in over the page and have them worked off."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import AgencyKind, Role
from datahub import tasks
from datahub.models import Batch
from tests.datahub.services.conftest import FREEZE_HEAD, deliver, town
from tests.people import client_of, make_agency, make_person

__all__ = ["deliver", "town"]

Queue = list[tuple[str, tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def court(db: None) -> dict[Role, User]:
    """Steward and reviewer of the court, and an operator of the data centre."""
    agency = make_agency(AgencyKind.DEPARTMENT, name="慈溪市人民法院", scope_code="court")
    return {
        Role.DATA_STEWARD: make_person(Role.DATA_STEWARD, agency=agency, full_name="马文静"),
        Role.DATA_REVIEWER: make_person(Role.DATA_REVIEWER, agency=agency, full_name="卢正言"),
        Role.DATA_CENTRE_OPERATOR: make_person(Role.DATA_CENTRE_OPERATOR, full_name="孙启明"),
    }


@pytest.fixture
def steward(court: dict[Role, User]) -> Client:
    return client_of(court[Role.DATA_STEWARD])


@pytest.fixture
def reviewer(court: dict[Role, User]) -> Client:
    return client_of(court[Role.DATA_REVIEWER])


@pytest.fixture
def operator(court: dict[Role, User]) -> Client:
    return client_of(court[Role.DATA_CENTRE_OPERATOR])


@pytest.fixture
def other_steward(db: None) -> Client:
    agency = make_agency(AgencyKind.DEPARTMENT, scope_code="ecology")
    return client_of(make_person(Role.DATA_STEWARD, agency=agency))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """What the pages enqueued; no worker runs in these tests, `work_off` does its part."""
    queued: Queue = []
    for name in ("process_batch", "withdraw_batch"):
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "delay", lambda *a, _n=name, **k: queued.append((_n, a, k)))
    monkeypatch.setattr(tasks, "tell_upper_floors", lambda: queued.append(("tell", (), {})))
    return queued


@pytest.fixture
def work_off(queue: Queue) -> Callable[[], None]:
    """Run what was enqueued, with the very arguments the pages gave."""

    def run() -> None:
        for name, args, kwargs in [entry for entry in queue if entry[0] != "tell"]:
            getattr(tasks, name).run(*args, **kwargs)
        queue.clear()

    return run


def csv_file(
    rows: list[str], head: str = FREEZE_HEAD, name: str = "股权冻结.csv", encoding: str = "utf-8"
) -> Any:
    return SimpleUploadedFile(name, "\n".join([head, *rows, ""]).encode(encoding), content_type="text/csv")


def hand_in(client: Client, upload: Any, **values: Any) -> Any:
    """POST the delivery form; freezes of November unless told otherwise."""
    told = {"item": "court.equity_freeze", "period": "2026-11", "file_date": "2026-11-20", "file": upload}
    return client.post(reverse("datahub:deliver"), told | values)


def last_batch() -> Batch:
    return Batch.objects.latest("pk")
