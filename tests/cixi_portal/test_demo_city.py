"""The demonstration city through the real door, small."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cixi_portal import demo_city
from credit.models import RunState, ScoreRun, Standing
from datahub.models import Batch, BatchState, Enterprise, Record, WaitingRow, WaitingState

pytestmark = pytest.mark.django_db
SMALL = {"enterprises": 40, "seed": 5}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path / "store")}  # type: ignore[attr-defined]
    monkeypatch.setattr(demo_city, "city_folder", lambda: tmp_path / "demo")
    return tmp_path / "demo"


def _command(**options: object) -> str:
    out = StringIO()
    call_command("demo_city", stdout=out, **options)
    return out.getvalue()


def _some_batch() -> Batch:
    now = timezone.now()
    return Batch.objects.create(
        item_code="power.usage", item_number=1501, department="power", period="2026-10", file_date=now.date(),
        file_digest="0" * 64, file_name="a.csv", file_bytes=1, definition_hash="0", received_at=now, channel="page",
    )  # fmt: skip


@pytest.mark.slow
def test_a_broken_off_start_goes_on_and_ends_with_every_firm_scored(folder: Path) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    wish = demo_city.settle_wish(40, 5, False, yesterday)
    manifest = demo_city.write_files(wish)
    for delivery in manifest.deliveries[:3]:
        demo_city.deliver(delivery, manifest.folder, timezone.now())
    begun = set(Batch.objects.values_list("pk", flat=True))

    said = _command(**SMALL)

    assert "演示城市已就绪" in said
    assert demo_city.begun_wish() == wish  # the day of the first start stays
    batches = {(batch.item_code, batch.period): batch for batch in Batch.objects.all()}
    assert begun <= {batch.pk for batch in batches.values()}
    assert len(batches) == len(manifest.deliveries)
    for delivery in manifest.deliveries:
        batch = batches[delivery.item, delivery.period]
        assert batch.state in (BatchState.PROMOTED, BatchState.CHECKED), delivery.file
        assert batch.rows_received == delivery.rows, delivery.file
        assert batch.rows_quarantined == delivery.bad + delivery.duplicates, delivery.file
    assert Enterprise.objects.filter(is_registered=True).count() == 40
    assert WaitingRow.objects.filter(state=WaitingState.MATCHED).count() == sum(
        d.late for d in manifest.deliveries
    )
    assert set(ScoreRun.objects.values_list("state", flat=True)) == {RunState.DONE}
    assert ScoreRun.objects.count() == len(demo_city.FIRST_AGES_DAYS)
    run = ScoreRun.objects.latest("as_of")
    assert run.enterprises == Enterprise.objects.filter(state__in=("active", "revoked")).count()
    standing = dict(Standing.objects.values_list("enterprise_id", "run_id"))
    demo_city.score_history(as_of=timezone.localdate(), seed=5)
    assert ScoreRun.objects.count() == len(demo_city.FIRST_AGES_DAYS + demo_city.HISTORY_AGES_DAYS)
    assert dict(Standing.objects.values_list("enterprise_id", "run_id")) == standing

    records = Record.objects.count()
    assert "演示城市已就绪" in _command(if_empty=True, **SMALL)
    assert Record.objects.count() == records
    assert len(demo_city.notable_firms()) == 10


def test_the_city_is_not_raised_over_real_data() -> None:
    _some_batch()
    with pytest.raises(CommandError, match="空库"):
        _command(**SMALL)
    assert "未建立演示城市" in _command(if_empty=True, **SMALL)
    assert Batch.objects.count() == 1


def test_another_city_is_refused_while_one_is_there() -> None:
    demo_city.settle_wish(40, 5, False, timezone.localdate())
    _some_batch()
    with pytest.raises(CommandError, match="另一座演示城市"):
        _command(enterprises=41, seed=5)


def test_a_day_to_come_is_refused() -> None:
    with pytest.raises(CommandError, match="晚于今天"):
        _command(as_of=timezone.localdate() + timedelta(days=1), **SMALL)
    assert demo_city.begun_wish() is None


def test_more_firms_than_reserved_codes_are_refused() -> None:
    with pytest.raises(CommandError, match="企业数"):
        _command(enterprises=300_000)
    assert demo_city.begun_wish() is None


def test_without_a_city_no_firm_is_worth_opening() -> None:
    assert demo_city.notable_firms() == ()
