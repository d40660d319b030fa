"""The journal as it leaves the house: sealed days, each recomputed by whoever holds the file."""

import datetime as dt
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.people import client_of
from tests.villages.worlds import World, make_world
from villages.contracts import Award
from villages.models import DaySeal
from villages.services import ledger, seals

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Awards on every third of thirty days, all sealed."""
    made, begun = make_world(), timezone.now()
    for day in range(0, 30, 3):
        at = begun + dt.timedelta(days=day)
        item = Award(uuid4(), made.resident.pk, uuid4(), at.date(), 5)
        assert ledger.award(item, now=at).granted == 5
    seals.seal_until((begun + dt.timedelta(days=29)).date(), now=begun + dt.timedelta(days=30))
    return made


def test_every_sealed_day_of_the_file_recomputes(world: World, tmp_path: Path) -> None:
    month = DaySeal.objects.filter(village=world.village, transfers__gt=0).latest("day").day
    answer = client_of(world.admin).get(reverse("villages:journal_export"), {"month": f"{month:%Y-%m}"})
    file = tmp_path / "journal.txt"
    file.write_bytes(b"".join(answer))
    days = DaySeal.objects.filter(village=world.village, day__year=month.year, day__month=month.month)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 + sum(1 + seal.transfers for seal in days)
    script = settings.BASE_DIR / "scripts" / "recompute_seals.py"
    assert subprocess.run([sys.executable, script, file], check=False, stdout=subprocess.PIPE).returncode == 0


def test_the_days_of_an_export_take_one_query(world: World) -> None:
    asked, first = [], DaySeal.objects.earliest("day").day
    for days in (2, 30):
        with CaptureQueriesContext(connection) as queries:
            list(seals.export_lines(world.village, first, first + dt.timedelta(days=days)))
        asked.append(len([query for query in queries.captured_queries if "dayseal" in query["sql"]]))
    assert asked == [1, 1]
